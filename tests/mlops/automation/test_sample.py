"""Which documents are evidence, and what each says."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from invex.documents.services import reject
from invex.extraction.models import Extraction
from mlops.automation.sample import OVERDUE, audits, sample, score
from mlops.memory.base import base_package

pytestmark = pytest.mark.django_db


@pytest.fixture
def found(template):
    """found() -> (is each right, how many wait), of the sample as it is now."""

    def make():
        now = sample(template, [base_package().build])
        return [one.is_right for one in now.evidence], len(now.waiting)

    return make


def test_confirmed_documents_count_in_the_order_of_their_arrival(read, decide, found):
    for right in (True, False, True):
        decide(read(), right)
    assert found() == ([True, False, True], 0)


def test_what_was_not_drawn_never_counts(read, decide, found):
    decide(read(draw=0.05, sampled=0.05))
    decide(read(draw=0.049, sampled=0.05))
    assert found() == ([True], 0)


def test_a_waiting_document_ends_the_sample_until_it_is_overdue(read, decide, found):
    decide(read())
    waiting = read()
    decide(read())
    assert found() == ([True], 1)
    Extraction.objects.filter(document=waiting).update(
        created_at=timezone.now() - OVERDUE - datetime.timedelta(hours=1)
    )
    assert found() == ([True, False, True], 0)


def test_a_rejected_document_is_wrong(access, read, found):
    reject(access, read())
    assert found() == ([False], 0)


def test_another_template_and_a_missing_value_are_wrong(access, read, decide, found):
    missing = read()
    Extraction.objects.filter(document=missing).update(
        prediction={"fields": {"number": [{"value": "A1", "confidence": 0.9}]}, "tables": {}}
    )
    decide(missing)
    decide(read(), template=None)
    assert found() == ([False, False], 0)


@pytest.mark.parametrize("changes", [{"source": "bulk"}, {"source": "xml"}, {"fields": {"number": [{"value": "A1"}]}}])
def test_bulk_xml_and_partial_labels_judge_nothing(read, decide, found, changes):
    decide(read(), **changes)
    decide(read())
    assert found() == ([True], 0)


def test_what_no_threshold_lets_pass_is_no_evidence(read, decide, found):
    decide(read(codes=("sum_of_lines", "approval_off")))
    read(codes=("required",))
    decide(read(codes=("low_confidence",)))
    assert found() == ([True], 0)


@pytest.mark.parametrize("changes", [{"build": "another"}, {"template_version": 2}])
def test_other_builds_and_versions_say_nothing_of_this_one(read, decide, found, changes):
    decide(read(**changes))
    assert found() == ([], 0)


def test_audits_are_those_that_would_have_passed(template, read, decide):
    since = timezone.now()
    decide(read(draw=0.01, sampled=0.05, codes=("audit",)), False)
    decide(read(draw=0.01, sampled=0.05, codes=("low_confidence",)))
    read(draw=0.01, sampled=0.05, codes=("audit",))
    now = audits(template, since)
    assert ([one.is_right for one in now.evidence], len(now.waiting)) == ([False], 1)


def test_the_score_is_the_least_of_template_values_and_cells(read):
    row = Extraction.objects.get(document=read(confidence=0.8))
    assert score(row) == 0.8
    row.prediction["tables"] = {"line_items": [{"amount": {"value": "1", "confidence": 0.3}}]}
    assert score(row) == 0.3
    row.template_confidence = 0.2
    assert score(row) == 0.2
