"""The checks of what a person confirmed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from typing import Any

from .charges import Charges
from .checks import check
from .findings import Finding
from .labels import Label, LabelValue
from .master_data import Lists
from .prediction import Prediction, TemplateMatch, Value
from .spec import TemplateSpec

Cells = Mapping[str, Set[tuple[str, str]]]  # table -> (column, value)


def failures(
    spec: TemplateSpec,
    label: Label,
    *,
    lists: Lists | None = None,
    stated: Cells | None = None,
    charges: Callable[[], Charges] = Charges,
) -> tuple[Finding, ...]:
    """Return the checks of `spec` that the confirmed values fail; those that it does not ask for are left out.

    lists: the master data that rules ask for. stated: the cells that an e-invoice states; see `stated_cells`.
    charges: returns what the document prints beside its line items; see `check`.
    """
    prediction = _as_prediction(spec, label, stated or {})
    return check(spec, prediction, spec.locale, lists=lists, charges=charges).failures


def stated_cells(prediction: Mapping[str, Any]) -> Cells:
    """Return the cells of a prediction (its JSON) that its e-invoice states: nobody can have misread those."""
    return {
        key: {(c, cell["value"]) for row in rows for c, cell in row.items() if cell.get("source") == "xml"}
        for key, rows in prediction.get("tables", {}).items()
    }


def _as_prediction(spec: TemplateSpec, label: Label, stated: Cells) -> Prediction:
    tables = {t.key: {c.key for c in t.columns} for t in spec.tables}
    return Prediction(
        TemplateMatch(spec.name, 1.0),
        {key: tuple(_value(v) for v in values) for key, values in label.fields.items() if spec.field(key)},
        {
            key: tuple(
                {
                    c: _value(v, "xml" if (c, v.value) in stated.get(key, ()) else "person")
                    for c, v in row.items()
                    if c in tables[key]
                }
                for row in rows
            )
            for key, rows in label.tables.items()
            if key in tables
        },
    )


def _value(value: LabelValue, source: str = "person") -> Value:
    """What a person confirmed, canonical: how it is printed is no question any more."""
    return Value(value.value, value.value, 1.0, source, value.boxes)
