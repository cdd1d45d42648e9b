"""What a person (or a token, a bulk action, an e-invoice) confirmed about a document: labels/ID.json of FORMATS.md."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .geometry import Box, PageBox

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
