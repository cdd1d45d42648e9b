"""Tagging: which column does a token stand in? Two passes, the second sees what the first said about the neighbourhood.

Auto-context (Tu 2008), also known as stacked sequential learning (Cohen and Carvalho 2005): a first classifier looks at
each token alone; a second one looks again, at the same features and at the first one's probabilities in the same
column, the same line and the lines above and below. It needs no inference over a graph and learns what consistency means.
"""

from __future__ import annotations

import numpy as np

from ..layout import Floats
from .tokens import Tokens

ALIGN_HEIGHTS = 0.5  # edges of one column differ by less
CONTEXT_PARTS = 9  # blocks of one value a class, see context_features


def context_features(tokens: Tokens, probabilities: Floats) -> Floats:
    """Return (n, 9 k) from (n, k): own, cell, column by right edge, by left edge, left, right, line above, below, page."""
    n, k = probabilities.shape
    if not n:
        return np.zeros((0, CONTEXT_PARTS * k), np.float32)
    _, cell_start, cell = np.unique(tokens.cell, return_index=True, return_inverse=True)
    in_cell = np.add.reduceat(probabilities, cell_start, axis=0)
    in_cell /= np.diff(np.append(cell_start, n))[:, None]
    by_right, by_left = np.zeros_like(probabilities), np.zeros_like(probabilities)
    page_mean = np.zeros_like(probabilities)
    near = ALIGN_HEIGHTS * tokens.height
    for page in np.unique(tokens.page):
        on = np.flatnonzero(tokens.page == page)
        other = tokens.line[on, None] != tokens.line[None, on]
        for edge, out in ((tokens.x1[on], by_right), (tokens.x0[on], by_left)):
            aligned = ((np.abs(edge[:, None] - edge[None, :]) < near) & other).astype(np.float32)
            out[on] = aligned @ probabilities[on] / np.maximum(aligned.sum(axis=1, keepdims=True), 1)
        page_mean[on] = probabilities[on].max(axis=0)
    _, start, line = np.unique(tokens.line, return_index=True, return_inverse=True)
    best = np.maximum.reduceat(probabilities, start, axis=0)  # (lines, k)
    same_page = tokens.page[start][1:] == tokens.page[start][:-1]
    above, below = np.zeros_like(best), np.zeros_like(best)
    above[1:] = best[:-1] * same_page[:, None]
    below[:-1] = best[1:] * same_page[:, None]
    left, right = _running_max(probabilities, start)
    parts = [probabilities, in_cell[cell], by_right, by_left, left, right, above[line], below[line], page_mean]
    return np.concatenate(parts, axis=1).astype(np.float32)


def _running_max(p: Floats, start: np.ndarray) -> tuple[Floats, Floats]:
    """For every token the largest probability of each class to its left and to its right in the line."""
    left, right = np.zeros_like(p), np.zeros_like(p)
    for a, b in zip(start.tolist(), [*start[1:].tolist(), len(p)]):
        if b - a > 1:
            np.maximum.accumulate(p[a : b - 1], axis=0, out=left[a + 1 : b])
            right[a : b - 1] = np.maximum.accumulate(p[a + 1 : b][::-1], axis=0)[::-1]
    return left, right
