"""From a confirmed document to the next one being read with it."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from invex.accounts.roles import Role
from invex.catalog.services import create_template, update_template
from invex.documents.models import Document
from invex.extraction import jobs as extraction
from invex.extraction.models import Extraction
from invex.review import services as review
from mlops.deployment.predictor import load
from mlops.memory import jobs, queries, services, strangers
from mlops.memory.base import base_package
from mlops.memory.models import MemoryRevision
from tests.invex.world import access_to, document_in_review, label_of, run_events, template_json, vendor

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def access():
    return access_to("acme", Role.AUTHOR)


def confirm(access, one):
    document = document_in_review(access, one)
    review.confirm(access, document.pk, label_of(one), may_create_template=True)
    run_events()
    return document


def test_waiting_documents_are_read_again_and_the_approved_one_is_not(access):
    acme = vendor()
    waiting = document_in_review(access, acme.document(1))
    assert waiting.template == ""
    done = confirm(access, acme.document(0))
    waiting.refresh_from_db()
    assert waiting.template == acme.name
    assert Extraction.objects.filter(document=waiting).count() == 2
    assert Extraction.objects.get(document=waiting, is_current=True).number == 2
    assert Extraction.objects.filter(document=done).count() == 1


def test_a_document_that_somebody_saved_meanwhile_is_not_read_over(access, monkeypatch):
    acme = vendor()
    waiting = document_in_review(access, acme.document(1))

    def saved_meanwhile(document, predictor, run=extraction.services._run):
        outcome = run(document, predictor)
        Document.objects.filter(pk=document.pk).update(version=document.version + 1)
        return outcome

    confirmed = document_in_review(access, acme.document(0))
    review.confirm(access, confirmed.pk, label_of(acme.document(0)), may_create_template=True)
    monkeypatch.setattr(extraction.services, "_run", saved_meanwhile)
    run_events()
    assert Extraction.objects.filter(document=waiting).count() == 1


def test_the_same_reading_under_a_newer_memory_adds_no_extraction(access):
    acme, other = vendor(7), vendor(11)
    waiting = document_in_review(access, acme.document(0))
    confirm(access, other.document(0))
    assert Extraction.objects.filter(document=waiting).count() == 1
    assert Extraction.objects.get(document=waiting).checked_memory == 1
    assert extraction.reread_waiting(access.project.pk) == 0


@pytest.mark.parametrize("is_kept_without", [False, True], ids=["now", "kept by an earlier version"])
def test_a_first_example_that_comes_while_it_learns_is_learned_and_so_is_the_second(
    access, monkeypatch, is_kept_without
):
    acme = vendor()
    document = document_in_review(access, acme.document(0))
    review.confirm(access, document.pk, label_of(acme.document(0)), may_create_template=True)
    with monkeypatch.context() as nothing_yet:
        nothing_yet.setattr(queries, "basis", lambda project_id: {})
        assert services.refit(access.project.pk, acme.name, base_package()).fitted[acme.name]["examples"] == 1
    if is_kept_without:
        row = MemoryRevision.objects.get()
        row.fitted[acme.name]["basis"] = None
        row.save()
    second = document_in_review(access, acme.document(1))
    review.confirm(access, second.pk, label_of(acme.document(1)), may_create_template=True)
    assert services.catch_up(access.project.pk, base_package()) >= 1
    newest = MemoryRevision.objects.order_by("-revision").first()
    assert newest.fitted[acme.name]["examples"] == 2
    assert acme.name not in queries.out_of_date(access.project.pk, base_package().build)


def test_a_corrected_template_changes_both(access):
    acme = vendor()
    create_template(access, template_json("Other"))
    document = confirm(access, acme.document(0))
    review.confirm(access, document.pk, label_of(acme.document(0), template="Other"))
    run_events()
    assert set(queries.newest(access.project.pk).fitted) == {"Other"}


def test_a_changed_specification_is_learned(access):
    acme = vendor()
    create_template(access, template_json(acme.name))
    confirm(access, acme.document(0))
    only = [{"key": "invoice_number", "type": "id"}]
    update_template(access, acme.name, {"fields": only})
    run_events()
    document = document_in_review(access, acme.document(1))
    assert set(Extraction.objects.get(document=document).prediction["fields"]) == {"invoice_number"}


def test_the_predictor_is_kept_until_memory_or_templates_change(access, django_assert_num_queries):
    kept = load(access.project.pk)
    with django_assert_num_queries(3):
        assert load(access.project.pk) is kept
    create_template(access, template_json("New"))
    assert load(access.project.pk) is not kept


def test_examples_are_capped_newest_first_and_spread(access, monkeypatch):
    monkeypatch.setattr(queries, "MOST_EXAMPLES", 3)
    acme = vendor()
    create_template(access, template_json(acme.name))
    for index in range(6):
        document = document_in_review(access, acme.document(index))
        review.confirm(access, document.pk, label_of(acme.document(index)))
    kept = [row.document_id for row in queries.examples(access.project.pk, acme.name)]
    everyone = list(Document.objects.order_by("id").values_list("pk", flat=True))
    assert kept[-2:] == everyone[-2:]
    assert len(kept) == 3


def test_the_memory_follows_a_new_build(access, monkeypatch, run_jobs):
    acme, other = vendor(7), vendor(11)
    confirm(access, acme.document(0))
    confirm(access, other.document(0))
    assert jobs.sweep() == 0
    today = base_package()
    newer = replace(today, manifest={**today.manifest, "build": today.manifest["build"] + 1})
    monkeypatch.setattr("mlops.deployment.packages.base_package", lambda: newer)
    assert services.refit(access.project.pk, acme.name, newer).build == newer.build
    assert queries.out_of_date(access.project.pk, newer.build) == {other.name}, "not all of it yet"
    assert jobs.sweep() == 1
    run_jobs()
    found = queries.newest(access.project.pk)
    assert found.build == newer.build
    assert {entry["build"] for entry in found.fitted.values()} == {newer.build}
    assert jobs.sweep() == 0


class TestStrangers:
    """Documents that a person confirmed as of no template."""

    def confirm_unknown(self, access, one):
        document = document_in_review(access, one)
        review.confirm(access, document.pk, {"template": None})
        run_events()
        return document

    def test_what_looks_like_one_is_unknown_though_it_resembles_a_template(self, access):
        acme = vendor()
        confirm(access, acme.document(0))
        assert document_in_review(access, acme.document(1)).template == acme.name
        self.confirm_unknown(access, acme.document(2))
        again = document_in_review(access, acme.document(2))
        extraction = Extraction.objects.get(document=again, is_current=True)
        assert again.template == ""
        assert 0.5 < extraction.template_confidence < 1, "the best template's"

    def test_one_that_a_person_overruled_is_forgotten(self, access):
        acme = vendor()
        self.confirm_unknown(access, acme.document(0))
        assert queries.newest(access.project.pk).fitted[strangers.STRANGERS]["examples"] == 1
        confirm(access, acme.document(1))
        assert queries.newest(access.project.pk).fitted[strangers.STRANGERS]["examples"] == 0
        assert document_in_review(access, acme.document(2)).template == acme.name

    def test_nothing_new_gives_no_revision(self, access):
        document = self.confirm_unknown(access, vendor().document(0))
        count = MemoryRevision.objects.count()
        assert jobs.refit(document.pk) == 0
        assert MemoryRevision.objects.count() == count


class TestSweep:
    """Redis forgot, or a worker was killed: what was to be learned is learned all the same."""

    @pytest.fixture
    def forgetful(self, run_jobs, monkeypatch):
        monkeypatch.setattr(jobs, "LOST_AFTER", datetime.timedelta())
        return run_jobs

    def test_a_refit_that_lost_its_job_is_woken_again(self, access, forgetful):
        acme = vendor()
        document = document_in_review(access, acme.document(0))
        review.confirm(access, document.pk, label_of(acme.document(0)), may_create_template=True)
        forgetful._dispatch()
        forgetful.flush()
        assert jobs.sweep() == 1
        forgetful()
        assert set(queries.newest(access.project.pk).fitted) == {acme.name}
        assert jobs.sweep() == 0

    def test_a_template_that_is_to_be_forgotten_is(self, access, forgetful):
        acme = vendor()
        document = confirm(access, acme.document(0))
        review.reopen(access, document.pk)
        forgetful._dispatch()
        forgetful.flush()
        assert jobs.sweep() == 1
        forgetful()
        assert queries.newest(access.project.pk).fitted == {}
        assert jobs.sweep() == 0

    def test_waiting_documents_are_read_again_although_their_job_is_lost(self, access, forgetful):
        acme = vendor()
        waiting = document_in_review(access, acme.document(1))
        document = document_in_review(access, acme.document(0))
        review.confirm(access, document.pk, label_of(acme.document(0)), may_create_template=True)
        forgetful("mlops.memory")
        forgetful.flush()
        assert Extraction.objects.filter(document=waiting).count() == 1
        assert jobs.sweep() == 1
        forgetful()
        assert Extraction.objects.filter(document=waiting).count() == 2
        assert jobs.sweep() == 0
