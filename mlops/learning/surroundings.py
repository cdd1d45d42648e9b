"""Where a candidate stands: the words beside, above and below it, and its place on the page."""

from __future__ import annotations

import numpy as np

from .candidates import Candidates
from .context import Context
from .feature_groups import Columns
from .hashing import Hashes, fold, mix, tokens
from .layout import NO_CELL, Ints

TRIGRAM_WEIGHT = 0.35
X_BINS, Y_BINS, PLACE_BINS = 24, 32, 12
COLUMN_STEPS = 3  # cells above the nearest two whose text is a feature
LINE_WORDS = 4  # at the beginning of the line that are features


def add_beside(columns: Columns, context: Context, candidates: Candidates) -> None:
    """Words left and right of the candidate in its line."""
    layout, first, last = context.layout, candidates.first, candidates.last
    none = layout.words
    line = layout.line[first]
    begin, finish = layout.line_start[line], layout.line_start[line + 1]
    left = []
    at = first
    for _ in range(3):
        at = context.spoken_before[at]
        left.append(np.where(at >= begin, at, none))
        at = np.maximum(at, 0)
    right = [np.where(last + i < finish, last + i, none) for i in (1, 2)]
    for i, group in enumerate(("left1", "left2", "left3")):
        columns.add(group, context.word[left[i]], (1.0, 0.7, 0.5)[i])
    columns.add("left12", mix(context.word[left[0]]) + context.word[left[1]], 0.7)
    columns.add("right1", context.word[right[0]], 0.7)
    columns.add("right2", context.word[right[1]], 0.4)
    # The label is what precedes in the cell, else the nearest cell of letters to the left.
    cell = layout.cell[first]
    label_cell = cell.copy()
    own = context.spoken_before[first] >= layout.cell_start[cell]
    previous = np.where(own, cell, cell - 1)
    for _ in range(3):
        other_line = (previous < 0) | (layout.cell_line[np.maximum(previous, 0)] != line)
        previous = np.where(other_line, NO_CELL, previous)
        climb = (previous != NO_CELL) & ~own & ~context.is_alpha_cell[previous]
        previous = np.where(climb, previous - 1, previous)
    label_cell = previous
    label_start = np.where(label_cell == NO_CELL, 0, layout.cell_start[label_cell])
    label_stop = np.where(label_cell == NO_CELL, 0, np.where(own, first, layout.cell_start[label_cell + 1]))
    label = context.range(np.maximum(label_start, label_stop - 4), label_stop)
    columns.add("label_left", label)
    columns.add("label", label, 0.7 * (label > 0))
    ends = [np.where(label_stop - i >= np.maximum(label_start, 1), label_stop - i, none) for i in (1, 2)]
    grams = np.concatenate([context.trigrams[np.where(label_stop > label_start, e, none)] for e in ends], axis=1)
    columns.add("chars_left", grams, TRIGRAM_WEIGHT * (grams > 0))
    columns.add("label_word", context.word[np.stack(ends, axis=1)], 0.5 * np.stack([e != none for e in ends], axis=1))
    columns.add("line_head", context.word[np.where(begin < first, begin, none)])
    columns.add("line_head", context.range(begin, np.minimum(begin + 2, first)), 0.7)
    for i in range(1, LINE_WORDS):
        at = np.where(begin + i < first, begin + i, none)
        columns.add("line_head", context.word[at] + np.uint64(1), 0.4 * (at != none))
    before, after = _inside(candidates)
    columns.add("inside", tokens(before))
    columns.add("inside", tokens(after), 0.5)


def _inside(candidates: Candidates) -> tuple[list[str], list[str]]:
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


def add_above(columns: Columns, context: Context, candidates: Candidates) -> None:
    """Words, cells and headings above and below."""
    layout, first = context.layout, candidates.first
    none = layout.words
    above = layout.word_above[first]
    wide = candidates.last > first
    above = np.where((above == NO_CELL) & wide, layout.word_above[candidates.last], above)
    start = np.where(above == NO_CELL, none, np.append(layout.cell_start, none)[above])
    stop = np.where(above == NO_CELL, none, np.append(layout.cell_start, none)[above + 1])
    columns.add("above", context.word[np.minimum(start, none)], 0.6)
    columns.add("above", context.word[np.where(stop - 2 >= start, stop - 1, none)], 0.6)
    columns.add("above_cell", context.cell_text[above])
    above2 = np.append(layout.above, NO_CELL)[above]
    columns.add("above2_cell", context.cell_text[above2], 0.6)
    header = np.where((above != NO_CELL) & context.is_alpha_cell[above], above, context.header[above])
    columns.add("header", context.cell_text[header])
    columns.add("label", context.cell_text[header], 0.7 * (header != NO_CELL))
    head = np.where(header == NO_CELL, none, np.append(layout.cell_start, none)[header])
    head_stop = np.where(header == NO_CELL, none, np.append(layout.cell_start, none)[header + 1])
    second = np.where(head + 1 < head_stop, head + 1, none)
    columns.add("label_word", context.word[head], 0.5 * (head != none))
    columns.add("label_word", context.word[second], 0.5 * (second != none))
    grams = np.concatenate([context.trigrams[head], context.trigrams[second]], axis=1)
    columns.add("chars_above", grams, TRIGRAM_WEIGHT * (grams > 0))
    columns.add("below_cell", context.cell_text[np.append(layout.below, NO_CELL)[layout.cell[candidates.tail]]], 0.5)
    section = context.section[layout.cell[first]]
    columns.add("section", context.cell_text[section], 1.0 * (section != NO_CELL))
    head = np.where(section == NO_CELL, none, np.append(layout.cell_start, none)[section])
    columns.add("section", context.word[head], 0.7 * (section != NO_CELL))
    grams = context.trigrams[head]
    columns.add("section", grams + np.uint64(1), TRIGRAM_WEIGHT * (grams > 0))
    further = np.append(layout.above, NO_CELL)
    step = above2
    for _ in range(COLUMN_STEPS):
        step = further[step]
        columns.add("column_text", context.cell_text[step], 0.5 * (step != NO_CELL))
    below = np.append(layout.below, NO_CELL)
    next_cell = below[layout.cell[candidates.tail]]
    columns.add("around", context.form[next_cell])
    columns.add("around", context.form[below[next_cell]] + np.uint64(1), 0.7)
    columns.add("around", context.form[above] + np.uint64(2), 0.7)
    line = layout.line[first]
    previous = np.maximum(line - 1, 0)
    same_page = (line > 0) & (layout.line_page[previous] == layout.line_page[line])
    columns.add("line_above", context.word[np.where(same_page, layout.line_start[previous], none)], 0.7)
    columns.add("column_end", _column_end(candidates, header, context))


def _column_end(candidates: Candidates, header: Ints, context: Context) -> Hashes:
    """(K,) heading combined with: the first, a middle, the last or the only candidate below it."""
    if not len(candidates):
        return np.zeros(0, np.uint64)
    cell = context.layout.cell[candidates.first]
    order = np.argsort(header, kind="stable")
    begin = np.searchsorted(header[order], header, side="left")
    finish = np.searchsorted(header[order], header, side="right") - 1
    # Several candidates may share a cell: its first word and its first two words stand equally high.
    position = (cell == cell[order[begin]]) * np.uint64(1) + (cell == cell[order[finish]]) * np.uint64(2)
    out: Hashes = mix(context.cell_text[header]) + position
    return out


def add_position(columns: Columns, context: Context, candidates: Candidates) -> None:
    layout = context.layout
    box, page = candidates.box, layout.page[candidates.first]
    x0, x1, y0 = box[:, 0], box[:, 2], box[:, 1]
    columns.add_soft("x0", x0, X_BINS)
    columns.add_soft("x1", x1, X_BINS)
    columns.add_soft("y0", y0, Y_BINS)
    cells = [
        np.floor(np.clip(x0, 0, 1) * PLACE_BINS + d) * 100 + np.floor(np.clip(y0, 0, 1) * PLACE_BINS + e)
        for d in (0, 0.5)
        for e in (0, 0.5)
    ]
    columns.add("place", np.stack(cells, axis=1) * 4 + np.arange(4), 0.5)
    pages = len(layout.document.pages)
    columns.add("page", np.minimum(page, 3))
    columns.add("page", 10 + np.minimum(pages - 1 - page, 3))
    cell = layout.cell[candidates.first]
    begins = (candidates.first == layout.cell_start[cell]) & (candidates.start == 0)
    ends = candidates.last + 1 == layout.cell_start[cell + 1]
    columns.add("edges", begins * 2 + ends)
    in_line = np.minimum(context.cell_in_line[cell], 6)
    of_line = np.minimum(context.cells_of_line[layout.cell_line[cell]], 8)
    columns.add("line_shape", in_line * 20 + of_line, 0.7)
    columns.add("line_shape", 1000 + (of_line - 1 - in_line), 0.7)
    typical = float(np.median(layout.height)) if layout.words else 1.0
    size = np.log2(np.maximum(layout.height[candidates.first], 1e-4) / max(typical, 1e-4))
    columns.add_soft("size", (np.clip(size, -1, 2) + 1) / 3, 9)
