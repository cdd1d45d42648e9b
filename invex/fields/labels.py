"""What a person (or a token, a bulk action, an e-invoice) confirmed about a document: labels/ID.json of FORMATS.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .geometry import Box, PageBox
from .spec import FieldSpec, TableSpec
from .validators import problem

SOURCES = ("person", "token", "bulk", "xml")


@dataclass(frozen=True, slots=True)
class LabelValue:
    """A confirmed value: canonical; text as printed and boxes where somebody knows them."""

    value: str
    text: str | None = None
    boxes: tuple[PageBox, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """All that was confirmed of one document.

    template: None = unknown, belongs to no template.
    fields: key -> values; () = confirmed that it is not there; an absent key = nobody said.
    tables: key -> rows; a row maps column keys to values.
    """

    template: str | None
    source: str = "person"
    fields: dict[str, tuple[LabelValue, ...]] = field(default_factory=dict)
    tables: dict[str, tuple[dict[str, LabelValue], ...]] = field(default_factory=dict)


def _value(data: dict[str, Any]) -> LabelValue:
    boxes = tuple(PageBox(int(b.get("page", 0)), Box(*(float(v) for v in b["box"]))) for b in data.get("boxes") or ())
    text = data.get("text")
    return LabelValue(str(data["value"]), None if text is None else str(text), boxes)


def label_from_json(data: dict[str, Any]) -> Label:
    """Return the label that a labels/ID.json describes. Raises ValueError naming what is wrong."""
    source = data.get("source", "person")
    if source not in SOURCES:
        raise ValueError(f"source {source!r}: use one of {', '.join(SOURCES)}")
    try:
        fields = {str(k): tuple(_value(v) for v in vs) for k, vs in (data.get("fields") or {}).items()}
        tables = {
            str(k): tuple({str(c): _value(v) for c, v in row.items() if v is not None} for row in rows)
            for k, rows in (data.get("tables") or {}).items()
        }
    except (KeyError, TypeError, AttributeError) as e:
        raise ValueError(f"labels: {type(e).__name__}: {e}") from e
    template = data.get("template")
    return Label(None if template is None else str(template), source, fields, tables)


def value_to_json(value: LabelValue) -> dict[str, Any]:
    out: dict[str, Any] = {"value": value.value}
    if value.text is not None:
        out["text"] = value.text
    if value.boxes:
        out["boxes"] = [{"page": b.page, "box": [round(v, 6) for v in b.box]} for b in value.boxes]
    return out


def label_to_json(label: Label) -> dict[str, Any]:
    """The inverse of label_from_json."""
    return {
        "template": label.template,
        "source": label.source,
        "fields": {k: [value_to_json(v) for v in vs] for k, vs in label.fields.items()},
        "tables": {
            k: [{c: value_to_json(v) for c, v in row.items()} for row in rows] for k, rows in label.tables.items()
        },
    }


def validate_label(label: Label, fields: Iterable[FieldSpec], tables: Iterable[TableSpec] = ()) -> list[str]:
    """Return what is wrong with `label` for these fields and tables, one sentence each; [] when nothing is.

    Wrong are unknown keys, values that are not canonical for their type, boxes outside of the page.
    """
    types = {f.key: f.type for f in fields}
    columns = {t.key: {c.key: c.type for c in t.columns} for t in tables}
    problems = [f"field {key!r} is not known" for key in label.fields if key not in types]
    problems += [f"table {key!r} is not known" for key in label.tables if key not in columns]
    for key, values in label.fields.items():
        for index, value in enumerate(values if key in types else ()):
            problems.extend(_problems(value, types[key], f"field {key!r}, value {index + 1}"))
    for key, rows in label.tables.items():
        for index, row in enumerate(rows if key in columns else ()):
            for column, value in row.items():
                where = f"table {key!r}, row {index + 1}, column {column!r}"
                if column not in columns[key]:
                    problems.append(f"{where} is not known")
                else:
                    problems.extend(_problems(value, columns[key][column], where))
    return problems


def _problems(value: LabelValue, type: str, where: str) -> Iterator[str]:
    fault = problem(type, value.value)
    if fault:
        yield f"{where}: {fault}"
    for page, box in value.boxes:
        if page < 0:
            yield f"{where}: page {page}; pages count from 0"
        if not (0 <= box.x0 <= box.x1 <= 1 and 0 <= box.y0 <= box.y1 <= 1):
            yield f"{where}: the box {list(box)} is not within 0..1, or its corners are exchanged"
