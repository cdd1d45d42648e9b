"""Split and join: no page lost or doubled, links both ways, nothing half done. Turn: the document is read again."""

from __future__ import annotations

import datetime
import io
import json
import tracemalloc

import pypdfium2 as pdfium
import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fixtures.generator import Vendor
from invex.accounts.roles import Role
from invex.documents import jobs, pages, queries
from invex.documents.frames import picture
from invex.documents.models import Document, PageSource
from invex.documents.states import DocumentState as S
from invex.extraction.jobs import extract_document
from invex.kernel.blobs import store
from invex.kernel.errors import BadInput, Conflict, NotAllowed, NotFound, NotNow
from invex.kernel.models import AuditEntry, DoomedBlob, Event
from tests.invex.world import document_in_review

HELD = {
    "unsaved work": {"has_draft": True},
    "held": {"held_by": "somebody", "held_until": timezone.now() + datetime.timedelta(hours=1)},
}


def texts(document: Document) -> list[str]:
    """The text of each page of the document's file."""
    found = []
    with pdfium.PdfDocument(store().path(document.sha256)) as opened:
        for page in opened:
            found.append(page.get_textpage().get_text_bounded().strip())
    return found


@pytest.fixture
def worker(monkeypatch):
    """A worker that answers: what it is asked and what it returns goes through JSON, as through Redis."""

    def ask(job, *args, queue, timeout_s):
        assert job == "invex.documents.jobs.assemble"
        return json.loads(json.dumps(jobs.assemble(*json.loads(json.dumps(args)))))

    monkeypatch.setattr(pages, "ask", ask)


@pytest.fixture
def waiting(receive, run_jobs, make_pdf):
    """waiting(*texts) -> a document with these pages that waits for review."""

    def make(*lines: str, content: bytes | None = None, name: str = "scan.pdf", **kwargs) -> Document:
        document = receive(content if content is not None else make_pdf(*lines), name=name, **kwargs)
        run_jobs("invex.documents.")
        Document.objects.filter(pk=document.pk, state=S.EXTRACTING).update(state=S.REVIEW)
        return queries.document(document.project, document.pk)

    return make


def tiff(*colours: str) -> bytes:
    out = io.BytesIO()
    first, *more = [Image.new("RGB", (200, 100), colour) for colour in colours]
    first.save(out, "TIFF", save_all=True, append_images=more, dpi=(100, 100))
    return out.getvalue()


class TestRanges:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("1-2, 3", [[0, 1], [2]]),
            ("1 - 2;3", [[0, 1], [2]]),
            ("3 1–2", [[2], [0, 1]]),
            ("", []),
        ],
    )
    def test_what_a_person_writes(self, text, found):
        assert [list(part) for part in pages.ranges(text)] == found

    @pytest.mark.parametrize("text", ["0", "2-1", "a", "1-", "-1", "1--2", "1-2-3", "999999", "1.5"])
    def test_what_makes_no_sense(self, text):
        with pytest.raises(BadInput):
            pages.ranges(text)

    @given(st.lists(st.tuples(st.integers(1, 99), st.integers(0, 9)), max_size=8))
    def test_ranges_come_back_as_they_were_written(self, parts):
        text = ", ".join(f"{first}-{first + more}" if more else f"{first}" for first, more in parts)
        assert pages.ranges(text) == [range(first - 1, first + more) for first, more in parts]

    @given(st.text(max_size=30))
    def test_any_text_is_ranges_or_refused(self, text):
        try:
            found = pages.ranges(text)
        except BadInput:
            return
        assert all(part and part[0] >= 0 and part.step == 1 for part in found)


class TestSplit:
    def test_each_part_becomes_a_document_and_the_links_go_both_ways(self, worker, waiting, access):
        document = waiting("one", "two", "three")
        first, second = pages.split(access, document, [[0, 1], [2]])
        assert (texts(first), texts(second)) == (["one", "two"], ["three"])
        assert [(d.name, d.state, d.batch) for d in (first, second)] == [
            ("scan (1-2).pdf", S.RECEIVED, document.batch),
            ("scan (3).pdf", S.RECEIVED, document.batch),
        ]
        document.refresh_from_db()
        assert document.state == S.SPLIT
        assert [(link.document, link.pages) for link in document.made.all()] == [(first, [0, 1]), (second, [2])]
        assert first.sources.get().source == document
        assert AuditEntry.objects.get(action="review -> split").detail == {"made": [first.pk, second.pk]}
        assert Event.objects.filter(name="document.split", subject=str(document.pk)).exists()

    def test_the_parts_are_read_like_any_other_file(self, worker, waiting, access, run_jobs):
        parts = pages.split(access, waiting("one", "two"), [[1], [0]])
        run_jobs("invex.documents.")
        for part, text in zip(parts, ("two", "one"), strict=True):
            part.refresh_from_db()
            assert part.state == S.EXTRACTING
            assert queries.read_words(part).pages[0].text == text

    @pytest.mark.parametrize(
        "parts", [[], [[0, 1, 2]], [[0], [1]], [[0, 1], [1, 2]], [[0, 1], [2, 3]], [[0, 1, 2], []], [[-1], [0, 1, 2]]]
    )
    def test_no_page_is_lost_doubled_or_invented(self, worker, waiting, access, parts):
        document = waiting("one", "two", "three")
        with pytest.raises(BadInput):
            pages.split(access, document, parts)
        assert Document.objects.get().state == S.REVIEW

    @pytest.mark.parametrize(
        ("text", "told"), [("1-99999 " * 3000, "There is no page 4"), ("1-3 " * 20_000, "Page 1 is in two parts")]
    )
    def test_a_short_text_that_names_very_many_pages_costs_nothing(self, waiting, access, text, told):
        document = waiting("one", "two", "three")
        tracemalloc.start()
        try:
            with pytest.raises(BadInput, match=told):
                pages.split(access, document, pages.ranges(text))
            assert tracemalloc.get_traced_memory()[1] < 10 * 2**20
        finally:
            tracemalloc.stop()

    def test_parts_that_a_program_doubles_very_often_are_refused_at_once(self, waiting, access):
        """Finding the double once took a look at all pages for each page: minutes."""
        with pytest.raises(BadInput, match="Page 1 is in two parts"):
            pages.split(access, waiting("one", "two", "three"), [[0, 1, 2]] * 20_000)

    def test_pages_of_an_image_file(self, worker, waiting, access, run_jobs):
        document = waiting(content=tiff("red", "blue"), name="fax.tif")
        assert document.page_count == 2
        first, second = pages.split(access, document, [[0], [1]])
        with pdfium.PdfDocument(store().path(second.sha256)) as opened:
            assert opened[0].get_size() == pytest.approx((144, 72))
            picture = opened[0].render().to_pil().convert("RGB")
        assert picture.getpixel((70, 30)) == (0, 0, 255)
        assert first.name == "fax (1).pdf"


class TestJoin:
    def test_all_pages_in_order(self, worker, waiting, access):
        one, two = waiting("one", "two"), waiting("three")
        made = pages.join(access, [two, one])
        assert texts(made) == ["three", "one", "two"]
        assert [link.source for link in made.sources.all()] == [two, one]
        assert set(Document.objects.exclude(pk=made.pk).values_list("state", flat=True)) == {S.SPLIT}

    def test_a_scan_and_a_pdf(self, worker, waiting, access):
        made = pages.join(access, [waiting("one"), waiting(content=tiff("red"), name="a.tif")])
        assert texts(made) == ["one", ""]

    def test_what_cannot_be_joined(self, worker, waiting, access):
        one = waiting("one")
        for nonsense in ([one], [one, one], []):
            with pytest.raises(BadInput):
                pages.join(access, nonsense)

    def test_another_project_s_document_is_not_there(self, worker, waiting, access, other_access):
        from invex.documents.services import create_batch

        foreign = waiting("two", access=other_access, batch=create_batch(other_access))
        with pytest.raises(NotFound):
            pages.join(access, [waiting("one"), foreign])


class TestTurn:
    def test_the_same_document_is_read_again_as_its_page_is_turned(self, waiting, access, run_jobs):
        document = waiting("one", "two")
        file, pictures = document.sha256, {i: image.blob for i, image in queries.page_images(document).items()}
        pages.turn(access, document, {1: 90})
        assert document.state == S.RECEIVED
        run_jobs("invex.documents.")
        document = Document.objects.get()
        assert (document.state, document.sha256, document.version) == (S.EXTRACTING, file, 1)
        first, second = queries.read_words(document).pages
        assert [(page.rotation, page.width < page.height) for page in (first, second)] == [(0, True), (90, False)]
        drawn = queries.page_images(document)
        assert drawn[0].blob == pictures[0]
        assert drawn[1].width_px > drawn[1].height_px
        assert DoomedBlob.objects.filter(sha256=pictures[1]).exists()
        assert AuditEntry.objects.get(action="review -> received").detail == {"turned": {"1": 90}}

    def test_from_how_it_is_shown_and_the_other_pages_as_they_are(self, waiting, access, run_jobs):
        document = waiting("one", "two")
        for turns in ({0: 270}, {0: 180, 1: 180}):
            pages.turn(access, document, turns)
            run_jobs("invex.documents.")
            Document.objects.update(state=S.REVIEW)
            document.refresh_from_db()
        assert [page.rotation for page in queries.read_words(document).pages] == [90, 180]

    def test_the_next_extraction_is_added(self, access):
        document = document_in_review(access, Vendor(7, kind="invoice", locale="en-US").document(0))
        Document.objects.filter(pk=document.pk).update(sha256=store().put(tiff("red")))
        document.refresh_from_db()
        before = document.extractions.get()
        pages.turn(access, document, {0: 90})
        Document.objects.filter(pk=document.pk).update(state=S.EXTRACTING)
        extract_document(document.pk)
        assert [(row.pk == before.pk, row.is_current) for row in document.extractions.order_by("number")] == [
            (True, False),
            (False, True),
        ]

    def test_parts_of_a_turned_document_stay_turned(self, worker, waiting, access, run_jobs):
        document = waiting("one", "two", "three")
        pages.turn(access, document, {1: 90})
        run_jobs("invex.documents.")
        Document.objects.update(state=S.REVIEW)
        document.refresh_from_db()
        first, second = pages.split(access, document, [[0], [2, 1]])
        assert (first.turned_pages, second.turned_pages) == ({}, {1: 90})
        run_jobs("invex.documents.")
        assert [page.rotation for page in queries.read_words(Document.objects.get(pk=second.pk)).pages] == [0, 90]

    @pytest.mark.parametrize("held", HELD.values(), ids=HELD)
    def test_not_below_somebody_who_is_at_it(self, waiting, access, held):
        document = waiting("one")
        Document.objects.update(**held)
        with pytest.raises(Conflict) as caught:
            pages.turn(access, document, {0: 90})
        assert caught.value.code == "busy"
        assert Document.objects.get().state == S.REVIEW

    def test_who_holds_it_may(self, waiting, access):
        document = waiting("one")
        Document.objects.update(
            held_by=str(access.actor), held_key="k", held_until=timezone.now() + datetime.timedelta(hours=1)
        )
        pages.turn(access, document, {0: 90})
        assert (Document.objects.get().state, Document.objects.get().held_by) == (S.RECEIVED, "")

    @pytest.mark.parametrize("turns", [{}, {0: 45}, {0: 0}, {2: 90}, {-1: 90}])
    def test_nonsense(self, waiting, access, turns):
        with pytest.raises(BadInput):
            pages.turn(access, waiting("one"), turns)

    def test_an_e_invoice_without_pages_of_its_own(self, waiting, access):
        document = waiting("one")
        Document.objects.update(sha256=store().put(b"<Invoice/>"))
        document.refresh_from_db()
        with pytest.raises(BadInput, match="no pages to turn"):
            pages.turn(access, document, {0: 90})


class TestNothingHalfDone:
    def test_without_a_worker_nothing_changes(self, waiting, access, run_jobs):
        document = waiting("one", "two")
        run_jobs.is_away = True
        with pytest.raises(NotNow):
            pages.split(access, document, [[0], [1]])
        assert Document.objects.get().state == S.REVIEW

    def test_a_crash_while_the_rows_are_written_changes_nothing(self, worker, waiting, access, monkeypatch):
        document = waiting("one", "two")
        monkeypatch.setattr(pages, "move", lambda *_, **__: (_ for _ in ()).throw(OSError("killed")))
        with pytest.raises(OSError, match="killed"):
            pages.split(access, document, [[0], [1]])
        assert Document.objects.get().state == S.REVIEW
        assert not PageSource.objects.exists()

    @pytest.mark.parametrize("held", HELD.values(), ids=HELD)
    def test_not_below_somebody_who_is_at_it(self, worker, waiting, access, held):
        document = waiting("one", "two")
        Document.objects.update(**held)
        with pytest.raises(Conflict) as caught:
            pages.split(access, document, [[0], [1]])
        assert caught.value.code == "busy"
        assert Document.objects.get().state == S.REVIEW

    def test_somebody_who_was_faster_wins(self, worker, waiting, access):
        document = waiting("one", "two")
        Document.objects.filter(pk=document.pk).update(version=1)
        with pytest.raises(Conflict):
            pages.split(access, document, [[0], [1]])
        assert Document.objects.count() == 1

    @pytest.mark.parametrize("state", [s for s in S if s != S.REVIEW])
    def test_only_what_waits_for_review(self, worker, waiting, access, state):
        document = waiting("one", "two")
        Document.objects.update(state=state)
        document.refresh_from_db()
        with pytest.raises(Conflict):
            pages.split(access, document, [[0], [1]])

    def test_a_file_with_a_password_says_so(self, worker, receive, access, make_pdf):
        document = receive(make_pdf("one", "two", password="sesame"))
        Document.objects.update(state=S.REVIEW, page_count=2)
        with pytest.raises(BadInput) as caught:
            pages.split(access, queries.document(access.project, document.pk), [[0], [1]])
        assert caught.value.code == "encrypted"

    def test_a_viewer_may_not(self, worker, waiting, access_as):
        with pytest.raises(NotAllowed):
            pages.split(access_as(Role.VIEWER), waiting("one", "two"), [[0], [1]])


class TestInterfaces:
    def test_a_wrong_password_is_said_once(self, receive, run_jobs, make_pdf, person):
        client = Client()
        client.force_login(person(Role.REVIEWER))
        document = receive(make_pdf("one", password="sesame"))
        run_jobs("invex.documents.")
        path = f"/p/demo/documents/{document.pk}/"
        client.post(f"{path}password/", {"password": "wrong"})
        run_jobs("invex.documents.")
        said = client.get(path).content.decode()
        assert said.count("The password does not open the file.") == 1
        assert "reads the document with this password" not in said
        assert ">encrypted<" not in said, "a word for programs"

    def test_the_page(self, worker, waiting, person):
        client = Client()
        client.force_login(person(Role.REVIEWER))
        document = waiting("one", "two")
        path = f"/p/demo/documents/{document.pk}/pages/"
        assert client.get(path).content.decode().count("<img") == 2
        wrong = client.post(path, {"action": "split", "ranges": "1"})
        assert (wrong.status_code, "at least two parts" in wrong.content.decode()) == (422, True)
        assert client.post(path, {"action": "split", "ranges": "1, 2"})["Location"] == path
        made = list(Document.objects.exclude(pk=document.pk))
        assert all(f"/p/demo/documents/{part.pk}/" in client.get(path).content.decode() for part in made)
        assert (
            f"/p/demo/documents/{document.pk}/" in client.get(f"/p/demo/documents/{made[0].pk}/pages/").content.decode()
        )

    def test_join_leads_to_the_new_document_and_turn_back(self, worker, waiting, person):
        client = Client()
        client.force_login(person(Role.REVIEWER))
        one, two = waiting("one"), waiting("two")
        answer = client.post(f"/p/demo/documents/{one.pk}/pages/", {"action": "join", "others": str(two.pk)})
        made = Document.objects.latest("pk")
        assert (answer["Location"], made.name) == (f"/p/demo/documents/{made.pk}/", "scan.pdf")
        three = waiting("three")
        answer = client.post(f"/p/demo/documents/{three.pk}/pages/", {"action": "turn", "turn-0": "180"})
        assert answer["Location"] == f"/p/demo/documents/{three.pk}/"
        assert queries.document(three.project, three.pk).rotations == {"0": 180}

    def test_rest(self, worker, waiting, api):
        client, document = api("reviewer"), waiting("one", "two")
        path = f"/api/v1/documents/{document.pk}"
        split = client.post(f"{path}/split", {"parts": [[0], [1]]}, content_type="application/json")
        assert (split.status_code, len(split.json()["documents"])) == (202, 2)
        assert client.get(path).json()["state"] == "split"
        again = client.post(f"{path}/turn", {"turns": {"0": 90}}, content_type="application/json")
        assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
        ids = [str(waiting(text).pk) for text in ("three", "four")]
        joined = client.post(
            f"/api/v1/documents/{ids[0]}/join", {"documents": ids[1:]}, content_type="application/json"
        )
        assert joined.json()["documents"][0]["state"] == "received"
        five = waiting("five")
        turned = client.post(f"/api/v1/documents/{five.pk}/turn", {"turns": {"0": 90}}, content_type="application/json")
        assert (turned.status_code, turned.json()["id"], turned.json()["state"]) == (202, str(five.pk), "received")

    def test_a_picture_may_be_kept_as_long_as_its_reading_stands(self, waiting, person, access, run_jobs):
        client = Client()
        client.force_login(person(Role.REVIEWER))
        document = waiting("one")
        address = picture("demo", document, 0)
        assert "immutable" in client.get(address)["Cache-Control"]
        pages.turn(access, document, {0: 90})
        run_jobs("invex.documents.")
        assert client.get(address)["Cache-Control"] == "private, no-cache"
        assert picture("demo", queries.document(document.project, document.pk), 0) != address
