"""What a confirmed document would look like with more rows, or fewer: one length is no law of its template.

Virtual examples (Niyogi, Girosi and Poggio, "Incorporating Prior Information in Machine Learning by Creating Virtual
Examples", 1998): the only row of a table is printed several times, of several rows the first is left alone. What stands
below moves with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from invex.fields.geometry import Box
from invex.reading.types import Document, Word

from ..layout import lay_out
from .locate import NO_ROW, OUTSIDE, Located
from .tokens import Tokens, tokenize

REPEATS = 3  # of an only row
SPACING = 0.6  # between repeated rows, in heights of a token


@dataclass(frozen=True, slots=True)
class _Moved:
    """A word of the new page. old: which of the layout's words it was. row: of the new table, if it is of one."""

    word: Word
    old: int
    row: int


def of_other_length(tokens: Tokens, located: Located) -> tuple[Tokens, Located] | None:
    """Return the document with a table of another length, and where its cells are.

    None where that cannot be made: no row was located, they stand on several pages, or rows share a line.
    """
    lines = _lines_of_rows(tokens, located)
    if not lines:
        return None
    number = int(tokens.layout.line_page[lines[0][0]])
    moved = list(_repeated(tokens, number, lines[0]) if len(lines) == 1 else _shortened(tokens, number, lines))
    pages = list(tokens.layout.document.pages)
    pages[number] = replace(pages[number], words=tuple(m.word for m in moved))
    new = tokenize(lay_out(Document(tuple(pages))))
    return (new, _told(new, tokens, located, number, moved)) if len(new) else None


def _lines_of_rows(tokens: Tokens, located: Located) -> list[tuple[int, int]]:
    """The first and the last line of each row, from top to bottom; [] unless all stand on one page, one by one."""
    found = []
    for row in np.unique(located.rows[located.rows != NO_ROW]).tolist():
        of_row = tokens.line[located.rows == row]
        found.append((int(of_row.min()), int(of_row.max())))
    found.sort()
    pages = {int(page) for line in found for page in tokens.layout.line_page[list(line)]}
    is_apart = all(above[1] < below[0] for above, below in pairwise(found))
    return found if len(pages) == 1 and is_apart else []


def _repeated(tokens: Tokens, page: int, lines: tuple[int, int]) -> Iterator[_Moved]:
    layout = tokens.layout
    is_row = (layout.line >= lines[0]) & (layout.line <= lines[1])
    bottom = float(layout.box[is_row, 3].max())
    pitch = bottom - float(layout.box[is_row, 1].min()) + SPACING * tokens.height
    for old in np.flatnonzero(layout.page == page).tolist():
        if is_row[old]:
            for i in range(REPEATS):
                yield from _at(tokens, old, i * pitch, row=i)
        else:
            is_below = layout.line[old] > lines[1]
            yield from _at(tokens, old, (REPEATS - 1) * pitch if is_below else 0.0)


def _shortened(tokens: Tokens, page: int, lines: list[tuple[int, int]]) -> Iterator[_Moved]:
    layout = tokens.layout
    (first, last), (second, _), end = lines[0], lines[1], lines[-1][1]
    gone = (layout.line >= second) & (layout.line <= end)
    height = float(layout.box[gone, 3].max()) - float(layout.box[layout.line == last, 3].max())
    for old in np.flatnonzero((layout.page == page) & ~gone).tolist():
        is_row = first <= layout.line[old] <= last
        yield from _at(tokens, old, -height if layout.line[old] > end else 0.0, row=0 if is_row else NO_ROW)


def _at(tokens: Tokens, old: int, down: float, row: int = NO_ROW) -> Iterator[_Moved]:
    """Yield the word so much further down, unless it would leave the page."""
    layout = tokens.layout
    page = int(layout.page[old])
    word = layout.document.pages[page].words[int(layout.origin[old])]
    box = Box(word.box.x0, word.box.y0 + down, word.box.x1, word.box.y1 + down)
    if box.y0 >= 0 and box.y1 <= 1:
        yield _Moved(word._replace(text=layout.texts[old], box=box), old, row)


def _told(new: Tokens, tokens: Tokens, located: Located, page: int, moved: list[_Moved]) -> Located:
    """The tags of the old tokens, on the new ones that were made of them."""
    known = {(token.first, token.start): t for t, token in enumerate(tokens.items)}
    unmoved = {
        (int(p), int(o)): old for old, (p, o) in enumerate(zip(tokens.layout.page, tokens.layout.origin)) if p != page
    }
    tags, rows = np.full(len(new), OUTSIDE, np.int32), np.full(len(new), NO_ROW, np.int32)
    unsure = np.zeros(len(new), bool)
    for t, token in enumerate(new.items):
        at = int(new.layout.page[token.first]), int(new.layout.origin[token.first])
        one = moved[at[1]] if at[0] == page else _Moved(Word("", Box(0, 0, 0, 0)), unmoved[at], NO_ROW)
        was = known.get((one.old, token.start))
        if was is None:  # joined otherwise with its neighbours
            unsure[t] = True
        else:
            tags[t], unsure[t] = located.tags[was], located.unsure[was]
            rows[t] = one.row if located.rows[was] != NO_ROW else NO_ROW
    return Located(tags, rows, unsure, located.found, located.wanted)
