"""Where fields stand to each other: two dates in one line, net above total, wherever on the page they are.

Pictorial structures (Fischler and Elschlager, "The Representation and Matching of Pictorial Structures", 1973): the
fields are parts, with springs between them. A spring is learned from one confirmed document; it pulls a candidate to
where it stood relative to the likely candidates of the other field, and nowhere where these are elsewhere.
The springs of a field are experts with one opinion, the layout: they are pooled (the logarithmic opinion pool of Genest
and Zidek, "Combining Probability Distributions", 1986) and not added up, else what has moved to the place of an absent
value is the surer the more fields a document has. One whose other field is not there has no opinion, and weakens them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from .candidates import Candidates
from .layout import Floats, Ints
from .log_softmax import log_softmax

NEAR = 0.1  # of the page: occurrences of two values that are so near belong together ...
SAME = 0.001  # ... unless they are one and the same: two fields are rarely printed once
STRAY = 1e-3  # probability that values of one type stand anywhere: one document is no law
STRENGTH = 6.0  # in nats, of a spring on which all documents agree
WIDE, HIGH = 0.02, 0.008  # of the page: by how much a spring may be stretched
# Weight of a spring between fields of two types, beside a field's others: where one is printed elsewhere, the other is
# often not.
ACROSS = 0.25
TOUCHING = 4.0  # ... of one between a name and the address right below it, however many lines that has
GAP = 0.01  # of the page: what is nearer touches
LEAST_RIGID = 0.5  # share of the documents that must agree on a spring
PULLED = 60  # likeliest candidates of a field that springs act on


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one document prints a field's value. box: (S, 4), page: (S,), log_prior: (S,) that it is the one meant."""

    box: Floats
    page: Ints
    log_prior: Floats


@dataclass(frozen=True, slots=True)
class Spring:
    """first, second: keys of fields. dx, dy: from the one's upper left corner to the other's. strength: in nats.

    weight: of its opinion among those of a field's springs.
    """

    first: str
    second: str
    dx: float
    dy: float
    strength: float
    weight: float = 1.0


def settle(standing: Mapping[str, Standing], kinds: Mapping[str, str]) -> dict[str, Floats]:
    """Return new log_priors, given that values of one type which are printed together are meant together.

    The nearest other field counts: the more fields there are, the more stand beside any occurrence.
    """
    settled = {}
    for key, mine in standing.items():
        near = np.zeros(len(mine.log_prior))
        for other, theirs in standing.items():
            if other != key and kinds[other] == kinds[key]:
                away = np.hypot(*_away(mine, theirs))
                beside = np.where(away < SAME, 0, np.exp(theirs.log_prior - away / NEAR))
                near = np.maximum(near, beside.sum(axis=1))
        told = mine.log_prior + np.log(near + STRAY)
        settled[key] = log_softmax(told).astype(np.float32)
    return settled


def learn_springs(documents: Sequence[Mapping[str, Standing]], kinds: Mapping[str, str]) -> tuple[Spring, ...]:
    """Return a spring for each two fields that stand alike in most of the documents which have both."""
    springs = []
    for first, second in combinations(kinds, 2):
        both = [(d[first], d[second]) for d in documents if first in d and second in d]
        pairs = [pair for one, other in both if (pair := _meant(one, other)) is not None]
        if not pairs:
            continue
        known = np.array([(b[0] - a[0], b[1] - a[1]) for a, b in pairs])
        usual = np.median(known, axis=0)
        rigid = float((np.abs(known - usual) < (2 * WIDE, 2 * HIGH)).all(axis=1).sum() / len(both))
        if rigid >= LEAST_RIGID:
            if (kinds[first], kinds[second]) in (("text", "address"), ("address", "text")):
                below = pairs if kinds[second] == "address" else [(b, a) for a, b in pairs]
                weight = TOUCHING if 2 * sum(map(_touch, below)) > len(both) else ACROSS
            else:
                weight = 1.0 if kinds[first] == kinds[second] else ACROSS
            springs.append(Spring(first, second, float(usual[0]), float(usual[1]), rigid * STRENGTH, weight))
    return tuple(springs)


def _away(one: Standing, other: Standing) -> tuple[Floats, Floats]:
    """(S, T) displacements in x and y; infinite between pages."""
    same = one.page[:, None] == other.page[None, :]
    across, down = (np.where(same, other.box[None, :, i] - one.box[:, None, i], np.inf) for i in (0, 1))
    return across, down


def _meant(one: Standing, other: Standing) -> tuple[Floats, Floats] | None:
    """The boxes (4,) of the two occurrences that are likeliest meant, near each other; None = never on one page."""
    score = one.log_prior[:, None] + other.log_prior[None, :] - np.hypot(*_away(one, other)) / NEAR
    if not np.isfinite(score).any():
        return None
    i, j = np.unravel_index(int(np.argmax(score)), score.shape)
    return one.box[i], other.box[j]


def _touch(boxes: tuple[Floats, Floats]) -> bool:
    """Whether the second begins right below the first line of the first, at the same left edge."""
    upper, lower = boxes
    is_below = lower[1] > (upper[1] + upper[3]) / 2
    return bool(is_below and lower[1] - upper[3] < GAP and abs(upper[0] - lower[0]) < WIDE)


def pull(springs: Sequence[Spring], fields: Mapping[str, tuple[Candidates, Floats, float]]) -> dict[str, Floats]:
    """Return what springs add to the scores of each field, (K,). fields: candidates, scores and the score of NULL.

    One round of the sum-product algorithm: each field tells the others where its value probably stands, and each of
    them takes the weighted mean of what it is told.
    """
    added: dict[str, Floats] = {}
    weights: defaultdict[str, float] = defaultdict(float)
    sprung = sorted({key for s in springs for key in (s.first, s.second)} & fields.keys())
    known = {key: _Likely.of(*fields[key]) for key in sprung if len(fields[key][0])}
    for spring in springs:
        a, b = known.get(spring.first), known.get(spring.second)
        if a is None or b is None:
            continue
        across, down = _away(a.standing, b.standing)
        fit = np.exp(-(((across - spring.dx) / WIDE) ** 2) - ((down - spring.dy) / HIGH) ** 2)
        factor = np.exp(spring.strength * fit)
        for key, mine, told in (
            (spring.first, a, np.log(factor @ b.probability + b.elsewhere)),
            (spring.second, b, np.log(a.probability @ factor + a.elsewhere)),
        ):
            added.setdefault(key, np.zeros(len(fields[key][1]), np.float32))[mine.rows] += spring.weight * told
            weights[key] += spring.weight
    return {key: total / np.float32(weights[key]) for key, total in added.items()}


@dataclass(frozen=True, slots=True)
class _Likely:
    """The likeliest candidates of a field. elsewhere: the probability of all others, and of NULL."""

    rows: np.ndarray
    standing: Standing
    probability: Floats
    elsewhere: float

    @classmethod
    def of(cls, candidates: Candidates, scores: Floats, null: float) -> _Likely:
        rows = np.argsort(-scores, kind="stable")[:PULLED]
        top = max(float(scores[rows[0]]), null)
        e = np.exp(scores.astype(np.float64) - top)
        probability = e[rows] / (e.sum() + np.exp(null - top))
        page = candidates.layout.page[candidates.first[rows]]
        standing = Standing(candidates.box[rows], page, np.zeros(len(rows), np.float32))
        return cls(rows, standing, probability, max(1.0 - float(probability.sum()), 0.0))
