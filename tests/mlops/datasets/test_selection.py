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


def test_everything_is_selected_unless_something_is_said():
    assert Selection().choose(DOCUMENTS) == DOCUMENTS
    assert Selection().to_json() == {}


def test_newest_since_templates_and_balance():
    assert days(Selection(newest=3).choose(DOCUMENTS)) == [19, 18, 17]
    assert days(Selection(since=datetime.date(2026, 3, 19)).choose(DOCUMENTS)) == [19, 18]
    assert days(Selection(templates=("a",), newest=2).choose(DOCUMENTS)) == [18, 16]
    assert days(Selection(per_template=2).choose(DOCUMENTS)) == [19, 18, 17, 16]


def test_a_share_is_the_same_papers_each_time_and_grows_with_it():
    some = Selection(share=0.3).choose(DOCUMENTS)
    more = Selection(share=0.6).choose(DOCUMENTS)
    assert 0 < len(some) < len(more) < len(DOCUMENTS)
    assert set(some) < set(more)
    assert Selection(share=0.3).choose(DOCUMENTS[5:]) == [one for one in some if one in DOCUMENTS[5:]]


def test_suspects_are_left_out_only_when_that_is_asked():
    suspect = {DOCUMENTS[0].paper}
    assert len(Selection(without_suspects=True).choose(DOCUMENTS, suspect)) == 19
    assert len(Selection().choose(DOCUMENTS, suspect)) == 20


def test_json_and_back():
    said = {"since": "2026-03-02", "templates": ["a", ""], "without_suspects": True, "share": 0.5, "newest": 9,
            "per_template": 3}  # fmt: skip
    assert Selection.from_json(said).to_json() == said


@pytest.mark.parametrize(
    "wrong",
    [[], {"newst": 3}, {"newest": 0}, {"newest": True}, {"share": 0}, {"share": "1"}, {"since": "March"},
     {"templates": "a"}, {"without_suspects": 1}, {"per_template": 1.5}],
)  # fmt: skip
def test_nonsense_says_what_to_write(wrong):
    with pytest.raises(BadInput, match="selection"):
        Selection.from_json(wrong)
