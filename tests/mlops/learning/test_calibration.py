import numpy as np
import pytest
from scipy.special import betaincinv  # scipy.stats takes a second to import, in every worker

from invex.fields.labels import Label, LabelValue
from invex.fields.prediction import Prediction, TemplateMatch, Value
from invex.fields.spec import FieldSpec
from mlops.learning.calibration import (
    Confirmation,
    choose_threshold,
    choose_thresholds,
    confirmed_values,
    error_bound,
    evidence_needed,
)
from tests.mlops.learning.simulated_confirmations import Learner

REPETITIONS = 50
FAILURE = 0.1
SLACK = 0.085  # two standard errors of a share of 0.1 over so many repetitions; more of them in tests/bench

MEAN_SLACK = 0.002  # three standard errors of the mean risk


def right(count, confidence=0.9, field="a"):
    return [Confirmation(field, confidence, True)] * count


def test_evidence_needed_is_the_rule_of_three_and_its_kin():
    assert evidence_needed(0.01, 0.05) == 299
    assert evidence_needed(0.01, 0.1) == 230
    assert evidence_needed(0.01) == 99


@pytest.mark.parametrize(("wrong", "accepted"), [(0, 230), (1, 100), (5, 50)])
def test_error_bound_is_clopper_and_pearsons(wrong, accepted):
    expected = betaincinv(wrong + 1, accepted - wrong, 0.9)
    assert error_bound(wrong, accepted, failure=0.1) == pytest.approx(expected, abs=1e-9)


def test_all_wrong_bounds_nothing():
    assert error_bound(3, 3, failure=0.1) == 1.0


@pytest.mark.parametrize(("failure", "needed"), [(None, 99), (FAILURE, 230)])
def test_too_few_confirmations_are_no_evidence(failure, needed):
    too_few = choose_threshold(right(needed - 1), failure=failure)
    assert (too_few.value, too_few.confirmed) == (None, needed - 1)
    assert choose_threshold([], failure=failure).value is None
    enough = choose_threshold(right(needed), failure=failure)
    assert (enough.value, enough.accepted) == (0.9, needed)
    assert enough.bound is not None
    assert enough.bound <= 0.01 + 1e-9


@pytest.mark.parametrize("failure", [None, FAILURE])
def test_right_values_are_accepted_down_to_the_least_confident_and_wrong_ones_are_left_out(failure):
    wrong = [Confirmation("a", 0.4, False)] * 20
    threshold = choose_threshold([*right(250, 0.9), *right(20, 0.5), *wrong], failure=failure)
    assert (threshold.value, threshold.accepted, threshold.wrong) == (0.5, 270, 0)


def test_a_promise_in_the_mean_spends_what_it_may():
    confirmed = [*right(297, 0.9), Confirmation("a", 0.8, False), *right(1, 0.7), Confirmation("a", 0.6, False)]
    threshold = choose_threshold(confirmed)  # (wrong + 1) / 301 <= 0.01 allows 2
    assert (threshold.value, threshold.wrong) == (0.6, 2)


def test_values_of_one_confidence_stand_or_fall_together():
    tied = [*right(300, 0.9), *[Confirmation("a", 0.9, False)] * 5]
    assert choose_threshold(tied).value is choose_threshold(tied, failure=FAILURE).value is None


def test_a_field_has_its_own_threshold_once_it_has_evidence_and_shares_until_then():
    confirmed = [*right(400, 0.8, "often"), *right(60, 0.7, "rare"), *right(60, 0.6, "rarer")]
    thresholds = choose_thresholds(confirmed)
    assert thresholds.of("often").value == 0.8
    assert not thresholds.of("often").is_pooled
    assert thresholds.of("rare") == thresholds.of("a field of tomorrow") == thresholds.pooled
    assert thresholds.pooled.value == 0.6


def test_a_field_that_fails_on_its_own_evidence_does_not_hide_behind_others():
    bad = [Confirmation("bad", 0.99, i % 5 > 0) for i in range(300)]
    thresholds = choose_thresholds([*bad, *right(300, 0.8, "good")])
    assert thresholds.of("bad").value is None
    assert thresholds.of("good").value == 0.8


def test_a_confirmed_document_says_which_of_its_values_were_right():
    fields = [FieldSpec("number", "id"), FieldSpec("total", "amount"), FieldSpec("name", "text")]
    label = Label("T", fields={"number": (LabelValue("A1"),), "total": ()})
    read = {key: (Value(text, text, 0.9),) for key, text in [("number", "a-1"), ("total", "5.00"), ("name", "Acme")]}
    found = list(confirmed_values(fields, label, Prediction(TemplateMatch("T", 1.0), read), weight=20.0))
    assert found == [Confirmation("number", 0.9, True, 20.0), Confirmation("total", 0.9, False, 20.0)]


@pytest.mark.parametrize(
    ("learner", "options"),
    [(Learner(), {}), (Learner(), {"weights": True}), (Learner(hardness=0.2, sharpness=0.5), {})],
    ids=["easy", "weighted", "overconfident"],
)
def test_both_promises_are_kept(learner, options):
    rng = np.random.default_rng(0)
    broken = answered = 0
    mean_risk = 0.0
    for repetition in range(REPETITIONS):
        confirmed = learner.confirmations(130, 10, rng, **options)
        threshold = choose_threshold(confirmed, promised_error=0.02, failure=FAILURE, seed=repetition)
        if threshold.value is not None:
            answered += 1
            broken += learner.error_above(threshold.value) > 0.02
        in_the_mean = choose_threshold(confirmed, promised_error=0.02, seed=repetition)
        if in_the_mean.value is not None:
            mean_risk += learner.risk(in_the_mean.value) / REPETITIONS
    assert broken / REPETITIONS <= FAILURE + SLACK
    assert mean_risk <= 0.02 + MEAN_SLACK
    assert answered >= REPETITIONS / 2
