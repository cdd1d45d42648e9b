"""Pure: the rest of a table, read like the rows that a person has given: same columns, the next lines.

No model is asked: one or two rows with boxes say where the columns stand and which of them hold numbers; a line below
begins a row when its words fit these columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from invex.fields.geometry import Box, PageBox, union
from invex.fields.spec import FieldSpec, LocaleSpec
from invex.fields.values import NUMERIC_TYPES, choose, readings
from invex.reading.types import Word

SAME_LINE = 0.5  # of the height of a line, by which the centre of a word may be off
SAME_CELL = 1.2  # times the height of a word: a larger gap begins the next cell
NEAR = 0.03  # of the page's width: a word further from every column belongs to none
WRAPPED_WITHIN = 1.7  # heights of a line from one to the next, for a text that goes on
EMPTY = 5.0  # heights of a line without a word below which a table ends, unless its rows stand further apart
WHOLE = 0.75  # of the cells of the row that has most: a row with fewer may lack some
ANCHORS = 0.6  # of the columns with numbers that a line must fill to begin a row

Row = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Column:
    spec: FieldSpec
    x0: float
    x1: float
    is_full: bool  # every given row has something there
    is_anchor: bool  # and it is a number; from the first row on, any number

    def gap(self, box: Box) -> float:
        return max(0.0, self.x0 - box.x1, box.x0 - self.x1)


def rows_like(
    given: Sequence[Mapping[str, Mapping[str, Any]]],
    columns: Sequence[FieldSpec],
    pages: Sequence[Sequence[Word]],
    locale: LocaleSpec,
    *,
    from_first: bool = False,
) -> list[Row]:
    """Return the rows below the last given one, on its page and the next, as cells {"value", "text", "boxes"}.

    from_first: below the first given one, those that are given included; they may lack cells, of which rows that have
    most say how many numbers a row has.

    The table ends where the page is empty for much longer than between its rows: a footer has numbers, too.

    given: rows with boxes; those without any say nothing. pages: the words of each page in reading order.
    """
    shaped = [row for row in given if any(cell.get("boxes") for cell in row.values())]
    if not shaped:
        return []
    whole = _whole(shaped) if from_first else shaped
    begun = shaped[:1] if from_first else shaped
    found = _columns(shaped, columns, whole, from_first=from_first)
    anchors = [c.spec.key for c in found if c.is_anchor]
    if not anchors:
        return []
    numbers = ANCHORS * (min(sum(key in row for key in anchors) for row in whole) if from_first else len(anchors))
    if not numbers:
        return []
    below_page, below_y = _end(begun)
    wraps = any(len(_lines_of(cell)) > 1 for row in shaped for cell in row.values())
    rows: list[Row] = []
    sums = _Sums(begun, found)
    reach = _reach(shaped)
    last: Box | None = None
    for page in range(below_page, len(pages)):
        last = None
        bottom = below_y if page == below_page else None
        for line in _visual_lines(pages[page]):
            frame = union([w.box for w in line])
            if page == below_page and frame.center[1] <= below_y:
                continue
            if not any(column.gap(word.box) <= NEAR for word in line for column in found):
                continue  # it stands beside the table
            if bottom is not None and frame.y0 - bottom > reach:
                return rows
            bottom = max(frame.y1, bottom or 0.0)
            cells = _cells(line, found, page, locale)
            fitting = sum(key in cells and _is_number(cells[key], found) for key in anchors)
            if fitting >= numbers:
                if sums.has(cells):
                    last = None
                    continue
                rows.append(cells)
                last = frame
            elif wraps and rows and last is not None and _goes_on(cells, found, frame, last):
                _append(rows[-1], cells)
                last = frame
    return rows


class _Sums:
    """Tells lines that sum up rows above them (subtotals, totals, what is carried over) from rows, by their numbers.

    Such a line lacks something that every row has, and its amount, the one furthest to the right, is the sum of those
    above: of all rows, or of the rows since the last such line. Its words say nothing, so any language will do.
    """

    def __init__(self, given: Sequence[Mapping[str, Mapping[str, Any]]], columns: Sequence[_Column]) -> None:
        self._full = [c.spec.key for c in columns if c.is_full]
        amounts = [c.spec.key for c in columns if c.is_anchor and c.spec.type == "amount"]
        self._summed = amounts[-1] if amounts else ""
        self._amounts = [_number(row.get(self._summed)) or Decimal(0) for row in given]
        self._since = 0

    def has(self, cells: Row) -> bool:
        """Say whether this line is a sum; else it counts as a row from now on."""
        amount = _number(cells.get(self._summed))
        lacks = any(key not in cells for key in self._full)
        if lacks and amount and amount in (sum(self._amounts), sum(self._amounts[self._since :])):
            self._since = len(self._amounts)
            return True
        self._amounts.append(amount or Decimal(0))
        return False


def _number(cell: Mapping[str, Any] | None) -> Decimal | None:
    try:
        return Decimal(str(cell["value"])) if cell is not None and cell.get("value") else None
    except InvalidOperation:
        return None


def _whole(rows: Sequence[Mapping[str, Mapping[str, Any]]]) -> list[Mapping[str, Mapping[str, Any]]]:
    """Those that have about as many cells as any."""
    most = max(len(row) for row in rows)
    return [row for row in rows if len(row) >= WHOLE * most]


def _columns(
    rows: Sequence[Mapping[str, Mapping[str, Any]]],
    specs: Sequence[FieldSpec],
    whole: Sequence[Mapping[str, Mapping[str, Any]]],
    *,
    from_first: bool,
) -> list[_Column]:
    columns = []
    for spec in specs:
        boxes = [Box(*place["box"]) for row in rows for place in row.get(spec.key, {}).get("boxes", ())]
        if boxes:
            frame = union(boxes)
            is_full = all(row.get(spec.key, {}).get("boxes") for row in whole)
            is_anchor = (is_full or from_first) and spec.type in NUMERIC_TYPES
            columns.append(_Column(spec, frame.x0, frame.x1, is_full, is_anchor))
    return sorted(columns, key=lambda c: c.x0)


def _end(rows: Sequence[Mapping[str, Mapping[str, Any]]]) -> tuple[int, float]:
    """Page and height of the bottom of the last row."""
    return max((p["page"], p["box"][3]) for row in rows for cell in row.values() for p in cell.get("boxes", ()))


def _reach(rows: Sequence[Mapping[str, Mapping[str, Any]]]) -> float:
    """Return how far below a line of the table its next one may begin, in heights of the page."""
    boxes = [[(p["page"], Box(*p["box"])) for cell in row.values() for p in cell.get("boxes", ())] for row in rows]
    heights = sorted(box.height for row in boxes for _, box in row)
    starts = sorted(min((page, box.y0) for page, box in row) for row in boxes)
    apart = max((b - a for (page, a), (after, b) in pairwise(starts) if page == after), default=0.0)
    return max(EMPTY * heights[len(heights) // 2], 1.5 * apart)


def _lines_of(cell: Mapping[str, Any]) -> list[Any]:
    return list(cell.get("boxes", ()))


def _visual_lines(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Yield the words that stand on one level of the page, from the top, each line from the left."""
    line: list[Word] = []
    for word in sorted(words, key=lambda w: w.box.center[1]):
        if line and word.box.center[1] - line[0].box.center[1] > SAME_LINE * max(line[0].box.height, word.box.height):
            yield sorted(line, key=lambda w: w.box.x0)
            line = []
        line.append(word)
    if line:
        yield sorted(line, key=lambda w: w.box.x0)


def _cells(line: list[Word], columns: list[_Column], page: int, locale: LocaleSpec) -> Row:
    """The words of a line by column: by place, and a text goes on as long as its words stand close together."""
    taken: dict[str, list[Word]] = {}
    before: tuple[_Column, Word] | None = None
    for word in line:
        column = min(columns, key=lambda c: c.gap(word.box))
        if before is not None and before[0].spec.type not in NUMERIC_TYPES and column.gap(word.box) > 0:
            is_close = word.box.x0 - before[1].box.x1 <= SAME_CELL * word.box.height
            column = before[0] if is_close else column
        elif column.gap(word.box) > NEAR:
            continue
        taken.setdefault(column.spec.key, []).append(word)
        before = (column, word)
    types = {c.spec.key: c.spec.type for c in columns}
    return {key: _cell(words, types[key], page, locale) for key, words in taken.items()}


def _cell(words: list[Word], kind: str, page: int, locale: LocaleSpec) -> dict[str, Any]:
    text = " ".join(w.text for w in words)
    meant = readings(kind, text)
    box = PageBox(page, union([w.box for w in words]))
    value = choose(meant, locale).value if meant else text
    return {"value": value, "text": text, "boxes": [{"page": page, "box": list(box.box)}], "mark": "look"}


def _is_number(cell: Mapping[str, Any], columns: list[_Column]) -> bool:
    return any(readings(c.spec.type, str(cell["text"])) for c in columns if c.is_anchor)


def _goes_on(cells: Row, columns: list[_Column], frame: Box, last: Box) -> bool:
    """Whether a line holds nothing but text right below its row."""
    texts = {c.spec.key for c in columns if c.spec.type not in NUMERIC_TYPES}
    return bool(cells) and set(cells) <= texts and frame.center[1] - last.center[1] <= WRAPPED_WITHIN * last.height


def _append(row: Row, cells: Row) -> None:
    for key, cell in cells.items():
        before = row.get(key)
        if before is None:
            row[key] = cell
            continue
        joined = f"{before['text']} {cell['text']}"
        row[key] = {**before, "value": joined, "text": joined, "boxes": [*before["boxes"], *cell["boxes"]]}
