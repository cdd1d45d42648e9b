"""Confidence of a cell as a probability: logistic regression on its evidence (Platt 1999), ridge-penalised.

Fitted where the truth is known and the model has not seen it: on held-out synthetic documents for day zero, by
cross-validation over the confirmed documents of a template, pulled towards the day-zero calibration by as much as
evidence is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp

import numpy as np

from ..layout import Floats
from .cells import EVIDENCE

NEWTON_STEPS = 25
RIDGE = 1.0  # in the unit of observations
GROUPS = 2  # numbers, texts
Observation = tuple[int, tuple[float, ...], bool]  # group, evidence, was right
PRIOR = (-0.5, (0.4, 0.2, 0.5, -0.5, 0.2))  # before anything is known: doubtful, growing with the evidence


@dataclass(frozen=True, slots=True)
class Calibration:
    """weights: (GROUPS, 1 + EVIDENCE), the intercept first."""

    weights: Floats

    @classmethod
    def unknown(cls) -> Calibration:
        return cls(np.tile(np.array([PRIOR[0], *PRIOR[1]], np.float32), (GROUPS, 1)))

    def confidence(self, group: int, evidence: tuple[float, ...]) -> float:
        intercept, *weights = self.weights[group].tolist()
        return 1 / (1 + exp(-(intercept + sum(w * e for w, e in zip(weights, evidence, strict=True)))))

    def arrays(self) -> dict[str, np.ndarray]:
        return {"calibration": self.weights.astype(np.float32)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Calibration:
        return cls(arrays["calibration"].astype(np.float32))


def fit_calibration(observations: list[Observation], prior: Calibration, ridge: float = RIDGE) -> Calibration:
    """Return the calibration that explains (group, evidence, was right), with a Gaussian prior around `prior`."""
    weights = prior.weights.astype(np.float64).copy()
    for group in range(GROUPS):
        mine = [(e, r) for g, e, r in observations if g == group]
        if not mine:
            continue
        x = np.concatenate([np.ones((len(mine), 1)), np.array([e for e, _ in mine])], axis=1)
        y = np.array([r for _, r in mine], np.float64)
        center = prior.weights[group].astype(np.float64)
        w = center.copy()
        for _ in range(NEWTON_STEPS):
            p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
            gradient = x.T @ (p - y) + ridge * (w - center)
            hessian = (x * (p * (1 - p))[:, None]).T @ x + ridge * np.eye(1 + EVIDENCE)
            step = np.linalg.solve(hessian, gradient)
            w -= step * min(1.0, 2.0 / (np.abs(step).max() + 1e-9))
        weights[group] = w
    return Calibration(weights.astype(np.float32))
