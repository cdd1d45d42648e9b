"""The documents of the walk around the circle: dealt once each, and scored by what is true of them."""

from __future__ import annotations

import pytest

from tests.bench.circle_papers import Counts, Kind, Paper, Papers, own, score

FEW = Counts(first=2, later=1, arriving=2, tried=1, tried_new=1, held_out=1, held_out_new=2)


@pytest.fixture(scope="module")
def papers() -> Papers:
    return own(FEW)


def test_no_document_is_in_two_parts(papers):
    parts = (papers.first, papers.later, papers.arriving, papers.tried, papers.held_out)
    assert [len(part) for part in parts] == [4, 2, 2, 3, 4]
    every = [paper for part in parts for paper in part]
    assert len({paper.name for paper in every}) == len({paper.content for paper in every}) == len(every)


def test_the_new_template_is_in_no_part_before_it_arrives(papers):
    known = {kind.name for kind in papers.known}
    assert {paper.label["template"] for paper in (*papers.first, *papers.later)} == known
    assert {paper.label["template"] for paper in papers.arriving} == {papers.new.name}


def test_too_few_documents_are_refused():
    kind = Kind("order", ())
    with pytest.raises(ValueError, match="order: 1 documents, 5 are needed"):
        Papers.dealt({}, kind, [Paper("a.pdf", b"", {})], FEW)


def test_answers_are_scored_against_what_is_true(papers):
    paper = papers.arriving[0]
    right = {key: [{**value, "confidence": 0.9} for value in values] for key, values in paper.label["fields"].items()}
    answer = {"template": {"name": papers.new.name, "confidence": 0.9}, "fields": right}
    nothing = {"template": {"name": None, "confidence": 0.1}, "fields": {}}
    assert score([paper], {paper.name: answer}, [papers.new]).micro.f1 == 1.0
    found = score([paper], {paper.name: nothing}, [papers.new])
    assert (found.micro.f1, found.template.accuracy) == (0.0, 0.0)
