"""Learning what kinds of context are worth, from pairs of synthetic documents of one template.

Episodes as in Vinyals et al. (2016): one document is confirmed, the right candidate of the other one is to be found.
Many of the templates change their layout between the two, which real templates do over the years and between branches:
from templates that always repeat themselves one learns to trust positions. The right candidate is told from those that
look most like it, too: hard negatives (Sung and Poggio, "Example-Based Learning for View-Based Human Face Detection",
PAMI 1998).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from invex.fields.spec import FieldSpec

from .boilerplate import Boilerplate
from .candidates import Candidates
from .dataset import Sample
from .feature_groups import GROUPS
from .layout import Floats
from .locate import Located, locate
from .matching import ANY_TYPE, CUES, Matcher, occurrence_cues, place, similarities
from .naming import called_so
from .scorer import Doubles, minimize
from .view import View

L2_COMMON, L2_TYPE, L2_CUES = 0.3, 1.5, 1.0
PAIR_CANDIDATES = 100  # wrong ones of a pair: so many that look like the right one, and so many others
ANY_PAIRS = 600  # of each type, for what all types have in common


@dataclass(frozen=True, slots=True)
class _Bag:
    """Candidates of one document as rows of numbers, and which of them are right."""

    x: Floats
    right: NDArray[np.bool_]


def learn_matcher(templates: Iterable[tuple[list[Sample], tuple[FieldSpec, ...]]], *, seed: int = 0) -> Matcher:
    """Return the matcher learned from templates of two documents each, whose values have boxes."""
    rng = np.random.default_rng(seed)
    pairs: dict[str, list[_Bag]] = {}
    choices: list[_Bag] = []
    for (support, query), fields in templates:
        confirmed, asked = _Side.of(support, fields), _Side.of(query, fields)
        in_value = np.zeros(confirmed.view.layout.words, bool)
        for candidates, found in confirmed.found.values():
            for k in np.flatnonzero(found.matching).tolist():
                in_value[list(candidates.words(k))] = True
        boilerplate = Boilerplate.of([(confirmed.view, in_value)])
        for f in fields:
            if f.key not in confirmed.found:
                continue
            candidates, found = confirmed.found[f.key]
            features = confirmed.view.features(f.type)
            if found.matching.sum() > 1:
                rows = np.flatnonzero(found.matching)
                company = [place(c, x.matching) for key, (c, x) in confirmed.found.items() if key != f.key]
                called = called_so(f, features.rows(rows))
                cues = occurrence_cues(candidates, features, rows, company, called)
                choices.append(_Bag(cues, found.meant[rows]))
            if f.key not in asked.found:
                continue
            others, sought = asked.found[f.key]
            sides = asked.view.features(f.type)
            alike = similarities(features.rows(np.flatnonzero(found.meant)[:1]), sides)[0]
            novel = boilerplate.novelty(asked.view, others)
            x = np.column_stack([alike, novel, called_so(f, sides)])
            keep = _draw(x, sought, rng)
            pairs.setdefault(f.type, []).append(_Bag(x[keep], sought.meant[keep]))
    weights = _weights(pairs)
    cues_worth = fit_listwise(choices, L2_CUES, np.zeros(len(CUES)), is_signed=True)
    theta, novelty, name = (
        {kind: w[part] for kind, w in weights.items()} for part in (slice(len(GROUPS)), len(GROUPS), len(GROUPS) + 1)
    )
    return Matcher(theta, {k: float(v) for k, v in novelty.items()}, {k: float(v) for k, v in name.items()}, cues_worth)


def _weights(pairs: dict[str, list[_Bag]]) -> dict[str, Floats]:
    """By field type, and of any type: what agreement in each group is worth, then novelty and the field's name."""
    zeros = np.zeros(len(GROUPS) + 2)
    common = fit_listwise([b for kind in sorted(pairs) for b in pairs[kind][:ANY_PAIRS]], L2_COMMON, zeros)
    return {ANY_TYPE: common} | {kind: fit_listwise(bags, L2_TYPE, common) for kind, bags in sorted(pairs.items())}


@dataclass(frozen=True, slots=True)
class _Side:
    """One document of a pair, and by field the candidates with its single value among them."""

    view: View
    found: dict[str, tuple[Candidates, Located]]

    @classmethod
    def of(cls, sample: Sample, fields: tuple[FieldSpec, ...]) -> _Side:
        view = View(sample.document)
        found = {}
        for f in fields:
            labels = sample.label.fields.get(f.key, ())
            candidates = view.candidates(f.type)
            if len(labels) == 1 and len(candidates):
                located = locate(candidates, labels[0])
                if located.meant.any():
                    found[f.key] = candidates, located
        return cls(view, found)


def _draw(x: Floats, found: Located, rng: np.random.Generator) -> np.ndarray:
    """The right candidate, those that look most like it, and some others; more occurrences of the value say nothing."""
    wrong = np.flatnonzero(~found.matching)
    alike = wrong[np.argsort(-x[wrong].sum(axis=1), kind="stable")[:PAIR_CANDIDATES]]
    drawn = rng.choice(wrong, min(PAIR_CANDIDATES, len(wrong)), replace=False)
    return np.unique(np.concatenate([np.flatnonzero(found.meant), alike, drawn]))


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
