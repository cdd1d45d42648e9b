"""Pairing two lists so that the pairs are worth most: the Hungarian method."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def maximum_assignment(weights: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return the pairs (row, column) of largest total weight; each row and column at most once.

    weights: (n, m), >= 0. The shorter side is paired completely, with pairs of weight 0 where nothing fits.
    Shortest augmenting paths with potentials, O(min(n, m)² · max(n, m)) (Jonker and Volgenant, 1987). Of several
    best assignments the one found by scanning columns in order, so the result is reproducible.
    """
    n, m = weights.shape if weights.ndim == 2 else (0, 0)
    if n == 0 or m == 0:
        return []
    if n > m:
        return [(row, column) for column, row in maximum_assignment(weights.T)]
    cost = -weights.astype(np.float64)
    row_potential, column_potential = np.zeros(n + 1), np.zeros(m + 1)
    # Column 0 is where a path starts; row_of[j] is the row paired with column j - 1, 0 = free.
    row_of, came_from = np.zeros(m + 1, np.int64), np.zeros(m + 1, np.int64)
    for row in range(1, n + 1):
        row_of[0] = row
        column = 0
        slack = np.full(m + 1, np.inf)
        is_used = np.zeros(m + 1, bool)
        while row_of[column] != 0:
            is_used[column] = True
            current = row_of[column]
            reduced = cost[current - 1] - row_potential[current] - column_potential[1:]
            is_better = ~is_used[1:] & (reduced < slack[1:])
            slack[1:][is_better] = reduced[is_better]
            came_from[1:][is_better] = column
            nearest = int(np.argmin(np.where(is_used[1:], np.inf, slack[1:]))) + 1
            step = slack[nearest]
            row_potential[row_of[is_used]] += step
            column_potential[is_used] -= step
            slack[~is_used] -= step
            column = nearest
        while column != 0:  # flip the path
            row_of[column] = row_of[came_from[column]]
            column = int(came_from[column])
    return [(int(row_of[j]) - 1, j - 1) for j in range(1, m + 1) if row_of[j] != 0]
