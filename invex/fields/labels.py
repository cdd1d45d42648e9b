"""What a person (or a token, a bulk action, an e-invoice) confirmed about a document: labels/ID.json of FORMATS.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .geometry import PageBox
from .shapes import box_of, inside, list_of, object_of, page_of, part_of, text_of, wrong

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


def label_from_json(data: Any) -> Label:
    """Return the label that a labels/ID.json describes. Raises BadShape, which says where it is something else."""
    said = object_of(data, "")
    source = said.get("source", "person")
    if source not in SOURCES:
        raise wrong("source", f"one of {', '.join(SOURCES)} is expected", source)
    fields = {
        str(key): tuple(_value(value, f"fields.{key}[{i}]") for i, value in enumerate(list_of(values, f"fields.{key}")))
        for key, values in object_of(said.get("fields") or {}, "fields").items()
    }
    tables = {
        str(key): tuple(_row(row, f"tables.{key}[{i}]") for i, row in enumerate(list_of(rows, f"tables.{key}")))
        for key, rows in object_of(said.get("tables") or {}, "tables").items()
    }
    return Label(_optional(said, "template", ""), source, fields, tables)


def _row(data: Any, where: str) -> dict[str, LabelValue]:
    cells = object_of(data, where).items()
    return {str(column): _value(cell, f"{where}.{column}") for column, cell in cells if cell is not None}


def _value(data: Any, where: str) -> LabelValue:
    said = object_of(data, where)
    boxes = list_of(said.get("boxes") or (), f"{where}.boxes")
    return LabelValue(
        text_of(part_of(said, "value", where), f"{where}.value"),
        _optional(said, "text", where),
        tuple(_page_box(box, f"{where}.boxes[{i}]") for i, box in enumerate(boxes)),
    )


def _page_box(data: Any, where: str) -> PageBox:
    said = object_of(data, where)
    return PageBox(page_of(said.get("page", 0), f"{where}.page"), box_of(part_of(said, "box", where), f"{where}.box"))


def _optional(said: Mapping[str, Any], key: str, where: str) -> str | None:
    return None if said.get(key) is None else text_of(said[key], inside(where, key))


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
