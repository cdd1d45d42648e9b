"""A multinomial classifier with one hidden layer, in numpy.

Rumelhart, Hinton and Williams 1986; Adam (Kingma and Ba 2015); inverted dropout on the hidden layer (Srivastava et al.
2014). Small enough to train in seconds on a CPU; the same data and seed give the same weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..layout import Floats
from ..log_softmax import log_softmax

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


@dataclass(frozen=True, slots=True)
class Training:
    """How to train: hidden units, passes over the data (more when these are fewer than `steps` steps), rows a step,
    learning rate, L2, dropout of units, seed.

    hiding: share of the inputs that are set to zero at random in each step, so that no single one is relied upon: real
    documents are further from the training ones than these are from each other.
    """

    hidden: int = 64
    epochs: int = 8
    steps: int = 600
    batch: int = 512
    rate: float = 3e-3
    l2: float = 1e-5
    dropout: float = 0.1
    hiding: float = 0.25
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Perceptron:
    """w1 (d, hidden), b1 (hidden,), w2 (hidden, k), b2 (k,)."""

    w1: Floats
    b1: Floats
    w2: Floats
    b2: Floats

    def log_probabilities(self, x: Floats) -> Floats:
        """(n, d) -> (n, k)."""
        hidden = np.maximum(x @ self.w1 + self.b1, 0)
        return log_softmax(hidden @ self.w2 + self.b2)

    def arrays(self, prefix: str) -> dict[str, np.ndarray]:
        """The weights in half precision: it costs no accuracy and halves the package."""
        return {f"{prefix}.{k}": getattr(self, k).astype(np.float16) for k in ("w1", "b1", "w2", "b2")}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], prefix: str) -> Perceptron:
        return cls(*(arrays[f"{prefix}.{k}"].astype(np.float32) for k in ("w1", "b1", "w2", "b2")))


def train_perceptron(x: Floats, y: np.ndarray, classes: int, training: Training) -> Perceptron:
    """Return a classifier of rows x (n, d) into y (n,) of 0..classes-1, trained on the cross-entropy."""
    random = np.random.default_rng(training.seed)
    d, h = x.shape[1], training.hidden
    weights: list[Floats] = [
        (random.standard_normal((d, h)) * np.sqrt(2 / d)).astype(np.float32),
        np.zeros(h, np.float32),
        (random.standard_normal((h, classes)) * np.sqrt(1 / h)).astype(np.float32),
        np.zeros(classes, np.float32),
    ]
    first = [np.zeros_like(w) for w in weights]
    second = [np.zeros_like(w) for w in weights]
    a_pass = max(1, -(-len(x) // training.batch))
    epochs = max(training.epochs, -(-training.steps // a_pass))
    steps = epochs * a_pass
    step = 0
    for _ in range(epochs):
        order = random.permutation(len(x))
        for start in range(0, len(order), training.batch):
            rows = order[start : start + training.batch]
            keep = (random.random((len(rows), h)) >= training.dropout).astype(np.float32) / (1 - training.dropout)
            shown = x[rows].astype(np.float32) * (random.random((len(rows), d), np.float32) >= training.hiding)
            gradients = _gradients(weights, shown, y[rows], keep, training.l2)
            step += 1
            rate = training.rate * (1 - (step - 1) / steps)  # linear decay to zero
            for w, g, m, v in zip(weights, gradients, first, second):
                m += (1 - BETA1) * (g - m)
                v += (1 - BETA2) * (g * g - v)
                w -= rate * (m / (1 - BETA1**step)) / (np.sqrt(v / (1 - BETA2**step)) + EPSILON)
    return Perceptron(*weights)


def _gradients(weights: list[Floats], x: Floats, y: np.ndarray, keep: Floats, l2: float) -> list[Floats]:
    w1, b1, w2, b2 = weights
    hidden = np.maximum(x @ w1 + b1, 0) * keep  # (n, h)
    delta = np.exp(log_softmax(hidden @ w2 + b2))  # (n, k)
    delta[np.arange(len(y)), y] -= 1
    delta /= len(y)
    back = (delta @ w2.T) * (hidden > 0) * keep  # (n, h)
    return [x.T @ back + l2 * w1, back.sum(axis=0), hidden.T @ delta + l2 * w2, delta.sum(axis=0)]
