"""The rules that people define for a template: their parameters, and what they find.

kind     fields                      params
pattern  those that must match       regex
range    those that must lie within  min, max: numbers for numeric fields, ISO dates for dates; one may be left out
sum      the total, then its parts   tolerance, default 0.02; or table and column instead of parts
order    in rising order             strict, default false
list     those that must be listed   values; ignore_case, default false
master_data  those of one row        list, columns: the column of each field, in their order
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from .findings import Finding, Target, decimal_of, name_of, single
from .folding import fold
from .master_data import MASTER_DATA, Lists, apply_master_data, validate_master_data
from .prediction import Prediction
from .safe_pattern import compile_pattern, matches
from .spec import BadSpec, RuleSpec, TemplateSpec
from .validators import problem
from .values import NUMERIC_TYPES

SUM_TOLERANCE = Decimal("0.02")  # two parts, each rounded to a cent
LONGEST_LIST = 10_000

_PARAMS: Mapping[str, frozenset[str]] = {
    "pattern": frozenset({"regex"}),
    "range": frozenset({"min", "max"}),
    "sum": frozenset({"tolerance", "table", "column"}),
    "order": frozenset({"strict"}),
    "list": frozenset({"values", "ignore_case"}),
    MASTER_DATA: frozenset({"list", "columns"}),
}
RULE_KINDS = tuple(_PARAMS)


def validate_rule(rule: RuleSpec, spec: TemplateSpec, number: int = 1) -> None:
    """Raise BadSpec when `rule` makes no sense for `spec`; the message says what to change.

    number: of the rule in its template, from 1.
    """
    where = f"Rule {number} ({', '.join(rule.fields) or '–'})"
    if rule.kind not in _PARAMS:
        raise BadSpec(f"{where}: there is no rule kind {rule.kind!r}; use one of {', '.join(RULE_KINDS)}")
    unknown = sorted(set(rule.params) - _PARAMS[rule.kind])
    if unknown:
        raise BadSpec(f"{where}: unknown parameter {unknown[0]!r}; it takes {', '.join(sorted(_PARAMS[rule.kind]))}")
    if not rule.fields:
        raise BadSpec(f"{where}: name at least one field")
    types = []
    for key in rule.fields:
        field = spec.field(key)
        if field is None:
            raise BadSpec(f"{where}: the template has no field {key!r}; name its fields by their keys")
        types.append(field.type)
    try:
        _VALIDATE[rule.kind](rule, spec, types)
    except BadSpec as e:
        raise BadSpec(f"{where}: {e}") from e


def _validate_pattern(rule: RuleSpec, spec: TemplateSpec, types: list[str]) -> None:
    regex = rule.params.get("regex")
    if not isinstance(regex, str):
        raise BadSpec("regex: give a regular expression as text")
    compile_pattern(regex)


def _validate_range(rule: RuleSpec, spec: TemplateSpec, types: list[str]) -> None:
    bounds = {name: rule.params[name] for name in ("min", "max") if rule.params.get(name) is not None}
    if not bounds:
        raise BadSpec("give min or max")
    kinds = {"number" if t in NUMERIC_TYPES else t for t in types}
    if kinds not in ({"number"}, {"date"}):
        raise BadSpec("a range is for numbers or for dates, one of both")
    if kinds == {"number"}:
        numbers = [_number(name, bound) for name, bound in bounds.items()]
    else:
        for name, bound in bounds.items():
            if not isinstance(bound, str) or problem("date", bound):
                raise BadSpec(f"{name}: {bound!r} is not a date such as 2020-03-29")
        numbers = [Decimal(str(bound).replace("-", "")) for bound in bounds.values()]
    if numbers != sorted(numbers):
        raise BadSpec("min is larger than max")


def _validate_sum(rule: RuleSpec, spec: TemplateSpec, types: list[str]) -> None:
    if not set(types) <= NUMERIC_TYPES:
        raise BadSpec("only numeric fields can be summed")
    if "tolerance" in rule.params and _number("tolerance", rule.params["tolerance"]) < 0:
        raise BadSpec("tolerance: 0 or more")
    has_parts = len(rule.fields) > 1
    if has_parts == bool(rule.params.get("table") or rule.params.get("column")):
        raise BadSpec("give either the parts as further fields, or table and column")
    if has_parts:
        return
    table = next((t for t in spec.tables if t.key == rule.params.get("table")), None)
    if table is None:
        raise BadSpec(f"the template has no table {rule.params.get('table')!r}")
    column = next((c for c in table.columns if c.key == rule.params.get("column")), None)
    if column is None or column.type not in NUMERIC_TYPES:
        raise BadSpec(f"table {table.key!r} has no numeric column {rule.params.get('column')!r}")


def _validate_order(rule: RuleSpec, spec: TemplateSpec, types: list[str]) -> None:
    if len(rule.fields) < 2:
        raise BadSpec("name at least two fields")
    if not (set(types) == {"date"} or set(types) <= NUMERIC_TYPES):
        raise BadSpec("the fields must all be dates, or all be numbers")
    if not isinstance(rule.params.get("strict", False), bool):
        raise BadSpec("strict: true or false")


def _validate_list(rule: RuleSpec, spec: TemplateSpec, types: list[str]) -> None:
    values = rule.params.get("values")
    if not isinstance(values, list) or not values or not all(isinstance(v, str) for v in values):
        raise BadSpec("values: give a list of texts")
    if len(values) > LONGEST_LIST:
        raise BadSpec(f"values: at most {LONGEST_LIST}")
    if not isinstance(rule.params.get("ignore_case", False), bool):
        raise BadSpec("ignore_case: true or false")


def _number(name: str, value: Any) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite():
        raise BadSpec(f"{name}: {value!r} is not a number")
    return number


def apply_rule(
    rule: RuleSpec, spec: TemplateSpec, prediction: Prediction, lists: Lists | None = None
) -> Iterator[Finding]:
    """Yield what `rule`, which must be valid, finds; nothing for values that are missing.

    lists: the project's master data; None = there is none to ask, and a rule about it finds nothing.
    """
    if rule.kind != MASTER_DATA:
        yield from _APPLY[rule.kind](rule, spec, prediction)
    elif lists is not None:
        yield from apply_master_data(rule, spec, prediction, lists)


def _apply_pattern(rule: RuleSpec, spec: TemplateSpec, prediction: Prediction) -> Iterator[Finding]:
    regex = rule.params["regex"]
    for key in rule.fields:
        for index, value in enumerate(prediction.fields.get(key, ())):
            ok = matches(regex, value.value)
            message = "" if ok else f"{name_of(spec, key)} does not look like {regex}"
            yield Finding("pattern", ok, message, (Target(key, index),))


def _apply_range(rule: RuleSpec, spec: TemplateSpec, prediction: Prediction) -> Iterator[Finding]:
    low, high = rule.params.get("min"), rule.params.get("max")
    for key in rule.fields:
        field = spec.field(key)
        for index, value in enumerate(prediction.fields.get(key, ())):
            if field is not None and field.type == "date":
                ok = (low is None or value.value >= low) and (high is None or value.value <= high)
            else:
                number = decimal_of(value)
                ok = number is not None and not (
                    (low is not None and number < Decimal(str(low)))
                    or (high is not None and number > Decimal(str(high)))
                )
            limits = " and ".join(
                p for p in (low is not None and f"from {low}", high is not None and f"to {high}") if p
            )
            message = "" if ok else f"{name_of(spec, key)} is outside of the range {limits}"
            yield Finding("range", ok, message, (Target(key, index),))


def _apply_sum(rule: RuleSpec, spec: TemplateSpec, prediction: Prediction) -> Iterator[Finding]:
    total_key, *part_keys = rule.fields
    total = decimal_of(single(prediction, total_key))
    if part_keys:
        parts = [decimal_of(single(prediction, key)) for key in part_keys]
        targets = tuple(Target(key) for key in rule.fields)
        what = " + ".join(name_of(spec, key) for key in part_keys)
    else:
        rows = prediction.tables.get(rule.params["table"], ())
        parts = [decimal_of(row.get(rule.params["column"])) for row in rows]
        targets = (Target(total_key),)
        what = f"the sum of {rule.params['column']}"
    numbers = [p for p in parts if p is not None]
    if total is None or not numbers or len(numbers) != len(parts):
        return
    ok = abs(sum(numbers) - total) <= Decimal(str(rule.params.get("tolerance", SUM_TOLERANCE)))
    message = "" if ok else f"{what} is {sum(numbers)}, but {name_of(spec, total_key)} is {total}"
    yield Finding("sum", ok, message, targets)


def _apply_order(rule: RuleSpec, spec: TemplateSpec, prediction: Prediction) -> Iterator[Finding]:
    is_strict = bool(rule.params.get("strict", False))
    for first, second in zip(rule.fields, rule.fields[1:]):
        yield from in_order(spec, prediction, first, second, name="order", is_strict=is_strict)


def in_order(
    spec: TemplateSpec, prediction: Prediction, first: str, second: str, *, name: str, is_strict: bool = False
) -> Iterator[Finding]:
    """Yield whether the value of field `first` is not after (strict: before) that of `second`; nothing if one lacks."""
    a, b = single(prediction, first), single(prediction, second)
    if a is None or b is None:
        return
    field = spec.field(first)
    if field is not None and field.type == "date":
        is_before, is_same = a.value < b.value, a.value == b.value
    else:
        x, y = decimal_of(a), decimal_of(b)
        if x is None or y is None:
            return
        is_before, is_same = x < y, x == y
    ok = is_before or (is_same and not is_strict)
    message = "" if ok else f"{name_of(spec, first)} ({a.value}) comes after {name_of(spec, second)} ({b.value})"
    yield Finding(name, ok, message, (Target(first), Target(second)))


def _apply_list(rule: RuleSpec, spec: TemplateSpec, prediction: Prediction) -> Iterator[Finding]:
    values = rule.params["values"]
    is_case_ignored = bool(rule.params.get("ignore_case", False))
    allowed = {fold(v) for v in values} if is_case_ignored else set(values)
    for key in rule.fields:
        for index, value in enumerate(prediction.fields.get(key, ())):
            ok = (fold(value.value) if is_case_ignored else value.value) in allowed
            message = "" if ok else f"{name_of(spec, key)} is not in the list of allowed values"
            yield Finding("list", ok, message, (Target(key, index),))


_VALIDATE: Mapping[str, Callable[[RuleSpec, TemplateSpec, list[str]], None]] = {
    "pattern": _validate_pattern,
    "range": _validate_range,
    "sum": _validate_sum,
    "order": _validate_order,
    "list": _validate_list,
    MASTER_DATA: validate_master_data,
}
_APPLY: Mapping[str, Callable[[RuleSpec, TemplateSpec, Prediction], Iterator[Finding]]] = {
    "pattern": _apply_pattern,
    "range": _apply_range,
    "sum": _apply_sum,
    "order": _apply_order,
    "list": _apply_list,
}
