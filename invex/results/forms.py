"""The form of an export layout: rows of columns, each with its source, its header and its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from invex.kernel.sent import sent_whole

from .layouts import DOCUMENTS, Column, Layout, Source

SPARE_COLUMNS = 3  # empty rows at the end, for browsers without JavaScript
LAST = 10_000  # the place of a column without a number
_ROW = re.compile(r"column:([0-9]{1,6}):source")


def read_layout_form(data: Mapping[str, str]) -> Layout:
    """Return the layout as it was typed, in the order of its numbers; rows without a source are left out."""
    numbers = sorted(int(m[1]) for name in data if (m := _ROW.fullmatch(name)))
    rows = []
    for number in numbers:
        source = data[f"column:{number}:source"]
        if source:
            place = sent_whole(data.get(f"column:{number}:place", "").strip(), digits=5)
            header = data.get(f"column:{number}:header", "")
            rows.append((LAST if place is None else place, number, Column(source, header, "")))
    return Layout(
        columns=tuple(column for _place, _number, column in sorted(rows, key=lambda row: row[:2])),
        rows=data.get("rows") or DOCUMENTS,
        date=data.get("date", "iso"),
        decimal=data.get("decimal", "."),
        delimiter=data.get("delimiter", ","),
    )


def column_rows(layout: Layout, sources: list[Source]) -> list[dict[str, Any]]:
    """Return what the form shows: the layout's columns and some empty ones.

    A column whose field is gone stays in its list of choices, so that saving does not drop it unseen.
    """
    known = {source.name for source in sources}
    columns: list[Column | None] = [*layout.columns, *(None for _n in range(SPARE_COLUMNS))]
    return [
        {
            "number": number,
            "place": number + 1 if column else "",
            "source": column.source if column else "",
            "header": column.header if column else "",
            "is_gone": column is not None and column.source not in known,
        }
        for number, column in enumerate(columns)
    ]
