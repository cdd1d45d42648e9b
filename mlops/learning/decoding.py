"""From scores to values: softmax with NULL, mass over occurrences, one value after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from invex.fields.spec import LocaleSpec

from .candidates import Candidates
from .layout import Floats


class Choice(NamedTuple):
    """A value with its probability; best: its likeliest occurrence (a candidate's number)."""

    value: str
    probability: float
    best: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """Values of a field by falling probability, and the probability that there is none."""

    choices: tuple[Choice, ...]
    absent: float


def rank(candidates: Candidates, scores: Floats, null: float, locale: LocaleSpec, *, most: int = 24) -> Ranking:
    """Return the values with the largest mass over their occurrences. scores: (K,)."""
    if not len(candidates):
        return Ranking((), 1.0)
    top = max(float(scores.max()), null)
    e = np.exp((scores - top).astype(np.float64))
    e_null = float(np.exp(null - top))
    total = float(e.sum()) + e_null
    # Occurrences beyond these share next to no mass.
    order = np.argsort(-scores, kind="stable")[: 20 * most]
    values, which = candidates.values(locale)
    mass = np.bincount(which[order], e[order], minlength=len(values))
    best = np.full(len(values), -1)
    best[which[order[::-1]]] = order[::-1]  # the likeliest is written last
    likely = np.flatnonzero(best >= 0)
    likely = likely[np.lexsort((best[likely], -mass[likely]))[:most]]
    ranked = zip([values[v] for v in likely.tolist()], (mass[likely] / total).tolist(), best[likely].tolist())
    return Ranking(tuple(map(Choice._make, ranked)), e_null / total)


def given_absence(ranking: Ranking, odds: float) -> Ranking:
    """The ranking when the odds of absence are `odds` times what they were: probabilities still add up to 1."""
    total = 1 - ranking.absent + odds * ranking.absent
    if odds == 1 or total <= 0:
        return ranking
    choices = tuple(c._replace(probability=c.probability / total) for c in ranking.choices)
    return Ranking(choices, odds * ranking.absent / total)
