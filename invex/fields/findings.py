"""What a check found, and the values it speaks of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from .prediction import CheckResult, Prediction, Value
from .spec import TemplateSpec

MOST_DIGITS = 20  # before the decimal point; of longer numbers nothing can be reckoned to the cent


@dataclass(frozen=True, slots=True)
class Target:
    """A value of a prediction: the index-th of field `key`, or of row `index` in table `key` the cell in `column`."""

    key: str
    index: int = 0
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check. `message` is a sentence for people when it failed; no targets: of the document."""

    name: str
    ok: bool
    message: str = ""
    targets: tuple[Target, ...] = ()


def attach(prediction: Prediction, findings: Iterable[Finding]) -> Prediction:
    """Return `prediction` with each finding among the checks of the values it speaks of; the same one once."""
    by_target: dict[Target, list[CheckResult]] = {}
    for finding in findings:
        for target in finding.targets:
            by_target.setdefault(target, []).append(CheckResult(finding.name, finding.ok, finding.message))

    def checked(target: Target, value: Value) -> Value:
        new = by_target.get(target, [])
        if not new:
            return value
        kept = tuple(c for c in value.checks if c.name not in {n.name for n in new})
        return replace(value, checks=kept + tuple(dict.fromkeys(new)))

    fields = {k: tuple(checked(Target(k, i), v) for i, v in enumerate(vs)) for k, vs in prediction.fields.items()}
    tables = {
        k: tuple({c: checked(Target(k, i, c), v) for c, v in row.items()} for i, row in enumerate(rows))
        for k, rows in prediction.tables.items()
    }
    return replace(prediction, fields=fields, tables=tables)


def name_of(spec: TemplateSpec, key: str) -> str:
    """Return what people call the field: its label, else its key."""
    field = spec.field(key)
    return (field.label if field else "") or key


def decimal_of(value: Value | None) -> Decimal | None:
    """Return the number that a value is; None where it is none, or one of more than 20 digits."""
    if value is None:
        return None
    try:
        number = Decimal(value.value)
    except InvalidOperation:
        return None
    return number if number.is_finite() and number.adjusted() < MOST_DIGITS else None


def single(prediction: Prediction, key: str) -> Value | None:
    """Return the one value of a field; None when it has none or several."""
    values = prediction.fields.get(key, ())
    return values[0] if len(values) == 1 else None


def last_place(*numbers: Decimal) -> Decimal:
    """Return the unit of the last printed decimal, the finest of `numbers`: 0.01 for 5.00."""
    return min(Decimal(1).scaleb(min(int(n.as_tuple().exponent), 0)) for n in numbers)
