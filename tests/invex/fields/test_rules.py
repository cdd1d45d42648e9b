import pytest

from invex.fields.prediction import Prediction, TemplateMatch, Value
from invex.fields.rules import apply_rule, validate_rule
from invex.fields.spec import BadSpec, FieldSpec, RuleSpec, TableSpec, TemplateSpec

SPEC = TemplateSpec(
    "T",
    (
        FieldSpec("number", "id", "Number"),
        FieldSpec("start", "date"),
        FieldSpec("end", "date"),
        FieldSpec("net", "amount"),
        FieldSpec("fee", "amount"),
        FieldSpec("total", "amount", "Total"),
    ),
    (TableSpec("rows", (FieldSpec("what", "text"), FieldSpec("price", "amount"))),),
)


def prediction(rows=(), **fields):
    return Prediction(
        TemplateMatch("T", 1.0),
        {key: (Value(value, value, 1.0),) for key, value in fields.items()},
        {"rows": tuple({key: Value(value, value, 1.0) for key, value in row.items()} for row in rows)},
    )


def outcomes(rule, **given):
    validate_rule(rule, SPEC)
    return [finding.ok for finding in apply_rule(rule, SPEC, prediction(**given))]


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (RuleSpec("pattern", ("number",), {"regex": r"A-\d+"}), {"number": "A-1"}, {"number": "B-1"}),
        (RuleSpec("range", ("net",), {"min": 0, "max": "100.5"}), {"net": "100.50"}, {"net": "-0.01"}),
        (RuleSpec("range", ("start",), {"min": "2020-01-01"}), {"start": "2020-01-01"}, {"start": "2019-12-31"}),
        (
            RuleSpec("sum", ("total", "net", "fee")),
            {"total": "3.00", "net": "1.00", "fee": "2.01"},
            {"total": "3.00", "net": "1.00", "fee": "2.10"},
        ),
        (
            RuleSpec("sum", ("total",), {"table": "rows", "column": "price", "tolerance": 0}),
            {"total": "3", "rows": ({"price": "1"}, {"price": "2"})},
            {"total": "3", "rows": ({"price": "1"},)},
        ),
        (
            RuleSpec("order", ("start", "end")),
            {"start": "2020-01-01", "end": "2020-01-01"},
            {"start": "2020-01-02", "end": "2020-01-01"},
        ),
        (
            RuleSpec("order", ("net", "total"), {"strict": True}),
            {"net": "9.00", "total": "10.00"},
            {"net": "10.0", "total": "10.00"},
        ),
        (RuleSpec("list", ("number",), {"values": ["A", "B"]}), {"number": "A"}, {"number": "a"}),
        (RuleSpec("list", ("number",), {"values": ["A"], "ignore_case": True}), {"number": "a"}, {"number": "b"}),
    ],
)
def test_rules_hold_and_fail(rule, good, bad):
    assert outcomes(rule, **good) == [True]
    assert outcomes(rule, **bad) == [False]
    assert outcomes(rule) == []  # what is missing is said by `required`, not by every rule


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (RuleSpec("magic", ("number",)), "rule kind 'magic'"),
        (RuleSpec("pattern", (), {"regex": "a"}), "at least one field"),
        (RuleSpec("pattern", ("nope",), {"regex": "a"}), "no field 'nope'"),
        (RuleSpec("pattern", ("number",), {}), "regex"),
        (RuleSpec("pattern", ("number",), {"regex": "(a+)+"}), "for ever"),
        (RuleSpec("pattern", ("number",), {"regex": "a", "flags": 1}), "unknown parameter 'flags'"),
        (RuleSpec("range", ("net",), {}), "min or max"),
        (RuleSpec("range", ("number",), {"min": 1}), "numbers or for dates"),
        (RuleSpec("range", ("net", "start"), {"min": 1}), "one of both"),
        (RuleSpec("range", ("net",), {"min": 5, "max": 1}), "min is larger"),
        (RuleSpec("range", ("net",), {"min": "lots"}), "not a number"),
        (RuleSpec("range", ("net",), {"min": True}), "not a number"),
        (RuleSpec("range", ("start",), {"min": 5}), "not a date"),
        (RuleSpec("range", ("start",), {"min": "2020-02-02", "max": "2020-02-01"}), "min is larger"),
        (RuleSpec("sum", ("number", "net")), "only numeric"),
        (RuleSpec("sum", ("total",)), "either the parts"),
        (RuleSpec("sum", ("total", "net"), {"table": "rows", "column": "price"}), "either the parts"),
        (RuleSpec("sum", ("total",), {"table": "nope", "column": "price"}), "no table 'nope'"),
        (RuleSpec("sum", ("total",), {"table": "rows", "column": "what"}), "no numeric column"),
        (RuleSpec("sum", ("total", "net"), {"tolerance": -1}), "0 or more"),
        (RuleSpec("order", ("start",)), "at least two"),
        (RuleSpec("order", ("start", "net")), "all be dates"),
        (RuleSpec("order", ("start", "end"), {"strict": "yes"}), "true or false"),
        (RuleSpec("list", ("number",), {"values": []}), "list of texts"),
        (RuleSpec("list", ("number",), {"values": [1]}), "list of texts"),
        (RuleSpec("list", ("number",), {"values": ["a"], "ignore_case": 1}), "true or false"),
    ],
)
def test_nonsense_is_refused_with_a_reason(rule, message):
    with pytest.raises(BadSpec, match=message):
        validate_rule(rule, SPEC)


def test_a_failed_rule_says_what_is_wrong():
    (finding,) = apply_rule(RuleSpec("sum", ("total", "net", "fee")), SPEC, prediction(total="3", net="1", fee="1"))
    assert finding.message == "net + fee is 2, but Total is 3"
