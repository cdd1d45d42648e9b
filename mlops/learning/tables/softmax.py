"""Multinomial logistic regression with a Gaussian prior around given weights: learning from few rows.

What a prior says holds until the rows contradict it (Chelba and Acero 2004 adapt classifiers the same way).
"""

from __future__ import annotations

import numpy as np

from ..layout import Floats
from .perceptron import BETA1, BETA2, EPSILON, log_softmax

STEPS = 120
RATE = 0.08


def fit_softmax(
    x: Floats, y: np.ndarray, classes: int, *, l2: float, prior: Floats | None = None, weight: Floats | None = None
) -> Floats:
    """Return weights (d + 1, classes) for rows x (n, d), the last row being the intercept.

    Minimises the mean cross-entropy (weighted by `weight`, (n,)) plus l2 / n times the squared distance from `prior`.
    Full-batch Adam: deterministic, no line search.
    """
    n, d = x.shape
    start = np.zeros((d + 1, classes), np.float32) if prior is None else prior.astype(np.float32)
    w = start.copy()
    if not n:
        return w
    share = np.full(n, 1 / n, np.float32) if weight is None else (weight / weight.sum()).astype(np.float32)
    m, v = np.zeros_like(w), np.zeros_like(w)
    rows = np.arange(n)
    for step in range(1, STEPS + 1):
        delta = np.exp(log_softmax(x @ w[:-1] + w[-1]))  # (n, classes)
        delta[rows, y] -= 1
        delta *= share[:, None]
        gradient = np.concatenate([x.T @ delta, delta.sum(axis=0, keepdims=True)]) + l2 / n * (w - start)
        m += (1 - BETA1) * (gradient - m)
        v += (1 - BETA2) * (gradient * gradient - v)
        rate = RATE * (1 - (step - 1) / STEPS)
        w -= rate * (m / (1 - BETA1**step)) / (np.sqrt(v / (1 - BETA2**step)) + EPSILON)
    return w


def softmax_log(x: Floats, w: Floats) -> Floats:
    """(n, d) -> log-probabilities (n, classes)."""
    return log_softmax(x @ w[:-1] + w[-1])
