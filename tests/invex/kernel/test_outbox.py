"""The outbox: an event is written with its change, dispatched after it, and again until that worked."""

from __future__ import annotations

import datetime
import time

import pytest
from django.db import transaction
from django.utils import timezone

from invex.kernel import leases
from invex.kernel.models import Event
from invex.kernel.outbox import dispatch_stale, emit


def test_an_event_goes_out_once_its_change_is_committed(run_jobs, db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        emit("document.received", 7)
        assert run_jobs.waiting == []
    assert run_jobs.waiting == [("invex.documents.jobs.read_document", ("7",))]
    assert Event.objects.get().dispatched_at is not None
    assert dispatch_stale() == 0


def test_a_change_that_is_undone_takes_its_event_along(run_jobs, db):
    def change():
        emit("document.received", 7)
        raise ValueError

    with pytest.raises(ValueError), transaction.atomic():
        change()
    assert Event.objects.count() == 0


def test_an_event_waits_while_redis_is_away(run_jobs, db, django_capture_on_commit_callbacks):
    run_jobs.is_away = True
    with django_capture_on_commit_callbacks(execute=True):
        emit("document.received", 7)
    assert Event.objects.get().dispatched_at is None
    run_jobs.is_away = False
    assert dispatch_stale() == 0  # still young: its own process may be at it
    Event.objects.update(created_at=timezone.now() - datetime.timedelta(minutes=1))
    assert dispatch_stale() == 1
    assert len(run_jobs.waiting) == 1


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_renewed_while_its_worker_lives(monkeypatch, receive):
    from invex.documents.models import Document

    document = receive()
    mine = Document.objects.filter(pk=document.pk, state="received")
    mine.update(leased_until=timezone.now())
    monkeypatch.setattr(leases, "RENEWED_EVERY_S", 0.01)
    with leases.kept(mine):
        for _ in range(500):
            document.refresh_from_db()
            if document.leased_until > timezone.now() + leases.LEASE / 2:
                break
            time.sleep(0.01)
    assert document.leased_until > timezone.now() + leases.LEASE / 2
