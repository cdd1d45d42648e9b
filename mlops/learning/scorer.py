"""The small scorer: one linear function a field, refitted from the confirmed documents in a fraction of a second.

Listwise softmax over the candidates of a document and NULL, "it is not there" (ListNet's top-one probability, Cao et
al., ICML 2007), where any of several occurrences may be the one that was meant: the summed probability of the positives
is maximised (multiple-instance learning, Dietterich et al., 1997). The score is

    score(candidate) = offset(candidate) + w . features(candidate),    score(NULL) = null

`offset` is where other evidence enters: the prior, the matching with confirmed occurrences, a network. w has an L2
prior around 0, so what the offset already explains is not learned twice. Absence is learned from documents without the
value, and from every other document by leaving its occurrences out: then NULL should win over what is left.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .feature_groups import Features
from .hashing import BUCKETS, dense
from .layout import Floats

Doubles = NDArray[np.float64]
MANY_WEIGHTS = 10_000  # so many, as day zero's, are kept laid out in any case


@dataclass(frozen=True, slots=True)
class ScorerConfig:
    """l2: strength of the prior on w. absence: weight of the left-out copy of each document.

    candidates: negatives a document in the first round; hard: highest-scoring others added in the second.
    """

    l2: float = 0.02
    absence: float = 0.005
    candidates: int = 150
    hard: int = 40
    steps: int = 40

    def __post_init__(self) -> None:
        if self.l2 <= 0 or not 0 <= self.absence <= 1 or min(self.candidates, self.hard, self.steps) < 1:
            raise ValueError(f"scorer configuration out of range: {self}")


@dataclass(frozen=True, slots=True)
class Bag:
    """One document as a field sees it: K candidates.

    positive: (K,) may be the value that was meant. excluded: (K,) says nothing, e.g. another occurrence of the value
    when a click said which one was meant. No positive: the value is not there. offset: (K,). weight: of this document.
    meant: (K,) log-probability that a positive is the occurrence that was meant, as far as that is known; 0 elsewhere.
    """

    features: Features
    positive: NDArray[np.bool_]
    excluded: NDArray[np.bool_]
    offset: Floats
    weight: float = 1.0
    meant: Floats | None = None


@dataclass(frozen=True)
class Scorer:
    """Sparse weights: buckets int32 (n,), ascending, none twice, values float32 (n,), and the score of NULL."""

    buckets: NDArray[np.int32]
    values: Floats
    null: float

    def scores(self, features: Features, *, keep: bool = False) -> Floats:
        """(K,) without any offset. keep: the weights stay laid out for the next document, which costs a megabyte."""
        with self._weights(keep) as table:
            out: Floats = np.einsum("kf,kf->k", table.take(features.at), features.weight)
        return out

    def contributions(self, features: Features, row: int) -> Floats:
        """(F,) what each feature column adds to the score of one candidate."""
        sought = features.bucket[row]
        at = np.searchsorted(self.buckets, sought)
        known = np.append(self.buckets, BUCKETS).take(at) == sought
        out: Floats = np.where(known, np.append(self.values, np.float32(0)).take(at), 0) * features.weight[row]
        return out

    def _weights(self, keep: bool) -> AbstractContextManager[Floats]:
        """(BUCKETS,) not to be written to."""
        if keep or len(self.buckets) >= MANY_WEIGHTS:
            return nullcontext(self._table)
        return dense(self.buckets, self.values)

    @cached_property
    def _table(self) -> Floats:
        table = np.zeros(BUCKETS, np.float32)
        table[self.buckets] = self.values
        return table


EMPTY_SCORER = Scorer(np.zeros(0, np.int32), np.zeros(0, np.float32), 0.0)


# Told the objective, a document, before the first step of an optimisation and after each.
Watch = Callable[[tuple[float, ...]], None]


def watch_nothing(curve: tuple[float, ...]) -> None:
    pass


def fit(
    bags: list[Bag], config: ScorerConfig, *, seed: int = 0, null: float = 0.0, watch: Watch = watch_nothing
) -> Scorer:
    """Return the scorer of a field; `null` is the offset of NULL. The same input gives the same bytes.

    watch: told of the last round, whose scorer it is.
    """
    rng = np.random.default_rng(seed)
    usable = [b for b in bags if (~b.excluded).any()]
    if not usable:
        return Scorer(EMPTY_SCORER.buckets, EMPTY_SCORER.values, null)
    chosen = [_draw(b, config.candidates, rng) for b in usable]
    losses: list[float] = []
    scorer = _fit_rows(usable, chosen, config, null, losses)
    harder = [_add_hard(b, c, scorer, config.hard) for b, c in zip(usable, chosen)]
    if any(len(a) != len(b) for a, b in zip(harder, chosen)):
        losses.clear()
        scorer = _fit_rows(usable, harder, config, null, losses)
    watch(tuple(loss / len(usable) for loss in losses))
    return scorer


def _draw(bag: Bag, most: int, rng: np.random.Generator) -> np.ndarray:
    positive = np.flatnonzero(bag.positive & ~bag.excluded)
    negative = np.flatnonzero(~bag.positive & ~bag.excluded)
    if len(negative) > most:
        negative = rng.choice(negative, most, replace=False)
    return np.sort(np.concatenate([positive, negative]))


def _add_hard(bag: Bag, chosen: np.ndarray, scorer: Scorer, most: int) -> np.ndarray:
    """Add the highest-scoring candidates that were not drawn."""
    left = np.ones(len(bag.positive), bool)
    left[chosen] = False
    rest = np.flatnonzero(left & ~bag.excluded)
    if not len(rest):
        return chosen
    scores = scorer.scores(bag.features.rows(rest)) + bag.offset[rest]
    return np.sort(np.concatenate([chosen, rest[np.argsort(-scores, kind="stable")[:most]]]))


def _fit_rows(
    bags: list[Bag], rows: list[np.ndarray], config: ScorerConfig, null: float, losses: list[float]
) -> Scorer:
    bucket = np.concatenate([b.features.bucket[r] for b, r in zip(bags, rows)])
    weight = np.concatenate([b.features.weight[r] for b, r in zip(bags, rows)])
    weight[weight == 0] = 0
    used, at = np.unique(bucket, return_inverse=True)
    at = at.reshape(bucket.shape)
    problem = _Problem(
        at,
        weight.astype(np.float64),
        len(used),
        np.concatenate([b.offset[r] for b, r in zip(bags, rows)]).astype(np.float64),
        np.concatenate([b.positive[r] for b, r in zip(bags, rows)]),
        np.cumsum([0] + [len(r) for r in rows]),
        np.array([b.weight for b in bags]),
        null,
        config,
        np.concatenate([np.zeros(len(r)) if b.meant is None else b.meant[r] for b, r in zip(bags, rows)]),
    )
    solution = minimize(problem, np.zeros(len(used) + 1), steps=config.steps, seen=losses.append)
    keep = np.abs(solution[:-1]) > WEIGHT_FLOOR
    return Scorer(used[keep].astype(np.int32), solution[:-1][keep].astype(np.float32), float(null + solution[-1]))


WEIGHT_FLOOR = 1e-5  # weights below it change no score that is ever shown


class _Problem:
    """Loss and gradient in the weights of the buckets that occur, and last the score of NULL above its offset."""

    def __init__(
        self,
        at: np.ndarray,
        weight: Doubles,
        size: int,
        offset: Doubles,
        positive: NDArray[np.bool_],
        starts: np.ndarray,
        bag_weight: Doubles,
        null: float,
        config: ScorerConfig,
        meant: Doubles,
    ) -> None:
        self.at, self.weight, self.size, self.offset, self.positive = at, weight, size, offset, positive
        self.starts, self.sizes = starts[:-1], np.diff(starts)
        self.meant = np.where(positive, meant, -np.inf)
        self.null, self.config, self.bag_weight = null, config, bag_weight
        self.has_positive = np.add.reduceat(positive.astype(np.int64), self.starts) > 0

    def _softmax(self, scores: Doubles, null: float) -> tuple[Doubles, Doubles]:
        """Probabilities of the candidates within their documents, and the log of each document's mass with NULL."""
        top = np.maximum(np.maximum.reduceat(scores, self.starts), null)
        top = np.where(np.isfinite(top), top, 0)
        e = np.exp(scores - np.repeat(top, self.sizes))
        mass = np.add.reduceat(e, self.starts) + np.exp(null - top)
        mass = np.maximum(mass, np.finfo(float).tiny)
        return e / np.repeat(mass, self.sizes), top + np.log(mass)

    def __call__(self, x: Doubles) -> tuple[float, Doubles]:
        w, bias = x[:-1], x[-1]
        null = self.null + bias
        scores = self.offset + (w[self.at] * self.weight).sum(axis=1)
        all_p, all_log = self._softmax(scores, null)
        right_p, right_log = self._softmax(scores + self.meant, -np.inf)
        rest_p, rest_log = self._softmax(np.where(self.positive, -np.inf, scores), null)
        # present: -log(mass of the positives / mass of all). Left out or truly absent: -log(NULL / mass of the rest).
        present = np.where(self.has_positive, self.bag_weight, 0)
        absent = np.where(self.has_positive, self.config.absence, 1.0) * self.bag_weight
        loss = float(
            (present * np.where(self.has_positive, all_log - right_log, 0)).sum() + (absent * (rest_log - null)).sum()
        )
        slope = np.repeat(present, self.sizes) * (all_p - right_p) + np.repeat(absent, self.sizes) * rest_p
        slope_null = float((present * np.exp(null - all_log) + absent * (np.exp(null - rest_log) - 1)).sum())
        gradient = np.empty_like(x)
        gradient[:-1] = np.bincount(self.at.ravel(), (slope[:, None] * self.weight).ravel(), minlength=self.size)
        gradient[-1] = slope_null
        loss += 0.5 * self.config.l2 * float(w @ w) + 0.5 * self.config.l2 * float(bias * bias)
        gradient[:-1] += self.config.l2 * w
        gradient[-1] += self.config.l2 * bias
        return loss, gradient


def minimize(
    problem: Callable[[Doubles], tuple[float, Doubles]],
    x: Doubles,
    *,
    steps: int,
    memory: int = 8,
    tolerance: float = 1e-4,
    seen: Callable[[float], None] = lambda loss: None,
) -> Doubles:
    """L-BFGS with backtracking (Nocedal and Wright, Numerical Optimization, algorithms 7.4 and 3.1).

    seen: told the loss at `x`, and after each step.
    """
    loss, gradient = problem(x)
    seen(loss)
    history: list[tuple[Doubles, Doubles, float]] = []
    for _ in range(steps):
        direction = -gradient
        alphas = []
        for s, y, rho in reversed(history):
            alpha = rho * float(s @ direction)
            alphas.append(alpha)
            direction = direction - alpha * y
        if history:
            s, y, rho = history[-1]
            direction = direction / (rho * float(y @ y))
        else:
            direction = direction / max(1.0, float(np.sqrt(gradient @ gradient)))
        for (s, y, rho), alpha in zip(history, reversed(alphas)):
            direction = direction + (alpha - rho * float(y @ direction)) * s
        fall = float(gradient @ direction)
        if fall >= 0:
            direction, fall, history = -gradient, -float(gradient @ gradient), []
        step = 1.0
        while True:
            following = x + step * direction
            next_loss, next_gradient = problem(following)
            if next_loss <= loss + 1e-4 * step * fall or step < 1e-6:
                break
            step /= 2
        s, y = following - x, next_gradient - gradient
        if float(s @ y) > 1e-10:
            history = [*history[-(memory - 1) :], (s, y, 1 / float(s @ y))]
        gain = loss - next_loss
        x, loss, gradient = following, next_loss, next_gradient
        seen(loss)
        if gain < tolerance * max(loss, 1e-3):
            break
    return x
