"""The review form: what a person sent back, as a label."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from invex.fields.findings import Finding
from invex.fields.labels import label_from_json
from invex.fields.spec import FieldSpec, LocaleSpec, TableSpec, TemplateSpec
from invex.fields.validators import BadValue, depends_on_locale, entered
from invex.fields.values import ANY_LOCALE

from .labels import Spent

LONGEST_SPENT_S = 4 * 3600.0  # at one document; more is a clock that went wrong
Locale = Callable[[], LocaleSpec]
_FIELD = re.compile(r"f:([a-z0-9_]+):([0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class Sent:
    """What the form sent: the label as labels/ID.json, and what could not be understood, by the name of its input.

    A cell's name is "t:TABLE:ROW:COLUMN", rows from 0. unplaced: the values that have no place on a page, [type, value]
    by name; of fields only those that a person has said.
    """

    label: dict[str, Any]
    errors: dict[str, str]
    unplaced: dict[str, tuple[str, str]]


def read_form(spec: TemplateSpec, data: Mapping[str, str], *, template: str | None, locale: Locale) -> Sent:
    """Return what a person sent for a document of `spec`.

    An empty input says that the value is not there, unless the person left the question open: then nobody said. A value
    is taken as it is printed, or canonical. locale: tells how the document writes dates and numbers; it is asked only
    where that matters, since it reads the document for it.
    """
    errors: dict[str, str] = {}
    unplaced: dict[str, tuple[str, str]] = {}
    fields: dict[str, list[dict[str, Any]]] = {f.key: [] for f in spec.fields}
    for name, match in sorted(((n, m) for n in data if (m := _FIELD.fullmatch(n))), key=lambda p: int(p[1][2])):
        field = spec.field(match[1])
        if field is not None and data[name].strip():
            cell = {"value": data[name], "text": data.get(f"{name}:text"), "boxes": _list(data.get(f"{name}:boxes"))}
            found = _understood(field, name, cell, locale, errors)
            fields[field.key].append(found)
            if "boxes" not in found and name not in errors and data.get(f"{name}:by"):
                unplaced[name] = field.type, found["value"]
    for key in [k for k, values in fields.items() if not values and data.get(f"f:{k}:0:open")]:
        del fields[key]
    tables = {
        table.key: _rows(table, data[f"t:{table.key}"], locale, errors, unplaced)
        for table in spec.tables
        if f"t:{table.key}" in data
    }
    return Sent({"template": template, "fields": fields, "tables": tables}, errors, unplaced)


def marks(data: Mapping[str, str], failures: Iterable[Finding]) -> dict[str, str]:
    """Return what failed checks say of the form's inputs and of the cells of its grids, by name."""
    found: dict[str, str] = {}
    for failure in failures:
        for target in failure.targets:
            if target.column is None:
                numbers = sorted(int(m[2]) for n in data if (m := _FIELD.fullmatch(n)) and m[1] == target.key)
                filled = [number for number in numbers if data[f"f:{target.key}:{number}"].strip()]
                number = filled[target.index] if target.index < len(filled) else 0
                found.setdefault(f"f:{target.key}:{number}", failure.message)
            else:
                rows = [n for n, row in enumerate(_list(data.get(f"t:{target.key}"))) if _is_filled(row)]
                if target.index < len(rows):
                    found.setdefault(f"t:{target.key}:{rows[target.index]}:{target.column}", failure.message)
    return found


def read_told(raw: str) -> frozenset[str]:
    """Return the sentences of failed checks that the page has told its person, as it sends them back."""
    return frozenset(one for one in _list(raw) if isinstance(one, str))


def read_spent(raw: str) -> Spent | None:
    """Return how long a person was at a document, as its page counted; None where that says nothing sensible."""
    try:
        found = json.loads(raw)
        seconds = float(found["seconds"])
        fields = {str(key): float(spent) for key, spent in found["fields"].items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    is_sensible = 0 < seconds <= LONGEST_SPENT_S and all(0 < spent <= seconds for spent in fields.values())
    return Spent(seconds, fields) if is_sensible else None


def _rows(
    table: TableSpec, raw: str, locale: Locale, errors: dict[str, str], unplaced: dict[str, tuple[str, str]]
) -> list[dict[str, Any]]:
    """The rows of a grid; those without a value are left out."""
    columns = {c.key: c for c in table.columns}
    rows = []
    for number, row in enumerate(_list(raw)):
        found = {}
        for key, cell in row.items() if isinstance(row, dict) else ():
            if key not in columns or not _has_value(cell):
                continue
            name = f"t:{table.key}:{number}:{key}"
            found[key] = _understood(columns[key], name, cell, locale, errors)
            if "boxes" not in found[key] and name not in errors:
                unplaced[name] = columns[key].type, found[key]["value"]
        if found:
            rows.append(found)
    return rows


def _has_value(cell: Any) -> bool:
    return isinstance(cell, dict) and bool(str(cell.get("value") or "").strip())


def _is_filled(row: Any) -> bool:
    return isinstance(row, dict) and any(_has_value(cell) for cell in row.values())


def _understood(
    field: FieldSpec, name: str, cell: Mapping[str, Any], locale: Locale, errors: dict[str, str]
) -> dict[str, Any]:
    typed = " ".join(str(cell["value"]).split())
    value: dict[str, Any] = {"value": typed}
    try:
        convention = locale() if depends_on_locale(field.type, typed) else ANY_LOCALE
        value = {"value": entered(field.type, typed, convention)}
    except BadValue as e:
        errors[name] = str(e)
    boxes = _boxes(cell.get("boxes"))
    if boxes:
        value["boxes"] = boxes
        value["text"] = str(cell.get("text") or typed)
    return value


def _boxes(found: Any) -> list[dict[str, Any]]:
    """Boxes of a value; anything that is no list of boxes counts as none, the value is what matters."""
    try:
        label_from_json({"template": None, "fields": {"x": [{"value": "", "boxes": found or []}]}})
    except (ValueError, KeyError, TypeError):
        return []
    return list(found or [])


def _list(raw: str | None) -> list[Any]:
    """The list that a hidden input holds as JSON; anything else counts as empty."""
    try:
        found = json.loads(raw or "[]")
    except ValueError:
        return []
    return found if isinstance(found, list) else []
