"""A made-up learner whose true error rate at any threshold is known, to put promises to the proof."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlops.learning.calibration import Confirmation

_TRUTH_SIZE = 200_000


class Learner:
    """Values come with a confidence, which says too much: P(right) = 1 - hardness * (1 - confidence)^sharpness.

    correlation: how far the values of one document err together, 0 = not at all, 1 = all or none of its unsure ones.
    """

    def __init__(self, *, hardness: float = 0.6, sharpness: float = 1.0, correlation: float = 0.0) -> None:
        self.hardness, self.sharpness, self.correlation = hardness, sharpness, correlation
        confidence = np.sort(np.random.default_rng(99).beta(6, 0.5, _TRUTH_SIZE))[::-1]
        self._confidence = confidence
        self._error = np.cumsum(self._error_of(confidence)) / np.arange(1, _TRUTH_SIZE + 1)

    def _error_of(self, confidence: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.hardness * (1 - confidence) ** self.sharpness

    def error_above(self, threshold: float) -> float:
        """The true share of wrong values among those of at least this confidence."""
        return float(self._error[np.searchsorted(-self._confidence, -threshold, side="right") - 1])

    def risk(self, threshold: float) -> float:
        """The true share of all values that are accepted and wrong."""
        return self.error_above(threshold) * float(np.mean(self._confidence >= threshold))

    def confirmations(
        self, documents: int, fields: int, rng: np.random.Generator, *, weights: bool = False
    ) -> list[Confirmation]:
        """Return what a person says of `documents` random ones.

        weights: unsure documents were drawn ten times as often as the others, as their weights say.
        """
        found: list[Confirmation] = []
        while len(found) < documents * fields:
            confidence = rng.beta(6, 0.5, fields)
            is_sure = confidence.min() > 0.9
            if weights and is_sure and rng.random() > 0.1:
                continue
            luck = np.where(rng.random(fields) < self.correlation, rng.random(), rng.random(fields))
            is_right = luck > self._error_of(confidence)
            weight = 10.0 if weights and is_sure else 1.0
            found += [
                Confirmation(f"field_{i}", float(c), bool(r), weight)
                for i, (c, r) in enumerate(zip(confidence, is_right, strict=True))
            ]
        return found
