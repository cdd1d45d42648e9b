"""From received to words: the read job, its failures, its lease, and what a person can do about them."""

from __future__ import annotations

import datetime
import io

import pytest
from django.utils import timezone
from PIL import Image

from invex.accounts.roles import Role
from invex.documents import images, jobs, pages, queries, reads, services
from invex.documents.models import Document
from invex.documents.states import MOVES, DocumentState
from invex.kernel.actor import SYSTEM
from invex.kernel.errors import Conflict, NotFound, NotNow
from invex.kernel.models import AuditEntry, DoomedBlob, Event
from invex.kernel.states import IllegalMove, move
from invex.review import drafts, leases

S = DocumentState
DOCUMENTS = "invex.documents."


def state_of(document: Document) -> str:
    document.refresh_from_db()
    return document.state


def events(name: str) -> int:
    return Event.objects.filter(name=name).count()


def test_a_pdf_becomes_words_and_pictures(receive, run_jobs, make_pdf, access, settings):
    document = receive(make_pdf("Invoice 4711\nTotal 12.50", "page two"))
    run_jobs(DOCUMENTS)
    assert state_of(document) == S.EXTRACTING
    assert (document.page_count, document.attempts, document.leased_until) == (2, 0, None)
    read = queries.read_words(document)
    assert [page.text for page in read.pages] == ["Invoice 4711 Total 12.50", "page two"]
    assert read.file == "invoice.pdf"
    assert read.reader == document.reader != ""
    image = services.page_image(access, document, 1)
    assert image.width_px == pytest.approx(595 / 72 * settings.PAGE_IMAGE_DPI, abs=1)
    assert events("document.read") == 1


def test_the_job_run_twice_reads_once(receive, run_jobs):
    document = receive()
    run_jobs(DOCUMENTS)
    assert jobs.read_document(document.pk) is False
    assert jobs.read_document(10**9) is False
    assert events("document.read") == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty"), (b"%PDF-1.7 and no more", "corrupt"), (b"a plain note", "unsupported")],
)
def test_a_file_that_cannot_be_read_fails_with_a_code_and_a_sentence(receive, run_jobs, content, code):
    document = receive(content)
    run_jobs(DOCUMENTS)
    assert state_of(document) == S.FAILED
    assert document.reason_code == code
    assert document.reason_message.endswith(".") or document.reason_message.endswith(")")
    assert events("document.failed") == 1


def test_a_failed_document_can_be_read_again(receive, run_jobs, access):
    document = receive(b"a plain note")
    run_jobs(DOCUMENTS)
    document.refresh_from_db()
    services.retry(access, document)
    assert (document.state, document.reason_code) == (S.RECEIVED, "")
    run_jobs(DOCUMENTS)
    assert state_of(document) == S.FAILED


@pytest.mark.parametrize("what", ["a draft", "a lease", "an approval meanwhile"])
def test_nothing_is_read_over_below_a_person(receive, run_jobs, access, access_as, what):
    """Over REST as well: what a script has read again is not taken from a clerk's hands."""
    document = receive()
    run_jobs(DOCUMENTS)
    Document.objects.update(state=S.REVIEW)
    seen = queries.document(access.project, document.pk)
    clerk = access_as(Role.REVIEWER)
    if what == "a draft":
        drafts.save(clerk, seen, {"f.total_amount": "1"}, version=seen.version, template="", extraction=None)
    elif what == "a lease":
        leases.take(clerk, seen.pk, "k")
    else:
        Document.objects.update(version=seen.version + 1)
    with pytest.raises(Conflict) as caught:
        services.retry(access, seen)
    assert caught.value.code == "busy"
    assert state_of(document) == S.REVIEW


def test_who_holds_a_document_may_have_it_read_again(receive, run_jobs, access):
    document = receive()
    run_jobs(DOCUMENTS)
    Document.objects.update(state=S.REVIEW)
    seen = queries.document(access.project, document.pk)
    leases.take(access, seen.pk, "k")
    services.retry(access, seen)
    document.refresh_from_db()
    assert (document.state, document.held_by, document.version) == (S.RECEIVED, "", seen.version + 1)


def test_a_password_is_asked_for_used_and_forgotten(receive, run_jobs, make_pdf, access):
    document = receive(make_pdf("secret words", *["more"] * 9, password="open sesame"))
    run_jobs(DOCUMENTS)
    assert (state_of(document), document.reason_code) == (S.NEEDS_PASSWORD, "encrypted")

    services.give_password(access, document, password="wrong")
    run_jobs(DOCUMENTS)
    assert state_of(document) == S.NEEDS_PASSWORD
    assert document.reason_message == reads.WRONG_PASSWORD
    assert document.password == ""

    services.give_password(access, document, password="open sesame")
    run_jobs(DOCUMENTS)
    assert state_of(document) == S.EXTRACTING
    assert document.password == ""
    assert queries.read_words(document).pages[0].text == "secret words"
    assert document.page_images.count() == 10  # all, while the password was known
    assert "sesame" not in str(list(AuditEntry.objects.values())) + str(list(Event.objects.values()))


def test_a_password_is_taken_only_where_one_is_asked_for(receive, access):
    with pytest.raises(Conflict):
        services.give_password(access, receive(), password="x")


@pytest.mark.parametrize("state", [S.RECEIVED, S.READING, S.EXTRACTING, S.APPROVED, S.SPLIT])
def test_no_retry_of_what_is_at_work_or_approved(receive, access, state):
    document = receive()
    Document.objects.filter(pk=document.pk).update(state=state)
    document.refresh_from_db()
    with pytest.raises(Conflict) as caught:
        services.retry(access, document)
    assert caught.value.code == "wrong_state"
    assert state_of(document) == state


@pytest.mark.parametrize("state", [s for s in S if S.REJECTED not in MOVES[s]])
def test_no_rejection_where_the_table_has_no_move(receive, access, state):
    document = receive()
    Document.objects.filter(pk=document.pk).update(state=state)
    document.refresh_from_db()
    with pytest.raises(Conflict):
        services.reject(access, document)


@pytest.mark.parametrize(("old", "to"), [(a, b) for a in S for b in S if b not in MOVES[a]])
def test_every_illegal_move_is_a_bug(receive, old, to):
    document = Document(pk=1, state=old)
    with pytest.raises(IllegalMove):
        move(document, to, actor=SYSTEM, project="demo")


def test_two_workers_one_reads(receive):
    document = receive()
    first, second = (Document.objects.select_related("project").get(pk=document.pk) for _ in range(2))
    assert move(first, S.READING, actor=SYSTEM, project="demo", attempts=1)
    assert reads.read(second) is False
    assert events("document.read") == 0


def test_a_worker_that_lost_its_lease_changes_nothing(receive, run_jobs, monkeypatch):
    document = receive()
    real = reads.reader()

    def taken_over_meanwhile(*args, **kwargs):
        Document.objects.filter(pk=document.pk).update(attempts=2)  # the sweeper gave it to another worker
        return real.read(*args, **kwargs)

    monkeypatch.setattr(reads, "reader", lambda: type("Slow", (), {"read": staticmethod(taken_over_meanwhile)}))
    assert jobs.read_document(document.pk) is False
    assert state_of(document) == S.READING
    assert events("document.read") == 0


def dies(*args, **kwargs):
    raise SystemExit("kill -9")


def test_a_killed_worker_costs_an_attempt_and_then_the_document(receive, run_jobs, monkeypatch, settings):
    document = receive()
    monkeypatch.setattr(reads, "reader", lambda: type("Dead", (), {"read": staticmethod(dies)}))
    for attempt in range(1, settings.READ_ATTEMPTS + 1):
        with pytest.raises(SystemExit):
            run_jobs(DOCUMENTS)
        assert (state_of(document), document.attempts) == (S.READING, attempt)
        assert jobs.sweep() == 0  # the lease still runs
        Document.objects.filter(pk=document.pk).update(leased_until=timezone.now() - datetime.timedelta(seconds=1))
        assert jobs.sweep() == 1
    assert (state_of(document), document.reason_code) == (S.FAILED, "crashed")


def test_a_killed_worker_s_document_is_read_by_the_next(receive, run_jobs, monkeypatch):
    document = receive()
    with monkeypatch.context() as patched:
        patched.setattr(reads, "reader", lambda: type("Dead", (), {"read": staticmethod(dies)}))
        with pytest.raises(SystemExit):
            run_jobs(DOCUMENTS)
    Document.objects.filter(pk=document.pk).update(leased_until=timezone.now() - datetime.timedelta(seconds=1))
    jobs.sweep()
    run_jobs(DOCUMENTS)
    assert state_of(document) == S.EXTRACTING


def age(document: Document, **delta: float) -> None:
    then = timezone.now() - datetime.timedelta(**delta)
    Document.objects.filter(pk=document.pk).update(state_changed_at=then)
    Event.objects.update(created_at=then)


def test_nothing_is_lost_when_redis_forgets(receive, run_jobs):
    document = receive()
    run_jobs._dispatch()
    run_jobs.flush()
    assert jobs.sweep() == 0  # it may still be on its way
    age(document, minutes=1)
    assert jobs.sweep() == 1
    run_jobs(DOCUMENTS)
    assert state_of(document) == S.EXTRACTING


def test_nothing_is_lost_while_redis_is_away(receive, run_jobs):
    from invex.kernel.outbox import dispatch_stale

    run_jobs.is_away = True
    document = receive()
    age(document, minutes=1)
    assert dispatch_stale() == 0
    assert jobs.sweep() == 0
    run_jobs.is_away = False
    assert dispatch_stale() == 1
    run_jobs(DOCUMENTS)
    assert state_of(document) == S.EXTRACTING


def test_a_busy_queue_is_not_filled_with_doubles(receive, run_jobs):
    document = receive()
    run_jobs._enqueue("somebody.elses.job", 1)
    age(document, minutes=2)
    assert jobs.sweep() == 0
    age(document, minutes=20)
    assert jobs.sweep() == 1
    assert jobs.sweep() == 0


def test_a_page_far_behind_is_drawn_when_somebody_looks(receive, run_jobs, make_pdf, access):
    document = receive(make_pdf(*[f"page {n}" for n in range(12)]))
    run_jobs(DOCUMENTS)
    document.refresh_from_db()
    assert document.page_images.count() == 8
    with pytest.raises(NotNow):
        services.page_image(access, document, 11)
    run_jobs(DOCUMENTS)
    image = services.page_image(access, document, 11)
    assert document.page_images.count() == 12
    from invex.kernel.blobs import store

    with Image.open(io.BytesIO(store().path(image.blob).read_bytes())) as picture:
        assert (picture.format, picture.size) == ("WEBP", (image.width_px, image.height_px))
    assert jobs.draw_pages(document.pk, 11) == 0
    with pytest.raises(NotFound):
        services.page_image(access, document, 12)


def test_a_picture_of_an_earlier_reading_is_not_kept_under_a_later_one(
    receive, run_jobs, access, make_pdf, monkeypatch
):
    """While a page behind the first is drawn, somebody turns it and it is read anew."""
    monkeypatch.setattr(images, "PAGES_AT_ONCE", 1)
    document = receive(make_pdf("one", "two"))
    run_jobs(DOCUMENTS)
    Document.objects.update(state=S.REVIEW)

    def turned_meanwhile(*args, real=images.draw, **kwargs):
        drawn = real(*args, **kwargs)
        with monkeypatch.context() as patch:
            patch.setattr(images, "draw", real)
            pages.turn(access, queries.document(access.project, document.pk), {1: 90})
            run_jobs(DOCUMENTS)
        return drawn

    with monkeypatch.context() as patch:
        patch.setattr(images, "draw", turned_meanwhile)
        assert jobs.draw_pages(document.pk, 1) == 0
    assert state_of(document) == S.EXTRACTING
    assert not document.page_images.filter(index=1).exists()
    assert DoomedBlob.objects.exists()
    assert jobs.draw_pages(document.pk, 1) == 1
    image = document.page_images.get(index=1)
    assert image.width_px > image.height_px, "as it is turned"


def test_an_old_image_does_not_outlive_a_new_read(receive, run_jobs, access):
    document = receive()
    run_jobs(DOCUMENTS)
    Document.objects.filter(pk=document.pk).update(state=S.REVIEW)
    document.refresh_from_db()
    services.retry(access, document)
    run_jobs(DOCUMENTS)
    assert state_of(document) == S.EXTRACTING
    assert document.page_images.count() == 1
