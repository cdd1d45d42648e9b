"""Candidates: every span of the page that could be a value of a type. The learner only chooses among them.

Typed values (dates, amounts, ids, ...) are found by invex.fields.values in the text of each cell, inside tokens too
(`Date:30/04/2017`). Names and addresses are runs of words between *breaks*: edges of cells and columns, wide gaps,
colons, opening brackets, and words after which this template's values were seen to start.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import accumulate, pairwise

import numpy as np

from invex.fields.readings import Reading, Span
from invex.fields.values import readings, spans

from .hashing import fold
from .layout import NO_CELL, Floats, Ints, Layout

TEXT_TYPES = ("text", "address")
TEXT_GAP_HEIGHTS = 0.55  # within a cell, a wider gap may end a name
COLUMN_CELLS = 3  # a column starts where that many cells ...
COLUMN_REACH_HEIGHTS = 14.0  # ... within that many heights have the same left edge
ALIGNED_HEIGHTS = 0.6
WRAP_GAP_HEIGHTS = 1.3  # white space between lines of one value, at most
WRAPPED_LINES = {"text": 2, "address": 5}  # lines that may follow the first
MOST_SEGMENTS = 4  # of a cell, whose every run is a candidate; in longer cells only those from the start or to the end
MOST_TEXT_WORDS = 16
MOST_TEXT_CHARS = 200


@dataclass(frozen=True, slots=True)
class Breaks:
    """Folded words learned from confirmed values: a text may start after one, end before one."""

    after: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()


NO_BREAKS = Breaks()


@dataclass(frozen=True)
class Candidates:
    """K spans of one type.

    first, last: (K,) words of the first line of the span, inclusive. rest: words of the lines that follow it.
    start, end: (K,) characters of the span within the text of words first..last joined by spaces.
    """

    layout: Layout
    kind: str
    first: Ints
    last: Ints
    start: Ints
    end: Ints
    texts: tuple[str, ...]
    readings: tuple[tuple[Reading, ...], ...]
    rest: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.texts)

    def words(self, k: int) -> tuple[int, ...]:
        return (*range(int(self.first[k]), int(self.last[k]) + 1), *self.rest.get(k, ()))

    @cached_property
    def by_value(self) -> dict[str, list[int]]:
        """Value -> the candidates that can be read as it."""
        found: dict[str, list[int]] = {}
        for k, means in enumerate(self.readings):
            for value in dict.fromkeys(r.value for r in means):
                found.setdefault(value, []).append(k)
        return found

    @cached_property
    def tail(self) -> Ints:
        """(K,) the very last word of each candidate, of its last line."""
        out = self.last.copy()
        for k, words in self.rest.items():
            out[k] = words[-1]
        return out

    @cached_property
    def box(self) -> Floats:
        """(K, 4) box of the first line of each candidate, relative to its page."""
        box = self.layout.box
        if not len(self):
            return np.zeros((0, 4), np.float32)
        # Words of a line run left to right; only the vertical extent needs all of them, and a line has one.
        out: Floats = np.concatenate([box[self.first][:, :2], box[self.last][:, 2:]], axis=1)
        return out


@dataclass(slots=True)
class _Found:
    """Candidates while they are collected."""

    first: list[int] = field(default_factory=list)
    last: list[int] = field(default_factory=list)
    start: list[int] = field(default_factory=list)
    end: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    readings: list[tuple[Reading, ...]] = field(default_factory=list)
    rest: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def add(self, first: int, last: int, start: int, end: int, text: str, readings: tuple[Reading, ...]) -> None:
        self.first.append(first)
        self.last.append(last)
        self.start.append(start)
        self.end.append(end)
        self.texts.append(text)
        self.readings.append(readings)


def find(layout: Layout, kind: str, breaks: Breaks = NO_BREAKS) -> Candidates:
    """Return the candidates of type `kind` in reading order."""
    found = _Found()
    if kind in TEXT_TYPES:
        for first, last, rest in _runs(layout, breaks, WRAPPED_LINES[kind]):
            _text(layout, kind, first, last, rest, found)
    else:
        # An IBAN is often spaced widely; other values end at the edge of a cell.
        starts = layout.line_start if kind == "iban" else layout.cell_start
        for start, stop in pairwise(starts.tolist()):
            _typed(layout, kind, start, stop, found)
    return Candidates(
        layout,
        kind,
        np.array(found.first, np.int32),
        np.array(found.last, np.int32),
        np.array(found.start, np.int32),
        np.array(found.end, np.int32),
        tuple(found.texts),
        tuple(found.readings),
        found.rest,
    )


def _text(layout: Layout, kind: str, first: int, last: int, rest: tuple[int, ...], found: _Found) -> None:
    """Add the words first..last with `rest`, and what of them stands beside a colon or bracket inside a token."""
    line = layout.text(first, last + 1)
    ends = [len(line)]
    starts = [0]
    glued = line.rfind("(")
    if not rest and glued > 0 and line[glued - 1] != " ":
        ends.append(glued)  # "Smith(1234)"
    colon = line.find(":")
    if 0 < colon < len(layout.texts[first]) - 1:
        starts.append(colon + 1)  # "Name:Smith"
    for start in starts:
        for end in ends:
            text = " ".join([line[start:end], *(layout.texts[w] for w in rest)])
            means = readings(kind, text) if len(text) <= MOST_TEXT_CHARS and any(map(str.isalnum, text)) else ()
            if means:
                if rest:
                    found.rest[len(found.texts)] = rest
                found.add(first, last, start, end, text, means)


def _typed(layout: Layout, kind: str, start: int, stop: int, found: _Found) -> None:
    """Add the values of type `kind` in the words start..stop-1."""
    texts = layout.texts[start:stop]
    line = " ".join(texts)
    offsets = [0, *accumulate(len(t) + 1 for t in texts)]
    for span in _spans(kind, line):
        first = bisect_right(offsets, span.start) - 1
        last = bisect_right(offsets, span.end - 1) - 1
        found.add(
            start + first,
            start + last,
            span.start - offsets[first],
            span.end - offsets[first],
            line[span.start : span.end],
            span.readings,
        )


@lru_cache(maxsize=1 << 15)
def _spans(kind: str, line: str) -> tuple[Span, ...]:
    """A template prints most of its cells on every document, so most were read before."""
    return tuple(sorted(spans(kind, line)))


def _runs(layout: Layout, breaks: Breaks, wrapped: int) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """Yield (first, last, words of following lines) of each run of words that may be a text."""
    inner = _inner_breaks(layout, breaks)
    below = _continuations(layout)
    for cell in range(layout.cells):
        start, stop = int(layout.cell_start[cell]), int(layout.cell_start[cell + 1])
        cuts = [start, *(np.flatnonzero(inner[start + 1 : stop]) + start + 1).tolist(), stop]
        for i, first in enumerate(cuts[:-1]):
            for j in range(i + 1, len(cuts)):
                whole = i == 0 or j == len(cuts) - 1 or j == i + 1
                if cuts[j] - first > MOST_TEXT_WORDS or not (len(cuts) <= MOST_SEGMENTS + 1 or whole):
                    continue
                yield first, cuts[j] - 1, ()
                if j == len(cuts) - 1:
                    rest: tuple[int, ...] = ()
                    following = cell
                    for _ in range(wrapped):
                        following = int(below[following])
                        if following == NO_CELL:
                            break
                        rest += tuple(range(int(layout.cell_start[following]), int(layout.cell_start[following + 1])))
                        if len(rest) > 2 * MOST_TEXT_WORDS:
                            break
                        yield first, cuts[j] - 1, rest


def _inner_breaks(layout: Layout, breaks: Breaks) -> np.ndarray:
    """(n,) is a text allowed to start at this word although its cell started earlier?"""
    n = layout.words
    result = np.zeros(n, bool)
    if n < 2:
        return result
    width = layout.pixel[layout.page, 0]
    height = layout.height * layout.pixel[layout.page, 1]
    gap = (layout.box[1:, 0] - layout.box[:-1, 2]) * width[1:]
    result[1:] = gap > TEXT_GAP_HEIGHTS * np.minimum(height[1:], height[:-1])
    result[1:] |= [t.endswith((":", "#")) for t in layout.texts[:-1]]
    result |= [t.startswith("(") or (not t[0].isalnum() and len(t) == 1) for t in layout.texts]
    if breaks.after or breaks.before:
        folded = [fold(t) for t in layout.texts]
        result[1:] |= [t in breaks.after for t in folded[:-1]]
        result |= [t in breaks.before for t in folded]
    result |= _column_edges(layout)
    return result


def _column_edges(layout: Layout) -> np.ndarray:
    """(n,) does this word start where several cells nearby start?"""
    page = layout.line_page[layout.cell_line]
    result = np.zeros(layout.words, bool)
    for number in np.unique(layout.page):
        words = np.flatnonzero(layout.page == number)
        cells = np.flatnonzero(page == number)
        wide, high = layout.pixel[number]
        height = float(np.median(layout.height[words])) * high
        reach, near = COLUMN_REACH_HEIGHTS * height, ALIGNED_HEIGHTS * height / 2
        left = np.abs(layout.box[words, 0, None] - layout.cell_box[None, cells, 0]) * wide < near
        level = np.abs(layout.box[words, 1, None] - layout.cell_box[None, cells, 1]) * high < reach
        result[words] = (left & level).sum(axis=1) >= COLUMN_CELLS
    return result


def _continuations(layout: Layout) -> Ints:
    """(m,) the cell that may continue this one on the next line, NO_CELL when none is near and aligned."""
    below = layout.below
    if not len(below):
        return below
    page = layout.line_page[layout.cell_line]
    wide, high = layout.pixel[page, 0], layout.pixel[page, 1]
    here, there = layout.cell_box, layout.cell_box[below]
    height = (here[:, 3] - here[:, 1]) * high
    near = (there[:, 1] - here[:, 3]) * high < WRAP_GAP_HEIGHTS * height
    left = np.abs(there[:, 0] - here[:, 0]) * wide < ALIGNED_HEIGHTS * height
    center = np.abs(there[:, 0] + there[:, 2] - here[:, 0] - here[:, 2]) / 2 * wide < 2 * ALIGNED_HEIGHTS * height
    return np.where((below != NO_CELL) & near & (left | center), below, NO_CELL).astype(np.int32)
