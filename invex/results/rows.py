"""From documents to the rows of an export."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from invex.documents.models import Document

from .cells import Cell, cell_of
from .layouts import DOCUMENTS, LINE_NUMBER, Layout

Result = dict[str, Any]  # invex-prediction/1


def rows(layout: Layout, document: Document, result: Result) -> Iterator[list[Cell]]:
    """Yield the document's rows: one, or one a line of the layout's table."""
    if layout.rows == DOCUMENTS:
        yield [_cell(c.source, c.type, document, result) for c in layout.columns]
        return
    for number, line in enumerate(result.get("tables", {}).get(layout.rows, ()), start=1):
        yield [_cell(c.source, c.type, document, result, number, line) for c in layout.columns]


def _cell(
    source: str, type: str, document: Document, result: Result, number: int = 0, line: dict[str, Any] | None = None
) -> Cell:
    if source == LINE_NUMBER:
        return Cell(str(number), "number")
    kind, _, key = source.partition(".")
    if kind == "document":
        return Cell(_known(key, document), type)
    if kind == "line":
        return cell_of([line[key]["value"]] if line and key in line else [], type)
    return cell_of([value["value"] for value in result.get("fields", {}).get(key, ())], type)


def _known(key: str, document: Document) -> str:
    """Return what the document's row says, for the keys of DOCUMENT_SOURCES."""
    match key:
        case "id":
            return str(document.pk)
        case "file":
            return document.name
        case "batch":
            return document.batch.name
        case "template":
            return document.template
        case "state":
            return document.state
        case "pages":
            return "" if document.page_count is None else str(document.page_count)
        case "approved_by":
            return document.approved_by
        case "approved_on":
            return timezone.localdate(document.approved_at).isoformat() if document.approved_at else ""
    raise KeyError(key)
