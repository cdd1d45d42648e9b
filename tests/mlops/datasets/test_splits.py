"""Sides: papers that belong together share one, and every paper keeps its own for ever."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from invex.fields.labels import Label, LabelValue
from invex.reading.types import Document
from mlops.datasets.splits import Paper, joined, series, side_of, sides
from mlops.datasets.states import Side

KEYS = st.sets(st.text("abcdef", min_size=1, max_size=3), min_size=1, max_size=12)


def paper(key: str, template: str | None = "t", **numbers: str) -> Paper:
    fields = {field: (LabelValue(value),) for field, value in numbers.items()}
    return Paper(key, Document((), "", ""), Label(template, "person", fields, {}))


def test_shares_of_many_papers():
    counts = Counter(side_of("demo", str(n)) for n in range(20_000))
    assert abs(counts[Side.TRAIN] / 20_000 - 0.7) < 0.02
    assert abs(counts[Side.TEST] / 20_000 - 0.2) < 0.02
    assert abs(counts[Side.BLIND] / 20_000 - 0.1) < 0.02


def test_projects_split_differently():
    assert [side_of("a", str(n)) for n in range(50)] != [side_of("b", str(n)) for n in range(50)]


@given(KEYS, st.data())
def test_a_group_has_one_side(keys, data):
    together = data.draw(st.lists(st.lists(st.sampled_from(sorted(keys)), min_size=1, max_size=4), max_size=6))
    groups = joined(keys, together)
    found = sides("demo", groups, {})
    for group in together:
        assert len({groups[key] for key in group}) == 1
        assert len({found[key] for key in group}) == 1


@given(KEYS, KEYS, st.data())
def test_what_was_said_once_holds_for_ever(before, later, data):
    said = sides("demo", joined(before, []), {})
    everything = sorted(before | later)
    together = data.draw(st.lists(st.lists(st.sampled_from(everything), min_size=1, max_size=4), max_size=6))
    found = sides("demo", joined(everything, together), said)
    assert {key: found[key] for key in said} == said


def test_a_newcomer_takes_the_side_of_its_group():
    one = next(str(n) for n in range(100) if side_of("demo", str(n)) == Side.BLIND)
    other = next(f"x{n}" for n in range(100) if side_of("demo", f"x{n}") == Side.TRAIN)
    groups = joined([one, other], [(one, other)])
    assert sides("demo", groups, {one: Side.BLIND})[other] == Side.BLIND


def test_revisions_of_one_order_are_a_series():
    papers = [paper("a", order="1"), paper("b", order="1"), paper("c", order="2"), paper("d", order="3")]
    assert series(papers, ["order"]) == [("a", "b")]


def test_a_customer_number_is_none():
    papers = [paper(str(n), customer="K-1") for n in range(5)]
    assert series(papers, ["customer"]) == []


def test_series_are_within_a_template():
    assert series([paper("a", "t", order="1"), paper("b", "u", order="1")], ["order"]) == []
