"""Which documents a selection selects, and what it refuses."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import pytest

from invex.kernel.errors import BadInput
from mlops.datasets.selection import Selection

DAY = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class One:
    paper: str
    template: str
    confirmed_at: datetime.datetime


DOCUMENTS = [One(f"{n:064x}", "ab"[n % 2], DAY + datetime.timedelta(days=n)) for n in range(20)][::-1]


def days(found):
    return [(one.confirmed_at - DAY).days for one in found]


def chosen(selection, documents=DOCUMENTS, **kwargs):
    return list(selection.choose(documents, **kwargs).chosen)


def test_everything_is_selected_unless_something_is_said():
    assert chosen(Selection()) == DOCUMENTS
    assert Selection().to_json() == {}


def test_newest_since_templates_and_balance():
    assert days(chosen(Selection(newest=3))) == [19, 18, 17]
    assert days(chosen(Selection(since=datetime.date(2026, 3, 19)))) == [19, 18]
    assert days(chosen(Selection(templates=("a",), newest=2))) == [18, 16]
    assert days(chosen(Selection(per_template=2))) == [19, 18, 17, 16]
    assert days(chosen(Selection(newest=5, per_template=2))) == [19, 18, 17, 16]


def test_a_share_is_the_same_papers_each_time_and_grows_with_it():
    some = chosen(Selection(share=0.3))
    more = chosen(Selection(share=0.6))
    assert 0 < len(some) < len(more) < len(DOCUMENTS)
    assert set(some) < set(more)
    assert chosen(Selection(share=0.3), DOCUMENTS[5:]) == [one for one in some if one in DOCUMENTS[5:]]


def test_suspects_are_left_out_only_when_that_is_asked():
    suspect = {DOCUMENTS[0].paper}
    assert len(chosen(Selection(without_suspects=True), suspects=suspect)) == 19
    assert len(chosen(Selection(), suspects=suspect)) == 20


def test_what_is_held_back_is_left_out_and_takes_no_place_unless_it_is_asked_for():
    held = {DOCUMENTS[1].paper, DOCUMENTS[19].paper}
    found = Selection(newest=3).choose(DOCUMENTS, held=held)
    assert (days(found.chosen), days(found.held_back)) == ([19, 17, 16], [18])
    found = Selection(per_template=1).choose(DOCUMENTS, held=held)
    assert (days(found.chosen), days(found.held_back)) == ([19, 16], [18])
    found = Selection(newest=3, with_held=True).choose(DOCUMENTS, held=held)
    assert (days(found.chosen), found.held_back) == ([19, 18, 17], ())


@pytest.mark.parametrize("newest", [None, 1, 5, 12, 25])
@pytest.mark.parametrize("per_template", [None, 1, 3, 12])
@pytest.mark.parametrize("every", [1, 2, 3, 5])
def test_what_was_left_out_is_all_that_is_needed_to_choose_the_same_again(newest, per_template, every):
    selection = Selection(newest=newest, per_template=per_template)
    first = selection.choose(DOCUMENTS, held={one.paper for one in DOCUMENTS[::every]})
    assert selection.choose(DOCUMENTS, held={one.paper for one in first.held_back}) == first


def test_json_and_back():
    said = {"since": "2026-03-02", "templates": ["a", ""], "with_held": True, "without_suspects": True, "share": 0.5,
            "newest": 9, "per_template": 3}  # fmt: skip
    assert Selection.from_json(said).to_json() == said


@pytest.mark.parametrize(
    "wrong",
    [[], {"newst": 3}, {"newest": 0}, {"newest": True}, {"share": 0}, {"share": "1"}, {"since": "March"},
     {"templates": "a"}, {"without_suspects": 1}, {"with_held": "no"}, {"per_template": 1.5}],
)  # fmt: skip
def test_nonsense_says_what_to_write(wrong):
    with pytest.raises(BadInput, match="selection"):
        Selection.from_json(wrong)
