"""Promises that are looked at again and again: when evidence suffices, and when audits say that a promise is broken.

Who tests after every document and stops when the test says yes is wrong far more often than the test's level. Two ways
around that:

*Looks* at growing evidence: the k-th look spends failure / 2^k, and the next one comes when the evidence has doubled.
All looks together are wrong with probability at most `failure` (union bound), so that any of them may be acted upon.

*Audits* one by one: an e-process. The likelihood ratio of an error rate above the promise against the promise, averaged
over a fixed grid of such rates, is a test martingale as long as the promise is kept; by Ville's inequality it ever
reaches 1 / alpha with probability at most alpha, however often one looks (Ramdas, Grünwald, Vovk, Shafer, 2023).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .calibration import Confirmation, Threshold, choose_threshold, error_bound, evidence_needed

FAILURE = 0.1  # with which a threshold may break its promise, over all looks
ALPHA = 0.05  # with which audits may stop a promise that is kept
GRID = 200  # error rates above the promise that the e-process considers
LARGEST_LOG = 700.0  # that a float can hold the exponential of


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the evidence. number: from 1. threshold: what it says. next_at: confirmed documents for the next."""

    number: int
    threshold: Threshold
    next_at: int


def failure_of_look(number: int, failure: float = FAILURE) -> float:
    """Return what look `number`, from 1, may spend of the probability of failure."""
    return float(failure / 2**number)


def first_look(promised_error: float, failure: float = FAILURE) -> int:
    """Return how many confirmed documents the first look takes."""
    return evidence_needed(promised_error, failure_of_look(1, failure))


def look(evidence: Sequence[Confirmation], *, number: int, promised_error: float, failure: float = FAILURE) -> Look:
    """Return what look `number`, from 1, says of the evidence: documents drawn at random, one confirmation each."""
    threshold = choose_threshold(evidence, promised_error=promised_error, failure=failure_of_look(number, failure))
    needed = evidence_needed(promised_error, failure_of_look(number + 1, failure))
    return Look(number, threshold, max(needed, 2 * len(evidence)))


@dataclass(frozen=True, slots=True)
class Audit:
    """What audits say of a promise. rate: wrong / audited; low, high: its 95 % interval (Clopper and Pearson).

    evidence: the e-value, 1 before anything is known; is_broken: it has reached 1 / ALPHA.
    """

    audited: int
    wrong: int
    rate: float
    low: float
    high: float
    evidence: float
    is_broken: bool


def judge(wrong: int, audited: int, *, promised_error: float, alpha: float = ALPHA) -> Audit:
    """Return what audits say so far; call it as often as wanted. What was broken at one time should stay so."""
    evidence = e_value(wrong, audited, promised_error)
    return Audit(
        audited=audited,
        wrong=wrong,
        rate=wrong / audited if audited else 0.0,
        low=1 - error_bound(audited - wrong, audited, failure=0.025) if wrong else 0.0,
        high=error_bound(wrong, audited, failure=0.025) if audited else 1.0,
        evidence=evidence,
        is_broken=evidence >= 1 / alpha,
    )


def e_value(wrong: int, audited: int, promised_error: float) -> float:
    """Return how much likelier the audits are under larger error rates, on average over a grid, than at the promise."""
    rates = np.geomspace(promised_error, 1.0, GRID + 2)[1:-1]
    wrong_step = np.log(rates) - math.log(promised_error)
    right_step = np.log1p(-rates) - math.log1p(-promised_error)
    total = wrong * wrong_step + (audited - wrong) * right_step
    top = float(total.max())
    return math.exp(min(top + math.log(float(np.exp(total - top).mean())), LARGEST_LOG))
