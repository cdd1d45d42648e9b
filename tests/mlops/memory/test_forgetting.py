"""An erased document leaves the memory: what was learned from it is learned anew without it."""

from __future__ import annotations

import datetime

import pytest

from invex.accounts.roles import Role
from invex.documents import erasure
from invex.documents.models import Document
from invex.flow import JOBS
from invex.kernel.models import DoomedBlob, Event
from invex.review import services as review
from mlops.memory import jobs, queries, services
from mlops.memory.models import MemoryRevision
from tests.invex.world import access_to, document_in_review, label_of, run_events, vendor

pytestmark = [pytest.mark.django_db]

ACME, OTHER = vendor(7), vendor(11)


@pytest.fixture
def access():
    return access_to("acme", Role.OWNER)


def confirm(access, one):
    document = document_in_review(access, one)
    review.confirm(access, document.pk, label_of(one), may_create_template=True)
    run_events()
    return Document.objects.get(pk=document.pk)


def known(access) -> dict[int, tuple[str, ...]]:
    """Revision -> the documents that any of it learned from."""
    rows = MemoryRevision.objects.filter(project=access.project)
    return {row.revision: tuple(d for e in row.fitted.values() for d in e["documents"]) for row in rows}


def test_it_is_learned_anew_without_the_document(access):
    first, second = confirm(access, ACME.document(0)), confirm(access, ACME.document(1))
    old = queries.newest(access.project.pk)
    assert old.fitted[ACME.name]["documents"] == [first.pk, second.pk]
    pk = first.pk
    erasure.erase(access, first)
    run_events()
    now = queries.newest(access.project.pk)
    assert now.fitted[ACME.name]["documents"] == [second.pk]
    assert pk not in {d for found in known(access).values() for d in found}
    doomed = set(DoomedBlob.objects.values_list("sha256", flat=True))
    assert {old.fitted[ACME.name]["blob"], old.index} <= doomed
    assert now.fitted[ACME.name]["blob"] not in doomed


def test_the_only_example_takes_its_template_out_of_the_memory(access):
    only = confirm(access, ACME.document(0))
    confirm(access, OTHER.document(0))
    erasure.erase(access, only)
    run_events()
    assert set(queries.newest(access.project.pk).fitted) == {OTHER.name}
    assert jobs.forget(only.pk or 0) == 0


def test_a_document_of_no_template_is_forgotten_too(access):
    document = document_in_review(access, ACME.document(0))
    review.confirm(access, document.pk, label_of(ACME.document(0), template=None))
    run_events()
    pk = document.pk
    assert any(pk in found for found in known(access).values())
    erasure.erase(access, Document.objects.get(pk=pk))
    run_events()
    assert not any(pk in found for found in known(access).values())


def test_a_lost_job_is_made_up_for(access, run_jobs):
    document = confirm(access, ACME.document(0))
    pk = document.pk
    erasure.erase(access, document)
    Event.objects.update(dispatched_at="2026-01-01T00:00:00Z")  # it went out, and Redis was flushed
    assert jobs.sweep_erased() == 0  # just now: it may be on its way
    Event.objects.filter(name="document.erased").update(
        created_at=Event.objects.latest("id").created_at - datetime.timedelta(minutes=5)
    )
    assert jobs.sweep_erased() > 0
    assert not any(pk in found for found in known(access).values())
    assert jobs.sweep_erased() == 0


def test_a_crash_between_learning_and_forgetting_is_made_up_for(access, monkeypatch):
    document = confirm(access, ACME.document(0))
    pk = document.pk
    erasure.erase(access, document)
    with monkeypatch.context() as broken:
        broken.setattr(services, "doom", lambda names: (_ for _ in ()).throw(OSError("killed")))
        with pytest.raises(OSError, match="killed"):
            jobs.forget(pk)
    assert any(pk in found for found in known(access).values())
    jobs.forget(pk)
    assert not any(pk in found for found in known(access).values())


def test_the_event_is_wired():
    assert ("mlops.memory.jobs.forget", "default") in JOBS["document.erased"]
