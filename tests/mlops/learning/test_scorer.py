"""The small scorer learns from one document, from several occurrences, and when there is nothing."""

from itertools import pairwise

import numpy as np

from mlops.learning.feature_groups import Features
from mlops.learning.scorer import Bag, ScorerConfig, fit, minimize

CONFIG = ScorerConfig(absence=0.1)


def features(*rows: tuple[int, ...]) -> Features:
    bucket = np.array(rows, np.int32)
    return Features(bucket, np.ones(bucket.shape, np.float32), np.zeros(bucket.shape[1], np.int32))


def bag(rows: Features, *positive: int, excluded: tuple[int, ...] = (), meant: tuple[float, ...] | None = None) -> Bag:
    size = len(rows.bucket)
    out = np.zeros(size, bool)
    out[list(excluded)] = True
    right = np.zeros(size, bool)
    right[list(positive)] = True
    prior = None if meant is None else np.array(meant, np.float32)
    return Bag(rows, right, out, np.zeros(size, np.float32), meant=prior)


def test_one_document_is_enough_to_prefer_its_context():
    seen = features((1, 2), (3, 4), (5, 6))
    scorer = fit([bag(seen, 0)], CONFIG)
    scores = scorer.scores(features((1, 9), (3, 9), (5, 9)))
    assert scores.argmax() == 0


def test_the_occurrence_that_recurs_wins_over_a_chance_one():
    documents = [features((1, 2), (10 + i, 20 + i), (30, 31)) for i in range(3)]
    scorer = fit([bag(d, 0, 1) for d in documents], CONFIG)
    scores = scorer.scores(features((1, 2), (11, 21), (30, 31)))
    assert scores.argmax() == 0


def test_what_is_known_of_the_occurrence_is_used():
    seen = features((1, 2), (3, 4), (5, 6))
    scorer = fit([bag(seen, 0, 1, meant=(-5.0, -0.01, 0.0))], CONFIG)
    scores = scorer.scores(seen)
    assert scores[1] > scores[0] > scores[2]


def test_excluded_candidates_are_neither_right_nor_wrong():
    seen = features((1, 2), (3, 4), (5, 6))
    scorer = fit([bag(seen, 0, excluded=(1,))], CONFIG)
    assert scorer.scores(seen)[1] == 0


def test_documents_without_the_value_raise_null():
    present, absent = features((1, 2), (3, 4)), features((3, 4), (5, 6))
    scorer = fit([bag(present, 0), bag(absent), bag(absent)], CONFIG)
    assert scorer.null > scorer.scores(absent).max()
    assert scorer.null < scorer.scores(present).max()


def test_the_same_documents_give_the_same_bytes():
    rng = np.random.default_rng(5)
    rows = [
        Features(rng.integers(0, 1000, (400, 5)).astype(np.int32), np.ones((400, 5), np.float32), np.zeros(5, np.int32))
        for _ in range(3)
    ]
    first, second = (fit([bag(r, 7) for r in rows], ScorerConfig(candidates=50), seed=1) for _ in range(2))
    assert first.values.tobytes() == second.values.tobytes()
    assert first.null == second.null


def test_the_objective_is_told_step_by_step_and_falls():
    rows = [features((1, 2 + n), (3, 4), (5, 6 + n)) for n in range(3)]
    curves = []
    watched = fit([bag(r, 0) for r in rows], CONFIG, watch=curves.append)
    (curve,) = curves
    assert len(curve) > 2
    assert all(after <= before for before, after in pairwise(curve))
    assert curve[-1] < 0.5 * curve[0]
    assert watched.values.tobytes() == fit([bag(r, 0) for r in rows], CONFIG).values.tobytes()


def test_no_document_gives_a_scorer_that_prefers_nothing():
    assert fit([], CONFIG, null=1.5).null == 1.5


def test_lbfgs_finds_the_minimum_of_a_quadratic():
    scale = np.array([1.0, 10.0, 100.0])
    found = minimize(
        lambda x: (float(scale @ (x - 1) ** 2), 2 * scale * (x - 1)), np.zeros(3), steps=60, tolerance=1e-12
    )
    assert np.allclose(found, 1, atol=1e-3)
