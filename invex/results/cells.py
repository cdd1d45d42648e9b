"""One value of an export: how it is written for a spreadsheet, and never as a formula."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from invex.fields.values import NUMERIC_TYPES
from invex.kernel.spreadsheets import harmless

DATE_STYLES: dict[str, str] = {"iso": "%Y-%m-%d", "dmy": "%d.%m.%Y", "mdy": "%m/%d/%Y"}
PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
SEVERAL = "; "  # between the values of a field that repeats


@dataclass(frozen=True, slots=True)
class Cell:
    """A canonical value (FORMATS.md) and the type of its field; "" = nothing there."""

    value: str
    type: str = "text"

    @property
    def is_number(self) -> bool:
        return self.type in NUMERIC_TYPES and PLAIN_NUMBER.fullmatch(self.value) is not None

    @property
    def date(self) -> datetime.date | None:
        """The day that it says, None when it is none."""
        if self.type != "date":
            return None
        try:
            return datetime.date.fromisoformat(self.value)
        except ValueError:
            return None


EMPTY = Cell("")


def cell_of(values: list[str], type: str) -> Cell:
    """Return the cell of a field: several values are one text."""
    if len(values) == 1:
        return Cell(values[0], type)
    return Cell(SEVERAL.join(values)) if values else EMPTY


def csv_text(cell: Cell, *, date: str = "iso", decimal: str = ".") -> str:
    """Return the cell as a text of a CSV file, safe to open in a spreadsheet.

    date: a key of DATE_STYLES. decimal: the decimal separator of numbers.
    """
    if cell.is_number:
        return cell.value.replace(".", decimal)
    if (day := cell.date) is not None:
        # strftime writes years before 1000 without their zeros on some systems
        return day.isoformat() if date == "iso" or day.year < 1000 else day.strftime(DATE_STYLES[date])
    return harmless(cell.value)
