"""Multinomial logistic regression with a Gaussian prior around given weights: learning from few rows.

What a prior says holds until the rows contradict it (Chelba and Acero 2004 adapt classifiers the same way).
"""

from __future__ import annotations

import numpy as np

from ..layout import Floats
from ..log_softmax import log_softmax
from ..scorer import Doubles, minimize

STEPS = 40  # of L-BFGS
NEGLIGIBLE = 1e-12  # of a slope; below 1e-38 processors become slow


def fit_softmax(
    x: Floats, y: np.ndarray, classes: int, *, l2: float, prior: Floats | None = None, weight: Floats | None = None
) -> Floats:
    """Return weights (d + 1, classes) for rows x (n, d), the last row being the intercept.

    Minimises the mean cross-entropy (weighted by `weight`, (n,)) plus l2 / 2n times the squared distance from `prior`.
    """
    n, d = x.shape
    start = np.zeros((d + 1, classes), np.float32) if prior is None else prior.astype(np.float32)
    if not n:
        return start
    share = np.full(n, 1 / n, np.float32) if weight is None else (weight / weight.sum()).astype(np.float32)
    rows = np.arange(n)

    def problem(u: Doubles) -> tuple[float, Doubles]:
        w = u.reshape(start.shape).astype(np.float32)
        log = log_softmax(x @ w[:-1] + w[-1])  # (n, classes)
        delta = np.exp(log)
        delta[rows, y] -= 1
        delta *= share[:, None]
        delta[np.abs(delta) < NEGLIGIBLE] = 0
        away = u.reshape(start.shape) - start
        gradient = np.concatenate([x.T @ delta, delta.sum(axis=0, keepdims=True)]) + l2 / n * away
        loss = float(-(share * log[rows, y]).sum() + 0.5 * l2 / n * (away * away).sum())
        return loss, gradient.ravel().astype(np.float64)

    return minimize(problem, start.ravel().astype(np.float64), steps=STEPS).reshape(start.shape).astype(np.float32)


def softmax_log(x: Floats, w: Floats) -> Floats:
    """(n, d) -> log-probabilities (n, classes)."""
    return log_softmax(x @ w[:-1] + w[-1])
