"""The review form: what was read as rows to look at, and what a person sent back as a label."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from invex.fields.labels import label_from_json
from invex.fields.spec import FieldSpec, LocaleSpec, TableSpec, TemplateSpec
from invex.fields.validators import BadValue, entered

from .labels import title_of

SURE = 0.9  # at and above, a value that passed its checks is shown as confirmed by the machine
SPARE_ROWS = 1  # empty rows below a table, for browsers without JavaScript
_FIELD = re.compile(r"f:([a-z0-9_]+):([0-9]{1,6})")
_CELL = re.compile(r"t:([a-z0-9_]+):([0-9]{1,6}):([a-z0-9_]+)")


@dataclass(frozen=True, slots=True)
class Input:
    """One input of the form. boxes: JSON of the value's boxes; mark: "sure", "person", "look", "wrong" or ""."""

    name: str
    label: str = ""  # for people, where the page shows none beside the input
    value: str = ""
    text: str = ""
    boxes: str = "[]"
    mark: str = ""
    confidence_percent: int | None = None
    remarks: tuple[str, ...] = ()
    alternatives: tuple[dict[str, Any], ...] = ()
    why: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class FieldRow:
    spec: FieldSpec
    inputs: tuple[Input, ...]
    remarks: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """The most urgent mark of the row."""
        marks = {i.mark for i in self.inputs}
        if self.remarks and self.spec.required and not any(i.value for i in self.inputs):
            return "wrong"
        return next((m for m in ("wrong", "look", "sure", "person") if m in marks), "look" if self.remarks else "")

    @property
    def needs_person(self) -> bool:
        return self.mark in ("wrong", "look")


@dataclass(frozen=True, slots=True)
class TableRows:
    spec: TableSpec
    rows: tuple[tuple[Input, ...], ...]
    blank: tuple[Input, ...]  # what a new row looks like; its number is replaced by the page's script
    remarks: tuple[str, ...] = ()
    count: int = 0  # rows with values; the rest are spare

    @property
    def label(self) -> str:
        return title_of(self.spec.key)


def rows_of(
    spec: TemplateSpec, shown: Mapping[str, Any], reasons: list[dict[str, Any]], *, by_person: bool
) -> tuple[list[FieldRow], list[TableRows]]:
    """Return the rows of the form.

    shown: fields and tables of a prediction or of a label; by_person: they are a label, so no confidence is shown.
    Fields come in the order of the page, those that were not found last.
    """
    about: dict[str, list[str]] = {}
    for reason in reasons:
        about.setdefault(str(reason.get("field") or ""), []).append(str(reason["message"]))
    fields = []
    for field in spec.fields:
        values = shown.get("fields", {}).get(field.key) or ()
        remarks = tuple(dict.fromkeys(about.get(field.key, ())))
        inputs = tuple(
            _input(f"f:{field.key}:{n}", v, by_person=by_person, is_doubtful=bool(remarks))
            for n, v in enumerate(values)
        )
        said = {remark for i in inputs for remark in i.remarks}
        remarks = tuple(r for r in remarks if r not in said)
        fields.append(FieldRow(field, inputs or (Input(f"f:{field.key}:0"),), remarks))
    fields.sort(key=_place)
    return fields, [_table(t, shown, about, by_person=by_person) for t in spec.tables]


def _place(row: FieldRow) -> tuple[int, float, float]:
    boxes = json.loads(row.inputs[0].boxes)
    if not boxes:
        return (1 << 30, 0.0, 0.0)
    first = boxes[0]
    return (int(first["page"]), round(first["box"][1], 2), first["box"][0])


def _input(name: str, value: Mapping[str, Any], *, by_person: bool, is_doubtful: bool = False) -> Input:
    confidence = float(value.get("confidence", 1.0))
    failed = tuple(c.get("message") or c["name"] for c in value.get("checks", ()) if not c["ok"])
    if by_person:
        mark = "person"
    elif failed:
        mark = "wrong"
    else:
        mark = "sure" if confidence >= SURE and not is_doubtful else "look"
    return Input(
        name=name,
        value=value["value"],
        text=value.get("text") or "",
        boxes=json.dumps(value.get("boxes", []), separators=(",", ":")),
        mark=mark,
        confidence_percent=None if by_person else round(100 * confidence),
        remarks=failed,
        alternatives=tuple(
            {**a, "percent": round(100 * a["confidence"]), "boxes": json.dumps(a.get("boxes", []))}
            for a in value.get("alternatives", ())
        ),
        why=tuple(w["evidence"] for w in value.get("why", ())),
    )


def _table(spec: TableSpec, shown: Mapping[str, Any], about: Mapping[str, list[str]], *, by_person: bool) -> TableRows:
    rows = [
        tuple(
            replace(_input(cell.name, row[c.key], by_person=by_person), label=cell.label) if c.key in row else cell
            for c, cell in zip(spec.columns, _empty_row(spec, n), strict=True)
        )
        for n, row in enumerate(shown.get("tables", {}).get(spec.key) or ())
    ]
    count = len(rows)
    rows += [_empty_row(spec, count + n) for n in range(SPARE_ROWS)]
    remarks = tuple(dict.fromkeys(about.get(spec.key, ())))
    return TableRows(spec, tuple(rows), _empty_row(spec, "NUMBER"), remarks, count)


def _empty_row(spec: TableSpec, number: int | str) -> tuple[Input, ...]:
    return tuple(Input(f"t:{spec.key}:{number}:{c.key}", c.label or title_of(c.key)) for c in spec.columns)


@dataclass(frozen=True, slots=True)
class Sent:
    """What the form sent: the label as labels/ID.json, and the inputs that could not be understood by name."""

    label: dict[str, Any]
    errors: dict[str, str]
    shown: dict[str, Any]  # the same as typed, to draw the form again


def read_form(spec: TemplateSpec, data: Mapping[str, str], *, template: str | None, locale: LocaleSpec) -> Sent:
    """Return what a person sent for a document of `spec`; every field that the form shows is judged.

    An empty input says that the value is not there. A value is taken as it is printed, or canonical.
    """
    errors: dict[str, str] = {}
    fields: dict[str, list[dict[str, Any]]] = {f.key: [] for f in spec.fields}
    for name, match in sorted(((n, m) for n in data if (m := _FIELD.fullmatch(n))), key=lambda p: int(p[1][2])):
        field = spec.field(match[1])
        if field is not None and data[name].strip():
            fields[field.key].append(_typed(field, name, data, locale, errors))
    tables: dict[str, list[dict[str, Any]]] = {}
    for table in spec.tables:
        columns = {c.key: c for c in table.columns}
        rows: dict[int, dict[str, Any]] = {}
        for name in data:
            cell = _CELL.fullmatch(name)
            if cell and cell[1] == table.key and cell[3] in columns and data[name].strip():
                rows.setdefault(int(cell[2]), {})[cell[3]] = _typed(columns[cell[3]], name, data, locale, errors)
        tables[table.key] = [rows[n] for n in sorted(rows)]
    label = {"template": template, "fields": fields, "tables": tables}
    return Sent(label, errors, {"fields": fields, "tables": tables})


def _typed(
    field: FieldSpec, name: str, data: Mapping[str, str], locale: LocaleSpec, errors: dict[str, str]
) -> dict[str, Any]:
    typed = " ".join(data[name].split())
    value: dict[str, Any] = {"value": typed}
    try:
        value = {"value": entered(field.type, typed, locale)}
    except BadValue as e:
        errors[name] = str(e)
    boxes = _boxes(data.get(f"{name}:boxes", ""))
    if boxes:
        value["boxes"] = boxes
        value["text"] = data.get(f"{name}:text") or typed
    return value


def _boxes(raw: str) -> list[dict[str, Any]]:
    """Boxes of a hidden input; anything that is no list of boxes counts as none, the value is what matters."""
    try:
        found = json.loads(raw or "[]")
        label_from_json({"template": None, "fields": {"x": [{"value": "", "boxes": found}]}})
    except (ValueError, KeyError, TypeError):
        return []
    return list(found)


def with_errors(row: FieldRow, errors: Mapping[str, str]) -> FieldRow:
    """Return the row with what could not be understood said at its input."""
    inputs = tuple(replace(i, mark="wrong", error=errors[i.name]) if i.name in errors else i for i in row.inputs)
    return replace(row, inputs=inputs)
