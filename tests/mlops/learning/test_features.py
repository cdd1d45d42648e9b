"""Features: the same context gives the same buckets, another group or another word others."""

import numpy as np
import pytest

from mlops.learning.candidates import find
from mlops.learning.context import Context
from mlops.learning.feature_groups import GROUP_INDEX, GROUPS, SEEDS
from mlops.learning.features import featurize
from mlops.learning.hashing import BUCKETS, RangeHasher, fold, mix, tokens
from mlops.learning.layout import lay_out
from mlops.learning.surroundings import Surroundings
from tests.mlops.learning.test_layout import document, narrow, word


def group_buckets(kind: str, page: list, group: str) -> set[int]:
    layout = lay_out(document(page))
    (features,) = featurize(Surroundings(Context(layout)), [find(layout, kind)])
    mine = features.group == GROUP_INDEX[group]
    return set(features.bucket[:, mine][features.weight[:, mine] != 0].tolist())


def test_every_group_has_its_own_seed():
    assert len(set(SEEDS.values())) == len(GROUPS)


@pytest.mark.parametrize("kind", ["date", "amount", "id", "text", "address", "currency"])
def test_shapes_agree_and_buckets_are_in_range(kind: str):
    page = [word("Total", 0.1, 0.1), word("EUR", 0.2, 0.1), word("12.50", 0.3, 0.1), word("1.2.2020", 0.5, 0.2)]
    layout = lay_out(document(page))
    candidates = find(layout, kind)
    (features,) = featurize(Surroundings(Context(layout)), [candidates])
    assert features.bucket.shape == features.weight.shape == (len(candidates), len(features.group))
    assert features.bucket.min(initial=0) >= 0
    assert features.bucket.max(initial=0) < BUCKETS


def test_an_empty_page_gives_an_empty_table():
    layout = lay_out(document([]))
    assert len(featurize(Surroundings(Context(layout)), [find(layout, "text")])[0].bucket) == 0


def test_the_label_is_the_same_beside_and_above():
    beside = [word("Total", 0.1, 0.1), word("12.50", 0.4, 0.1)]
    above = [word("Total", 0.4, 0.1), word("12.50", 0.4, 0.12)]
    assert group_buckets("amount", beside, "label") & group_buckets("amount", above, "label")


def test_punctuation_between_label_and_value_is_transparent():
    plain = [word("Total", 0.1, 0.1), word("12.50", 0.4, 0.1)]
    dotted = [word("Total", 0.1, 0.1), word(":", 0.38, 0.1), word("12.50", 0.4, 0.1)]
    assert group_buckets("amount", plain, "left1") == group_buckets("amount", dotted, "left1")


def test_tax_and_net_make_a_sum():
    page = [word("100.00", 0.4, 0.1), word("19.00", 0.4, 0.12), word("119.00", 0.4, 0.14), word("7.77", 0.4, 0.16)]
    layout = lay_out(document(page))
    candidates = find(layout, "amount")
    (features,) = featurize(Surroundings(Context(layout)), [candidates])
    mine = features.group == GROUP_INDEX["sums"]
    roles = (features.weight[:, mine] != 0).sum(axis=1)
    by_text = dict(zip(candidates.texts, roles.tolist()))
    assert by_text["119.00"] > by_text["7.77"]
    assert by_text["100.00"] > by_text["7.77"]


def sums(*texts: str) -> dict[str, set[int]]:
    """Text of an amount -> buckets of its part in sums, of a page that prints the amounts below each other."""
    layout = lay_out(document([word(text, 0.4, 0.1 + 0.02 * i) for i, text in enumerate(texts)]))
    candidates = find(layout, "amount")
    (features,) = featurize(Surroundings(Context(layout)), [candidates])
    mine = features.group == GROUP_INDEX["sums"]
    rows = zip(candidates.texts, features.bucket[:, mine], features.weight[:, mine])
    return {text: set(bucket[weight != 0].tolist()) for text, bucket, weight in rows}


def test_what_is_paid_in_cash_takes_the_part_of_the_exact_sum():
    exact = sums("83.93", "5.04", "88.97")["88.97"]
    paid = sums("83.93", "5.04", "88.97", "0.02", "88.95", "100.00")
    assert exact < paid["88.95"]
    assert not exact & paid["88.97"]


@pytest.fixture
def rounded() -> int:
    """The bucket of what is rounded: what no such sum without a coin has, down and up."""
    down = sums("88.97", "0.02", "88.95")["88.95"] - sums("88.98", "0.03", "88.95")["88.95"]
    up = sums("42.43", "0.02", "42.45")["42.45"] - sums("42.42", "0.03", "42.45")["42.45"]
    (bucket,) = down & up
    return bucket


@pytest.mark.parametrize("exact", ["88.93", "88.97"])
def test_a_sum_is_rounded_up_or_down_to_the_smallest_coin(rounded, exact):
    assert rounded in sums(exact, "0.02", "88.95")["88.95"]


@pytest.mark.parametrize(
    "printed",
    [
        ("88.95", "88.97"),  # no difference
        ("88.97", "0.03", "88.95"),  # another one
        ("88.98", "0.03", "88.95"),  # not to the nearest
        ("9.99", "10.00", "0.01"),  # cash and change
        ("9.90", "10.00", "0.10"),
        ("3.50", "0.20", "3.70"),  # a deposit
        ("4.67", "0.33", "5.00"),  # a tax
    ],
)
def test_without_a_difference_before_what_is_paid_nothing_was_rounded(rounded, printed):
    assert not any(rounded in buckets for buckets in sums(*printed).values())


def test_two_sums_that_could_have_been_rounded_both_give_their_part_away():
    paid = sums("83.89", "5.04", "88.93", "88.97", "0.02", "88.95")
    assert sums("83.89", "5.04", "88.93")["88.93"] - paid["88.95"] == set()


def test_a_difference_counts_among_many_larger_amounts(rounded):
    rows = [f"{amount}.10" for amount in range(100, 200)]
    assert rounded in sums(*rows, "288.97", "0.02", "288.95")["288.95"]


def test_words_fold_case_digits_and_punctuation():
    assert fold("Invoice:") == "invoice"
    assert fold("2020-11") == "0000-00"
    assert fold(":") == ":"


def test_the_hash_of_a_run_depends_on_its_words_and_their_order_only():
    hashes = tokens(["a", "b", "c", "a", "b"])
    ranged = RangeHasher(hashes)
    start, stop = np.array([0, 3, 1, 2]), np.array([2, 5, 3, 2])
    first, again, other, empty = ranged(start, stop)
    assert first == again != other
    assert empty == 0
    assert mix(hashes).dtype == np.uint64


def test_in_running_text_the_line_above_says_what_stands_before():
    above, amount = "shall continue to pay monthly Base Rent of", "$3,932.04"
    here = group_buckets("amount", [*narrow(0.1, f"{above} {amount}")], "left1")
    prose = [*narrow(0.1, above), *narrow(0.115, f"{amount} until the end of the term")]
    assert here <= group_buckets("amount", prose, "left1")
    form = [*narrow(0.1, "Base Rent of"), *narrow(0.115, amount)]
    assert not here & group_buckets("amount", form, "left1")


def test_a_mark_before_a_value_is_a_word():
    chosen, other = (group_buckets("text", narrow(0.1, f"{mark} petrol"), "left1") for mark in "☒☐")
    assert chosen != other
