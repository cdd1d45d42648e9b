"""Split, join, turn: no page lost or doubled, links both ways, and nothing half done."""

from __future__ import annotations

import io
import json

import pypdfium2 as pdfium
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from invex.accounts.roles import Role
from invex.documents import jobs, pages, queries
from invex.documents.models import Document, PageSource
from invex.documents.states import DocumentState as S
from invex.kernel.blobs import store
from invex.kernel.errors import BadInput, Conflict, NotAllowed, NotFound, NotNow
from invex.kernel.models import AuditEntry, Event


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
        assert pages.ranges(text) == found

    @pytest.mark.parametrize("text", ["0", "2-1", "a", "1-", "-1", "1--2", "1-2-3", "999999", "1.5"])
    def test_what_makes_no_sense(self, text):
        with pytest.raises(BadInput):
            pages.ranges(text)

    @given(st.lists(st.tuples(st.integers(1, 99), st.integers(0, 9)), max_size=8))
    def test_ranges_come_back_as_they_were_written(self, parts):
        text = ", ".join(f"{first}-{first + more}" if more else f"{first}" for first, more in parts)
        assert pages.ranges(text) == [list(range(first - 1, first + more)) for first, more in parts]

    @given(st.text(max_size=30))
    def test_any_text_is_ranges_or_refused(self, text):
        try:
            found = pages.ranges(text)
        except BadInput:
            return
        assert all(part and part == sorted(part) and part[0] >= 0 for part in found)


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
    def test_a_turned_page_is_read_anew(self, worker, waiting, access):
        document = waiting("one", "two")
        made = pages.turn(access, document, {1: 90})
        with pdfium.PdfDocument(store().path(made.sha256)) as opened:
            assert [page.get_rotation() for page in opened] == [0, 90]
        assert (made.state, made.name) == (S.RECEIVED, "scan.pdf")

    @pytest.mark.parametrize("turns", [{}, {0: 45}, {0: 0}, {2: 90}, {-1: 90}])
    def test_nonsense(self, worker, waiting, access, turns):
        with pytest.raises(BadInput):
            pages.turn(access, waiting("one"), turns)


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

    def test_join_and_turn_lead_to_the_new_document(self, worker, waiting, person):
        client = Client()
        client.force_login(person(Role.REVIEWER))
        one, two = waiting("one"), waiting("two")
        answer = client.post(f"/p/demo/documents/{one.pk}/pages/", {"action": "join", "others": str(two.pk)})
        made = Document.objects.latest("pk")
        assert (answer["Location"], made.name) == (f"/p/demo/documents/{made.pk}/", "scan.pdf")
        three = waiting("three")
        client.post(f"/p/demo/documents/{three.pk}/pages/", {"action": "turn", "turn-0": "180"})
        assert Document.objects.latest("pk").sources.get().source == three

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
