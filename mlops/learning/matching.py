"""Matching: which kinds of context stay the same from one document of a template to the next, whatever the field.

The field-agnostic prior. A candidate is compared with a confirmed occurrence group by group (cosine of the hashed
features of each group). How much each kind of agreement counts was learned over other people's fields and templates, by
field type, as in metric learning for few-shot classification (Vinyals et al., "Matching Networks", 2016). So it serves
a field invented a minute ago.

Where a confirmed value is printed several times, each occurrence may be the one that recurs at its place. How likely,
is learned too, from what its surroundings look like.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from invex.fields.spec import FieldSpec

from .candidates import Candidates
from .dataset import Sample
from .features import GROUP_INDEX, GROUPS, Features
from .hashing import BUCKETS
from .layout import Floats, Ints
from .locate import locate
from .scorer import Doubles, minimize
from .view import View

ANY_TYPE = "*"
LABEL_GROUPS = ("left1", "label_left", "above_cell", "header", "line_head", "label")
CUES = ("first", "last", "first_page", "height", "cells", "unique", "labelled")
L2_THETA, L2_CUES = 2.0, 1.0
PAIR_CANDIDATES = 60
_ONE_HOT = np.eye(len(GROUPS), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Matcher:
    """theta: by field type (G,), what agreement in each group is worth. cues: (len(CUES),), which occurrence recurs."""

    theta: Mapping[str, Floats] = field(default_factory=dict)
    cues: Floats = field(default_factory=lambda: np.zeros(len(CUES), np.float32))

    def weights(self, kind: str) -> Floats | None:
        return self.theta.get(kind, self.theta.get(ANY_TYPE))

    def to_arrays(self) -> dict[str, NDArray]:
        return {"cues": self.cues, **{f"theta.{kind}": self.theta[kind] for kind in sorted(self.theta)}}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray]) -> Matcher:
        theta = {k.removeprefix("theta."): v for k, v in sorted(arrays.items()) if k.startswith("theta.")}
        return cls(theta, arrays["cues"])


NO_MATCHER = Matcher()


@dataclass(frozen=True, slots=True)
class Supports:
    """Occurrences of a field's value in confirmed documents, S rows in order of document.

    features: (S, F). prior: (S,) log-probability that it is the one that recurs. document: (S,).
    """

    features: Features
    prior: Floats
    document: Ints

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

    def match(self, matcher: Matcher, kind: str, features: Features, likely: NDArray[np.intp]) -> Floats:
        """(K,) mean over the documents of the log-mixture over their occurrences; only for the rows `likely`.

        The other candidates get the least of these scores.
        """
        scores = match_each(matcher, kind, self, features.rows(likely)).mean(axis=0)
        out = np.full(len(features.bucket), scores.min() if len(scores) else 0, np.float32)
        out[likely] = scores
        return out


def similarities(support: Features, features: Features) -> Floats:
    """(S, K, G) cosine between each support and each candidate in each group; 0 where either has no feature there."""
    one_hot = _ONE_HOT[features.group]
    norms = np.sqrt((features.weight.astype(np.float32) ** 2) @ one_hot)
    out = np.empty((len(support.bucket), *norms.shape), np.float32)
    table = np.zeros(BUCKETS, np.float32)
    for s, (bucket, weight) in enumerate(zip(support.bucket, support.weight.astype(np.float32))):
        np.add.at(table, bucket, weight)
        norm = np.sqrt(weight**2 @ _ONE_HOT[support.group])
        products = (table[features.bucket] * features.weight) @ one_hot
        out[s] = products / np.maximum(norms * norm, 1e-6)
        table[bucket] = 0
    return np.clip(out, 0, 1)


def _weighted_similarity(theta: Floats, support: Features, features: Features) -> Floats:
    """(S, K) `similarities` @ theta, without the groups in between."""
    norms = np.sqrt((features.weight.astype(np.float32) ** 2) @ _ONE_HOT[features.group])
    unit = features.weight / np.maximum(norms, 1e-6)[:, features.group]
    support_norms = np.sqrt((support.weight.astype(np.float32) ** 2) @ _ONE_HOT[support.group])
    worth = support.weight * (theta / np.maximum(support_norms, 1e-6))[:, support.group]
    out = np.empty((len(support.bucket), len(features.bucket)), np.float32)
    table = np.zeros(BUCKETS, np.float32)
    for s, (bucket, weight) in enumerate(zip(support.bucket, worth)):
        np.add.at(table, bucket, weight)
        out[s] = np.einsum("kf,kf->k", table[features.bucket], unit)
        table[bucket] = 0
    return out


def match_each(matcher: Matcher, kind: str, supports: Supports, features: Features) -> Floats:
    """(D, K) for each confirmed document the log-mixture over its occurrences."""
    theta = matcher.weights(kind)
    starts = np.flatnonzero(np.diff(supports.document, prepend=-1))
    if theta is None or not len(features.bucket):
        return np.zeros((len(starts), len(features.bucket)), np.float32)
    scores = _weighted_similarity(theta, supports.features, features) + supports.prior[:, None]
    top = np.maximum.reduceat(scores, starts, axis=0)
    sizes = np.diff(np.append(starts, len(scores)))
    out: Floats = top + np.log(np.add.reduceat(np.exp(scores - np.repeat(top, sizes, axis=0)), starts, axis=0))
    return out


def occurrence_prior(matcher: Matcher, candidates: Candidates, features: Features, rows: np.ndarray) -> Floats:
    """(S,) log-probability that each occurrence (rows of candidates) of a confirmed value is the one that recurs."""
    scores = occurrence_cues(candidates, features, rows) @ matcher.cues
    out: Floats = scores - scores.max()
    out = out - np.log(np.exp(out).sum())
    return out


def occurrence_cues(candidates: Candidates, features: Features, rows: np.ndarray) -> Floats:
    """(S, len(CUES)) what tells a recurring occurrence from a chance one."""
    layout = candidates.layout
    first = candidates.first[rows]
    line = layout.line[first]
    cells = np.bincount(layout.cell_line, minlength=layout.lines)[line]
    others = np.setdiff1d(np.arange(len(candidates)), rows)
    label = np.isin(features.group, [GROUP_INDEX[g] for g in LABEL_GROUPS])
    slim = Features(features.bucket[:, label], features.weight[:, label], features.group[label])
    columns = [GROUP_INDEX[g] for g in LABEL_GROUPS]
    if len(others):
        shared = similarities(slim.rows(rows), slim.rows(others))[:, :, columns].mean(axis=2).max(axis=1)
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
    return cues


@dataclass(frozen=True, slots=True)
class _Bag:
    """Candidates of one document as rows of numbers, and which of them are right."""

    x: Floats
    right: NDArray[np.bool_]


def learn_matcher(templates: Iterable[tuple[list[Sample], tuple[FieldSpec, ...]]], *, seed: int = 0) -> Matcher:
    """Return the matcher learned from templates whose confirmed values have boxes: pairs of their documents."""
    rng = np.random.default_rng(seed)
    pairs: dict[str, list[_Bag]] = {}
    choices: list[_Bag] = []
    for samples, fields in templates:
        views = [View(s.document) for s in samples]
        for f in fields:
            found = [_meant(v, f, s) for v, s in zip(views, samples)]
            for i, (view, a) in enumerate(zip(views, found)):
                if a is None:
                    continue
                if a[1].sum() > 1 and len(a[0]):
                    candidates, features = view.candidates(f.type), view.features(f.type)
                    rows = np.flatnonzero(a[1])
                    choices.append(_Bag(occurrence_cues(candidates, features, rows), a[0][rows]))
                j = (i + 1) % len(views)
                b = found[j]
                if j == i or b is None:
                    continue
                support = view.features(f.type).rows(np.flatnonzero(a[0])[:1])
                keep = _draw(b[0], b[1], rng)
                x = similarities(support, views[j].features(f.type).rows(keep))[0]
                pairs.setdefault(f.type, []).append(_Bag(x, b[0][keep]))
    zeros = np.zeros(len(GROUPS))
    common = fit_listwise([b for kind in sorted(pairs) for b in pairs[kind][:ANY_PAIRS]], L2_THETA, zeros)
    theta = {kind: fit_listwise(bags, L2_THETA, common) for kind, bags in sorted(pairs.items())}
    cues = fit_listwise(choices, L2_CUES, np.zeros(len(CUES)), is_signed=True)
    return Matcher({**theta, ANY_TYPE: common}, cues)


ANY_PAIRS = 300  # of each type, for types that were never met


def _meant(view: View, spec: FieldSpec, sample: Sample) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | None:
    """(candidates in the boxes, all occurrences of the value); None without a located value."""
    labels = sample.label.fields.get(spec.key, ())
    candidates = view.candidates(spec.type)
    if len(labels) != 1 or not len(candidates):
        return None
    found = locate(candidates, labels[0])
    return (found.meant, found.matching) if found.meant.any() else None


def _draw(meant: NDArray[np.bool_], matching: NDArray[np.bool_], rng: np.random.Generator) -> np.ndarray:
    """The right candidate and some wrong ones; other occurrences of the value say nothing."""
    wrong = np.flatnonzero(~matching)
    wrong = rng.choice(wrong, min(PAIR_CANDIDATES, len(wrong)), replace=False)
    return np.sort(np.concatenate([np.flatnonzero(meant), wrong]))


def fit_listwise(bags: list[_Bag], l2: float, center: np.ndarray, *, is_signed: bool = False) -> Floats:
    """Weights of a listwise softmax (see mlops.learning.scorer) with an L2 prior around `center`.

    Unsigned weights are squares: agreement may count for nothing, but never against a candidate. The weights of a type
    are drawn to those of all types, since what a few synthetic layouts say of one type alone does not carry far.
    """
    bags = [b for b in bags if b.right.any() and not b.right.all()]
    if not bags:
        return center.astype(np.float32)
    x = np.concatenate([b.x for b in bags]).astype(np.float64)
    right = np.concatenate([b.right for b in bags])
    sizes = np.array([len(b.right) for b in bags])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])

    def problem(u: Doubles) -> tuple[float, Doubles]:
        w = u if is_signed else u * u
        scores = x @ w
        e = np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), sizes))
        total = np.add.reduceat(e, starts)
        good = np.maximum(np.add.reduceat(np.where(right, e, 0), starts), 1e-300)
        slope = e * (np.repeat(1 / total, sizes) - np.where(right, np.repeat(1 / good, sizes), 0))
        away = w - center
        gradient = slope @ x + l2 * away
        loss = float((np.log(total) - np.log(good)).sum() + 0.5 * l2 * (away @ away))
        return loss, gradient if is_signed else 2 * u * gradient

    start = np.zeros(x.shape[1]) if is_signed else np.full(x.shape[1], 0.5)
    u = minimize(problem, start, steps=80)
    return (u if is_signed else u * u).astype(np.float32)
