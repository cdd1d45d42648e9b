"""What one confirmed document taught, and what becomes of it."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from invex.accounts.access import Access
from invex.accounts.roles import Role
from invex.catalog.services import remove_template
from invex.documents.models import Document
from invex.extraction.models import Extraction
from invex.kernel.models import Event
from invex.review import progress
from invex.review import services as review
from mlops.deployment.predictor import load
from mlops.memory import jobs, queries, services
from mlops.memory.base import base_package
from mlops.memory.models import MemoryRevision
from tests.invex.world import access_to, document_in_review, label_of, run_events, vendor

from .test_learning_at_once import confirm

pytestmark = pytest.mark.django_db
ACME = vendor()


@pytest.fixture(scope="module")
def key_of_document(once) -> int:
    return confirm(access_to("acme", Role.AUTHOR), ACME.document(0)).pk


@pytest.fixture
def access(key_of_document) -> Access:
    """A project that has learned from one document."""
    return access_to("acme", Role.AUTHOR)


@pytest.fixture
def document(key_of_document) -> Document:
    """That document."""
    return Document.objects.get(pk=key_of_document)


def test_next_document_of_the_template_is_read_with_what_was_confirmed(access):
    one = ACME.document(1)
    document = document_in_review(access, one)
    extraction = Extraction.objects.get(document=document, is_current=True)
    assert document.template == ACME.name
    assert extraction.memory == 1
    read = {key: [v["value"] for v in values] for key, values in extraction.prediction["fields"].items()}
    expected = {key: [v.value for v in values] for key, values in one.label.fields.items() if values}
    right = [key for key in expected if read.get(key) == expected[key]]
    assert len(right) >= 0.6 * len(expected), f"only {right} of {sorted(expected)}"


def test_refit_is_idempotent(document):
    assert MemoryRevision.objects.count() == 1
    assert jobs.refit(document.pk) == 0
    assert MemoryRevision.objects.count() == 1
    MemoryRevision.objects.all().delete()
    assert jobs.refit(document.pk) == 1


def test_the_same_examples_give_the_same_blobs(access, document):
    first = queries.newest(access.project.pk)
    MemoryRevision.objects.all().delete()
    jobs.refit(document.pk)
    second = queries.newest(access.project.pk)
    assert (first.fitted, first.index) == (second.fitted, second.index)


def test_two_revisions_with_the_same_number_are_impossible(access):
    with pytest.raises(IntegrityError):
        MemoryRevision.objects.create(project=access.project, revision=1, build="b")


def test_only_the_project_learns(access):
    elsewhere = access_to("other")
    assert document_in_review(elsewhere, ACME.document(1)).template == ""
    assert load(elsewhere.project.pk).memory is None


def test_a_document_opened_again_is_forgotten_until_it_is_confirmed(access, document):
    review.reopen(access, document.pk)
    run_events()
    assert queries.newest(access.project.pk).fitted == {}
    review.confirm(access, document.pk, label_of(ACME.document(0)))
    run_events()
    assert set(queries.newest(access.project.pk).fitted) == {ACME.name}


def test_a_retired_template_is_no_longer_recognised(access):
    assert remove_template(access, ACME.name) is False
    run_events()
    assert document_in_review(access, ACME.document(1)).template == ""


def test_memory_updated_says_what_changed(access):
    event = Event.objects.get(name="memory.updated")
    assert event.subject == str(access.project.pk)
    assert event.payload["template"] == ACME.name
    assert load(access.project.pk).changed_since(None) == {ACME.name}
    assert load(access.project.pk).changed_since(1) == frozenset()


def test_who_approves_an_unknown_document_hears_that_it_was_learned(access):
    document = document_in_review(access, vendor(11).document(0))
    label = review.confirm(access, document.pk, {"template": None})
    assert not progress.since(access.project, label.pk).is_learned
    run_events()
    assert progress.since(access.project, label.pk).is_learned


def test_a_lost_race_is_repeated_on_top_of_the_other_refit(access, monkeypatch):
    other = vendor(11)
    document = document_in_review(access, other.document(0))
    review.confirm(access, document.pk, label_of(other.document(0)), may_create_template=True)
    before = queries.newest(access.project.pk)
    stale = [before]

    def newest(project_id, build=None, found=queries.newest):
        return stale.pop() if stale else found(project_id, build)

    MemoryRevision.objects.create(
        project=access.project, revision=2, build=before.build, fitted=before.fitted, index=before.index
    )
    monkeypatch.setattr(services.queries, "newest", newest)
    services.refit(access.project.pk, other.name, base_package())
    found = MemoryRevision.objects.order_by("-revision").first()
    assert found.revision == 3
    assert set(found.fitted) == {ACME.name, other.name}
