"""What moved is found, and what did not is not: on simulated streams."""

from __future__ import annotations

import numpy as np
import pytest

from mlops.monitoring.stability import OTHER, category_shift, holm, numeric_shift
from mlops.monitoring.two_sample import two_sample


def figures(rng: np.random.Generator, count: int, shift: float = 0.0) -> list[list[float]]:
    """Pages, words a page, share of OCR: skewed, with ties, mostly zero, as those of documents are."""
    return [
        list(1 + rng.poisson(0.7 + shift, count)),
        list(rng.lognormal(5 + shift, 0.5, count)),
        list(np.where(rng.random(count) < 0.8 - shift / 2, 0.0, rng.random(count))),
    ]


@pytest.mark.parametrize(("n", "m"), [(30, 30), (100, 40), (300, 300)])
def test_false_alarms_are_as_rare_as_promised(n, m):
    rng = np.random.default_rng(n)
    alarms = 0
    for _ in range(200):
        shifts = [numeric_shift(a, b) for a, b in zip(figures(rng, n), figures(rng, m))]
        templates = [list(rng.choice(["a", "b", "c", "d"], k, p=[0.5, 0.3, 0.15, 0.05])) for k in (n, m)]
        shifts.append(category_shift(*templates))
        alarms += any(p < 0.01 and one.size >= 0.1 for p, one in zip(holm([s.p for s in shifts]), shifts))
    assert alarms <= 6  # 200 looks at 1 %: more than 6 has a chance of 0.4 %


def test_the_bare_index_would_alarm_on_small_windows_all_the_time():
    rng = np.random.default_rng(5)
    bare = [max(numeric_shift(a, b).psi for a, b in zip(figures(rng, 40), figures(rng, 40))) for _ in range(100)]
    assert np.mean([psi >= 0.1 for psi in bare]) > 0.5


def test_a_shift_is_found():
    rng = np.random.default_rng(1)
    found = [numeric_shift(figures(rng, 200)[1], figures(rng, 100, 0.5)[1]) for _ in range(50)]
    assert np.mean([one.size >= 0.25 and one.p < 0.01 for one in found]) > 0.95


def test_size_is_the_index_of_the_shares_on_large_windows():
    # 0.5 and 0.5 become 0.8 and 0.2: 0.3 * ln 1.6 + 0.3 * ln 2.5
    one = category_shift(["a"] * 50_000 + ["b"] * 50_000, ["a"] * 80_000 + ["b"] * 20_000)
    assert one.psi == pytest.approx(0.3 * np.log(1.6) + 0.3 * np.log(2.5), abs=1e-3)
    assert one.size == pytest.approx(one.psi, abs=1e-3)


def test_the_same_documents_have_no_shift():
    one = numeric_shift([1, 1, 1, 2, 3] * 20, [1, 1, 1, 2, 3] * 20)
    assert (one.size, one.p) == (0.0, 1.0)


def test_a_figure_that_never_varies_has_no_shift():
    assert numeric_shift([1.0] * 40, [1.0] * 40).size == 0.0


def test_a_constant_that_becomes_another_is_a_shift():
    assert numeric_shift([0.0] * 60, [1.0] * 60).size > 1


def test_a_category_that_appears_is_a_shift():
    one = category_shift(["a"] * 60, ["a"] * 30 + ["new"] * 30)
    assert one.p < 1e-6
    assert [(b.label, b.reference, b.current) for b in one.bins] == [("a", 1.0, 0.5), ("new", 0.0, 0.5)]


def test_rare_categories_share_a_bin():
    one = category_shift(["a"] * 40 + list("bcde"), ["a"] * 40 + list("bfgh"))
    assert [b.label for b in one.bins] == ["a", OTHER]


def test_the_shares_of_each_side_sum_to_one():
    rng = np.random.default_rng(2)
    one = numeric_shift(rng.normal(size=300), rng.normal(size=90))
    assert sum(b.reference for b in one.bins) == pytest.approx(1, abs=1e-3)
    assert sum(b.current for b in one.bins) == pytest.approx(1, abs=1e-3)


def test_holm_corrects_each_p_by_those_that_are_left():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_a_classifier_finds_what_no_single_figure_shows():
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2, 120, 1)), rng.normal(size=(2, 120, 1))
    before = np.concatenate([a[0], a[1]], axis=1)  # two figures that have nothing to do with each other
    now = np.concatenate([b[0], 0.97 * b[0] + 0.25 * b[1]], axis=1)  # and then do
    products = [np.column_stack([side, side[:, 0] * side[:, 1]]) for side in (before, now)]
    one = two_sample(*products, permutations=39)
    assert all(numeric_shift(list(x), list(y)).p > 0.01 for x, y in zip(before.T, now.T))
    assert one.auc > 0.65
    assert one.p == pytest.approx(1 / 40)


def test_a_classifier_that_can_only_guess_says_so():
    rng = np.random.default_rng(4)
    ps = [two_sample(*rng.normal(size=(2, 40, 4)), permutations=9, seed=i).p for i in range(20)]
    assert np.mean([p <= 0.1 for p in ps]) <= 0.3
    assert 0.3 < np.mean(ps) < 0.75


def test_the_same_seed_gives_the_same_answer():
    rng = np.random.default_rng(6)
    sides = rng.normal(size=(2, 300, 3))
    assert two_sample(*sides, permutations=9) == two_sample(*sides, permutations=9)
