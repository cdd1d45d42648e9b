"""The gate: what it lets through, what it refuses, and with which reason."""

from __future__ import annotations

import random

from mlops.learning.evaluation import evaluate
from mlops.learning.metrics import Counts
from mlops.training.gate import NetworkOrigin, judge, worse_by_chance
from mlops.training.measure import DocumentScore, Measurement

NOTHING = evaluate((), (), {}, {})


def measured(errors: dict[str, list[int]], *, seconds: float = 0.01, right: int = 10) -> Measurement:
    """errors: template -> wrong values of each of its documents, which have `right` others."""
    scores = tuple(
        DocumentScore(f"{name}-{n}", name, Counts(right, wrong, wrong))
        for name, wrongs in errors.items()
        for n, wrong in enumerate(wrongs)
    )
    return Measurement("x", NOTHING, scores, {}, seconds)


def refused(candidate, incumbent, **kwargs) -> set[str]:
    rules = judge(candidate, incumbent, **{"blind": None, "network": NetworkOrigin.SHIPPED, **kwargs})
    assert all(rule.reason for rule in rules)
    return {rule.name for rule in rules if not rule.ok}


def test_as_good_passes():
    same = measured({"a": [0, 1, 0, 2, 0, 0], "b": [1, 0]})
    assert refused(same, same) == set()


def test_worse_everywhere_is_refused():
    assert "overall" in refused(measured({"a": [1] * 12}), measured({"a": [0] * 12}))


def test_better_on_average_and_worse_on_one_template_is_refused():
    candidate = measured({"a": [0] * 20, "b": [3, 3, 2]})
    incumbent = measured({"a": [2] * 20, "b": [0, 0, 0]})
    assert refused(candidate, incumbent) == {"template b"}


def test_one_error_more_is_chance():
    assert refused(measured({"a": [0] * 9 + [1]}), measured({"a": [0] * 10})) == set()


def test_few_documents_show_nothing():
    few = measured({"a": [0, 0]})
    assert refused(few, few) == {"evidence"}


def test_slow_is_refused_unless_it_is_fast_anyway():
    quick, slow = measured({"a": [0] * 6}, seconds=0.002), measured({"a": [0] * 6}, seconds=0.08)
    assert refused(slow, quick) == {"speed"}
    assert refused(measured({"a": [0] * 6}, seconds=0.02), quick) == set()


def test_a_network_that_nothing_compared_is_refused():
    good = measured({"a": [0] * 6})
    assert refused(good, good, network=NetworkOrigin.UNKNOWN) == {"network"}
    assert refused(good, good, network=NetworkOrigin.TRAINED_HERE) == set()


def test_learned_by_heart():
    good = measured({"a": [0] * 6})
    assert refused(good, good, blind=measured({"a": [4] * 6})) == {"blind"}
    assert refused(good, good, blind=measured({"a": [4] * 2})) == set(), "two documents say nothing"


def test_as_good_a_candidate_is_seldom_refused():
    """Under the hypothesis of equal builds at most SIGNIFICANCE of the candidates fall, whatever the documents."""
    rng = random.Random(1)
    fallen = 0
    for _ in range(300):
        a, b = ([rng.choice([0, 0, 0, 1, 2]) for _ in range(15)] for _ in range(2))
        one, other = measured({"a": a}), measured({"a": b})
        fallen += worse_by_chance(one.documents, other.documents) < 0.05
    assert fallen / 300 <= 0.08
