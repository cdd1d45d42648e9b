"""Figures of a set of answers: counts to F1, ranking, coverage at a promised error, calibration error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Scored(NamedTuple):
    """One predicted value: the confidence it was given, [0, 1], and whether it is right."""

    confidence: float
    is_right: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """Right values, wrong or spurious ones, and those that were missed."""

    true_positives: int = 0
    false_positives: int = 0
    false_negatives: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.true_positives + other.true_positives,
            self.false_positives + other.false_positives,
            self.false_negatives + other.false_negatives,
        )

    @property
    def support(self) -> int:
        return self.true_positives + self.false_negatives

    @property
    def precision(self) -> float | None:
        return _ratio(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> float | None:
        return _ratio(self.true_positives, self.support)

    @property
    def f1(self) -> float | None:
        return _ratio(2 * self.true_positives, 2 * self.true_positives + self.false_positives + self.false_negatives)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much one threshold lets through: share of all slots, the threshold, and the number of accepted values."""

    share: float | None
    threshold: float | None
    accepted: int


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float | None:
    """Return P(score of a positive > score of a negative), ties one half; None without one of both.

    The Mann-Whitney statistic, by ranks.
    """
    if not positives or not negatives:
        return None
    scores = np.concatenate([np.asarray(positives, float), np.asarray(negatives, float)])
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - (counts - 1) / 2  # of each distinct score, from 1
    n = len(positives)
    above = float(mean_rank[inverse[:n]].sum()) - n * (n + 1) / 2
    return above / (n * len(negatives))


def coverage(points: Sequence[Scored], slots: int, *, error: float = 0.01) -> Coverage:
    """Return the lowest threshold above which at most the share `error` of the values is wrong.

    slots: how many values there were to give, the denominator of the share. Values of equal confidence stand or fall
    together. This is what an oracle would choose on these very points: a description, not a promise.
    """
    if not slots:
        return Coverage(None, None, 0)
    if not points:
        return Coverage(0.0, None, 0)
    confidence = np.array([p.confidence for p in points])
    order = np.argsort(-confidence, kind="stable")
    confidence = confidence[order]
    wrong = np.cumsum(~np.array([p.is_right for p in points])[order])
    accepted = np.arange(1, len(points) + 1)
    is_end_of_tie = np.append(confidence[1:] != confidence[:-1], True)
    allowed = np.flatnonzero(is_end_of_tie & (wrong <= error * accepted))
    if not len(allowed):
        return Coverage(0.0, None, 0)
    last = int(allowed[-1])
    return Coverage((last + 1) / slots, float(confidence[last]), last + 1)


def calibration_error(confidence: NDArray[np.float64], is_right: NDArray[np.bool_], *, bins: int = 10) -> float | None:
    """Return the expected calibration error over equal bins (Naeini et al., 2015); None without values.

    The mean distance between confidence and share of right values, bins weighted by their number of values.
    """
    if not len(confidence):
        return None
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    claimed = np.bincount(bin_of, confidence, bins)
    found = np.bincount(bin_of, is_right.astype(float), bins)
    return float(np.abs(claimed - found).sum() / len(confidence))


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
