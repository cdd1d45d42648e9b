"""A table of one row teaches tables of many, and the other way round."""

from __future__ import annotations

import numpy as np
import pytest

from invex.fields.labels import Label, LabelValue
from invex.fields.spec import FieldSpec, TableSpec
from invex.reading.types import Document
from mlops.learning.dataset import Sample
from mlops.learning.layout import lay_out
from mlops.learning.tables.lengths import of_other_length
from mlops.learning.tables.locate import NO_ROW, Located, locate
from mlops.learning.tables.model import TableModel, fit_table
from mlops.learning.tables.tokens import Tokens, tokenize
from tests.mlops.learning.tables.table_pages import document, line

VISITS = TableSpec("visits", (FieldSpec("day", "date"), FieldSpec("reason", "text"), FieldSpec("paid", "amount")))
MANY = [
    ("2025-03-21", "Injection of\na joint", "194.87"),
    ("2025-03-22", "Lab work", "60.34"),
    ("2025-03-25", "Office visit,\nestablished", "96.30"),
    ("2025-03-28", "Physical\ntherapy", "112.00"),
]
ONE = [("2025-04-02", "Emergency\nroom", "1292.45")]


def statement(visits: list[tuple[str, str, str]]) -> Sample:
    lines = [
        line(0.05, (0.1, "Health Plan"), (-0.9, "Member 58112")),
        line(0.10, (0.1, "Claim of 2025-05-01"), (-0.9, "Page 1")),
        line(0.2, (0.1, "Day"), (0.3, "Service"), (-0.9, "Paid")),
    ]
    y = 0.23
    for day, reason, paid in visits:
        first, *rest = reason.split("\n")
        lines.append(line(y, (0.1, day), (0.3, first), (-0.9, paid)))
        for more in rest:
            y += 0.016
            lines.append(line(y, (0.3, more)))
        y += 0.024
    lines.append(line(y + 0.02, (0.1, "Sum"), (-0.9, f"{sum(float(v[2]) for v in visits):.2f}")))
    lines.append(line(y + 0.06, (0.1, "This is not a bill.")))
    rows = tuple(
        {"day": LabelValue(day), "reason": LabelValue(" ".join(reason.split())), "paid": LabelValue(paid)}
        for day, reason, paid in visits
    )
    return Sample("1", document(lines), Label("claim", tables={"visits": rows}))


def located(sample: Sample) -> tuple[Tokens, Located]:
    tokens = tokenize(lay_out(sample.document))
    (found,) = locate(VISITS, [(tokens, sample.label.tables["visits"])], [None])
    return tokens, found


def texts(tokens: Tokens, found: Located) -> list[str]:
    """The texts of each row."""
    rows = sorted(set(found.rows.tolist()) - {NO_ROW})
    return [" ".join(tokens.items[t].text for t in np.flatnonzero(found.rows == row)) for row in rows]


def test_an_only_row_is_printed_several_times():
    made = of_other_length(*located(statement(ONE)))
    assert made is not None
    tokens, found = made
    assert texts(tokens, found) == 3 * ["2025-04-02 Emergency 1292.45 room"]
    at = {t.text: float(tokens.y0[i]) for i, t in enumerate(tokens.items)}
    assert at["Day"] < at["2025-04-02"] < at["room"] < at["Sum"] < at["bill."]


def test_of_several_rows_the_first_is_left():
    before, found = located(statement(MANY))
    made = of_other_length(before, found)
    assert made is not None
    tokens, found = made
    assert texts(tokens, found) == ["2025-03-21 Injection of 194.87 a joint"]
    assert "Lab" not in {t.text for t in tokens.items}
    sums = [one.y0[[t.text for t in one.items].index("Sum")] for one in (before, tokens)]
    assert sums[1] < sums[0] - 0.07


def test_rows_of_two_pages_are_left_as_they_are():
    first, second = statement(MANY), statement(ONE)
    both = Sample(
        "2",
        Document((*first.document.pages, *second.document.pages)),
        Label("claim", tables={"visits": first.label.tables["visits"] + second.label.tables["visits"]}),
    )
    assert of_other_length(*located(both)) is None


@pytest.mark.parametrize(("confirmed", "following"), [(ONE, MANY), (MANY, ONE)])
def test_one_document_teaches_tables_of_another_length(confirmed, following):
    model = fit_table(VISITS, [statement(confirmed)], None)
    after = statement(following)
    read = [{key: v.value for key, v in row.items()} for row in model.predict(lay_out(after.document))]
    assert read == [{key: v.value for key, v in row.items()} for row in after.label.tables["visits"]]


CHECKS = TableSpec("checks", (FieldSpec("position", "number"), FieldSpec("check", "text"), FieldSpec("result", "text")))


def test_rows_whose_numbers_are_ordinals_are_rows():
    """ "1." is a number in a table; rows with nothing else in columns of numbers were dropped."""

    def protocol(checks: list[tuple[str, str]]) -> Sample:
        lines = [line(0.05, (0.1, "Inspection protocol")), line(0.1, (0.1, "No."), (0.2, "Check"), (0.7, "Result"))]
        for i, (check, result) in enumerate(checks):
            lines.append(line(0.13 + 0.03 * i, (0.1, f"{i + 1}."), (0.2, check), (0.7, result)))
        lines.append(line(0.6, (0.1, "Inspector: Marek Wrona")))
        rows = tuple(
            {"position": LabelValue(str(i + 1)), "check": LabelValue(check), "result": LabelValue(result)}
            for i, (check, result) in enumerate(checks)
        )
        return Sample("1", document(lines), Label("protocol", tables={"checks": rows}))

    model = fit_table(CHECKS, [protocol([("Brakes", "ok"), ("Steering", "worn"), ("Tyres", "ok")])], None)
    rows = model.predict(lay_out(protocol([("Brakes", "worn"), ("Lights outside", "ok")]).document))
    assert [tuple(row[key].value for key in ("position", "check", "result")) for row in rows] == [
        ("1", "Brakes", "worn"),
        ("2", "Lights outside", "ok"),
    ]


def test_rows_without_numbers_are_rows_where_the_confirmed_ones_have_none():
    """A column of amounts that the paper does not fill."""

    def visits(services: list[str]) -> Sample:
        lines = [line(0.05, (0.1, "Health Plan")), line(0.1, (0.1, "Day"), (0.3, "Service"), (-0.9, "Paid"))]
        lines += [
            line(0.13 + 0.03 * i, (0.1, f"2025-03-{21 + i}"), (0.3, service)) for i, service in enumerate(services)
        ]
        lines.append(line(0.6, (0.1, "This is not a bill.")))
        rows = tuple(
            {"day": LabelValue(f"2025-03-{21 + i}"), "reason": LabelValue(service)}
            for i, service in enumerate(services)
        )
        return Sample("1", document(lines), Label("claim", tables={"visits": rows}))

    fitted = fit_table(VISITS, [visits(["Lab work", "Office visit", "Injection"])], None)
    model = TableModel.from_arrays(*fitted.to_arrays(), None)
    rows = model.predict(lay_out(visits(["Surgery", "Lab work"]).document))
    assert [row["reason"].value for row in rows] == ["Surgery", "Lab work"]
