"""Runs of words that may be a text: between breaks of a line, and over the lines that it wraps to."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .breaks import COMMA, GAP, LOOSE, RIGHT, Breaks
from .hashing import MARKS, fold
from .layout import NO_CELL, Layout

TEXT_GAP_HEIGHTS = 0.55  # within a cell, a wider gap may end a name
MOST_SEGMENTS = 4  # of a cell, whose every run is a candidate; in longer cells only those from the start or to the end
MOST_TEXT_WORDS = 16
MOST_TEXT_CHARS = 200
MOST_LINE_CHARS = 120  # of a text that is as long as a confirmed one
MOST_BESIDE = 3  # cells that a text goes on in beside its first, in one of its lines

# First and last word of a run in its first line, the words of the lines that follow, their text after a space.
Run = tuple[int, int, tuple[int, ...], str]


def most_chars(lines: int) -> int:
    """Letters of a text, at most. lines: see `Breaks.lines_of`."""
    return max(MOST_TEXT_CHARS, MOST_LINE_CHARS * (lines + 1) if lines else 0)


def text_runs(
    layout: Layout, breaks: Breaks, kind: str, wrapped: int, begins: Container[int] | None = None
) -> Iterator[Run]:
    """Yield each run that may be a text.

    kind: of a field. wrapped: lines that may follow the first of any value of it. begins: only those that begin with
    these words.
    """
    learned = _learned_breaks(layout, breaks)
    inner = np.flatnonzero(_inner_breaks(layout) | learned).tolist()
    page = _Page.of(layout, breaks, kind, np.flatnonzero(learned).tolist())
    lines = max(wrapped, breaks.lines_of(kind))
    most = MOST_TEXT_WORDS * (2 if breaks.lines_of(kind) else 1)
    for cell, (start, stop) in enumerate(pairwise(page.cell_start)):
        cuts = [start, *inner[bisect_right(inner, start) : bisect_left(inner, stop)], stop]
        for i, first in enumerate(cuts[:-1]):
            if begins is not None and first not in begins:
                continue
            for j in range(i + 1, len(cuts)):
                whole = i == 0 or j == len(cuts) - 1 or j == i + 1
                if cuts[j] - first > most or not (len(cuts) <= MOST_SEGMENTS + 1 or whole):
                    continue
                yield first, cuts[j] - 1, (), ""
                if j == len(cuts) - 1:
                    for end, is_joined in page.stops(cell, page.may_join):
                        if is_joined:
                            yield first, end - 1, (), ""
                        for rest, text in page.below_it(cell, lines, page.may_join and not is_joined):
                            yield first, end - 1, rest, text


@dataclass(frozen=True, slots=True)
class _Page:
    """below: of each cell, the one that a text of it goes on in. ends: words in running text before which one may end.

    may_join: does a text go on behind a wide gap? most: words of the lines that follow the first, at most.
    """

    layout: Layout
    cell_start: list[int]
    cell_line: list[int]
    below: list[int]
    ends: list[int]
    may_join: bool
    most: int

    @classmethod
    def of(cls, layout: Layout, breaks: Breaks, kind: str, ends: list[int]) -> _Page:
        below, joins = layout.continuations, breaks.joined(kind)
        if LOOSE in joins:
            below = layout.adjoining(layout.below, 1, loosely=True)
        elif RIGHT in joins:
            below = layout.adjoining(layout.below, 1, right_too=True)
        most = MOST_TEXT_WORDS * max(2, breaks.lines_of(kind))
        start, line = layout.cell_start.tolist(), layout.cell_line.tolist()
        return cls(layout, start, line, below.tolist(), ends, GAP in joins, most)

    def stops(self, cell: int, may_join: bool) -> Iterator[tuple[int, bool]]:
        """Yield where the words of a cell end, and of those beside it that a text may go on in; whether it does.

        In lines of no more than these cells: wide print stands alone, rows of tables do not.
        """
        yield self.cell_start[cell + 1], False
        line = self.cell_line[cell]
        if may_join and bisect_right(self.cell_line, line) - bisect_left(self.cell_line, line) > 1 + MOST_BESIDE:
            return
        for beside in range(cell + 1, cell + 1 + MOST_BESIDE if may_join else 0):
            if beside == len(self.cell_line) or self.cell_line[beside] != self.cell_line[cell]:
                return
            yield self.cell_start[beside + 1], True

    def below_it(
        self, cell: int, lines: int, may_join: bool, rest: tuple[int, ...] = (), text: str = ""
    ) -> Iterator[tuple[tuple[int, ...], str]]:
        """Yield the words of 1, 2, ... up to `lines` lines below a cell after those of `rest`, and their text."""
        following = self.below[cell]
        if not lines or following == NO_CELL:
            return
        start, stop_below = self.cell_start[following], self.cell_start[following + 1]
        for end in self.ends[bisect_right(self.ends, start) : bisect_left(self.ends, stop_below)]:
            if len(rest) + end - start > self.most:
                break
            yield (*rest, *range(start, end)), f"{text} {self.layout.text(start, end)}"
        for stop, is_joined in self.stops(following, may_join):
            words = (*rest, *range(start, stop))
            if len(words) > self.most:
                return
            joined = f"{text} {self.layout.text(start, stop)}"
            yield words, joined
            yield from self.below_it(following, lines - 1, may_join and not is_joined, words, joined)


def _learned_breaks(layout: Layout, breaks: Breaks) -> NDArray[np.bool_]:
    """(n,) does a text start at this word, or one end before it, as far as confirmed values tell?"""
    result = np.zeros(layout.words, bool)
    if layout.words and (breaks.after or breaks.before):
        folded = list(map(fold, layout.texts))
        result[1:] |= [t in breaks.after for t in folded[:-1]]
        result |= [t in breaks.before for t in folded]
        if COMMA in breaks.after | breaks.before:
            parts = ~layout.is_prose[layout.cell]
            result[1:] |= np.array([t.endswith(COMMA) for t in layout.texts[:-1]], bool) & parts[1:]
    return result


def _inner_breaks(layout: Layout) -> NDArray[np.bool_]:
    """(n,) is a text allowed to start at this word although its cell started earlier?"""
    n = layout.words
    result = np.zeros(n, bool)
    if n < 2:
        return result
    width = layout.pixel[layout.page, 0]
    height = layout.height * layout.pixel[layout.page, 1]
    gap = (layout.box[1:, 0] - layout.box[:-1, 2]) * width[1:]
    result[1:] = gap > TEXT_GAP_HEIGHTS * np.minimum(height[1:], height[:-1])
    ends, starts = zip(*map(_breaks_beside, layout.texts), strict=True)
    result[1:] |= ends[:-1]
    result |= starts
    result |= layout.column_edges
    return result


@lru_cache(maxsize=1 << 15)
def _breaks_beside(word: str) -> tuple[bool, bool]:
    """Whether a text may start after the word, and with it."""
    return word in MARKS or word.endswith((":", "#")), word.startswith("(") or (len(word) == 1 and not word.isalnum())
