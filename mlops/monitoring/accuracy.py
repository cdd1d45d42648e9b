"""Pure: the share that is right, from documents that were drawn at random with known probabilities.

A review queue shows what somebody doubts, so its share of right values is no estimate of anything. Documents drawn
with probability p stand for 1 / p documents each (D. Horvitz, D. Thompson, 1952; as a ratio: J. Hájek, 1971). Values
of one document are right or wrong together, so the interval counts documents, and those of unequal weight for fewer
(L. Kish's effective sample size).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

Z = 1.96  # of a 95 % interval


@dataclass(frozen=True, slots=True)
class Estimate:
    """share: of right values, None without any. low, high: 95 % interval (Wilson). documents: that were judged."""

    share: float | None
    low: float
    high: float
    documents: int

    @property
    def percent(self) -> float | None:
        """The share in percent, [0, 100]."""
        return None if self.share is None else 100 * self.share


class Judged(NamedTuple):
    """So many documents in which so many of the values were right, each drawn with this probability."""

    right: int
    values: int
    probability: float
    documents: int = 1


def estimate(judged: Iterable[Judged]) -> Estimate:
    """Return the share of values that is right."""
    documents, weights, squares, right, asked = 0, 0.0, 0.0, 0.0, 0.0
    for one in judged:
        if not one.values:
            continue
        weight = one.documents / one.probability
        documents += one.documents
        weights += weight
        squares += weight / one.probability
        right += weight * one.right
        asked += weight * one.values
    if not documents:
        return Estimate(None, 0.0, 1.0, 0)
    share = right / asked
    return Estimate(share, *_wilson(share, weights * weights / squares), documents)


def _wilson(share: float, n: float) -> tuple[float, float]:
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)
