"""Characters become words, words become lines in reading order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .types import Word

# All in heights of a character (about 1.2 em).
WIDE_GAP = 0.35  # between two characters of one word; a space is narrower only in tightly set justified text
BACK_STEP = 0.8  # to the left of where the last character ended: another column, or text set again
LINE_STEP = 0.5  # of vertical centres: another line
LETTER_SPACING = 0.9  # widest gap between letters that are spaced out
LETTER_SPACED = 4  # single letters in a row that are taken for one word, spaced out


def break_points(boxes: NDArray[np.floating[Any]], directions: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
    """Return for each character (n,) whether geometry begins a new word with it; the first does.

    boxes: (n, 4) x0 y0 x1 y1, y down, in a frame of equal scale on both axes, in the order of the file.
    directions: quarter turns counter-clockwise in which each is written.
    """
    n = len(boxes)
    starts = np.ones(n, bool)
    if n < 2:
        return starts
    along0, along1, across0, across1 = _in_writing_frame(boxes, directions)
    size = np.maximum(across1 - across0, 1e-6)
    larger = np.maximum(size[1:], size[:-1])
    gap = along0[1:] - along1[:-1]
    step = np.abs((across0[1:] + across1[1:]) - (across0[:-1] + across1[:-1])) / 2
    starts[1:] = (
        (directions[1:] != directions[:-1])
        | (gap > WIDE_GAP * larger)
        | (gap < -BACK_STEP * larger)
        | (step > LINE_STEP * larger)
    )
    return starts


def _in_writing_frame(
    boxes: NDArray[np.floating[Any]], directions: NDArray[np.integer[Any]]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Begin and end of each box along its line of writing and across it."""
    x0, y0, x1, y1 = boxes.T
    if not directions.any():
        return x0, x1, y0, y1
    turns = [directions == d for d in range(4)]
    return (
        np.select(turns, [x0, -y1, -x1, y0]),
        np.select(turns, [x1, -y0, -x0, y1]),
        np.select(turns, [y0, x0, -y1, -x1]),
        np.select(turns, [y1, x1, -y0, -x0]),
    )


def join_letter_spaced(
    lengths: NDArray[np.integer[Any]], boxes: NDArray[np.floating[Any]], may_join: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return for each word (n,) whether it starts a word once letters that are spaced out are joined.

    lengths: characters of each word. boxes: (n, 4), equal scale on both axes, in the order of the file.
    may_join: whether a word may be joined to the one before. "I N V O I C E  N O" has even gaps, and wider ones
    between its words; single letters of a table have gaps wider than LETTER_SPACING.
    """
    n = len(lengths)
    starts = np.ones(n, bool)
    single = lengths == 1
    if n < LETTER_SPACED or not single.any():
        return starts
    height = np.maximum(boxes[1:, 3] - boxes[1:, 1], 1e-6)
    gap = (boxes[1:, 0] - boxes[:-1, 2]) / height
    level = np.abs(boxes[1:, 3] - boxes[:-1, 3]) < LINE_STEP * height
    linked = single[1:] & single[:-1] & level & (gap > 0) & (gap < 2 * LETTER_SPACING) & may_join[1:]
    edges = np.flatnonzero(np.diff(np.concatenate(([False], linked, [False])).astype(np.int8)))
    for first, last in zip(edges[::2], edges[1::2]):  # words first..last are one run of single letters
        if last - first + 1 < LETTER_SPACED:
            continue
        gaps = gap[first:last]
        usual = float(np.median(gaps))
        if usual <= LETTER_SPACING:
            starts[first + 1 : last + 1] = gaps > 1.6 * usual
    return starts


def reading_order(boxes: NDArray[np.floating[Any]]) -> NDArray[np.intp]:
    """Return the indices of `boxes` (n, 4), line by line from the top, each from the left.

    A box belongs to the line above it unless its vertical centre is half a height below that line's: a comma or a
    raised number opens no line of its own.
    """
    n = len(boxes)
    if n == 0:
        return np.zeros(0, np.intp)
    middle = (boxes[:, 1] + boxes[:, 3]) / 2
    height = boxes[:, 3] - boxes[:, 1]
    by_middle = np.argsort(middle, kind="stable")
    line_of = np.empty(n, np.intp)
    line = -1
    line_middle, line_height, members = 0.0, 0.0, 0
    for i, m, h in zip(by_middle.tolist(), middle[by_middle].tolist(), height[by_middle].tolist()):
        if line < 0 or m - line_middle > LINE_STEP * max(min(h, line_height), 0.6 * max(h, line_height)):
            line += 1
            line_middle, line_height, members = m, h, 0
        members += 1
        line_middle += (m - line_middle) / members
        line_height = max(line_height, h)
        line_of[i] = line
    return np.lexsort((boxes[:, 0], line_of))


def in_reading_order(words: Sequence[Word]) -> tuple[Word, ...]:
    """Return words line by line, each from the left."""
    boxes = np.array([w.box for w in words], float).reshape(-1, 4)
    return tuple(words[i] for i in reading_order(boxes).tolist())
