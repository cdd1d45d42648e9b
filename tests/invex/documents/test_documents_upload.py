"""Uploads: bytes first, twins, limits, names, and the counts of a batch."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from invex.accounts.roles import Role
from invex.documents import queries, services
from invex.documents.models import Document
from invex.documents.names import MAX_LENGTH, shown_name
from invex.documents.states import DocumentState
from invex.kernel.blobs import store
from invex.kernel.errors import NotAllowed, NotFound, TooLarge
from invex.kernel.models import AuditEntry, Event

S = DocumentState


def test_the_bytes_are_stored_and_the_event_is_written(receive, project):
    document = receive(b"some bytes", name="folder/März.pdf")
    assert store().path(document.sha256).read_bytes() == b"some bytes"
    assert (document.name, document.size, document.state) == ("März.pdf", 10, S.RECEIVED)
    event = Event.objects.get(name="document.received")
    assert (event.subject, event.project) == (str(document.pk), "demo")
    assert AuditEntry.objects.filter(action="received", subject=str(document.pk), actor="owner-demo").exists()


def test_the_same_bytes_name_the_first_twin_of_the_project(receive, other_access):
    first, second, third = receive(b"same"), receive(b"same", name="again.pdf"), receive(b"same")
    assert (first.twin, second.twin, third.twin) == (None, first, first)
    foreign = receive(b"same", access=other_access, batch=services.create_batch(other_access))
    assert foreign.twin is None


def test_a_file_beyond_the_limit_leaves_nothing(receive, settings, data_dir):
    settings.MAX_UPLOAD_BYTES = 10
    with pytest.raises(TooLarge):
        receive(b"12345678901")
    assert Document.objects.count() == 0
    assert [p for p in (data_dir / "blobs").rglob("*") if p.is_file()] == []


def test_an_empty_file_is_in_the_batch_and_says_so(receive):
    document = receive(b"")
    assert (document.state, document.reason_code) == (S.FAILED, "empty")
    assert not Event.objects.filter(name="document.received").exists()
    assert receive(b"").twin is None


@pytest.mark.parametrize("role", Role.values)
def test_who_may_upload(access_as, role):
    access = access_as(role)
    if role == Role.VIEWER:
        with pytest.raises(NotAllowed):
            services.create_batch(access)
    else:
        batch = services.create_batch(access)
        assert services.receive(access, batch, name="a", chunks=[b"x"]).uploaded_by == f"{role}-demo"


def test_another_project_s_rows_are_not_there(receive, batch, other_access):
    document = receive()
    for forbidden in (
        lambda: services.receive(other_access, batch, name="a", chunks=[b"x"]),
        lambda: services.retry(other_access, document),
        lambda: services.reject(other_access, document),
        lambda: services.page_image(other_access, document, 0),
        lambda: queries.document(other_access.project, document.pk),
        lambda: queries.batch(other_access.project, batch.pk),
    ):
        with pytest.raises(NotFound):
            forbidden()


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("C:\\scans\\a.pdf", "a.pdf"),
        ("../../etc/passwd", "passwd"),
        ("in\u202efdp.exe", "in fdp.exe"),
        ("a\x00b\nc.pdf", "a b c.pdf"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
    ],
)
def test_names_are_shown_without_tricks(given_name, shown):
    assert shown_name(given_name) == shown


@given(st.text())
def test_any_name_can_be_shown(name):
    shown = shown_name(name)
    assert 0 < len(shown) <= MAX_LENGTH
    assert "/" not in shown
    assert "\x00" not in shown


def test_a_batch_counts_every_state_and_tells_speed(receive, batch, django_assert_num_queries):
    for n in range(6):
        receive(b"file %d" % n)
    ids = list(Document.objects.values_list("pk", flat=True))
    Document.objects.filter(pk__in=ids[:2]).update(state=S.REVIEW)
    Document.objects.filter(pk=ids[2]).update(state=S.APPROVED, approved_by="auto")
    Document.objects.filter(pk=ids[3]).update(state=S.APPROVED, approved_by="anna")  # not the machine's work
    type(batch).objects.update(created_at=timezone.now() - datetime.timedelta(minutes=5))
    batch.refresh_from_db()
    with django_assert_num_queries(1):
        progress = queries.progress(batch)
    assert progress.counts == {**dict.fromkeys(S.values, 0), "review": 2, "approved": 2, "received": 2}
    assert (progress.total, progress.working, progress.waiting) == (6, 2, 2)
    assert progress.fraction == pytest.approx(4 / 6)
    assert progress.per_second == pytest.approx(3 / 60)
    assert progress.eta_s == 40


def test_an_empty_batch_is_done(batch):
    progress = queries.progress(batch)
    assert (progress.fraction, progress.total, progress.eta_s) == (1.0, 0, 0)
