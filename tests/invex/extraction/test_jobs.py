"""Extraction as jobs: claims, leases, crashes, sweeps."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest
from django.utils import timezone

from invex.documents.models import Document
from invex.documents.states import DocumentState as S
from invex.extraction import jobs, online, services
from invex.extraction.models import Extraction
from invex.extraction.pipeline import Outcome
from invex.kernel import leases
from invex.kernel.models import Event
from tests.invex.world import read_document, vendor

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

    def run(document, *args, real=services._run):
        if document.pk == broken.pk:
            raise RuntimeError("a bug")
        return real(document, *args)

    monkeypatch.setattr(services, "_run", run)
    assert jobs.extract_document(broken.pk) == 1
    assert states() == [S.EXTRACTING, S.REVIEW]
    for _ in range(settings.READ_ATTEMPTS):
        jobs.extract_document(broken.pk)
    assert states() == [S.FAILED, S.REVIEW]
    assert fine.pk


def test_the_promise_of_accuracy_approves_as_auto(access, monkeypatch):
    def approved(*args, real=services._run):
        read = real(*args)
        return replace(read, outcome=Outcome(read.outcome.prediction, "approved", ()))

    monkeypatch.setattr(services, "_run", approved)
    document = read_document(access, ACME.document(0))
    jobs.extract_document(document.pk)
    document.refresh_from_db()
    assert (document.state, document.approved_by) == (S.APPROVED, "auto")
    assert not Event.objects.filter(name="document.approved").exists(), "auto-approved values are never labels"
    assert Event.objects.filter(name="document.auto_approved").exists()


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
