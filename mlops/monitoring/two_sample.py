"""Pure: can a classifier tell the documents of two windows apart?

A logistic regression learns to say from its figures whether a document is of the current window; it is asked about
documents that it has not seen (cross-fitted). Where nothing moved, it can only guess: the area under its curve (AUC) is
then what it is with shuffled windows. It finds what no single figure shows: figures that moved together.
(D. Lopez-Paz, M. Oquab, Revisiting classifier two-sample tests, 2017.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FOLDS = 5
RIDGE = 1.0  # on standardised figures: keeps the weights finite where the windows can be told apart wholly
NEWTON_STEPS = 4
PERMUTATIONS = 99
MOST_A_SIDE = 250  # documents drawn from a window; more tell no more, and the shuffles take time

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TwoSample:
    """auc: 0.5 = guessed. accuracy: share of documents whose window was told, each window counting the same.
    p: chance of such an AUC when nothing moved, at least 1 / (PERMUTATIONS + 1).
    """

    auc: float
    accuracy: float
    p: float


def two_sample(reference: Floats, current: Floats, *, permutations: int = PERMUTATIONS, seed: int = 0) -> TwoSample:
    """Compare float [documents, figures] of two windows. Both need at least FOLDS documents."""
    rng = np.random.default_rng(seed)
    sides = [side[rng.permutation(len(side))[:MOST_A_SIDE]] for side in (reference, current)]
    x = np.concatenate(sides)
    deviation = x.std(axis=0)
    x = np.column_stack([(x - x.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0), np.ones(len(x))])
    is_current = np.repeat([0.0, 1.0], [len(side) for side in sides])
    said = _cross_fitted(x, is_current, rng)
    auc = _auc(said, is_current)
    as_good = sum(
        _auc(_cross_fitted(x, shuffled, rng), shuffled) >= auc
        for shuffled in (rng.permutation(is_current) for _ in range(permutations))
    )
    taken_as_current = [float((said[is_current == side] > 0).mean()) for side in (0, 1)]
    accuracy = (1 - taken_as_current[0] + taken_as_current[1]) / 2
    return TwoSample(auc, accuracy, (1 + as_good) / (1 + permutations))


def _cross_fitted(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """Return for each document the log-odds of a model that was fitted without its fold."""
    fold = np.empty(len(y), int)
    for side in (0, 1):  # each fold has its part of both windows
        members = rng.permutation(np.flatnonzero(y == side))
        fold[members] = np.arange(len(members)) % FOLDS
    said = np.empty(len(y))
    for number in range(FOLDS):
        out = fold == number
        said[out] = x[out] @ _fit(x[~out], y[~out])
    return said


def _fit(x: Floats, y: Floats) -> Floats:
    """Return the weights of a ridge logistic regression in which both windows weigh the same, by Newton's method."""
    balance = np.where(y > 0, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    penalty = np.full(x.shape[1], RIDGE)
    penalty[-1] = 1e-6  # the intercept
    weights = np.zeros(x.shape[1])
    for _ in range(NEWTON_STEPS):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        gradient = x.T @ (balance * (p - y)) + penalty * weights
        curvature = (x * (balance * p * (1 - p))[:, None]).T @ x + np.diag(penalty)
        weights -= np.linalg.solve(curvature, gradient)
    return weights


def _auc(said: Floats, y: Floats) -> float:
    _, place, count = np.unique(said, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]  # from 1; those that are equal share theirs
    ones = int(y.sum())
    return float((rank[y > 0].sum() - ones * (ones + 1) / 2) / (ones * (len(y) - ones)))
