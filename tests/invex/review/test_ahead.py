"""The next document, fetched while a person still looks at this one: nobody has it by that, and it is never out of date."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from invex.accounts.roles import Role
from invex.catalog.services import create_template
from invex.documents.models import Document
from invex.extraction.models import Extraction
from invex.kernel.models import AuditEntry
from invex.review import decided, drafts, leases, services
from tests.invex.world import access_to, template_json, vendor

pytestmark = pytest.mark.django_db

ACME = vendor()
PART = {"X-Invex-Part": "1"}


@pytest.fixture
def client(person):
    client = Client()
    client.force_login(person(Role.REVIEWER))
    return client


@pytest.fixture
def three(keys_of_three) -> list[Document]:
    """Three documents in review, in the order in which they came."""
    return [Document.objects.get(pk=pk) for pk in keys_of_three]


def address(document: Document, part: str = "") -> str:
    return f"/p/demo/documents/{document.pk}/{part}?order=age"


def ahead_of(client: Client, document: Document) -> str:
    """Fetch what comes behind the document; return what its page was made of."""
    answer = client.get(address(document, "ahead/").replace("?", "?have=&"))
    assert answer.status_code == 200
    made_of: str = answer.context["made_of"]
    return made_of


def approve(client: Client, document: Document, mark: str):
    seen = client.get(address(document))
    inputs = {i.name: i.value for row in seen.context["screen"].rows for i in row.inputs}
    form = {"action": "approve", "version": document.version, "template": seen.context["screen"].chosen}
    return client.post(address(document), {**form, **inputs, "ahead": mark}, headers=PART)


def test_it_takes_nothing_and_says_nothing(client, three):
    first, second, _ = three
    answer = client.get(address(first, "ahead/"))
    assert answer.context["document"] == second
    assert answer.headers["X-Invex-Part"] == "1"
    assert b'<header class="frame"' not in answer.content
    second.refresh_from_db()
    assert (leases.holder(second), second.version, second.has_draft) == ("", first.version, False)


def test_it_is_not_sent_again_while_it_is_the_same(client, three):
    first, second, _ = three
    again = address(first, "ahead/") + f"&have={ahead_of(client, first)}"
    assert client.get(again).status_code == 304
    services.comment(access_to("demo", Role.REVIEWER, name="bob"), second.pk, "Look at the date.")
    assert client.get(again).status_code == 200


def test_an_approval_hands_it_over(client, three):
    first, second, _ = three
    mark = ahead_of(client, first)
    said = approve(client, first, mark).json()
    assert said["ahead"]["made_of"] == mark
    assert said["address"].startswith(f"/p/demo/documents/{second.pk}/?order=age&learned=")
    assert said["ahead"]["waiting"] == 2
    assert f"{first.name} is approved" in said["arrived"]
    key = said["ahead"]["key"]
    assert client.post(address(second, "presence/"), {"key": key}).status_code == 204
    client.post(address(second, "presence/"), {"key": key, "do": "leave"})
    second.refresh_from_db()
    assert leases.holder(second) == ""


DECISIONS = pytest.mark.parametrize(
    ("action", "sent", "said"),
    [
        ("approve", {}, "is approved"),
        ("reject", {"why": "not ours"}, "was rejected"),
        ("reject", {"why": ""}, "was rejected"),
        ("later", {"days": "3"}, "comes back on"),
    ],
)


def opened(client: Client, document: Document) -> dict[str, Any]:
    """Open the document; return the form of its page."""
    context = client.get(address(document)).context
    inputs = {i.name: i.value for row in context["screen"].rows for i in row.inputs}
    return {**inputs, "version": document.version, "template": context["screen"].chosen, "key": context["key"]}


@DECISIONS
def test_a_decision_whose_answer_was_lost_is_told_again_and_done_once(client, three, action, sent, said):
    first, second, _ = three
    form = {**opened(client, first), **sent, "action": action}
    answers = [client.post(address(first), form, headers=PART).json() for _ in range(2)]
    assert all(f"{first.name} {said}" in answer["arrived"] for answer in answers)
    assert {answer["address"].split("?")[0] for answer in answers} == {address(second).split("?")[0]}
    assert first.labels.count() == (1 if action == "approve" else 0)
    moved = {"approve": "approved", "reject": "rejected"}
    assert AuditEntry.objects.filter(subject=str(first.pk), action__endswith=moved.get(action, "postpone")).count() == 1
    other = access_to("demo", Role.REVIEWER, name="bob")
    assert decided.by(other, first, form["key"]) is None
    another = {**form, "key": "of another page"}
    assert client.post(address(first), another, headers=PART).status_code == 409


@DECISIONS
def test_a_decision_that_was_taken_back_since_is_not_told_again(client, three, action, sent, said):
    first, _, _ = three
    form, access = {**opened(client, first), **sent, "action": action}, access_to("demo", Role.REVIEWER)
    client.post(address(first), form, headers=PART)  # of which the page did not hear
    services.postpone(access, first.pk, None) if action == "later" else services.reopen(access, first.pk)
    answer = client.post(address(first), form, headers=PART)
    assert answer.status_code == 409
    assert f"{first.name} {said}" not in answer.content.decode()
    first.refresh_from_db()
    assert (first.state, first.postponed_until) == ("review", None)
    later = client.post(address(first), {**opened(client, first), **sent, "action": action}, headers=PART)
    assert f"{first.name} {said}" in later.json()["arrived"]


@DECISIONS
def test_a_decision_that_is_asked_again_while_it_is_made_is_told_to_both(
    client, three, monkeypatch, action, sent, said
):
    first, _, _ = three
    form, look, answers = {**opened(client, first), **sent, "action": action}, decided.by, []

    def look_too_early(access, document, key):
        """Nothing is decided yet; by the time that the request goes on, the other one has decided."""
        monkeypatch.setattr(decided, "by", look)
        found = look(access, document, key)
        answers.append(client.post(address(first), form, headers=PART))
        return found

    monkeypatch.setattr(decided, "by", look_too_early)
    answers.append(client.post(address(first), form, headers=PART))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert all(f"{first.name} {said}" in answer.json()["arrived"] for answer in answers)
    assert first.labels.count() == (1 if action == "approve" else 0)


@pytest.mark.parametrize("change", ["read again", "begun", "warned of"])
def test_one_that_changed_meanwhile_is_fetched_anew(client, three, change):
    first, second, _ = three
    mark = ahead_of(client, first)
    if change == "begun":
        bob = access_to("demo", Role.REVIEWER, name="bob")
        drafts.save(bob, second, {"f:total_amount:0": "1"}, version=second.version, template="", extraction=None)
    elif change == "warned of":
        Extraction.objects.filter(document=second).update(reasons=[{"code": "x", "message": "y", "field": ""}])
    else:
        Document.objects.filter(pk=second.pk).update(version=second.version + 1)
    said = approve(client, first, mark).json()
    assert f"/{second.pk}/" in said["address"]
    assert said["ahead"]["made_of"] != mark
    assert f"{first.name} is approved" in said["arrived"], "and the script puts it into the page it asks for"


def test_one_that_lacks_what_is_confirmed_meanwhile_is_fetched_anew(client, access, three):
    create_template(access, template_json("Order"))
    Document.objects.update(template="Order")
    first, _, third = three
    third_label = {"template": "Order", "fields": {"due_date": [{"value": "2026-01-31"}]}}
    mark = ahead_of(client, first)
    services.confirm(access, third.pk, third_label)
    newer = ahead_of(client, first)
    assert newer != mark
    services.confirm(access, third.pk, {**third_label, "fields": {"due_date": []}})
    assert ahead_of(client, first) == mark, "none is without it any more"


def test_one_that_somebody_opened_meanwhile_is_passed_by(client, three):
    first, second, third = three
    mark = ahead_of(client, first)
    assert leases.take(access_to("demo", Role.REVIEWER, name="bob"), second.pk, "k")
    said = approve(client, first, mark).json()
    assert f"/{third.pk}/" in said["address"]
    assert said["ahead"]["made_of"] != mark


def test_one_that_came_while_it_was_approved_is_known_by_its_mark(client, three):
    first, second, _ = three
    mark = ahead_of(client, first)
    Document.objects.filter(pk=second.pk).update(version=second.version + 1)
    newer = ahead_of(client, first)
    said = approve(client, first, mark).json()
    assert said["ahead"]["made_of"] == newer != mark


def test_own_unsaved_work_is_not_left_out(client, person, three):
    first, second, _ = three
    client.post(address(second, "draft/"), {"version": second.version, "f:total_amount:0": "1", "template": ""})
    assert client.get(address(first, "ahead/")).status_code == 204


def test_behind_the_last_there_is_none(client, three):
    first, *others = three
    Document.objects.filter(pk__in=[row.pk for row in others]).delete()
    assert client.get(address(first, "ahead/")).status_code == 204
    assert approve(client, first, "").json() == {"address": "/p/demo/inbox/", "is_over": True}


def test_who_has_fetched_nothing_beforehand_hears_of_the_approval_too(client, three):
    first, second, _ = three
    said = approve(client, first, "").json()
    assert said["address"].startswith(f"/p/demo/documents/{second.pk}/")
    assert f"{first.name} is approved" in said["arrived"]
    assert f"{first.name} is approved" not in client.get(said["address"]).content.decode(), "once"


def test_what_is_not_approved_comes_back_as_a_part(client, three):
    first, *_ = three
    chosen = client.get(address(first)).context["screen"].chosen
    form = {"action": "approve", "version": first.version, "template": chosen, "f:invoice_date:0": "no date"}
    answer = client.post(address(first), form, headers=PART)
    assert (answer.status_code, answer.headers["X-Invex-Part"]) == (422, "1")
    assert client.post(address(first), form).headers.get("X-Invex-Part") is None
