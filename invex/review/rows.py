"""What the document's page shows: the values that were read, or confirmed, or typed, as rows to look at."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from invex.catalog.field_names import CONTEXT, field_name
from invex.fields.master_data import MASTER_DATA
from invex.fields.spec import FieldSpec, TableSpec, TemplateSpec
from invex.fields.standard import STANDARD_FIELDS
from invex.kernel.spoken import spoken

SURE = 0.9  # at and above, a value that passed its checks is shown as confirmed by the machine
NUMBERED = 9  # fields that a key leads to
URGENCY = ("wrong", "look", "sure", "person")


@dataclass(frozen=True, slots=True)
class Input:
    """One input of the form. boxes: JSON of the value's boxes; mark: "sure", "person", "look", "wrong" or ""."""

    name: str
    value: str = ""
    text: str = ""
    boxes: str = "[]"
    mark: str = ""
    confidence_percent: int | None = None
    is_sure: bool = False
    remarks: tuple[str, ...] = ()
    alternatives: tuple[dict[str, Any], ...] = ()
    why: tuple[str, ...] = ()
    error: str = ""
    theirs: str | None = None  # what somebody else saved meanwhile, where it differs; "" = that it is not there

    @property
    def is_touched(self) -> bool:
        """Whether a person filled it or looked at it on this page."""
        return self.mark == "person"


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field with its values. is_open: a person said that they do not say whether it is there.

    lacking: it has none, and so many confirmed documents of its template, all that were looked at, have one.
    number: of its key (Alt+number), the same on every document of the template; None of those after the ninth.
    looked_up_with: keys of the fields, it included, that a rule looks up in master data together.
    """

    spec: FieldSpec
    inputs: tuple[Input, ...]
    remarks: tuple[str, ...] = ()
    is_open: bool = False
    lacking: int = 0
    number: int | None = None
    looked_up_with: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return field_name(self.spec.key, self.spec.label)

    @property
    def mark(self) -> str:
        """The most urgent mark of the row."""
        marks = {i.mark for i in self.inputs}
        if self.remarks and self.spec.required and self.is_empty:
            return "wrong"
        return next((m for m in URGENCY if m in marks), "look" if self.remarks or self.lacking else "")

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands there, and no person has said so."""
        return not any(i.value.strip() or i.is_touched for i in self.inputs)

    @property
    def needs_person(self) -> bool:
        return self.mark in ("wrong", "look")


@dataclass(frozen=True, slots=True)
class TableRows:
    """A table: its rows as the page's grid takes them, a mapping of column keys to cells each.

    is_typed: they are what a person left. lacking: it has none, and so many confirmed documents of its template, all
    that were looked at, have some. lacking_columns: the same of columns that no row has, (key, number) each. printed:
    what the document prints beside them, for the page's own sums.
    """

    spec: TableSpec
    rows: tuple[dict[str, dict[str, Any]], ...]
    remarks: tuple[str, ...] = ()
    is_typed: bool = False
    lacking: int = 0
    lacking_columns: tuple[tuple[str, int], ...] = ()
    theirs: str = ""  # JSON of the rows that somebody else saved meanwhile, where they differ
    printed: Mapping[str, Any] | None = None

    @property
    def label(self) -> str:
        return field_name(self.spec.key)

    @property
    def name(self) -> str:
        return f"t:{self.spec.key}"

    @property
    def need_count(self) -> int:
        """How often it needs a person: the cells that are marked; where none is, what is said of the whole."""
        cells = (cell for row in self.rows for cell in row.values())
        marked = sum(cell.get("mark") in ("look", "wrong") or "failed" in cell for cell in cells)
        return marked or int(bool(self.remarks or self.lacking or self.lacking_columns))

    @property
    def empty_columns(self) -> tuple[str, ...]:
        """The keys of the columns that no row has; () where there are no rows."""
        present = {key for row in self.rows for key, cell in row.items() if str(cell.get("value", "")).strip()}
        return tuple(c.key for c in self.spec.columns if c.key not in present) if self.rows else ()

    @property
    def columns_said_lacking(self) -> list[tuple[str, str, int]]:
        """Key, name and number of documents, see lacking_columns."""
        labels = {c.key: field_name(f"{self.spec.key}.{c.key}", c.label) for c in self.spec.columns}
        return [(key, labels[key], number) for key, number in self.lacking_columns]

    @property
    def needs_person(self) -> bool:
        return self.need_count > 0

    @property
    def as_json(self) -> str:
        return json.dumps(self.rows, ensure_ascii=False, separators=(",", ":"))

    @property
    def printed_json(self) -> str:
        return json.dumps(self.printed or {})

    @property
    def columns_json(self) -> str:
        columns = [
            {"key": c.key, "type": c.type, "label": field_name(f"{self.spec.key}.{c.key}", c.label)}
            for c in self.spec.columns
        ]
        return json.dumps(columns, ensure_ascii=False)


# Another value of a field, as the page's script puts it in: with the key and the type of the field, and its number.
ANOTHER = FieldRow(FieldSpec("another", "text"), (Input("f:another:NUMBER"),))


def rows_of(
    spec: TemplateSpec,
    shown: Mapping[str, Any],
    reasons: list[dict[str, Any]],
    *,
    by_person: bool = False,
    is_blind: bool = False,
) -> tuple[list[FieldRow], list[TableRows]]:
    """Return the rows of the form; fields come in the order of the page, those that were not found last.

    shown: fields and tables of a prediction or of a label; by_person: they are a label, so no confidence is shown.
    is_blind: a person judges without knowing how sure the machine was, so everything asks for a look.
    """
    about: dict[str, list[str]] = {}
    for reason in reasons:
        about.setdefault(str(reason.get("field") or ""), []).append(str(reason["message"]))
    looked_up = {key: rule.fields for rule in spec.rules if rule.kind == MASTER_DATA for key in rule.fields}
    order = spec.fields if spec.name else STANDARD_FIELDS  # of which a document of no template has some
    numbers = {one.key: number for number, one in enumerate(order[:NUMBERED], 1)}
    fields = []
    for field in spec.fields:
        values = shown.get("fields", {}).get(field.key) or ()
        remarks = tuple(dict.fromkeys(about.get(field.key, ())))
        inputs = tuple(
            _input(f"f:{field.key}:{n}", v, by_person=by_person, is_doubtful=bool(remarks), is_blind=is_blind)
            for n, v in enumerate(values)
        )
        said = {remark for i in inputs for remark in i.remarks}
        remarks = tuple(r for r in remarks if r not in said)
        empty = Input(f"f:{field.key}:0", mark="look" if is_blind else "")
        row = FieldRow(field, inputs or (empty,), remarks, number=numbers.get(field.key))
        fields.append(replace(row, looked_up_with=looked_up.get(field.key, ())))
    fields.sort(key=_place)
    return fields, [_table(t, shown, about, by_person=by_person, is_blind=is_blind) for t in spec.tables]


def _place(row: FieldRow) -> tuple[int, float, float]:
    return place_of(json.loads(row.inputs[0].boxes))


def place_of(boxes: Sequence[Mapping[str, Any]]) -> tuple[int, float, float]:
    """Return where a value with these boxes comes among the fields: in the order of the page, without boxes last."""
    if not boxes:
        return (1 << 30, 0.0, 0.0)
    first = boxes[0]
    return (int(first["page"]), round(first["box"][1], 2), first["box"][0])


def _input(name: str, value: Mapping[str, Any], *, by_person: bool, is_doubtful: bool, is_blind: bool) -> Input:
    confidence = float(value.get("confidence", 1.0))
    failed = _failed(value)
    alternatives = value.get("alternatives", ())
    return Input(
        name=name,
        value=value["value"],
        text=value.get("text") or "",
        boxes=_compact(value.get("boxes", [])),
        mark=_mark(confidence, failed, by_person=by_person, is_doubtful=is_doubtful or is_blind),
        confidence_percent=None if by_person or is_blind else round(100 * confidence),
        is_sure=by_person or (confidence >= SURE and not is_blind),
        remarks=failed,
        alternatives=tuple(
            {
                "value": a["value"],
                "text": a.get("text") or "",
                "boxes": _compact(a.get("boxes", [])),
                "percent": None if is_blind else round(100 * a["confidence"]),
            }
            for a in alternatives
            if round(100 * a["confidence"])
        ),
        why=() if is_blind else tuple(w["evidence"] for w in value.get("why", ())),
    )


def _failed(value: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(c.get("message") or c["name"] for c in value.get("checks", ()) if not c["ok"])


def _mark(confidence: float, failed: tuple[str, ...], *, by_person: bool, is_doubtful: bool) -> str:
    if by_person:
        return "person"
    if failed:
        return "wrong"
    return "sure" if confidence >= SURE and not is_doubtful else "look"


def _compact(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"))


def _table(
    spec: TableSpec, shown: Mapping[str, Any], about: Mapping[str, list[str]], *, by_person: bool, is_blind: bool
) -> TableRows:
    rows = tuple(
        {c.key: _cell(row[c.key], by_person=by_person, is_blind=is_blind) for c in spec.columns if c.key in row}
        for row in shown.get("tables", {}).get(spec.key) or ()
    )
    return TableRows(spec, rows, tuple(dict.fromkeys(about.get(spec.key, ()))))


def _cell(value: Mapping[str, Any], *, by_person: bool, is_blind: bool) -> dict[str, Any]:
    """A cell of the grid, without what is empty: long tables are sent often."""
    failed = _failed(value)
    mark = _mark(float(value.get("confidence", 1.0)), failed, by_person=by_person, is_doubtful=is_blind)
    cell = {
        "value": value["value"],
        "text": value.get("text") or "",
        "boxes": value.get("boxes", []),
        "mark": "" if mark in ("sure", "person") else mark,
        "remarks": [spoken(remark, CONTEXT) for remark in failed],
    }
    return {k: v for k, v in cell.items() if v or k == "value"}


def with_typed(
    rows: list[FieldRow], tables: list[TableRows], data: Mapping[str, str], *, touched_only: bool = False
) -> tuple[list[FieldRow], list[TableRows]]:
    """Return the rows as a person left them; `data` are the inputs of the form by name, as typed.

    touched_only: the form was made of another template, so only what the person themselves did is taken over.
    """
    fields = [_typed_row(row, data, touched_only=touched_only) for row in rows]
    return fields, [
        replace(t, rows=_typed_cells(data[t.name], t.spec), is_typed=True) if t.name in data and not touched_only else t
        for t in tables
    ]


def _typed_row(row: FieldRow, data: Mapping[str, str], *, touched_only: bool) -> FieldRow:
    prefix = f"f:{row.spec.key}:"
    names = sorted(
        (n for n in data if n.startswith(prefix) and n.removeprefix(prefix).isdecimal()),
        key=lambda n: int(n.removeprefix(prefix)),
    )
    if not names or (touched_only and not any(data.get(f"{n}:by") for n in names)):
        return row
    before = {i.name: i for i in row.inputs}
    inputs = tuple(_typed_input(before.get(name, Input(name)), data) for name in names)
    return replace(row, inputs=inputs, is_open=bool(data.get(f"{prefix}0:open")))


def _typed_input(before: Input, data: Mapping[str, str]) -> Input:
    name, value = before.name, data[before.name]
    typed: dict[str, Any] = {
        "value": value,
        "text": data.get(f"{name}:text", ""),
        "boxes": data.get(f"{name}:boxes") or "[]",
    }
    if data.get(f"{name}:by"):
        return replace(before, **typed, mark="person", confidence_percent=None, remarks=())
    return replace(before, **typed)


def _typed_cells(raw: str, spec: TableSpec) -> tuple[dict[str, dict[str, Any]], ...]:
    try:
        rows = json.loads(raw)
    except ValueError:
        return ()
    keys = {c.key for c in spec.columns}
    return tuple(
        {key: _sent_cell(cell) for key, cell in row.items() if key in keys and isinstance(cell, dict)}
        for row in rows
        if isinstance(row, dict)
    )


def _sent_cell(cell: Mapping[str, Any]) -> dict[str, Any]:
    """A cell as the grid sent it, without what was said of it: that is found anew."""
    return {name: said for name, said in cell.items() if name != "failed"}


def with_errors(
    rows: list[FieldRow], tables: list[TableRows], errors: Mapping[str, str]
) -> tuple[list[FieldRow], list[TableRows]]:
    """Return the rows with what is wrong said at its input, or in its cell ("t:TABLE:ROW:COLUMN")."""
    fields = [
        replace(
            row,
            inputs=tuple(replace(i, mark="wrong", error=errors[i.name]) if i.name in errors else i for i in row.inputs),
        )
        for row in rows
    ]
    return fields, [replace(table, rows=_cells_with_errors(table, errors)) for table in tables]


def _cells_with_errors(table: TableRows, errors: Mapping[str, str]) -> tuple[dict[str, dict[str, Any]], ...]:
    return tuple(
        {
            column: {**cell, "failed": spoken(errors[name], CONTEXT)}
            if (name := f"{table.name}:{number}:{column}") in errors
            else cell
            for column, cell in row.items()
        }
        for number, row in enumerate(table.rows)
    )


def with_theirs(
    rows: list[FieldRow], tables: list[TableRows], theirs: Mapping[str, Any]
) -> tuple[list[FieldRow], list[TableRows]]:
    """Return the rows with what somebody else saved meanwhile beside each value that differs; theirs: a label."""
    fields = []
    for row in rows:
        saved = [v["value"] for v in theirs.get("fields", {}).get(row.spec.key, ())]
        inputs = tuple(
            replace(i, theirs=other) if (other := saved[n] if n < len(saved) else "") != i.value else i
            for n, i in enumerate(row.inputs)
        )
        fields.append(replace(row, inputs=inputs))
    marked = []
    for table in tables:
        saved_rows = theirs.get("tables", {}).get(table.spec.key, [])
        is_same = _values(saved_rows) == _values(table.rows)
        marked.append(table if is_same else replace(table, theirs=json.dumps(saved_rows)))
    return fields, marked


def _values(rows: Any) -> list[dict[str, str]]:
    return [{key: cell["value"] for key, cell in row.items()} for row in rows]
