"""Who is at a document: two people never get the same, and nobody keeps one that they left."""

from __future__ import annotations

import datetime

import pytest
from django.test import Client
from django.utils import timezone

from invex.accounts.roles import Role
from invex.documents import queries as documents
from invex.documents.models import Document
from invex.documents.states import DocumentState as S
from invex.extraction.models import Extraction
from invex.extraction.services import keep_up
from invex.kernel.errors import NotAllowed
from invex.kernel.models import AuditEntry
from invex.review import leases
from invex.review.queue import AGE, UNCERTAIN, Queue, neighbour, take_next, waiting
from tests.invex.world import access_to, document_in_review, vendor

pytestmark = pytest.mark.django_db
ACME = vendor()


@pytest.fixture
def ann(access):
    return access_to("demo", Role.REVIEWER, name="ann")


@pytest.fixture
def bob(access):
    return access_to("demo", Role.REVIEWER, name="bob")


@pytest.fixture
def three(keys_of_three) -> list[Document]:
    """Three documents in review, in the order in which they came; the first is the surest."""
    for pk, doubt in zip(keys_of_three, (0.5, 2.0, 2.0), strict=True):
        Document.objects.filter(pk=pk).update(doubt=doubt)
    return [Document.objects.get(pk=pk) for pk in keys_of_three]


@pytest.fixture
def document(keys_of_three) -> Document:
    """The first of them, alone."""
    Document.objects.exclude(pk=keys_of_three[0]).delete()
    return Document.objects.get()


def reload(document):
    return Document.objects.get(pk=document.pk)


def test_the_first_has_it_until_the_lease_runs_out(ann, bob, document):
    assert leases.take(ann, document.pk, "a")
    assert not leases.take(bob, document.pk, "b")
    assert leases.holder(reload(document)) == "ann"
    Document.objects.filter(pk=document.pk).update(held_until=timezone.now() - datetime.timedelta(seconds=1))
    assert leases.holder(reload(document)) == ""
    assert leases.take(bob, document.pk, "b")
    assert not leases.renew(ann, document, "a")


def test_only_the_newest_page_of_a_person_gives_it_back(ann, document):
    leases.take(ann, document.pk, "first tab")
    leases.take(ann, document.pk, "reloaded")
    leases.release(ann, document, "first tab")
    assert leases.holder(reload(document)) == "ann"
    leases.release(ann, document, "reloaded")
    assert leases.holder(reload(document)) == ""


def test_taking_over_is_written_down(ann, bob, document):
    leases.take(ann, document.pk, "a")
    leases.take_over(bob, reload(document), "b")
    assert leases.holder(reload(document)) == "bob"
    assert AuditEntry.objects.get(action="took over").detail == {"held_by": "ann"}


def test_a_viewer_holds_nothing(access_as, document):
    with pytest.raises(NotAllowed):
        leases.take(access_as(Role.VIEWER), document.pk, "v")


def test_what_is_decided_is_free(ann, document):
    from invex.review.services import postpone

    leases.take(ann, document.pk, "a")
    postpone(ann, document.pk, timezone.localdate() + datetime.timedelta(days=1))
    assert leases.holder(reload(document)) == ""


@pytest.mark.parametrize("touch", ["held", "draft", "left"])
def test_nobody_loses_values_to_a_reread_while_they_are_at_it(ann, document, monkeypatch, touch):
    from types import SimpleNamespace

    from invex.extraction import services
    from invex.extraction.predictors import deployed

    if touch == "held":
        leases.take(ann, document.pk, "a")
    elif touch == "draft":
        Document.objects.filter(pk=document.pk).update(has_draft=True)
    Extraction.objects.filter(document=document).update(prediction={"fields": {}, "tables": {}, "warnings": []})
    shown = Extraction.objects.select_related("document__project").get(document=document, is_current=True)
    predictor = deployed(document.project_id)
    monkeypatch.setattr(type(predictor), "changed_since", lambda *_: SimpleNamespace(__contains__=lambda *_: True))
    assert services.reread(shown, predictor) is (touch == "left")
    assert documents.documents(ann.project).filter(documents.untouched()).exists() is (touch == "left")
    assert keep_up is services.keep_up


class TestQueue:
    def test_the_uncertain_come_first_and_of_equals_the_oldest(self, ann, three):
        first, second, third = three
        assert list(waiting(ann.project, Queue())) == [second, third, first]
        assert list(waiting(ann.project, Queue(AGE))) == [first, second, third]

    @pytest.mark.parametrize("order", [UNCERTAIN, AGE, "template"])
    def test_next_and_back_go_round_in_every_order(self, ann, three, order):
        queue = Queue(order)
        rows = list(waiting(ann.project, queue))
        for at, row in enumerate(rows):
            assert neighbour(ann, queue, row) == rows[(at + 1) % 3].pk
            assert neighbour(ann, queue, row, backwards=True) == rows[at - 1].pk

    def test_two_people_who_go_on_get_different_documents(self, ann, bob, three):
        got = [take_next(who, Queue(), three[0]) for who in (ann, bob)]
        assert [row.pk for row in got] == [three[1].pk, three[2].pk]
        assert take_next(access_to("demo", Role.REVIEWER, name="eve"), Queue(), three[0]) is None

    def test_the_address_keeps_the_queue(self):
        queue = Queue.asked({"order": "age", "of": "Ä & B", "batch": "7", "reason": "required"})
        assert queue == Queue("age", "Ä & B", 7, "required")
        assert queue.query == "?order=age&of=%C3%84+%26+B&batch=7&reason=required"
        assert Queue.asked(queue.parameters) == queue, "as the form that chooses a template sends it"
        assert Queue.asked({"order": "nonsense", "batch": "x"}) == Queue()

    def test_filters(self, ann, three):
        Document.objects.filter(pk=three[0].pk).update(template="Acme", reason_code="required")
        assert waiting(ann.project, Queue(template="Acme")).get() == three[0]
        assert waiting(ann.project, Queue(template="-")).count() == 2
        assert waiting(ann.project, Queue(reason="required")).get() == three[0]
        assert waiting(ann.project, Queue(batch=three[0].batch_id + 1)).count() == 0


class TestPages:
    @pytest.fixture
    def two(self, person):
        clients = []
        for name in ("ann", "bob"):
            user = person(Role.REVIEWER)
            type(user).objects.filter(pk=user.pk).update(username=name)
            client = Client()
            client.force_login(type(user).objects.get(pk=user.pk))
            clients.append(client)
        return clients

    def test_the_second_sees_who_is_at_it_and_may_take_it_over(self, two, document):
        ann, bob = two
        address = f"/p/demo/documents/{document.pk}/"
        key = ann.get(address).context["key"]
        seen = bob.get(address)
        assert (seen.context["held_by_other"], seen.context["is_mine"]) == ("ann", False)
        assert b"ann is at this document" in seen.content
        bob.post(address, {"action": "take over"})
        lost = ann.post(f"{address}presence/", {"key": key})
        assert (lost.status_code, lost.json()["holder"]) == (409, "bob")

    def test_closing_the_page_gives_it_back(self, two, document):
        ann, _bob = two
        address = f"/p/demo/documents/{document.pk}/"
        key = ann.get(address).context["key"]
        assert ann.post(f"{address}presence/", {"key": key}).status_code == 204
        ann.post(f"{address}presence/", {"key": key, "do": "leave"})
        assert leases.holder(reload(document)) == ""

    def test_each_who_starts_gets_another_document(self, three, two):
        places = {client.get("/p/demo/inbox/start/", follow=True).request["PATH_INFO"] for client in two}
        assert len(places) == 2

    def test_the_inbox_says_who_is_at_what(self, two, document):
        ann, bob = two
        ann.get(f"/p/demo/documents/{document.pk}/")
        assert [e["holder"] for e in bob.get("/p/demo/inbox/").context["documents"]] == ["ann"]

    def test_the_inbox_has_pages(self, two, document, monkeypatch):
        monkeypatch.setattr("invex.kernel.pager.PER_PAGE", 1)
        document_in_review(access_to("demo"), ACME.document(1))
        first = two[0].get("/p/demo/inbox/?order=age")
        assert (len(first.context["documents"]), first.context["older"]) == (1, "?order=age&page=2")
        assert two[0].get("/p/demo/inbox/?order=age&page=2").context["older"] == ""
        assert Document.objects.filter(state=S.REVIEW).count() == 2
