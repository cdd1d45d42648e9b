"""Matching: which kinds of context stay the same from one document of a template to the next, whatever the field.

The field-agnostic prior. A candidate is compared with a confirmed occurrence group by group (cosine of the hashed
features of each group). How much each kind of agreement counts was learned over other people's fields and templates, by
field type, as in metric learning for few-shot classification (Vinyals et al., "Matching Networks", 2016). So it serves
a field invented a minute ago.

Where a confirmed value is printed several times, each occurrence may be the one that recurs at its place. How likely,
is learned too, from what its surroundings look like.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .candidates import Candidates
from .feature_groups import GROUP_INDEX, GROUPS, ONE_HOT, Features
from .hashing import dense, numbered
from .layout import Floats, Ints
from .log_softmax import log_softmax

ANY_TYPE = "*"
LABEL_GROUPS = tuple(GROUP_INDEX[g] for g in ("left1", "label_left", "above_cell", "header", "line_head", "label"))
CUES = ("first", "last", "first_page", "height", "cells", "unique", "labelled", "near", "beside", "called")
NEAR, BESIDE = 0.1, 0.1  # of the page: distances at which values are in each other's company


@dataclass(frozen=True, slots=True)
class Matcher:
    """What kinds of context are worth, learned by mlops.learning.matcher_training.

    theta: by field type (G,), what agreement in each group is worth. novelty: by field type, what it is worth to say
    something that the confirmed documents do not print (boilerplate.py). name: by field type, what it is worth to
    stand at a label that is called like the field (naming.py). cues: (len(CUES),), which occurrence recurs.
    """

    theta: Mapping[str, Floats] = field(default_factory=dict)
    novelty: Mapping[str, float] = field(default_factory=dict)
    name: Mapping[str, float] = field(default_factory=dict)
    cues: Floats = field(default_factory=lambda: np.zeros(len(CUES), np.float32))

    def weights(self, kind: str) -> Floats | None:
        return self.theta.get(kind, self.theta.get(ANY_TYPE))

    def worth_of_novelty(self, kind: str) -> np.float32:
        return np.float32(self.novelty.get(kind, self.novelty.get(ANY_TYPE, 0.0)))

    def worth_of_name(self, kind: str) -> np.float32:
        return np.float32(self.name.get(kind, self.name.get(ANY_TYPE, 0.0)))

    def to_arrays(self) -> dict[str, NDArray]:
        return {
            "cues": self.cues,
            **{f"theta.{kind}": self.theta[kind] for kind in sorted(self.theta)},
            **{f"novelty.{kind}": np.array([self.novelty[kind]], np.float32) for kind in sorted(self.novelty)},
            **{f"name.{kind}": np.array([self.name[kind]], np.float32) for kind in sorted(self.name)},
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray]) -> Matcher:
        def named(start: str) -> dict[str, NDArray]:
            return {k.removeprefix(start): v for k, v in sorted(arrays.items()) if k.startswith(start)}

        novelty, name = ({k: float(v[0]) for k, v in named(start).items()} for start in ("novelty.", "name."))
        theta = {k: np.pad(v, (0, len(GROUPS) - len(v))) for k, v in named("theta.").items()}  # of fewer groups before
        return cls(theta, novelty, name, arrays["cues"])


NO_MATCHER = Matcher()

# Boxes (M, 4) and pages (M,) of the occurrences of each of a document's other values.
Company = Sequence[tuple[Floats, Ints]]


def place(candidates: Candidates, rows: NDArray) -> tuple[Floats, Ints]:
    """Where the chosen candidates stand, see Company."""
    return candidates.box[rows], candidates.layout.page[candidates.first[rows]]


@dataclass(frozen=True)
class Supports:
    """Occurrences of a field's value in confirmed documents, S rows in order of document.

    features: (S, F). prior: (S,) log-probability that it is the one that recurs. document: (S,).
    """

    features: Features
    prior: Floats
    document: Ints

    @cached_property
    def starts(self) -> NDArray[np.intp]:
        """(D,) the first occurrence of each document."""
        return np.flatnonzero(np.diff(self.document, prepend=-1))

    @cached_property
    def number_of(self) -> NDArray[np.intp]:
        """(S, F) the numbers of the features' buckets, see `numbered`, each support's above all of the one before."""
        buckets = self.features.at
        with numbered(buckets.ravel()) as number:
            return number[buckets] + np.arange(len(buckets))[:, None] * (buckets.size + 1)

    def worth(self, theta: Floats) -> Floats:
        """(S, F) what it is worth to have the same feature, so that it sums up to the cosines weighted by theta."""
        f = self.features
        lengths: Floats = np.maximum(f.norms, 1e-6)
        out: Floats = f.weight * (theta / lengths)[:, f.group]
        return out

    @classmethod
    def of(cls, documents: list[tuple[Features, Floats]]) -> Supports | None:
        """From (features, prior) of each document; None without any."""
        if not documents:
            return None
        bucket = np.concatenate([f.bucket for f, _ in documents])
        weight = np.concatenate([f.weight for f, _ in documents])
        number = np.repeat(np.arange(len(documents), dtype=np.int32), [len(p) for _, p in documents])
        return cls(Features(bucket, weight, documents[0][0].group), np.concatenate([p for _, p in documents]), number)

    def to_arrays(self) -> dict[str, NDArray]:
        f = self.features
        return {
            "bucket": f.bucket,
            "weight": f.weight,
            "group": f.group,
            "prior": self.prior,
            "document": self.document,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray]) -> Supports:
        features = Features(arrays["bucket"], arrays["weight"], arrays["group"])
        return cls(features, arrays["prior"], arrays["document"])

    def own(self, matcher: Matcher, kind: str) -> float:
        """Return how much the confirmed occurrences agree with themselves, in nats: the most that there can be."""
        each = match_each(matcher, kind, self, self.features)
        is_of = self.document[None, :] == self.document[self.starts][:, None]
        return float(np.where(is_of, each, -np.inf).max(axis=1).mean())

    def match(self, matcher: Matcher, kind: str, features: Features, likely: NDArray[np.intp]) -> Floats:
        """(K,) mean over the documents of the log-mixture over their occurrences; only for the rows `likely`.

        The other candidates get the least of these scores.
        """
        if len(likely) == len(features.bucket):
            every: Floats = match_each(matcher, kind, self, features).mean(axis=0)
            return every
        scores = match_each(matcher, kind, self, features, likely).mean(axis=0)
        out = np.full(len(features.bucket), scores.min() if len(scores) else 0, np.float32)
        out[likely] = scores
        return out


def similarities(support: Features, features: Features) -> Floats:
    """(S, K, G) cosine between each support and each candidate in each group; 0 where either has no feature there."""
    one_hot = ONE_HOT[features.group]
    norms = features.norms
    out = np.empty((len(support.bucket), *norms.shape), np.float32)
    for s, (bucket, weight) in enumerate(zip(support.bucket, support.weight.astype(np.float32))):
        norm = np.sqrt(weight**2 @ ONE_HOT[support.group])
        with dense(bucket, weight) as table:
            products = (table.take(features.at) * features.weight) @ one_hot
        out[s] = products / np.maximum(norms * norm, 1e-6)
    return np.clip(out, 0, 1)


def _weighted_similarity(
    theta: Floats, supports: Supports, features: Features, rows: NDArray[np.intp] | slice
) -> Floats:
    """(S, K) `similarities` @ theta, of K rows of the features, without the groups in between.

    The supports' weights stand below each other in a table with a column a bucket, so each feature is looked for once.
    """
    buckets = supports.features.at
    table = np.zeros((len(buckets), buckets.size + 1), np.float32)
    np.add.at(table.ravel(), supports.number_of.ravel(), supports.worth(theta).ravel())
    with numbered(buckets.ravel()) as number:
        sought = number.take(features.at[rows])
    out: Floats = np.einsum("skf,kf->sk", table.take(sought, axis=1), features.unit[rows])
    return out


def match_each(
    matcher: Matcher, kind: str, supports: Supports, features: Features, rows: NDArray[np.intp] | slice = slice(None)
) -> Floats:
    """(D, K) for each confirmed document the log-mixture over its occurrences, of K rows of the features."""
    theta, starts = matcher.weights(kind), supports.starts
    if theta is None or not len(features.bucket):
        return np.zeros((len(starts), len(features.bucket[rows])), np.float32)
    scores = _weighted_similarity(theta, supports, features, rows) + supports.prior[:, None]
    if len(starts) == len(scores):
        return scores
    top = np.maximum.reduceat(scores, starts, axis=0)
    sizes = np.diff(np.append(starts, len(scores)))
    out: Floats = top + np.log(np.add.reduceat(np.exp(scores - np.repeat(top, sizes, axis=0)), starts, axis=0))
    return out


def occurrence_prior(
    matcher: Matcher, candidates: Candidates, features: Features, rows: np.ndarray, company: Company, called: Floats
) -> Floats:
    """(S,) log-probability that each occurrence (rows of candidates) of a confirmed value is the one that recurs."""
    cues = occurrence_cues(candidates, features, rows, company, called)
    return log_softmax(cues[:, : len(matcher.cues)] @ matcher.cues)  # packages of before know fewer cues


def occurrence_cues(
    candidates: Candidates, features: Features, rows: np.ndarray, company: Company, called: Floats
) -> Floats:
    """(S, len(CUES)) what tells a recurring occurrence from a chance one.

    company: where the document's other confirmed values stand; a heading's values stand together, chance ones alone.
    called: (S,) how much the label of each is like the field's name (naming.called_so).
    """
    layout = candidates.layout
    first = candidates.first[rows]
    line = layout.line[first]
    cells = np.bincount(layout.cell_line, minlength=layout.lines)[line]
    others = np.setdiff1d(np.arange(len(candidates)), rows)
    labels = features.only(LABEL_GROUPS)
    if len(others):
        shared = similarities(labels.rows(rows), labels.rows(others))[:, :, list(LABEL_GROUPS)].mean(axis=2).max(axis=1)
    else:
        shared = np.zeros(len(rows), np.float32)
    left = np.maximum(first - 1, 0)
    labelled = [
        layout.line[p] == layout.line[w] and any(map(str.isalpha, layout.texts[p])) for p, w in zip(left, first)
    ]
    cues = np.zeros((len(rows), len(CUES)), np.float32)
    cues[:, 0] = np.arange(len(rows)) == 0
    cues[:, 1] = np.arange(len(rows)) == len(rows) - 1
    cues[:, 2] = layout.page[first] == 0
    cues[:, 3] = layout.box[first, 1]
    cues[:, 4] = np.minimum(cells, 8) / 8
    cues[:, 5] = 1 - shared
    cues[:, 6] = labelled
    cues[:, 7:9] = _in_company(candidates.box[rows], layout.page[first], company)
    cues[:, 9] = called
    return cues


def _in_company(box: Floats, page: Ints, company: Company) -> Floats:
    """(S, 2) how near, up or down, the other values are in the mean; how near the nearest in the same line is."""
    near, beside = [np.zeros(len(box), np.float32)], [np.zeros(len(box), np.float32)]
    for others, pages in company:
        away = np.where(page[:, None] == pages, np.abs(box[:, None, 1] - others[:, 1]), np.inf)
        near.append(np.exp(-away.min(axis=1) / NEAR))
        gap = np.maximum(box[:, None, 0] - others[:, 2], others[:, 0] - box[:, None, 2])
        in_line = away < (box[:, 3] - box[:, 1])[:, None] / 2
        beside.append(np.exp(-np.where(in_line & (gap > 0), gap, np.inf).min(axis=1) / BESIDE))
    return np.stack([np.mean(near[1:] or near, axis=0), np.max(beside, axis=0)], axis=1)
