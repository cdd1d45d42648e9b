"""One place on the page is the value of one field, unless the confirmed documents have shown that it may be of two.

The uniqueness constraint of matching problems, in one round of mean-field inference (Jordan et al., "An Introduction to
Variational Methods for Graphical Models", 1999): each field is told how probably others have a place already. So what
has moved to the place of a value that a document lacks stays the value of its own field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from math import prod

import numpy as np
from numpy.typing import NDArray

from invex.fields.labels import Label

from .candidates import Candidates
from .layout import Floats, Ints
from .locate import flat

LIKELIEST = 8  # candidates of a field that others are kept from
SURE = 0.999  # of what one document shows
IN_ORDER = 1.5  # nats, for two fields to stand in the order of the template
MOST_ASSIGNMENTS, MOST_FIELDS = 2000, 16  # of fields to occurrences
SAME = 1e-4  # of the page: two places that differ by less are one
LEAST_SHARE = 1e-6
_Held = dict[tuple[int, ...], tuple[int, float, frozenset[int]]]  # place -> row, probability and words of a candidate


def exclusive_pairs(
    documents: Sequence[Mapping[str, tuple[Floats, Ints]]], labels: Sequence[Label], keys: Iterable[str]
) -> tuple[tuple[str, str], ...]:
    """Return the pairs of fields that a document prints both, and none at what may be one place, or one in the other.

    documents: by field key the boxes (S, 4) and pages (S,) where its confirmed value may be meant, of each document.
    """
    said = [{key: flat(values[0].value) for key, values in label.fields.items() if values} for label in labels]
    pairs = []
    for first, second in combinations(keys, 2):
        both = [(one[first], one[second]) for one in documents if first in one and second in one]
        if not both or any(_share_a_place(a, b) for a, b in both):
            continue
        if not any(_holds(one.get(first, ""), one.get(second, "")) for one in said):
            pairs.append((first, second))
    return tuple(pairs)


def _holds(one: str, other: str) -> bool:
    """Whether the longer text holds the shorter one."""
    short, long = sorted((one, other), key=len)
    return bool(short) and short in long


def _share_a_place(one: tuple[Floats, Ints], other: tuple[Floats, Ints]) -> bool:
    (boxes, pages), (others, their_pages) = one, other
    near = np.abs(boxes[:, None] - others[None]).max(axis=2) < SAME
    return bool((near & (pages[:, None] == their_pages[None])).any())


def one_place_each(fields: Mapping[str, tuple[NDArray[np.intp], Floats]]) -> dict[str, Floats]:
    """Settle which occurrences of one value are meant by fields that were confirmed with it, no two the same one.

    fields: of one type, in the order of their template, where one document may print them: (S,) candidates and (S,)
    log-probabilities. Return (S,) new ones for those that share a candidate. Where all else is equal, fields stand on
    the page in the order in which the template names them.
    """
    settled = {}
    for keys in _sharing({key: set(rows.tolist()) for key, (rows, _) in fields.items()}):
        rows = [fields[key][0] for key in keys]
        sizes = [len(r) for r in rows]
        if len(keys) > MOST_FIELDS or prod(sizes) > MOST_ASSIGNMENTS:
            continue
        at = np.indices(sizes).reshape(len(keys), -1)  # an assignment a column
        chosen = np.stack([r[i] for r, i in zip(rows, at, strict=True)])
        score = np.sum([fields[key][1][i] for key, i in zip(keys, at, strict=True)], axis=0)
        apart = np.ones(at.shape[1], bool)
        for first, second in combinations(range(len(keys)), 2):
            apart &= chosen[first] != chosen[second]
            score = score + IN_ORDER * (chosen[first] < chosen[second])
        if not apart.any():  # printed once for all of them
            continue
        weight = np.where(apart, np.exp(score - score[apart].max()), 0)
        for key, i, size in zip(keys, at, sizes, strict=True):
            share = np.bincount(i, weight, minlength=size) / weight.sum()
            settled[key] = np.log(np.maximum(share, LEAST_SHARE)).astype(np.float32)
    return settled


def _sharing(rows: Mapping[str, set[int]]) -> list[list[str]]:
    """Return the groups of fields that share candidates, directly or by way of others."""
    groups: list[tuple[list[str], set[int]]] = []
    for key, mine in rows.items():
        touching = [group for group in groups if group[1] & mine]
        keys = [k for group in touching for k in group[0]]
        groups = [group for group in groups if group not in touching]
        groups.append(([*keys, key], mine.union(*(group[1] for group in touching))))
    order = list(rows)
    return [sorted(keys, key=order.index) for keys, _ in groups if len(keys) > 1]


def keep_off(
    pairs: Iterable[tuple[str, str]], fields: Mapping[str, tuple[Candidates, Floats, float]]
) -> dict[str, Floats]:
    """Return what to add to the scores of each field, (K,), none above 0. fields: candidates, scores, that of NULL."""
    held = {key: _places(*fields[key]) for key in sorted({k for pair in pairs for k in pair} & fields.keys())}
    free: dict[str, dict[int, float]] = {key: {} for key in held}
    for first, second in pairs:
        if first in held and second in held:
            for mine, other in ((first, second), (second, first)):
                for row, theirs in _contested(held[mine], held[other], fields[mine][0].rest or fields[other][0].rest):
                    free[mine][row] = free[mine].get(row, 1.0) * (1 - SURE * theirs)
    added = {}
    for key, of_row in free.items():
        if of_row:
            added[key] = np.zeros(len(fields[key][1]), np.float32)
            added[key][list(of_row)] = np.log(list(of_row.values()))
    return added


def _contested(mine: _Held, theirs: _Held, has_lines: object) -> Iterator[tuple[int, float]]:
    """Yield the rows of `mine` at places of `theirs`, with their probability; of several lines, also what holds one."""
    for place in mine.keys() & theirs.keys():
        yield mine[place][0], theirs[place][1]
    if has_lines:
        for place, (row, _, words) in mine.items():
            for other, (_, probability, its_words) in theirs.items():
                if place != other and its_words < words:
                    yield row, probability


def _places(candidates: Candidates, scores: Floats, null: float) -> _Held:
    """Return row, probability and words of the likeliest candidates, by where they stand."""
    if not len(scores):
        return {}
    c, rows = candidates, np.argsort(-scores, kind="stable")[:LIKELIEST]
    top = max(float(scores[rows[0]]), null)
    e = np.exp(scores.astype(np.float64) - top)
    probability = (e / (e.sum() + np.exp(null - top)))[rows]
    places = ((*map(int, (c.first[k], c.last[k], c.start[k], c.end[k])), *c.rest.get(int(k), ())) for k in rows)
    words = (frozenset(c.words(k)) for k in rows.tolist())
    return dict(zip(places, zip(rows.tolist(), probability.tolist(), words, strict=True), strict=True))
