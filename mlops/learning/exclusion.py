"""One place on the page is the value of one field, unless the confirmed documents have shown that it may be of two.

The uniqueness constraint of matching problems, in one round of mean-field inference (Jordan et al., "An Introduction to
Variational Methods for Graphical Models", 1999): each field is told how probably others have a place already. So what
has moved to the place of a value that a document lacks stays the value of its own field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations

import numpy as np

from invex.fields.labels import Label

from .candidates import Candidates
from .layout import Floats

LIKELIEST = 8  # candidates of a field that others are kept from
SURE = 0.99  # of what one document shows


def exclusive_pairs(labels: Iterable[Label], keys: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the pairs of fields that documents gave a value each, and never the same one."""
    told = [{key: {v.value for v in label.fields.get(key, ())} for key in keys} for label in labels]
    pairs = []
    for first, second in combinations(keys, 2):
        both = [(one[first], one[second]) for one in told if one[first] and one[second]]
        if both and not any(a & b for a, b in both):
            pairs.append((first, second))
    return tuple(pairs)


def keep_off(
    pairs: Iterable[tuple[str, str]], fields: Mapping[str, tuple[Candidates, Floats, float]]
) -> dict[str, Floats]:
    """Return what to add to the scores of each field, (K,), none above 0. fields: candidates, scores, that of NULL."""
    held = {key: _places(*fields[key]) for key in sorted({k for pair in pairs for k in pair} & fields.keys())}
    free: dict[str, dict[int, float]] = {key: {} for key in held}
    for first, second in pairs:
        if first in held and second in held:
            for place in held[first].keys() & held[second].keys():
                for mine, other in ((first, second), (second, first)):
                    row, theirs = held[mine][place][0], held[other][place][1]
                    free[mine][row] = free[mine].get(row, 1.0) * (1 - SURE * theirs)
    added = {}
    for key, of_row in free.items():
        if of_row:
            added[key] = np.zeros(len(fields[key][1]), np.float32)
            added[key][list(of_row)] = np.log(list(of_row.values()))
    return added


def _places(candidates: Candidates, scores: Floats, null: float) -> dict[tuple[int, ...], tuple[int, float]]:
    """Return row and probability of the likeliest candidates, by where they stand."""
    if not len(scores):
        return {}
    rows = np.argsort(-scores, kind="stable")[:LIKELIEST]
    e = np.exp(scores.astype(np.float64) - max(float(scores[rows[0]]), null))
    probability = e / (e.sum() + np.exp(null - max(float(scores[rows[0]]), null)))
    return {
        (int(candidates.first[k]), int(candidates.last[k]), int(candidates.start[k]), int(candidates.end[k])): (
            int(k),
            float(probability[k]),
        )
        for k in rows
    }
