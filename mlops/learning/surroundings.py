"""Where a candidate stands: the words beside, above and below it, and its place on the page.

Candidates of all types share words, and what surrounds one depends on the words that it begins and ends with and on the
cell above it. So that is hashed once for each word and cell of a document, and a candidate takes its rows.
"""

from __future__ import annotations

import numpy as np

from .blocks import kind_of
from .context import Context
from .feature_groups import Columns, together
from .gathered import Gathered
from .hashing import Hashes, fold, mix, tokens
from .layout import NO_CELL, Ints, Layout

TRIGRAM_WEIGHT = 0.35
X_BINS, Y_BINS, PLACE_BINS = 24, 32, 12
COLUMN_STEPS = 3  # cells above the nearest two whose text is a feature
LINE_WORDS = 4  # at the beginning of the line that are features


class Surroundings:
    """Features of a layout's n words, and of its m cells and of no cell: row m, which is row NO_CELL.

    left, label, section, line_above, left_edge, place, line_shape: around the word that a value begins with.
    right, right_edge: around the last word of its first line. below, form_below, goes_on: around its very last word.
    above, column, form_above: of the cell above it. header: (m + 1,) the heading of each cell: itself or one above it.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        layout, n = context.layout, context.layout.words
        left, right, label = Columns(n), Columns(n), Columns(n)
        _add_beside(left, right, label, context)
        below, form_below, section, line_above, goes_on = (Columns(n) for _ in range(5))
        _add_around(below, form_below, section, line_above, context)
        _add_goes_on(goes_on, context)
        left_edge, right_edge, place, shape = Columns(n), Columns(n), Columns(n), Columns(n)
        _add_place(left_edge, right_edge, place, shape, context)
        around_first = left, label, section, line_above, left_edge, place, shape
        parts = together(*around_first, right, right_edge, below, form_below, goes_on)
        self.left, self.label, self.section, self.line_above, self.left_edge, self.place, self.line_shape = parts[:7]
        self.right, self.right_edge, self.below, self.form_below, self.goes_on = parts[7:]
        above, column, form_above = (Columns(layout.cells + 1) for _ in range(3))
        self.header = _add_above(above, column, form_above, context)
        self.above, self.column, self.form_above = together(above, column, form_above)


def add_beside(columns: Columns, around: Surroundings, candidates: Gathered) -> None:
    """Words left and right of the candidate in its line."""
    columns.take(around.left, candidates.first)
    columns.take(around.right, candidates.last)
    columns.take(around.label, candidates.first)
    before, after = _inside(candidates)
    columns.add("inside", tokens(before))
    columns.add("inside", tokens(after), 0.5)


def add_above(columns: Columns, around: Surroundings, candidates: Gathered) -> None:
    """Words, cells and headings above and below."""
    layout, first, last, tail = candidates.layout, candidates.first, candidates.last, candidates.tail
    above = layout.word_above[first]
    above = np.where((above == NO_CELL) & (last > first), layout.word_above[last], above)
    columns.take(around.above, above)
    columns.take(around.below, tail)
    columns.take(around.section, first)
    columns.take(around.column, above)
    columns.take(around.form_below, tail)
    columns.take(around.form_above, above)
    columns.take(around.line_above, first)
    columns.add("column_end", _column_end(candidates, around.header[above], around.context))


def add_position(columns: Columns, around: Surroundings, candidates: Gathered) -> None:
    """Its place on the page, in its cell and in its line."""
    layout, first = candidates.layout, candidates.first
    columns.take(around.left_edge, first)
    columns.take(around.right_edge, candidates.last)
    columns.take(around.place, first)
    cell = layout.cell[first]
    begins = (first == layout.cell_start[cell]) & (candidates.start == 0)
    ends = candidates.last + 1 == layout.cell_start[cell + 1]
    columns.add("edges", begins * 2 + ends)
    columns.take(around.line_shape, first)


def _add_beside(left: Columns, right: Columns, label: Columns, context: Context) -> None:
    """Of every word the words beside it, and the label before it."""
    layout = context.layout
    none = layout.words
    word = np.arange(none, dtype=np.int32)
    line = layout.line
    begin, finish = layout.line_start[line], layout.line_start[line + 1]
    reach = _reach(layout)
    before = []
    at: Ints = word
    for _ in range(3):
        at = context.spoken_before[at]
        before.append(np.where(at >= reach, at, none))
        at = np.maximum(at, 0)
    after = [np.where(word + i < finish, word + i, none) for i in (1, 2)]
    for i, group in enumerate(("left1", "left2", "left3")):
        left.add(group, context.word[before[i]], (1.0, 0.7, 0.5)[i])
    left.add("left12", mix(context.word[before[0]]) + context.word[before[1]], 0.7)
    right.add("right1", context.word[after[0]], 0.7)
    right.add("right2", context.word[after[1]], 0.4)
    # The label is what precedes in the cell, else the nearest cell of letters to the left.
    cell = layout.cell
    own = context.spoken_before >= layout.cell_start[cell]
    previous = np.where(own, cell, cell - 1)
    for _ in range(3):
        other_line = (previous < 0) | (layout.cell_line[np.maximum(previous, 0)] != line)
        previous = np.where(other_line, NO_CELL, previous)
        climb = (previous != NO_CELL) & ~own & ~context.is_alpha_cell[previous]
        previous = np.where(climb, previous - 1, previous)
    start = np.where(previous == NO_CELL, 0, layout.cell_start[previous])
    stop = np.where(previous == NO_CELL, 0, np.where(own, word, layout.cell_start[previous + 1]))
    text = context.range(np.maximum(start, stop - 4), stop)
    label.add("label_left", text)
    label.add("label", text, 0.7 * (text > 0))
    ends = [np.where(stop - i >= np.maximum(start, 1), stop - i, none) for i in (1, 2)]
    grams = np.concatenate([context.trigrams[np.where(stop > start, e, none)] for e in ends], axis=1)
    label.add("chars_left", grams, TRIGRAM_WEIGHT * (grams > 0))
    label.add("label_word", context.word[np.stack(ends, axis=1)], 0.5 * np.stack([e != none for e in ends], axis=1))
    label.add("line_head", context.word[np.where(begin < word, begin, none)])
    label.add("line_head", context.range(begin, np.minimum(begin + 2, word)), 0.7)
    for i in range(1, LINE_WORDS):
        at = np.where(begin + i < word, begin + i, none)
        label.add("line_head", context.word[at] + np.uint64(1), 0.4 * (at != none))


def _reach(layout: Layout) -> Ints:
    """(n,) the first word that counts as left of each: of its line, in running text of the line that goes on in it."""
    start = layout.cell_start
    reach: Ints = layout.line_start[layout.line]
    below = layout.continuations
    for cell in np.flatnonzero(layout.goes_on).tolist():
        reach[start[below[cell]] : start[below[cell] + 1]] = start[cell]
    return reach


def _inside(candidates: Gathered) -> tuple[list[str], list[str]]:
    """What stands before the span in its first word and behind it in its last one, marked; "<" and ">" for nothing."""
    texts, first, last = candidates.layout.texts, candidates.first, candidates.last
    before, after = ["<"] * len(candidates), [">"] * len(candidates)
    for k in np.flatnonzero(candidates.start > 0).tolist():
        before[k] = "<" + fold(texts[first[k]][: candidates.start[k]][-8:])
    begins = np.array(candidates.layout.begins)
    beyond = begins[last + 1] - begins[first] - 1 - candidates.end
    for k in np.flatnonzero(beyond > 0).tolist():
        word = texts[last[k]]
        after[k] = ">" + fold(word[len(word) - beyond[k] :][:4])
    return before, after


def _add_above(above: Columns, column: Columns, form: Columns, context: Context) -> Ints:
    """Of every cell its words and what is above it.

    Return (m + 1,) its heading: the cell itself or one above it.
    """
    layout = context.layout
    none = layout.words
    cell = np.append(np.arange(layout.cells), NO_CELL)
    further = np.append(layout.above, NO_CELL)
    begin, finish = np.append(layout.cell_start[:-1], none), np.append(layout.cell_start[1:], none)
    above.add("above", context.word[begin], 0.6)
    above.add("above", context.word[np.where(finish - 2 >= begin, finish - 1, none)], 0.6)
    above.add("above_cell", context.cell_text)
    above.add("above2_cell", context.cell_text[further], 0.6)
    header = np.where((cell != NO_CELL) & context.is_alpha_cell, cell, context.header)
    above.add("header", context.cell_text[header])
    above.add("label", context.cell_text[header], 0.7 * (header != NO_CELL))
    head, head_stop = begin[header], finish[header]
    second = np.where(head + 1 < head_stop, head + 1, none)
    above.add("label_word", context.word[head], 0.5 * (head != none))
    above.add("label_word", context.word[second], 0.5 * (second != none))
    grams = np.concatenate([context.trigrams[head], context.trigrams[second]], axis=1)
    above.add("chars_above", grams, TRIGRAM_WEIGHT * (grams > 0))
    step = further
    for _ in range(COLUMN_STEPS):
        step = further[step]
        column.add("column_text", context.cell_text[step], 0.5 * (step != NO_CELL))
    form.add("around", context.form + np.uint64(2), 0.7)
    return header


def _add_around(below: Columns, form: Columns, section: Columns, line_above: Columns, context: Context) -> None:
    """Of every word the cells below it, the heading of its block and the line above."""
    layout = context.layout
    none = layout.words
    beneath = np.append(layout.below, NO_CELL)
    next_cell = beneath[layout.cell]
    below.add("below_cell", context.cell_text[next_cell], 0.5)
    form.add("around", context.form[next_cell])
    form.add("around", context.form[beneath[next_cell]] + np.uint64(1), 0.7)
    heading = context.section[layout.cell]
    section.add("section", context.cell_text[heading], 1.0 * (heading != NO_CELL))
    head = np.append(layout.cell_start[:-1], none)[heading]
    section.add("section", context.word[head], 0.7 * (heading != NO_CELL))
    grams = context.trigrams[head]
    section.add("section", grams + np.uint64(1), TRIGRAM_WEIGHT * (grams > 0))
    previous = np.maximum(layout.line - 1, 0)
    same_page = (layout.line > 0) & (layout.line_page[previous] == layout.line_page[layout.line])
    line_above.add("line_above", context.word[np.where(same_page, layout.line_start[previous], none)], 0.7)


def _add_goes_on(goes_on: Columns, context: Context) -> None:
    """Of every word whether more follows in its cell, else of what kind the next line of its block is, if any."""
    layout = context.layout
    following = layout.adjoining(layout.below, 1, right_too=True)[layout.cell]
    kind = np.array([*map(kind_of, layout.cell_texts), 0], np.int64)[following]
    is_inside = np.arange(layout.words) + 1 < layout.cell_start[layout.cell + 1]
    goes_on.add("goes_on", np.where(is_inside, 2, following != NO_CELL))
    goes_on.add("goes_on", 10 + kind, 0.7 * ~is_inside)


def _column_end(candidates: Gathered, header: Ints, context: Context) -> Hashes:
    """(K,) heading combined with: the first, a middle, the last or the only candidate of its type below it."""
    if not len(candidates):
        return np.zeros(0, np.uint64)
    cell = context.layout.cell[candidates.first]
    column = candidates.part * (context.layout.cells + 1) + (header - NO_CELL)
    order = np.argsort(column, kind="stable")
    begin = np.searchsorted(column[order], column, side="left")
    finish = np.searchsorted(column[order], column, side="right") - 1
    # Several candidates may share a cell: its first word and its first two words stand equally high.
    position = (cell == cell[order[begin]]) * np.uint64(1) + (cell == cell[order[finish]]) * np.uint64(2)
    out: Hashes = mix(context.cell_text[header]) + position
    return out


def _add_place(left_edge: Columns, right_edge: Columns, place: Columns, shape: Columns, context: Context) -> None:
    """Of every word its edges, its place on the page, the page, and what its line looks like."""
    layout = context.layout
    box, page = layout.box, layout.page
    x0, y0 = box[:, 0], box[:, 1]
    left_edge.add_soft("x0", x0, X_BINS)
    right_edge.add_soft("x1", box[:, 2], X_BINS)
    place.add_soft("y0", y0, Y_BINS)
    across, down = np.clip(x0, 0, 1) * PLACE_BINS, np.clip(y0, 0, 1) * PLACE_BINS
    cells = [np.floor(across + d) * 100 + np.floor(down + e) for d in (0, 0.5) for e in (0, 0.5)]
    place.add("place", np.stack(cells, axis=1) * 4 + np.arange(4), 0.5)
    pages = len(layout.document.pages)
    place.add("page", np.minimum(page, 3))
    place.add("page", 10 + np.minimum(pages - 1 - page, 3))
    in_line = np.minimum(context.cell_in_line[layout.cell], 6)
    of_line = np.minimum(context.cells_of_line[layout.line], 8)
    shape.add("line_shape", in_line * 20 + of_line, 0.7)
    shape.add("line_shape", 1000 + (of_line - 1 - in_line), 0.7)
    typical = float(np.median(layout.height)) if layout.words else 1.0
    size = np.log2(np.maximum(layout.height, 1e-4) / max(typical, 1e-4))
    shape.add_soft("size", (np.clip(size, -1, 2) + 1) / 3, 9)
