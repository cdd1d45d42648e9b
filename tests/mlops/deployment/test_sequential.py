"""The test between two arms keeps its promise, however often one looks and however the reviews are ordered."""

from __future__ import annotations

import numpy as np
import pytest

from mlops.deployment.sequential import ALPHA, evidence, log_capital, weighted_losses

FIELDS = 10
LIMIT = np.log(2 / ALPHA)


def streams(count: int, documents: int, *, incumbent: float, challenger: float, p: float = 0.5, seed: int = 0):
    """Losses of documents of which each has its own difficulty, as fields that were corrected: (count, documents)."""
    rng = np.random.default_rng(seed)
    is_challenger = rng.random((count, documents)) < p
    difficulty = rng.beta(1, 3, (count, documents)) * 4  # mean 1; the errors of a document's fields go together
    rate = np.minimum(np.where(is_challenger, challenger, incumbent) * difficulty, 1.0)
    loss = rng.binomial(FIELDS, rate) / FIELDS
    return loss, is_challenger, np.full((count, documents), p)


def decided(loss, is_challenger, p) -> tuple[np.ndarray, np.ndarray]:
    """For each stream, after how many documents it was decided for, and against, the challenger; n = never."""
    z = weighted_losses(loss, is_challenger, p)
    return tuple(
        np.where(above.any(-1), above.argmax(-1), above.shape[-1])
        for above in (log_capital(z) >= LIMIT, log_capital(-z) >= LIMIT)
    )


def false_decisions(count: int, documents: int, p: float) -> float:
    wrong = 0
    for part in range(0, count, 500):
        for_, against = decided(
            *streams(min(500, count - part), documents, incumbent=0.1, challenger=0.1, p=p, seed=part)
        )
        wrong += int((np.minimum(for_, against) < documents).sum())
    return wrong / count


@pytest.mark.parametrize("p", [0.5, 0.05])
def test_equal_arms_are_hardly_ever_told_apart(p):
    assert false_decisions(1000, 500, p) < ALPHA


@pytest.mark.slow
@pytest.mark.parametrize("p", [0.5, 0.2, 0.05])
def test_ten_thousand_streams_of_equal_arms(p):
    found = false_decisions(10_000, 2000, p)
    print(f"\np = {p}: {found:.2%} false decisions in 10,000 streams of 2,000 documents")
    assert found < ALPHA


@pytest.mark.slow
def test_how_many_documents_a_difference_of_two_points_takes():
    loss, is_challenger, p = streams(500, 8000, incumbent=0.10, challenger=0.08)
    for_, against = decided(loss, is_challenger, p)
    found = for_ < 8000
    print(f"\n10 % against 8 %: found in {found.mean():.0%}, median {np.median(for_):.0f} documents")
    assert found.mean() > 0.5
    assert (against < 8000).mean() < ALPHA


def test_a_bad_challenger_is_found_after_few_of_its_documents():
    loss, is_challenger, p = streams(300, 1000, incumbent=0.05, challenger=0.6, p=0.05)
    _, against = decided(loss, is_challenger, p)
    read = [int(is_challenger[i, : n + 1].sum()) for i, n in enumerate(against)]
    print(
        f"\na canary of 5 % that corrupts most fields: sent back after {np.median(read):.0f} of its documents (median)"
    )
    assert (against < 1000).mean() > 0.95
    assert np.median(read) <= 20


def test_documents_that_get_harder_over_time_decide_nothing():
    """The shares change half-way, when the documents become hard: the means of the arms differ by that alone."""
    rng = np.random.default_rng(1)
    count, half = 600, 300
    p = np.concatenate([np.full((count, half), 0.1), np.full((count, half), 0.5)], axis=1)
    is_challenger = rng.random(p.shape) < p
    rate = np.concatenate([np.full((count, half), 0.05), np.full((count, half), 0.3)], axis=1)
    loss = rng.binomial(FIELDS, rate) / FIELDS
    naive = loss[is_challenger].mean() - loss[~is_challenger].mean()
    assert naive > 0.05, "whoever compares the means takes the challenger for worse"
    for_, against = decided(loss, is_challenger, p)
    assert (np.minimum(for_, against) < 2 * half).mean() < ALPHA


def test_reviews_in_a_biased_order_decide_nothing_when_taken_in_the_order_of_drawing():
    """Uncertain first: only the challenger knows which of its documents are hard, so those are reviewed first."""
    loss, is_challenger, p = streams(400, 500, incumbent=0.1, challenger=0.1, seed=3)
    rng = np.random.default_rng(4)
    doubt = np.where(is_challenger, loss, rng.permuted(loss, axis=1)) + rng.normal(0, 0.05, loss.shape)
    order = np.argsort(-doubt, axis=1)
    as_reviewed = [np.take_along_axis(a, order, axis=1) for a in (loss, is_challenger, p)]
    naive = np.minimum(*decided(*as_reviewed))
    assert (naive < 500).mean() > 0.2, "taken as they come, the reviews deceive"
    # Up to the first that nobody has judged, at every moment: the same documents in the same order, only later.
    in_order = np.minimum(*decided(loss, is_challenger, p))
    assert (in_order < 500).mean() < ALPHA


def test_evidence_sums_up_one_stream():
    loss, is_challenger, p = (a[0] for a in streams(1, 800, incumbent=0.3, challenger=0.05))
    found = evidence(loss, is_challenger, p, margin=0.03)
    assert found.better > 2 / ALPHA
    assert found.worse < 2
    assert found.not_much_worse > found.better / 10
    assert found.difference == pytest.approx(0.25, abs=0.06)


def test_nothing_judged_is_no_evidence():
    empty = np.array([])
    found = evidence(empty, empty.astype(bool), empty, margin=0.03)
    assert (found.better, found.worse, found.difference) == (1, 1, 0)
