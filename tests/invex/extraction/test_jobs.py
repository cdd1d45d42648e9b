"""Extraction as jobs: claims, leases, crashes, sweeps."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest
from django.utils import timezone

from invex.catalog.services import update_template
from invex.documents.models import Document
from invex.documents.states import DocumentState as S
from invex.extraction import halts, jobs, online, queries, services
from invex.extraction.models import Extraction
from invex.kernel import leases
from invex.kernel.models import AuditEntry, Event
from invex.review.services import confirm
from tests.invex.world import read_document, sure_document, vendor

pytestmark = pytest.mark.django_db

ACME = vendor()
LONG_AGO = datetime.timedelta(hours=1)


def states():
    return list(Document.objects.order_by("id").values_list("state", flat=True))


def test_a_document_gets_its_extraction_and_goes_to_review(access):
    document = read_document(access, ACME.document(0))
    assert jobs.extract_document(document.pk) == 1
    document.refresh_from_db()
    assert (document.state, document.leased_until, document.attempts) == (S.REVIEW, None, 0)
    assert document.reason_code
    row = Extraction.objects.get()
    assert (row.document_id, row.number, row.is_current) == (document.pk, 1, True)
    assert row.build
    assert row.reader == "test"
    made = Event.objects.get(name="prediction.made")
    assert (made.payload["document"], made.payload["build"]) == (document.pk, row.build)


def test_a_job_that_runs_twice_does_nothing_more(access):
    document = read_document(access, ACME.document(0))
    jobs.extract_document(document.pk)
    assert jobs.extract_document(document.pk) == 0
    assert Extraction.objects.count() == 1
    assert jobs.extract_document(10**9) == 0


def test_one_job_takes_the_others_of_its_project_with_it(access, other_access, monkeypatch):
    monkeypatch.setattr(services, "BATCH", 3)
    for index in range(4):
        read_document(access, ACME.document(index))
    read_document(other_access, ACME.document(0))
    assert jobs.extract_document(Document.objects.order_by("id").first().pk) == 3
    assert states() == [S.REVIEW, S.REVIEW, S.REVIEW, S.EXTRACTING, S.EXTRACTING]


def test_what_another_worker_holds_is_left_to_it(access):
    document = read_document(access, ACME.document(0))
    assert [d.pk for d in services.claim(document.pk)] == [document.pk]
    assert services.claim(document.pk) == []


def test_of_two_workers_that_saw_the_same_document_one_gets_it(access):
    document = read_document(access, ACME.document(0))
    one, two = Document.objects.get(pk=document.pk), Document.objects.get(pk=document.pk)
    until = leases.until()
    assert services._lease(one, until) is True
    assert services._lease(two, until) is False


def test_a_worker_whose_lease_ran_out_writes_nothing(access):
    document = read_document(access, ACME.document(0))
    [held] = services.claim(document.pk)
    Document.objects.update(leased_until=timezone.now() - LONG_AGO)
    [_] = services.claim(document.pk)
    assert services.extract([held]) == 0
    assert not Extraction.objects.exists()
    assert states() == [S.EXTRACTING]


def test_a_document_that_kills_its_worker_fails_alone(access, settings):
    """Killed workers leave leases; whoever was tried before is tried alone, so that the others get through."""
    deadly, fine = (read_document(access, ACME.document(index)) for index in range(2))
    assert len(services.claim(deadly.pk)) == 2  # and the worker dies
    Document.objects.update(leased_until=timezone.now() - LONG_AGO)
    for _ in range(settings.READ_ATTEMPTS - 1):
        assert [d.pk for d in services.claim(deadly.pk)] == [deadly.pk]  # and dies again
        Document.objects.filter(pk=deadly.pk).update(leased_until=timezone.now() - LONG_AGO)
    assert jobs.extract_document(fine.pk) == 1
    assert jobs.extract_document(deadly.pk) == 0
    assert states() == [S.FAILED, S.REVIEW]
    deadly.refresh_from_db()
    assert deadly.reason_code == "crashed"
    assert deadly.reason_message


def test_a_bug_in_one_document_costs_that_one(access, settings, monkeypatch):
    broken, fine = (read_document(access, ACME.document(index)) for index in range(2))

    def run(document, *args, real=services._run, **draw):
        if document.pk == broken.pk:
            raise RuntimeError("a bug")
        return real(document, *args, **draw)

    monkeypatch.setattr(services, "_run", run)
    assert jobs.extract_document(broken.pk) == 1
    assert states() == [S.EXTRACTING, S.REVIEW]
    for _ in range(settings.READ_ATTEMPTS):
        jobs.extract_document(broken.pk)
    assert states() == [S.FAILED, S.REVIEW]
    assert fine.pk


@pytest.fixture(name="sure_document")
def fixture_sure_document(access, monkeypatch):
    return sure_document(access, monkeypatch, ACME)


def test_the_promise_of_accuracy_approves_as_auto(sure_document):
    Event.objects.update(dispatched_at=timezone.now())
    jobs.extract_document(sure_document.pk)
    sure_document.refresh_from_db()
    assert (sure_document.state, sure_document.approved_by) == (S.APPROVED, "auto")
    about = Event.objects.filter(subject=str(sure_document.pk))
    assert not about.filter(name="document.approved").exists(), "auto-approved values are never labels"
    assert about.filter(name="document.auto_approved").exists()
    shown = Extraction.objects.get(document=sure_document)
    assert (shown.draw, shown.sampled, shown.thresholds["audited"]) == (0.5, 0.1, 0.1)


def test_what_lacks_a_field_that_no_confirmed_document_lacks_goes_to_a_person(access, sure_document, monkeypatch):
    reads = type(services.deployed(access.project.pk))

    def without_values(self, document, *, template=None, real=reads.predict):
        return replace(real(self, document, template=template), fields={})

    monkeypatch.setattr(reads, "predict", without_values)
    jobs.extract_document(sure_document.pk)
    sure_document.refresh_from_db()
    assert (sure_document.state, sure_document.reason_code) == (S.REVIEW, "lacking")
    assert sure_document.reason_message == "invoice_number is empty; every confirmed document of this template has it"
    confirm(access, sure_document.pk, {"template": "Acme", "fields": {"invoice_number": []}})
    another = read_document(access, ACME.document(2))
    jobs.extract_document(another.pk)
    another.refresh_from_db()
    assert (another.state, another.approved_by) == (S.APPROVED, "auto"), "a person has confirmed one without"


def test_what_is_drawn_is_audited_and_never_read_again(sure_document, monkeypatch):
    monkeypatch.setattr(services._random, "random", lambda: 0.05)
    jobs.extract_document(sure_document.pk)
    sure_document.refresh_from_db()
    assert (sure_document.state, sure_document.reason_code) == (S.REVIEW, "audit")
    Extraction.objects.update(checked_memory=None)
    assert sure_document.pk not in queries.behind(sure_document.project_id, 99).values_list("document", flat=True)


@pytest.mark.parametrize("everywhere", [False, True])
def test_the_switch_stops_the_next_document(access, sure_document, everywhere):
    halted = halts.halt_everywhere(access.actor, why="?") if everywhere else halts.halt_project(access, why="?")
    assert halted
    jobs.extract_document(sure_document.pk)
    sure_document.refresh_from_db()
    assert (sure_document.state, sure_document.reason_code) == (S.REVIEW, "approval_off")
    again = halts.halt_everywhere(access.actor) if everywhere else halts.halt_project(access)
    assert not again
    assert halts.resume_everywhere(access.actor) is everywhere
    assert halts.resume_project(access) is not everywhere
    assert halts.halts(access.project) == []
    assert AuditEntry.objects.filter(action="halt automatic approval").count() == 1


def test_thresholds_of_another_version_of_the_template_approve_nothing(access, sure_document):
    update_template(access, "Acme", {"fields": [{"key": "invoice_number", "type": "id", "label": "Number"}]})
    jobs.extract_document(sure_document.pk)
    sure_document.refresh_from_db()
    assert (sure_document.state, sure_document.reason_code) == (S.REVIEW, "approval_off")


class TestSweep:
    def test_a_document_without_a_job_is_woken_and_extracted(self, access, run_jobs):
        document = read_document(access, ACME.document(0))
        Event.objects.update(dispatched_at=timezone.now())  # its wake-up was flushed
        assert jobs.sweep() == 0, "it is on its way for some seconds"
        Document.objects.update(state_changed_at=timezone.now() - LONG_AGO)
        assert jobs.sweep() == 1
        run_jobs()
        document.refresh_from_db()
        assert document.state == S.REVIEW

    def test_an_expired_lease_is_taken_back(self, access, run_jobs):
        document = read_document(access, ACME.document(0))
        Event.objects.update(dispatched_at=timezone.now())
        services.claim(document.pk)
        assert jobs.sweep() == 0
        Document.objects.update(leased_until=timezone.now() - LONG_AGO)
        assert jobs.sweep() == 1

    def test_a_busy_queue_needs_no_sweep(self, access, run_jobs):
        read_document(access, ACME.document(0))
        Document.objects.update(state_changed_at=timezone.now() - LONG_AGO)
        run_jobs.waiting.append(("some.job", ()))
        assert jobs.sweep() == 0

    def test_uploads_of_dead_processes_are_deleted(self, settings, tmp_path, run_jobs):
        import os

        settings.TMP_DIR = tmp_path
        old, new = tmp_path / f"{online.UPLOAD_PREFIX}old", tmp_path / f"{online.UPLOAD_PREFIX}new"
        for path in (old, new):
            path.write_bytes(b"x")
        os.utime(old, (0, 0))
        jobs.sweep()
        assert [p.name for p in tmp_path.glob("predict-*")] == [new.name]
