"""Accuracy from documents drawn at random, beside that of all reviews: simulated, and from a project's rows."""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from django.utils import timezone

from mlops.monitoring.accuracy import Estimate, Judged, estimate
from mlops.monitoring.models import FieldJudgement, Judgement
from mlops.monitoring.queries import Row, drawn, judgements, reviewed

FIELDS = 8


def queue(rng: np.random.Generator, documents: int, audited: float):
    """A stream that is mostly approved automatically: (truth, all reviews, drawn), each [(right, values, p)].

    Documents are of different difficulty. Those of low confidence go to a person, of the others the share `audited`.
    """
    chance = rng.beta(12, 0.6, documents)  # that a value of it is right
    right = rng.binomial(FIELDS, chance)
    confidence = np.clip(chance + rng.normal(0, 0.03, documents), 0, 1)
    draw = rng.random(documents)
    is_drawn = draw < audited
    is_reviewed = (confidence < 0.95) | is_drawn
    rows = [Judged(int(good), FIELDS, audited) for good in right]
    reviewed = [row._replace(probability=1.0) for row, looked in zip(rows, is_reviewed) if looked]
    return right.mean() / FIELDS, reviewed, [row for row, mine in zip(rows, is_drawn) if mine]


def test_documents_drawn_at_random_tell_the_truth_that_a_queue_hides():
    rng = np.random.default_rng(1)
    errors, biases, covered = [], [], []
    for _ in range(60):
        truth, reviewed, drawn = queue(rng, 1500, 0.1)
        found = estimate(drawn)
        errors.append(found.share - truth)
        biases.append(estimate(reviewed).share - truth)
        covered.append(found.low <= truth <= found.high)
    assert abs(np.mean(errors)) < 0.003  # on average right
    assert np.mean(biases) < -0.015  # a queue of doubtful documents looks worse than the truth
    assert np.mean(covered) >= 0.93


def test_weights_undo_that_one_template_is_audited_more_than_another():
    rng = np.random.default_rng(2)
    errors, unweighted = [], []
    for _ in range(40):
        good, bad = (rng.random(2000) < share for share in (0.99, 0.80))
        truth = np.concatenate([good, bad]).mean()
        drawn = [Judged(int(g), 1, 0.02) for g in good if rng.random() < 0.02] + [
            Judged(int(b), 1, 0.5) for b in bad if rng.random() < 0.5
        ]
        errors.append(estimate(drawn).share - truth)
        unweighted.append(estimate(one._replace(probability=1.0) for one in drawn).share - truth)
    assert abs(np.mean(errors)) < 0.005
    assert np.mean(unweighted) < -0.07


def test_nothing_judged_says_nothing():
    assert estimate([]) == estimate([Judged(0, 0, 0.5)])
    assert (estimate([]).share, estimate([]).low, estimate([]).high) == (None, 0.0, 1.0)


def test_all_right_is_no_certainty():
    found = estimate([Judged(5, 5, 0.1)] * 20)
    assert found.share == 1.0
    assert found.low == pytest.approx(0.839, abs=0.001)  # Wilson, 20 of 20


@pytest.fixture
def judge(project):
    """judge(corrected, probability=..., ...) -> a judgement of three fields, the first `corrected` of them wrong."""

    def make(corrected: int, *, probability: float | None, template: str = "Acme", days_ago: int = 0) -> Judgement:
        day = timezone.localdate() - datetime.timedelta(days=days_ago)
        row = Judgement.objects.create(
            project=project, day=day, template=template, build="b", probability=probability, is_audit=False,
            template_right=True, asked=3, corrected=corrected,
        )  # fmt: skip
        for number, key in enumerate(("date", "number", "total")):
            FieldJudgement.objects.create(
                judgement=row, project=project, day=day, template=template, probability=probability, field=key,
                is_right=number >= corrected,
            )  # fmt: skip
        return row

    return make


def test_like_documents_may_be_counted_together():
    one, other = Judged(3, 4, 0.2), Judged(4, 4, 0.5)
    assert estimate([one] * 3 + [other] * 5) == estimate([one._replace(documents=3), other._replace(documents=5)])


def read_right(project, *, days: int = 7, field: str = "", **filters: str) -> tuple[Estimate, Estimate]:
    """Return the accuracy of what was read in the last `days`: from documents drawn at random, and of all reviews."""
    filters |= {"day__gt": timezone.localdate() - datetime.timedelta(days=days)}
    rows = [Row(p, judged) for _, p, judged in judgements(project, filters, field=field)]
    return drawn(rows), reviewed(rows)


def test_drawn_reviews_are_weighted_and_the_others_stand_beside(project, other_project, judge):
    judge(0, probability=0.1)
    judge(3, probability=1.0)
    for _ in range(6):
        judge(3, probability=None)
    of_drawn, of_all = read_right(project)
    assert of_drawn.share == pytest.approx(10 / 11)
    assert of_drawn.documents == 2
    assert of_all.share == pytest.approx(1 / 8)
    assert read_right(other_project)[1].documents == 0


def test_accuracy_of_a_field_a_template_and_a_window(project, judge):
    judge(1, probability=1.0)
    judge(0, probability=1.0, template="Bolt")
    judge(3, probability=1.0, days_ago=7)
    assert read_right(project, field="date")[0].share == 0.5
    assert read_right(project, field="total")[0].share == 1.0
    assert read_right(project, field="date", template="Bolt")[0].share == 1.0
    assert read_right(project, days=8, field="total")[0].share == pytest.approx(2 / 3)
