"""Pure: a CSV file as somebody exported it -> columns and rows; errors name the line."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from dataclasses import dataclass

from invex.kernel.errors import BadInput

DELIMITERS = ";,\t|"
MOST_ROWS = 500_000
MOST_COLUMNS = 50
LONGEST_CELL = 500
LONGEST_COLUMN = 64
SHOWN_ERRORS = 20
PROBED_LINES = 50  # by which the delimiter is recognised
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Table:
    """What a file says. rows: texts, as many as columns each. lines: where each row ends in the file, from 1."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...] = ()
    encoding: str = ""
    delimiter: str = ""


class Problems:
    """Errors by line, of which the first ones are told."""

    def __init__(self) -> None:
        self._found: list[tuple[int, str]] = []
        self._count = 0

    def add(self, line: int, message: str) -> None:
        self._count += 1
        if len(self._found) < SHOWN_ERRORS:
            self._found.append((line, message))

    def raise_if_any(self) -> None:
        """Raise BadInput with the first errors, and how many there are."""
        if self._count:
            line, message = self._found[0]
            more = f" ({self._count} errors in all)" if self._count > 1 else ""
            raise BadInput(
                f"Line {line}: {message}{more}. Nothing was changed.",
                code="bad_list",
                errors=[{"where": ["line", line], "message": message} for line, message in self._found],
                count=self._count,
            )


def read_csv(data: bytes) -> Table:
    """Return the table in a CSV file: UTF-8, UTF-16 with its mark, or Windows-1252; ; , tab or | between values.

    The first line names the columns; empty lines are left out. Raises BadInput with what is wrong on which line.
    """
    text, encoding = _decoded(data)
    if "\0" in text:
        raise BadInput("The file has NUL characters, as no text has. Export it as CSV UTF-8.", code="bad_list")
    delimiter = _delimiter(text)
    problems = Problems()
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: tuple[str, ...] = ()
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    try:
        for cells in reader:
            values = tuple(" ".join(cell.split()) for cell in cells)
            if not any(values):
                continue
            if not columns:
                columns = values
                check_columns(columns)
            elif len(values) != len(columns):
                problems.add(reader.line_num, f"{len(values)} values, but {len(columns)} columns")
            else:
                rows.append(values)
                lines.append(reader.line_num)
            if len(rows) > MOST_ROWS:
                raise BadInput(f"A list holds at most {MOST_ROWS} rows. Split it.", code="bad_list")
    except csv.Error as e:
        problems.add(reader.line_num, f"no valid CSV: {e}")
    problems.raise_if_any()
    if not columns:
        raise BadInput("The file is empty; its first line names the columns.", code="bad_list")
    return Table(columns, tuple(rows), tuple(lines), encoding, delimiter)


def check_columns(columns: tuple[str, ...]) -> None:
    """Raise BadInput unless every column has a name of its own."""
    if not 1 <= len(columns) <= MOST_COLUMNS:
        raise BadInput(f"A list has 1 to {MOST_COLUMNS} columns.", code="bad_list")
    for number, name in enumerate(columns, start=1):
        if not name or len(name) > LONGEST_COLUMN or "\0" in name:
            raise BadInput(f"Column {number} needs a name of 1 to {LONGEST_COLUMN} characters.", code="bad_list")
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if twice is not None:
        raise BadInput(f"Two columns are called {twice!r}; each needs a name of its own.", code="bad_list")


def _decoded(data: bytes) -> tuple[str, str]:
    marked = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    for encoding in (marked,) if marked else ("utf-8", "cp1252"):
        try:
            return data.decode(encoding), encoding.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    raise BadInput("The file is no text in UTF-8, UTF-16 or Windows-1252. Export it as CSV UTF-8.", code="bad_list")


def _delimiter(text: str) -> str:
    """Return what splits the first lines into most columns, the same number on most of them."""
    head = list(itertools.islice((line for line in text.splitlines() if line.strip()), PROBED_LINES))

    def fit(delimiter: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(head, delimiter=delimiter) if row]
        first = widths[0] if widths else 1
        return (sum(w == first for w in widths) if first > 1 else 0, first)

    return max(DELIMITERS, key=fit)
