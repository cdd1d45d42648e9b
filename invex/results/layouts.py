"""What an export looks like: which columns in which order, one row a document or a line item, how dates are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from invex.kernel.errors import BadInput

from .cells import DATE_STYLES

DOCUMENTS = "documents"  # rows: one a document
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
DECIMALS = (".", ",")
MAX_COLUMNS = 200
MAX_HEADER = 100
# What is known of every document: source -> type.
DOCUMENT_SOURCES: dict[str, str] = {
    "document.id": "id",
    "document.file": "text",
    "document.batch": "text",
    "document.template": "text",
    "document.state": "text",
    "document.pages": "number",
    "document.approved_by": "text",
    "document.approved_on": "date",
}
LINE_NUMBER = "line.number"  # counts from 1 within its document


@dataclass(frozen=True, slots=True)
class Source:
    """A thing that a column can show.

    name: `document.*` of DOCUMENT_SOURCES, `field.KEY`, LINE_NUMBER, or `line.COLUMN` of the table whose lines are
    the rows. type: of the field. label: the header in files; said: what people call it, "" = as the header.
    """

    name: str
    type: str
    label: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    source: str
    header: str
    type: str


@dataclass(frozen=True, slots=True)
class Layout:
    """rows: DOCUMENTS, or the key of the table of which each line is a row. date: a key of DATE_STYLES."""

    columns: tuple[Column, ...]
    rows: str = DOCUMENTS
    date: str = "iso"
    decimal: str = "."
    delimiter: str = ","


@dataclass(frozen=True, slots=True)
class Sheet:
    """A part of an export: the sheet of a workbook, or the one file that a CSV is."""

    name: str
    layout: Layout


def layout_to_json(layout: Layout) -> dict[str, Any]:
    return {
        "rows": layout.rows,
        "columns": [{"source": c.source, "header": c.header, "type": c.type} for c in layout.columns],
        "date": layout.date,
        "decimal": layout.decimal,
        "delimiter": layout.delimiter,
    }


def layout_from_json(data: Mapping[str, Any]) -> Layout:
    """The inverse of layout_to_json."""
    columns = tuple(Column(c["source"], c["header"], c["type"]) for c in data["columns"])
    return Layout(columns, data["rows"], data["date"], data["decimal"], data["delimiter"])


def checked(layout: Layout, sources: Iterable[Source]) -> Layout:
    """Return the layout with the types of its columns. Raises BadInput that says what to change."""
    known = {source.name: source for source in sources}
    if not layout.columns:
        raise BadInput(_("Choose at least one column."), code="no_columns")
    if len(layout.columns) > MAX_COLUMNS:
        raise BadInput(_("Choose at most %(n)d columns.") % {"n": MAX_COLUMNS}, code="too_many_columns")
    if layout.date not in DATE_STYLES or layout.decimal not in DECIMALS or layout.delimiter not in DELIMITERS:
        raise BadInput(_("Choose how dates, decimals and columns are written from the lists."), code="bad_style")
    columns = []
    for column in layout.columns:
        if column.source not in known:
            raise BadInput(
                _("There is no %(source)s to show in rows of this kind.") % {"source": column.source},
                code="unknown_source",
            )
        header = " ".join(column.header.split()) or known[column.source].label
        if len(header) > MAX_HEADER:
            raise BadInput(_("A header has at most %(n)d characters.") % {"n": MAX_HEADER}, code="long_header")
        columns.append(Column(column.source, header, known[column.source].type))
    return replace(layout, columns=tuple(columns))


def plain(sources: Iterable[Source], *, rows: str = DOCUMENTS) -> Layout:
    """Return the layout that shows every source."""
    return Layout(tuple(Column(source.name, source.label, source.type) for source in sources), rows)
