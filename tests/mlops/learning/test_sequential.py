"""Promises that are looked at again and again keep what they say, by simulation where the truth is known."""

import numpy as np
import pytest
from scipy.special import betaincinv, comb  # scipy.stats takes a second to import, in every worker

from mlops.learning.calibration import Confirmation
from mlops.learning.sequential import ALPHA, FAILURE, e_value, failure_of_look, first_look, judge, look
from tests.mlops.learning.simulated_confirmations import Learner

REPETITIONS = 30
PROMISED = 0.05


def right(count, confidence=0.9):
    return [Confirmation("T", confidence, True)] * count


def test_all_looks_together_spend_no_more_than_the_failure():
    assert sum(failure_of_look(k) for k in range(1, 60)) == pytest.approx(FAILURE)


def test_the_first_look_takes_as_many_right_documents_as_it_can_be_sure_with():
    assert first_look(0.05) == 59
    assert look(right(58), number=1, promised_error=0.05).threshold.value is None
    found = look(right(59), number=1, promised_error=0.05)
    assert found.threshold.value == 0.9
    assert found.next_at == 118


def test_a_later_look_takes_more_evidence():
    assert look(right(60), number=2, promised_error=0.05).threshold.value is None
    assert look(right(72), number=2, promised_error=0.05).threshold.value == 0.9


@pytest.mark.parametrize("learner", [Learner(), Learner(hardness=0.2, sharpness=0.5)], ids=["easy", "overconfident"])
def test_no_look_of_a_whole_history_breaks_the_promise_more_often_than_said(learner):
    """A document is one confirmation; looks come when evidence has doubled, and any of them may be acted upon."""
    rng = np.random.default_rng(0)
    broken = allowed = 0
    for _ in range(REPETITIONS):
        history = learner.confirmations(1000, 1, rng)
        number, next_at, is_broken = 0, first_look(PROMISED), False
        while next_at <= len(history):
            found = look(history[:next_at], number=number + 1, promised_error=PROMISED)
            number, value = found.number, found.threshold.value
            if value is not None:
                allowed += 1
                is_broken |= learner.error_above(value) > PROMISED
            next_at = found.next_at
        broken += is_broken
    assert broken / REPETITIONS <= FAILURE + 0.05  # one standard error of a share of 0.1 over so many
    assert allowed >= REPETITIONS


@pytest.mark.parametrize(("wrong", "audited"), [(0, 40), (1, 40), (7, 30), (30, 30)])
def test_the_interval_is_clopper_and_pearsons(wrong, audited):
    found = judge(wrong, audited, promised_error=PROMISED)
    low = betaincinv(wrong, audited - wrong + 1, 0.025) if wrong else 0.0
    high = betaincinv(wrong + 1, audited - wrong, 0.975) if wrong < audited else 1.0
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-6), pytest.approx(high, abs=1e-6))


def test_before_any_audit_nothing_is_known():
    found = judge(0, 0, promised_error=PROMISED)
    assert (found.evidence, found.is_broken, found.low, found.high) == (pytest.approx(1.0), False, 0.0, 1.0)


def test_one_error_in_many_is_chance_and_many_in_few_are_not():
    assert not judge(1, 1, promised_error=PROMISED).is_broken
    assert not judge(2, 40, promised_error=PROMISED).is_broken
    assert judge(3, 4, promised_error=PROMISED).is_broken
    assert judge(12, 60, promised_error=PROMISED).is_broken


def first_alarm(outcomes, promised_error):
    """When the audits refute the promise for the first time, looked at after each; None = never."""
    wrong = 0
    for audited, is_wrong in enumerate(outcomes, start=1):
        wrong += is_wrong
        if e_value(wrong, audited, promised_error) >= 1 / ALPHA:
            return audited
    return None


def test_a_promise_that_is_just_kept_is_seldom_stopped_however_often_one_looks():
    rng = np.random.default_rng(1)
    alarms = [first_alarm(rng.random(200) < PROMISED, PROMISED) is not None for _ in range(60)]
    assert np.mean(alarms) <= ALPHA + 0.02


def test_a_promise_that_is_broken_fourfold_is_stopped_soon():
    rng = np.random.default_rng(2)
    alarms = [first_alarm(rng.random(300) < 4 * PROMISED, PROMISED) for _ in range(50)]
    assert all(alarm is not None for alarm in alarms)
    assert np.median([alarm for alarm in alarms if alarm]) <= 60


def test_the_e_value_of_the_promise_itself_is_one_on_average():
    wrong = np.arange(31)
    chances = comb(30, wrong) * PROMISED**wrong * (1 - PROMISED) ** (30 - wrong)
    mean = sum(chance * e_value(wrong, 30, PROMISED) for wrong, chance in enumerate(chances))
    assert mean == pytest.approx(1.0)
