"""Unsaved work is kept, comes back, and stands beside what somebody else saved meanwhile."""

from __future__ import annotations

import datetime
import json
from collections import OrderedDict

import pytest
from django.test import Client
from django.utils import timezone

from invex.accounts.roles import Role
from invex.catalog.services import create_template
from invex.documents import queries
from invex.documents.models import Document
from invex.documents.states import DocumentState as S
from invex.extraction.models import Extraction
from invex.review import drafts, locate, printed, services
from invex.review.models import Comment, Draft
from tests.invex.world import access_to, document_in_review, label_of, template_json, vendor

pytestmark = pytest.mark.django_db
ACME = vendor()
ONE = ACME.document(0)


@pytest.fixture(scope="module")
def key_of_document(once) -> int:
    access = access_to("demo", Role.OWNER, name="owner-demo")
    create_template(access, template_json(ACME.name))
    row = document_in_review(access, ONE)
    Document.objects.filter(pk=row.pk).update(template=ACME.name)
    return row.pk


@pytest.fixture
def client(person):
    client = Client()
    client.force_login(person(Role.REVIEWER))
    return client


@pytest.fixture
def address(document):
    return f"/p/demo/documents/{document.pk}/"


def typed(document, **values: str) -> dict[str, str]:
    fields = {f"f:{key}:0": value for key, value in values.items()}
    seen = {f"f:{key}:0:by": "person" for key in values}
    return {"version": str(document.version), "template": ACME.name, **fields, **seen}


def value_of(page, key: str) -> str:
    return next(r.inputs[0].value for r in page.context["screen"].rows if r.spec.key == key)


def test_a_draft_is_gone_after_an_approval_of_what_somebody_else_has_confirmed(client, access, document, address):
    assert client.post(f"{address}draft/", typed(document, invoice_number="mine")).status_code == 200
    label = services.confirm(access, document.pk, label_of(ONE))
    owner = access_to("demo", Role.REVIEWER, name=Draft.objects.get(document=document).owner)
    assert services.confirm(owner, document.pk, label_of(ONE)) == label  # theirs was chosen: nothing new is confirmed
    assert not Draft.objects.filter(document=document).exists()
    document.refresh_from_db()
    assert not document.has_draft


def test_a_draft_comes_back_and_is_gone_after_approval(client, document, address):
    assert client.post(f"{address}draft/", typed(document, invoice_number="half ty")).status_code == 200
    document.refresh_from_db()
    assert document.has_draft
    page = client.get(address)  # as after a crash: nothing but the server knows
    assert value_of(page, "invoice_number") == "half ty"
    row = next(r for r in page.context["screen"].rows if r.spec.key == "invoice_number")
    assert row.inputs[0].is_touched
    assert client.post(address, {"action": "approve", **typed(document, invoice_number="4711")}).status_code == 302
    assert not Draft.objects.exists()
    document.refresh_from_db()
    assert (document.state, document.has_draft) == (S.APPROVED, False)


def test_a_draft_for_another_template_gives_only_what_the_person_typed(client, access, document, address, worker_says):
    worker_says()
    create_template(access, template_json("Other"))
    data = {**typed(document, invoice_number="mine"), "f:total_amount:0": "1.00"}
    client.post(f"{address}draft/", data)
    page = client.get(address, {"template": "Other"})
    assert value_of(page, "invoice_number") == "mine"
    assert value_of(page, "total_amount") != "1.00"


def test_a_draft_can_be_dropped(client, document, address):
    client.post(f"{address}draft/", typed(document, invoice_number="x"))
    client.post(address, {"action": "discard"})
    assert not Draft.objects.exists()
    assert not Document.objects.get(pk=document.pk).has_draft


def test_who_was_slower_sees_both_and_loses_nothing(client, access, document, address):
    mine = typed(document, invoice_number="MINE-1")
    theirs = label_of(ONE)
    theirs["fields"]["invoice_number"] = [{"value": "THEIRS-1"}]
    services.confirm(access, document.pk, theirs)
    answer = client.post(address, {"action": "approve", **mine})
    assert answer.status_code == 409
    row = next(r for r in answer.context["screen"].rows if r.spec.key == "invoice_number")
    assert (row.inputs[0].value, row.inputs[0].theirs) == ("MINE-1", "THEIRS-1")
    assert b"owner-demo saved this document meanwhile" in answer.content
    # The browser is closed now: what was typed is still there, and still a conflict.
    again = client.get(address)
    assert again.context["is_conflict"]
    assert value_of(again, "invoice_number") == "MINE-1"
    # Looked at both, and decided.
    document.refresh_from_db()
    decided = {"action": "approve", **typed(document, invoice_number="MINE-1")}
    assert client.post(address, decided).status_code == 302
    label = document.labels.get(is_current=True)
    assert label.label["fields"]["invoice_number"][0]["value"] == "MINE-1"
    assert [row.revision for row in document.labels.order_by("revision")] == [1, 2]


def test_a_draft_of_a_page_that_is_out_of_date_replaces_nothing(client, access, document, address):
    client.post(f"{address}draft/", typed(document, invoice_number="kept"))
    Document.objects.filter(pk=document.pk).update(version=5)
    client.post(f"{address}draft/", typed(document, invoice_number="late"))
    assert Draft.objects.get().data["f:invoice_number:0"] == "kept"


def test_a_draft_that_arrives_during_the_approval_does_not_outlive_it(client, access, document, address, monkeypatch):
    """The page tells what was typed as it is left: its request may be answered while the approval is."""
    asked = []

    def approved_meanwhile(*args, real=queries.document):
        row = real(*args)
        asked.append(row)
        if len(asked) == 1:  # the draft has seen the document in review
            services.confirm(access, row.pk, label_of(ONE))
        return row

    monkeypatch.setattr(queries, "document", approved_meanwhile)
    assert client.post(f"{address}draft/", typed(document, invoice_number="late")).status_code == 200
    assert asked
    document.refresh_from_db()
    assert (document.state, document.has_draft) == (S.APPROVED, False)
    assert not Draft.objects.exists()


def test_old_drafts_are_forgotten_and_free_their_document(client, document, address):
    client.post(f"{address}draft/", typed(document, invoice_number="x"))
    assert drafts.sweep() == 0
    Draft.objects.update(updated_at=timezone.now() - drafts.FORGOTTEN_AFTER - datetime.timedelta(days=1))
    assert drafts.sweep() == 1
    assert not Document.objects.get(pk=document.pk).has_draft


def test_corrections_are_counted_against_what_the_person_saw(access, document):
    seen = Extraction.objects.get(document=document, is_current=True)
    right = {"invoice_number": [{"value": "SEEN-1", "confidence": 1.0}]}
    Extraction.objects.filter(pk=seen.pk).update(prediction={"fields": right, "tables": {}}, is_current=False)
    seen.pk, seen.number = None, 2
    seen.prediction = {"fields": {"invoice_number": [{"value": "REREAD-2", "confidence": 1.0}]}, "tables": {}}
    seen.is_current = True
    seen.save()
    first = Extraction.objects.get(document=document, number=1)
    label = {"template": ACME.name, "fields": {"invoice_number": [{"value": "SEEN-1"}]}}
    row = services.confirm(access, document.pk, label, seen=first.pk)
    assert (row.corrected, row.extraction_id) == ([], first.pk)


def test_not_there_is_not_the_same_as_nobody_said(client, document, address):
    data = {"action": "approve", **typed(document, invoice_number="", customer=""), "f:customer:0:open": "1"}
    assert client.post(address, data).status_code == 302
    fields = document.labels.get().label["fields"]
    assert fields["invoice_number"] == []
    assert "customer" not in fields


def test_a_long_table_is_sent_as_one_input(client, document, address):
    rows = [{"description": {"value": f"item {n}"}, "quantity": {"value": str(n)}} for n in range(1, 401)]
    data = {"action": "approve", **typed(document), "t:line_items": json.dumps([*rows, {}])}
    assert client.post(address, data).status_code == 302
    assert len(document.labels.get().label["tables"]["line_items"]) == 400


def test_comments_stay_with_the_document(client, document, address):
    client.post(address, {"action": "comment", "comment": " call them "})
    assert Comment.objects.get().text == "call them"
    assert b"call them" in client.get(address).content
    assert client.post(address, {"action": "comment", "comment": " "}).status_code == 422


def test_who_checks_blindly_sees_neither_build_nor_confidence(client, document, address):
    Document.objects.filter(pk=document.pk).update(reason_code="audit")
    Extraction.objects.update(build="Secret-1.2.3-build.4")
    page = client.get(address)
    assert b"Secret-1.2.3" not in page.content
    inputs = [i for r in page.context["screen"].rows for i in r.inputs]
    assert {i.confidence_percent for i in inputs} == {None}
    assert {i.mark for i in inputs} <= {"look", "wrong"}
    Document.objects.filter(pk=document.pk).update(reason_code="")
    assert b"Secret-1.2.3" in client.get(address).content
    Extraction.objects.update(arm="A")  # of an A/B test: nobody is told which of the two read it
    assert b"Secret-1.2.3" not in client.get(address).content


def test_the_browser_keeps_words_that_are_asked_for_by_what_they_were_read_into(client, document, address):
    asked = client.get(f"{address}words/0", {"of": document.words_blob})
    assert asked.json()["words"]
    assert "immutable" in asked.headers["Cache-Control"]
    assert "Cache-Control" not in client.get(f"{address}words/0", {"of": "another"}).headers


def test_keeping_a_draft_says_which_checks_fail_on_it(client, document, address):
    right = {"net_amount": "282.28", "tax_amount": "53.63", "total_amount": "335.91"}
    assert client.post(f"{address}draft/", typed(document, **right)).json()["failed"] == {}
    wrong = typed(document, **{**right, "net_amount": "99999.99"})
    failed = client.post(f"{address}draft/", wrong).json()["failed"]
    assert set(failed) == {"f:net_amount:0", "f:tax_amount:0", "f:total_amount:0"}
    told = json.dumps(list(failed.values()))
    assert client.post(f"{address}draft/", {**wrong, "told": told}).json()["failed"] == {}
    half = client.post(f"{address}draft/", {**wrong, "f:tax_amount:0": "fifty"}).json()
    assert half["failed"] == {}, "of what is no value nobody knows the sum"
    assert set(half["unread"]) == {"f:tax_amount:0"}


def test_an_approval_asks_about_what_the_draft_before_it_was_told(client, document, address):
    wrong = typed(document, net_amount="99999.99", tax_amount="53.63", total_amount="335.91")
    failed = client.post(f"{address}draft/", wrong).json()["failed"]
    asked = client.post(address, {**wrong, "action": "approve"})
    assert asked.status_code == 422
    assert set(asked.context["doubts"]) == set(failed.values())
    marked = {i.name for row in asked.context["screen"].rows for i in row.inputs if i.error}
    assert marked == set(failed)


def test_what_the_page_says_is_settled_once_it_is_true_no_more(client, document, address):
    right = {"net_amount": "282.28", "tax_amount": "53.63", "total_amount": "335.91"}
    wrong = {**right, "tax_amount": "5.00"}
    (said,) = set(client.post(f"{address}draft/", typed(document, **wrong)).json()["failed"].values())
    told = json.dumps([said])
    assert client.post(f"{address}draft/", {**typed(document, **wrong), "told": told}).json()["settled"] == []
    assert client.post(f"{address}draft/", {**typed(document, **right), "told": told}).json()["settled"] == [said]


def test_a_check_that_failed_as_the_document_was_read_is_settled_by_another_field(client, document, address):
    read = document.extractions.get(is_current=True)
    for key in ("net_amount", "total_amount"):
        for value in read.prediction["fields"][key]:
            value["checks"] = [{"name": "net_plus_tax", "ok": False, "message": "net and tax are not the total"}]
    read.save()
    right = {"net_amount": "282.28", "tax_amount": "53.63", "total_amount": "335.91"}
    sent = {**typed(document, **right), "extraction": str(read.pk)}
    assert client.post(f"{address}draft/", sent).json()["settled"] == ["net and tax are not the total"]
    half = {**sent, "f:tax_amount:0": "fifty"}
    assert client.post(f"{address}draft/", half).json()["settled"] == ["net and tax are not the total"]


def test_a_draft_that_is_opened_again_says_at_once_which_checks_fail_on_it(client, document, address):
    wrong = {"net_amount": "99999.99", "tax_amount": "53.63", "total_amount": "335.91"}
    client.post(f"{address}draft/", typed(document, **wrong))
    failed = json.loads(client.get(address).context["judged"])["failed"]
    assert set(failed) == {"f:net_amount:0", "f:tax_amount:0", "f:total_amount:0"}


def test_what_is_no_value_says_so_as_it_is_kept_as_its_draft_is_opened_again_and_as_it_is_approved(
    client, document, address
):
    said = {"f:net_amount:0": "'g' is not an amount such as 5625.00"}
    dates = {"invoice_date": "2020-01-01", "due_date": "2001-01-01"}
    half = typed(document, net_amount="g", tax_amount="53.63", total_amount="335.91", **dates)
    kept = client.post(f"{address}draft/", half).json()
    assert kept["unread"] == said
    assert "f:due_date:0" in kept["failed"], "other checks go on"

    def marked(page) -> dict[str, str]:
        assert json.loads(page.context["judged"])["unread"] == said
        inputs = [i for row in page.context["screen"].rows for i in row.inputs]
        assert {i.mark for i in inputs if i.error} == {"wrong"}
        return {i.name: i.error for i in inputs if i.error}

    again = client.get(address)
    assert marked(again) == said
    assert again.content.decode().count("is not an amount such as 5625.00") == 2, "in the page and for its script"
    refused = client.post(address, {**half, "action": "approve"})
    assert refused.status_code == 422
    assert marked(refused) == said


def test_keeping_a_draft_says_which_cells_fail_a_check_or_are_not_understood(client, document, address):
    def failed(**cells: str) -> set[str]:
        row = {key: {"value": value} for key, value in cells.items()}
        sent = {**typed(document), "t:line_items": json.dumps([{}, row])}
        return set(client.post(f"{address}draft/", sent).json()["failed"])

    assert failed(quantity="2", unit_price="10.00", amount="25.00") == {"t:line_items:1:amount"}
    assert failed(quantity="two", unit_price="10.00", amount="20.00") == {"t:line_items:1:quantity"}
    assert failed(quantity="2", unit_price="10.00", amount="20.00") == set()


def test_keeping_a_draft_says_which_values_the_document_prints_nowhere(client, document, address):
    read = document.extractions.get(is_current=True)
    [total] = read.prediction["fields"]["total_amount"]
    rows = json.dumps([{"description": {"value": "Quixotry"}, "amount": {"value": total["value"]}}])
    sent = typed(document, total_amount=total["value"], invoice_number="Q-0815", supplier_name="", net_amount="many")

    def nowhere(**others: str) -> list[str]:
        return client.post(f"{address}draft/", {**sent, **others}).json()["nowhere"]

    said = nowhere(**{"t:line_items": rows})
    assert said == ["f:invoice_number:0", "t:line_items:0:description"]
    assert json.loads(client.get(address).context["judged"])["nowhere"] == said, "also as the draft is opened again"
    boxes = json.dumps([{"page": 0, "box": [0.1, 0.1, 0.2, 0.12]}])
    assert nowhere(**{"f:invoice_number:0:boxes": boxes}) == []
    assert nowhere(**{"f:invoice_number:0:by": ""}) == [], "nobody has said so"
    read.prediction["fields"]["invoice_number"] = [{"value": "Q-0815"}]
    read.save(update_fields=["prediction"])
    assert nowhere() == [], "it was read, if not from a place"


def test_who_got_the_words_of_a_page_does_not_wait_for_what_the_first_typed_value_needs(
    client, document, address, monkeypatch
):
    monkeypatch.setattr(printed, "_kept", OrderedDict())
    assert client.get(f"{address}words/0").json()["words"]  # the test's client closes the answer, as the server does
    monkeypatch.setattr(locate, "infer", None)  # whoever asks for the conventions now must not have to find them
    monkeypatch.setattr(locate, "lines", None)
    found = printed.of(document)
    assert found is not None
    assert found.conventions is not None
    assert not found.places("text", "printed nowhere")
