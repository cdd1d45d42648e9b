"""Words -> lines -> cells, as numpy arrays: the geometry that candidates, features and tables are built on.

A *line* is what a person reads in one go; a *cell* is a run of words of one line without a wide gap. Cells know the
nearest cell above and below that shares some of their width, so that a label above a value is one look-up away.

All pages of a document are one layout: words are numbered through, line after line, left to right in each line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain, pairwise

import numpy as np
from numpy.typing import NDArray

from invex.fields.geometry import Box, PageBox
from invex.reading.types import Document, Page, Word

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]

EMPTY_BOX, TICKED_BOX, LONGEST_BOX = "☐", "☒", 3
TYPED_BOXES = {"[]": EMPTY_BOX, "[x]": TICKED_BOX, "[✓]": TICKED_BOX, "[✔]": TICKED_BOX}
LINE_MERGE_HEIGHTS = 0.55  # words belong to one line when their centres differ by less than this many word heights
CELL_GAP_HEIGHTS = 0.9  # a wider gap starts a new cell ...
CELL_GAP_MEDIANS = 1.7  # ... but on letter-spaced pages only when it also exceeds this many median word gaps
MAX_SKEW = 0.1  # dy/dx; a steeper median slope is noise, not skew
SAME_WORD_HEIGHTS = 3.0  # gap up to which the next word in reading order tells the slope of its line
COLUMN_CELLS = 3  # a column starts where that many cells ...
COLUMN_REACH_HEIGHTS = 14.0  # ... within that many heights have the same left edge
ALIGNED_HEIGHTS = 0.6
WRAP_GAP_HEIGHTS = 1.3  # white space between lines of one value or block, at most
PROSE_WORDS = 6  # of a line that running text fills
NO_CELL = -1
TEXT_LAYER = "text"  # source of a page without reading errors


@dataclass(frozen=True)
class Layout:
    """The words of a document in line order, n words, m cells, k lines, p pages.

    texts: n printed texts. printed: all of them, single spaces between them. begins: (n + 1,) where each starts there.
    box: (n, 4) relative to the page. page, line, cell: (n,) where a word belongs.
    origin: (n,) position of the word among its page's words. height: (n,) relative to the page's height.
    pixel: (p, 2) width and height of the pages in the document's unit: multiply boxes by it before comparing x with y.
    line_start: (k + 1,), cell_start: (m + 1,) offsets into the words. cell_line: (m,). cell_box: (m, 4).
    above, below: (m,) nearest cell with a common range of x, NO_CELL when there is none on the page.
    word_above: (n,) the same for single words (a cell of an earlier line).
    """

    document: Document
    texts: tuple[str, ...]
    printed: str
    begins: tuple[int, ...]
    box: Floats
    height: Floats
    page: Ints
    line: Ints
    cell: Ints
    origin: Ints
    pixel: Floats
    line_start: Ints
    line_page: Ints
    cell_start: Ints
    cell_line: Ints
    cell_box: Floats
    above: Ints
    below: Ints
    word_above: Ints

    @property
    def words(self) -> int:
        return len(self.texts)

    @property
    def lines(self) -> int:
        return len(self.line_page)

    @property
    def cells(self) -> int:
        return len(self.cell_line)

    def text(self, start: int, stop: int) -> str:
        """The words start..stop-1 with single spaces between them."""
        return self.printed[self.begins[start] : self.begins[stop] - 1] if start < stop else ""

    @cached_property
    def is_recognised(self) -> bool:
        """Whether words of it may be misread: some are of no text layer."""
        return any(page.words and page.source != TEXT_LAYER for page in self.document.pages)

    @cached_property
    def cell_texts(self) -> tuple[str, ...]:
        """(m,)"""
        return tuple(self.text(*bounds) for bounds in pairwise(self.cell_start.tolist()))

    @cached_property
    def line_texts(self) -> tuple[str, ...]:
        """(k,)"""
        return tuple(self.text(*bounds) for bounds in pairwise(self.line_start.tolist()))

    @cached_property
    def column_edges(self) -> NDArray[np.bool_]:
        """(n,) does this word start where several cells nearby start?"""
        page = self.line_page[self.cell_line]
        result = np.zeros(self.words, bool)
        for number in np.unique(self.page):
            words = np.flatnonzero(self.page == number)
            cells = np.flatnonzero(page == number)
            wide, high = self.pixel[number]
            height = float(np.median(self.height[words])) * high
            reach, near = COLUMN_REACH_HEIGHTS * height, ALIGNED_HEIGHTS * height / 2
            left = np.abs(self.box[words, 0, None] - self.cell_box[None, cells, 0]) * wide < near
            level = np.abs(self.box[words, 1, None] - self.cell_box[None, cells, 1]) * high < reach
            result[words] = (left & level).sum(axis=1) >= COLUMN_CELLS
        return result

    @cached_property
    def continuations(self) -> Ints:
        """(m,) the cell that may continue this one on the next line, NO_CELL when none is near and aligned."""
        return self.adjoining(self.below, 1)

    @cached_property
    def goes_on(self) -> NDArray[np.bool_]:
        """(m,) is it a line of running text that goes on in the next one? The cell of that is in `continuations`."""
        below, start = self.continuations, self.cell_start
        result: NDArray[np.bool_] = (below != NO_CELL) & (np.diff(start) >= PROSE_WORDS) & (start[1:] == start[below])
        return result

    @cached_property
    def is_prose(self) -> NDArray[np.bool_]:
        """(m,) is it a line of running text, of several lines?"""
        result = self.goes_on.copy()
        result[self.continuations[self.goes_on]] = True
        return result

    def adjoining(self, beside: Ints, direction: int, *, right_too: bool = False, loosely: bool = False) -> Ints:
        """(m,) of the nearest cells above (direction -1) or below (1) those that are near and aligned, else NO_CELL.

        Aligned on the left or by their centres; with `right_too`, on the right alone as well; `loosely`: in any way.
        """
        if not len(beside):
            return beside
        page = self.line_page[self.cell_line]
        wide, high = self.pixel[page, 0], self.pixel[page, 1]
        here, there = self.cell_box, self.cell_box[beside]
        height = (here[:, 3] - here[:, 1]) * high
        gap = there[:, 1] - here[:, 3] if direction > 0 else here[:, 1] - there[:, 3]
        near = gap * high < WRAP_GAP_HEIGHTS * height
        aligned = np.abs(there[:, 0] - here[:, 0]) * wide < ALIGNED_HEIGHTS * height
        center = np.abs(there[:, 0] + there[:, 2] - here[:, 0] - here[:, 2]) / 2 * wide
        aligned |= center < 2 * ALIGNED_HEIGHTS * height
        if right_too:
            aligned |= np.abs(there[:, 2] - here[:, 2]) * wide < ALIGNED_HEIGHTS * height
        return np.where((beside != NO_CELL) & near & (aligned | loosely), beside, NO_CELL).astype(np.int32)

    def boxes(self, words: Sequence[int]) -> tuple[PageBox, ...]:
        """One box a line around `words`, in reading order: a value that wraps has several."""
        at = np.array(words, np.intp)
        by_line: dict[int, list[list[float]]] = {}
        for line, box in zip(self.line[at].tolist(), self.box[at].tolist()):
            by_line.setdefault(line, []).append(box)
        found = []
        for line, boxes in sorted(by_line.items()):
            x0, y0, x1, y1 = zip(*boxes, strict=True)
            found.append(PageBox(int(self.line_page[line]), Box(min(x0), min(y0), max(x1), max(y1))))
        return tuple(found)


def lay_out(document: Document) -> Layout:
    """Return the layout of all pages; words without visible text are dropped."""
    parts = [_Part.of(page) for page in document.pages]
    words = [page.words[i] for page, part in zip(document.pages, parts) for i in part.order.tolist()]
    sizes = [len(part.order) for part in parts]
    texts = tuple(text for part in parts for text in part.texts)
    box = _boxes(words).astype(np.float32)
    page = np.repeat(np.arange(len(parts), dtype=np.int32), sizes)
    # A line or a cell that starts a page is another one than the last of the page before.
    starts_line = _joined([part.starts_line for part in parts], bool)
    starts_cell = _joined([part.starts_cell for part in parts], bool)
    line, cell = (np.cumsum(starts, dtype=np.int32) - np.int32(1) for starts in (starts_line, starts_cell))
    line_at, cell_at = np.flatnonzero(starts_line), np.flatnonzero(starts_cell)
    line_page, cell_line = page[line_at], line[cell_at]
    cell_start = np.append(cell_at, len(texts)).astype(np.int32)
    cell_box = _cell_boxes(box, cell_start)
    above, below, word_above = _pointers(box, cell_box, cell_line, line_page, cell_start, page)
    return Layout(
        document=document,
        texts=texts,
        printed=" ".join(texts),
        begins=tuple(accumulate((len(t) + 1 for t in texts), initial=0)),
        box=box,
        height=box[:, 3] - box[:, 1],
        page=page,
        line=line,
        cell=cell,
        origin=_joined([part.order for part in parts], np.int32),
        pixel=np.array([(p.width, p.height) for p in document.pages], np.float32).reshape(-1, 2),
        line_start=np.append(line_at, len(texts)).astype(np.int32),
        line_page=line_page,
        cell_start=cell_start,
        cell_line=cell_line,
        cell_box=cell_box,
        above=above,
        below=below,
        word_above=word_above,
    )


def _joined(parts: list[np.ndarray], dtype: type) -> np.ndarray:
    return np.concatenate([np.zeros(0, dtype), *parts]).astype(dtype)


def _boxes(words: Sequence[Word]) -> NDArray[np.float64]:
    """(n, 4)"""
    numbers = chain.from_iterable(word.box for word in words)
    return np.fromiter(numbers, np.float64, 4 * len(words)).reshape(-1, 4)


@dataclass(frozen=True, slots=True)
class _Part:
    """A page, n shown words. order: (n,) positions among its words, line after line, left to right in each.

    starts_line, starts_cell: (n,) whether a word of this order is the first of its line, or cell.
    """

    order: NDArray[np.intp]
    texts: tuple[str, ...]
    starts_line: NDArray[np.bool_]
    starts_cell: NDArray[np.bool_]

    @classmethod
    def of(cls, page: Page) -> _Part:
        shown = np.array([i for i, w in enumerate(page.words) if w.text.strip()], np.intp)
        if not len(shown):
            return cls(shown, (), np.zeros(0, bool), np.zeros(0, bool))
        box = _boxes(page.words)[shown]
        x0, x1 = box[:, 0] * page.width, box[:, 2] * page.width
        height = np.maximum((box[:, 3] - box[:, 1]) * page.height, 1e-6)
        center = (box[:, 1] + box[:, 3]) / 2 * page.height
        level = center - _skew(x0, x1, center, height) * (x0 + x1) / 2
        line = _lines(np.lexsort((x0, level)), level, height)
        order = np.lexsort((x0, line))
        texts, is_kept = _with_marks([page.words[i].text for i in shown[order].tolist()], line[order])
        order = order[is_kept]
        line, x0, x1, height = line[order], x0[order], x1[order], height[order]
        starts_line = np.append(True, line[1:] != line[:-1])
        gap = x0[1:] - x1[:-1]
        usual = gap[~starts_line[1:] & (x0[1:] > x1[:-1])]
        least = CELL_GAP_MEDIANS * float(np.median(usual)) if len(usual) else 0.0
        # A page of single-word cells has only wide gaps, which say nothing about letter spacing.
        least = min(least, 2 * CELL_GAP_HEIGHTS * float(np.median(height)))
        is_wide = gap > np.maximum(CELL_GAP_HEIGHTS * np.minimum(height[1:], height[:-1]), least)
        return cls(shown[order], texts, starts_line, starts_line | np.append(True, is_wide))


def _with_marks(texts: list[str], line: NDArray[np.intp]) -> tuple[tuple[str, ...], NDArray[np.bool_]]:
    """Return the words with boxes typed in brackets as marks, "[X]" and "[ ]", and (n,) which of them are left.

    A box of several words is where its last one is, nearer to what stands behind it.
    """
    is_kept = np.ones(len(texts), bool)
    for i, text in enumerate(texts):
        if text.endswith("]") and len(text) <= LONGEST_BOX:
            words = (w for w in (1, 2, 3) if w <= i + 1 and texts[i + 1 - w].startswith("["))
            size = next((w for w in words if line[i + 1 - w] == line[i]), 1)
            mark = TYPED_BOXES.get("".join(texts[i + 1 - size : i + 1]).casefold())
            if mark is not None:
                is_kept[i + 1 - size : i], texts[i] = False, mark
    return tuple(text for text, kept in zip(texts, is_kept.tolist(), strict=True) if kept), is_kept


def _lines(order: NDArray[np.intp], level: NDArray[np.float64], height: NDArray[np.float64]) -> NDArray[np.intp]:
    """(n,) the line of each word, from 0 on. order: of the words from top to bottom; level: their centres."""
    line = np.empty(len(order), np.intp)
    number, size = -1, 0
    line_level = line_height = 0.0
    # Python's own numbers: the loop looks at single words.
    for w, here, high in zip(order.tolist(), level[order].tolist(), height[order].tolist()):
        if size and abs(here - line_level) < LINE_MERGE_HEIGHTS * min(line_height, high):
            size += 1
            share = 1 / size
            line_level += (here - line_level) * share
            line_height += (high - line_height) * share
        else:
            number, size, line_level, line_height = number + 1, 1, here, high
        line[w] = number
    return line


def _skew(x0: np.ndarray, x1: np.ndarray, center: np.ndarray, height: np.ndarray) -> float:
    """Median dy/dx between neighbours in reading order, 0 when the page gives no evidence."""
    if len(x0) < 3:
        return 0.0
    gap = x0[1:] - x1[:-1]
    rise = center[1:] - center[:-1]
    run = (x0[1:] + x1[1:] - x0[:-1] - x1[:-1]) / 2
    near = (gap > -0.5 * height[:-1]) & (gap < SAME_WORD_HEIGHTS * height[:-1]) & (run > 0)
    near &= np.abs(rise) < LINE_MERGE_HEIGHTS * height[:-1]
    if near.sum() < 3:
        return 0.0
    slope = float(np.median(rise[near] / run[near]))
    return slope if abs(slope) < MAX_SKEW else 0.0


def _cell_boxes(box: Floats, cell_start: Ints) -> Floats:
    if len(cell_start) < 2:
        return np.zeros((0, 4), np.float32)
    at = cell_start[:-1]
    low = np.minimum.reduceat(box[:, :2], at, axis=0)
    high = np.maximum.reduceat(box[:, 2:], at, axis=0)
    return np.concatenate([low, high], axis=1)


def _pointers(
    box: Floats, cell_box: Floats, cell_line: Ints, line_page: Ints, cell_start: Ints, page: Ints
) -> tuple[Ints, Ints, Ints]:
    """Return above and below of the cells and above of the words, see Layout."""
    above = np.full(len(cell_line), NO_CELL, np.int32)
    below = above.copy()
    word_above = np.full(len(page), NO_CELL, np.int32)
    if not len(cell_line):
        return above, below, word_above
    cell_page = line_page[cell_line]
    for number in np.unique(cell_page):
        c = np.flatnonzero(cell_page == number)
        w = np.flatnonzero(page == number)
        boxes, line = cell_box[c], cell_line[c]
        shared, distance = _overlap(boxes, boxes), line[:, None] - line[None, :]
        above[c] = _nearest(shared, distance, c)
        below[c] = _nearest(shared, -distance, c)
        lines_of_words = np.repeat(line, np.diff(cell_start)[c])
        word_above[w] = _nearest(_overlap(box[w], boxes), lines_of_words[:, None] - line[None, :], c)
    return above, below, word_above


def _overlap(boxes: Floats, cells: Floats) -> Floats:
    """(n, m) width that boxes and cells have in common, negative where they have none."""
    shared: Floats = np.minimum(boxes[:, None, 2], cells[None, :, 2])
    shared -= np.maximum(boxes[:, None, 0], cells[None, :, 0])
    return shared


def _nearest(overlap: Floats, distance: Ints, ids: np.ndarray) -> Ints:
    """(n,) the id of the nearest of m cells that overlaps each box in x; ties go to the wider overlap.

    overlap: (n, m). distance: (n, m) lines from the cell to the box; 0 and less are not looked at.
    """
    # Lines count before width: overlap is below 1 page, so it only breaks ties.
    rank = np.subtract(overlap, distance, dtype=np.float64)
    np.copyto(rank, -np.inf, where=(overlap <= 0) | (distance <= 0))
    best = rank.argmax(axis=1)
    found = rank[np.arange(len(rank)), best] > -np.inf
    return np.where(found, ids[best], NO_CELL).astype(np.int32)
