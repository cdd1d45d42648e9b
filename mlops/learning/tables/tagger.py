"""Tagging: which column does a token stand in? Two passes, the second sees what the first said about the neighbourhood.

Auto-context (Tu 2008), also known as stacked sequential learning (Cohen and Carvalho 2005): a first classifier looks
at each token alone; a second one looks again, at the same features and at the first one's probabilities in the same
column, the same line and the lines above and below. It needs no inference over a graph and learns what consistency is.
"""

from __future__ import annotations

import numpy as np

from ..layout import Floats
from .tokens import Tokens

ALIGN_HEIGHTS = 0.5  # edges of one column differ by less
OVERLAP = 0.4  # share of the narrower token that two tokens of one column have in common
CONTEXT_PARTS = 10  # blocks of one value a class, see context_features


def context_features(tokens: Tokens, probabilities: Floats) -> Floats:
    """Return (n, 10 k) from (n, k): own, cell, columns, the line's left and right, lines above and below, page.

    Columns are the means over tokens of other lines with the same right edge, the same left edge, and an overlap in x
    (numbers with numbers, words with words).
    """
    n, k = probabilities.shape
    if not n:
        return np.zeros((0, CONTEXT_PARTS * k), np.float32)
    cell_start, cell_stop, cell = tokens.by_cell
    in_cell = np.add.reduceat(probabilities, cell_start, axis=0)
    in_cell /= (cell_stop - cell_start)[:, None]
    by_right, by_left, by_overlap = (np.zeros_like(probabilities) for _ in range(3))
    is_number = tokens.is_number
    page_best = np.zeros_like(probabilities)
    near = ALIGN_HEIGHTS * tokens.height
    for page in np.unique(tokens.page):
        on = np.flatnonzero(tokens.page == page)
        other = tokens.line[on, None] != tokens.line[None, on]
        x0, x1 = tokens.x0[on], tokens.x1[on]
        shared = np.minimum(x1[:, None], x1[None, :]) - np.maximum(x0[:, None], x0[None, :])
        overlaps = shared > OVERLAP * np.minimum((x1 - x0)[:, None], (x1 - x0)[None, :])
        overlaps &= is_number[on, None] == is_number[None, on]
        right = np.abs(x1[:, None] - x1[None, :]) < near
        left = np.abs(x0[:, None] - x0[None, :]) < near
        for column, out in ((right, by_right), (left, by_left), (overlaps, by_overlap)):
            aligned = (column & other).astype(np.float32)
            out[on] = aligned @ probabilities[on] / np.maximum(aligned.sum(axis=1, keepdims=True), 1)
        page_best[on] = probabilities[on].max(axis=0)
    start, _, line = tokens.by_line
    best = np.maximum.reduceat(probabilities, start, axis=0)  # (lines, k)
    same_page = tokens.page[start][1:] == tokens.page[start][:-1]
    above, below = np.zeros_like(best), np.zeros_like(best)
    above[1:] = best[:-1] * same_page[:, None]
    below[:-1] = best[1:] * same_page[:, None]
    left_best, right_best = _running_max(probabilities, start)
    columns = [by_right, by_left, by_overlap]
    parts = [probabilities, in_cell[cell], *columns, left_best, right_best, above[line], below[line], page_best]
    return np.concatenate(parts, axis=1).astype(np.float32)


def _running_max(p: Floats, start: np.ndarray) -> tuple[Floats, Floats]:
    """For every token the largest probability of each class to its left and to its right in the line."""
    left, right = np.zeros_like(p), np.zeros_like(p)
    for a, b in zip(start.tolist(), [*start[1:].tolist(), len(p)]):
        if b - a > 1:
            np.maximum.accumulate(p[a : b - 1], axis=0, out=left[a + 1 : b])
            right[a : b - 1] = np.maximum.accumulate(p[a + 1 : b][::-1], axis=0)[::-1]
    return left, right
