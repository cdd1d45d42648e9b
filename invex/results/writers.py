"""Files of results: CSV, XLSX and JSON lines, written row by row so that a large export needs little memory."""

from __future__ import annotations

import csv
import datetime
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import xlsxwriter

from invex.documents.models import Document
from invex.kernel.errors import BadInput
from invex.kernel.spreadsheets import is_formula

from .cells import Cell, csv_text
from .layouts import Layout, Sheet
from .rows import Result, rows

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/x-ndjson",
}
BOM = "\ufeff"  # without it Excel reads a CSV file in the machine's old code page
XLSX_ROWS = 1_048_576
XLSX_TEXT = 32_767  # characters in a cell
XLSX_DATES = {"iso": "yyyy-mm-dd", "dmy": "dd.mm.yyyy", "mdy": "mm/dd/yyyy"}
EXACT_DIGITS = 15  # that a cell, a binary double, keeps of a number
FIRST_DAY = datetime.date(1900, 3, 1)  # before it a spreadsheet counts a day that never was
Pairs = Iterable[tuple[Document, Result]]


def chunks(format: str, sheets: tuple[Sheet, ...], pairs: Pairs) -> Iterator[bytes]:
    """Yield a CSV file (of the first sheet) or JSON lines (`invex-prediction/1`) as they come."""
    if format == "jsonl":
        for _document, result in pairs:
            yield json.dumps(result, ensure_ascii=False).encode() + b"\n"
        return
    layout = sheets[0].layout
    yield (BOM + _csv_line([csv_text(Cell(c.header)) for c in layout.columns], layout)).encode()
    for document, result in pairs:
        lines = [
            _csv_line([csv_text(cell, date=layout.date, decimal=layout.decimal) for cell in row], layout)
            for row in rows(layout, document, result)
        ]
        if lines:
            yield "".join(lines).encode()


def _csv_line(texts: list[str], layout: Layout) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=layout.delimiter).writerow(texts)
    return out.getvalue()


def write(path: Path, format: str, sheets: tuple[Sheet, ...], pairs: Pairs) -> None:
    """Write the export to `path`. Raises BadInput when a workbook cannot hold it."""
    if format == "xlsx":
        _write_xlsx(path, sheets, pairs)
        return
    with path.open("wb") as file:
        file.writelines(chunks(format, sheets, pairs))


def _write_xlsx(path: Path, sheets: tuple[Sheet, ...], pairs: Pairs) -> None:
    # Every cell is written by its type: a text is never taken for a formula, a link or a number.
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": str(path.parent)}) as book:
        styles = _Styles(book)
        parts = [_XlsxSheet(book, sheet, styles) for sheet in sheets]
        for document, result in pairs:
            for part in parts:
                for row in rows(part.layout, document, result):
                    part.add(row)


class _Styles:
    """The formats of a workbook, each made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[tuple[str, Any], Any] = {}

    def get(self, **properties: Any) -> Any:
        (key,) = properties.items()
        if key not in self._made:
            self._made[key] = self._book.add_format(properties)
        return self._made[key]


class _XlsxSheet:
    """A sheet under a header row; rows are added from the top."""

    def __init__(self, book: xlsxwriter.Workbook, sheet: Sheet, styles: _Styles) -> None:
        self.layout = sheet.layout
        self._sheet = book.add_worksheet(sheet.name)
        self._styles = styles
        self._row = 0
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, len(sheet.layout.columns) - 1, 16)
        for index, column in enumerate(sheet.layout.columns):
            self._sheet.write_string(0, index, column.header, styles.get(bold=True))

    def add(self, cells: list[Cell]) -> None:
        self._row += 1
        if self._row >= XLSX_ROWS:
            raise BadInput(
                f"A sheet has at most {XLSX_ROWS} rows. Choose CSV, or fewer documents.", code="too_many_rows"
            )
        for index, cell in enumerate(cells):
            if cell.value:
                self._write(index, cell)

    def _write(self, index: int, cell: Cell) -> None:
        day = cell.date
        if cell.is_number and sum(c.isdigit() for c in cell.value.lstrip("-0.")) <= EXACT_DIGITS:
            decimals = len(cell.value.partition(".")[2])
            style = self._styles.get(num_format="0." + "0" * decimals if decimals else "0")
            self._sheet.write_number(self._row, index, float(cell.value), style)
        elif day is not None and day >= FIRST_DAY:
            style = self._styles.get(num_format=XLSX_DATES[self.layout.date])
            self._sheet.write_datetime(self._row, index, day, style)
        elif len(cell.value) > XLSX_TEXT:
            raise BadInput(
                f"A value has {len(cell.value)} characters; a cell holds {XLSX_TEXT}. Choose CSV.", code="long_value"
            )
        else:
            # The mark keeps a text a text when somebody edits the cell, or saves the sheet as CSV.
            style = self._styles.get(quote_prefix=True) if is_formula(cell.value) else None
            self._sheet.write_string(self._row, index, cell.value, style)
