"""From which confidence on may a value be approved without a person? Thresholds that keep a promise.

Two promises, both with finite samples and however badly calibrated the confidences are:

In the mean (failure=None): of all values, at most the share `promised_error` is accepted and wrong, averaged over what
might have been drawn. Conformal risk control (Angelopoulos, Bates, Fisch, Lei, Schuster, 2022): the laxest threshold at
which (wrong + 1) / (values + 1) keeps the promise. 1 % takes 99 confirmed values.

Nearly always (failure=0.1, say): of the values *accepted*, at most the share `promised_error` is wrong, and that is
false with probability at most `failure`. Learn then Test (Angelopoulos, Bates, Candès, Jordan, Lei, 2021) with
fixed-sequence testing: thresholds are tried from strict to lax, each by an exact binomial test of "its error is above
the promise", and the walk ends at the first that is not rejected. The sequence depends on the confidences alone, never
on what was right, so no correction for the number of thresholds is due. 1 % at 10 % takes 230 right values.

With less the answer is that there is not enough evidence. Assumed: the confirmations are drawn at random from what
comes (never a queue that doubt has sorted), each with a known probability, and values err independently of each other
given their confidence.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from invex.fields.labels import Label
from invex.fields.prediction import Prediction
from invex.fields.spec import FieldSpec

from .evaluation import score_values

PROMISED_ERROR = 0.01
SEQUENCE_RATIO = 1.05  # each threshold tried accepts so many times more values than the one before
ROUNDING = 1e-9  # 0.01 * 100 - 1 is meant to be 0
_BISECTIONS = 50


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A predicted value that a person then confirmed or corrected, in a document drawn at random.

    confidence: of the prediction, [0, 1]. weight: 1 / (probability with which the document was drawn), > 0.
    """

    field: str
    confidence: float
    is_right: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Threshold:
    """What may be accepted: values of at least this confidence; None = not enough evidence for any.

    confirmed: values that could be used. accepted, wrong: of these, from the threshold on.
    bound: what is promised at this threshold, at most the promised error: in the mean, of all values; else, with
    probability 1 - failure, of the accepted ones (Clopper-Pearson).
    is_pooled: whether the evidence is that of several fields together.
    """

    value: float | None
    confirmed: int
    accepted: int = 0
    wrong: int = 0
    bound: float | None = None
    is_pooled: bool = False


@dataclass(frozen=True, slots=True)
class FieldThresholds:
    """A threshold for each field that has its own evidence, and one for the others together."""

    own: Mapping[str, Threshold]
    pooled: Threshold

    def of(self, field: str) -> Threshold:
        return self.own.get(field, self.pooled)


def confirmed_values(
    fields: Iterable[FieldSpec], label: Label, prediction: Prediction, *, weight: float = 1.0
) -> Iterator[Confirmation]:
    """Yield what confirming a document says of the values that were predicted for it.

    A field that nobody spoke about says nothing; a value where none should be is wrong. weight: see Confirmation.
    """
    for spec in fields:
        if spec.key in label.fields:
            _, points = score_values(spec.type, label.fields[spec.key], prediction.fields.get(spec.key, ()))
            for point in points:
                yield Confirmation(spec.key, point.confidence, point.is_right, weight)


def evidence_needed(promised_error: float = PROMISED_ERROR, failure: float | None = None) -> int:
    """Return how many values, all of them right, the promise takes at least."""
    if failure is None:
        return math.ceil(1 / promised_error - 1 - ROUNDING)
    return math.ceil(math.log(failure) / math.log1p(-promised_error))


def choose_threshold(
    confirmations: Sequence[Confirmation],
    *,
    promised_error: float = PROMISED_ERROR,
    failure: float | None = None,
    seed: int = 0,
) -> Threshold:
    """Return the laxest threshold that keeps the promise, by the evidence of `confirmations` whatever their field.

    failure: see the module. Unequal weights are made equal by rejection sampling (a confirmation is kept with
    probability weight / largest weight), which leaves both promises exact; `seed` draws the sample.
    """
    confidence, is_right = _equal_weights(confirmations, seed)
    order = np.argsort(-confidence, kind="stable")
    confidence, wrong = confidence[order], np.cumsum(~is_right[order], dtype=np.int64)
    if failure is None:
        accepted = _accepted_in_the_mean(confidence, wrong, promised_error)
    else:
        accepted = _accepted_nearly_always(confidence, wrong, promised_error, failure)
    if not accepted:
        return Threshold(None, len(confidence))
    errors = int(wrong[accepted - 1])
    bound = (errors + 1) / (len(confidence) + 1) if failure is None else error_bound(errors, accepted, failure=failure)
    return Threshold(float(confidence[accepted - 1]), len(confidence), accepted, errors, bound)


def choose_thresholds(
    confirmations: Iterable[Confirmation],
    *,
    promised_error: float = PROMISED_ERROR,
    failure: float | None = None,
    seed: int = 0,
) -> FieldThresholds:
    """Return thresholds by field; fields without evidence of their own share one, from all such fields together.

    A field has evidence of its own when it was confirmed often enough that the promise can be tested on it alone.
    Should the test then fail, that is an answer: its values are not accepted, whatever the other fields do.
    """
    by_field: dict[str, list[Confirmation]] = {}
    for one in confirmations:
        by_field.setdefault(one.field, []).append(one)
    own, pool = {}, []
    needed = evidence_needed(promised_error, failure)
    for field, mine in sorted(by_field.items()):
        confidence, _ = _equal_weights(mine, seed)
        if len(confidence) >= needed:
            own[field] = choose_threshold(mine, promised_error=promised_error, failure=failure, seed=seed)
        else:
            pool += mine
    shared = choose_threshold(pool, promised_error=promised_error, failure=failure, seed=seed)
    return FieldThresholds(own, replace(shared, is_pooled=True))


def error_bound(wrong: int, accepted: int, *, failure: float) -> float:
    """Return the upper confidence limit of an error rate after `wrong` of `accepted` (Clopper and Pearson, 1934)."""
    if wrong >= accepted:
        return 1.0
    low, high = wrong / accepted, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if _binomial_cdf(wrong, accepted, middle) > failure else (low, middle)
    return high


def _accepted_in_the_mean(confidence: NDArray[np.float64], wrong: NDArray[np.int64], promised_error: float) -> int:
    """How many values conformal risk control accepts; confidence: (n,), descending; wrong: (n,), running count."""
    allowed = promised_error * (len(confidence) + 1) - 1 + ROUNDING
    return max((end for end in _ends_of_ties(confidence) if wrong[end - 1] <= allowed), default=0)


def _accepted_nearly_always(
    confidence: NDArray[np.float64], wrong: NDArray[np.int64], promised_error: float, failure: float
) -> int:
    """How many values the last threshold accepts whose error is tested to be within the promise."""
    accepted = 0
    for end in _sequence(confidence, evidence_needed(promised_error, failure)):
        if _binomial_cdf(int(wrong[end - 1]), end, promised_error) > failure:
            break
        accepted = end
    return accepted


def _equal_weights(confirmations: Sequence[Confirmation], seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return confidences and outcomes of a subsample in which every value had the same chance to be."""
    weight = np.array([c.weight for c in confirmations], float)
    keep = np.random.default_rng(seed).random(len(weight)) * weight.max(initial=0.0) < weight
    confidence = np.array([c.confidence for c in confirmations], float)
    return confidence[keep], np.array([c.is_right for c in confirmations], bool)[keep]


def _ends_of_ties(confidence: NDArray[np.float64]) -> list[int]:
    """How many values each possible threshold accepts: values of equal confidence are accepted together."""
    if not len(confidence):
        return []
    ends: list[int] = (np.flatnonzero(confidence[1:] != confidence[:-1]) + 1).tolist()
    return [*ends, len(confidence)]


def _sequence(confidence: NDArray[np.float64], needed: int) -> list[int]:
    """How many values each threshold to be tested accepts: from `needed` on, ever more; confidence: descending."""
    sequence: list[int] = []
    wanted = float(needed)
    for end in _ends_of_ties(confidence):
        if end >= wanted or end == len(confidence) >= needed:
            sequence.append(end)
            wanted = end * SEQUENCE_RATIO
    return sequence


def _binomial_cdf(successes: int, trials: int, probability: float) -> float:
    """P(X <= successes) for X ~ Binomial(trials, probability), 0 < probability < 1."""
    k = np.arange(successes + 1)
    log_factorials = np.concatenate([np.zeros(1), np.cumsum(np.log(np.arange(1, trials + 1)))])
    log_terms = (
        log_factorials[trials]
        - log_factorials[k]
        - log_factorials[trials - k]
        + k * math.log(probability)
        + (trials - k) * math.log1p(-probability)
    )
    return float(min(1.0, np.exp(log_terms).sum()))
