"""Many at once: each as if it were alone, and what may not be done is skipped with a why."""

from __future__ import annotations

import pytest
from django.test import Client

from invex.accounts.roles import Role
from invex.catalog.services import create_template
from invex.documents.models import Document
from invex.documents.states import DocumentState as S
from invex.extraction.models import Extraction
from invex.kernel.errors import BadInput, NotAllowed
from invex.review import bulk, leases, services
from invex.review.models import ConfirmedLabel
from tests.invex.world import access_to, document_in_review, template_json, vendor

pytestmark = pytest.mark.django_db
ACME = vendor()
OFF = [{"code": "approval_off", "message": "off", "field": ""}]


@pytest.fixture
def make(access):
    def one(number: int = 0, access=access, reasons=OFF) -> Document:
        row = document_in_review(access, ACME.document(number))
        Extraction.objects.filter(document=row).update(reasons=reasons)
        Document.objects.filter(pk=row.pk).update(reason_code=reasons[0]["code"])
        return row

    return one


def test_approved_as_read_with_labels_of_source_bulk(access, make):
    rows = [make(0), make(1)]
    result = bulk.approve(access, [str(r.pk) for r in rows])
    assert set(result.done) == {r.pk for r in rows}
    labels = ConfirmedLabel.objects.all()
    assert {(label.source, tuple(label.corrected)) for label in labels} == {("bulk", ())}
    assert all(label.label["fields"] for label in labels)


@pytest.mark.parametrize(("thresholds", "approved"), [({"template": 0.9}, {0}), ({}, {0, 1})])
def test_the_random_sample_of_a_promise_in_force_is_left_to_people(access, make, thresholds, approved):
    """Without one, every document is in the sample, and people may choose what they look at."""
    rows = [make(0), make(1)]
    Extraction.objects.update(thresholds=thresholds, sampled=0.05, draw=0.5)
    Extraction.objects.filter(document=rows[1]).update(draw=0.01)
    result = bulk.approve(access, [str(r.pk) for r in rows])
    assert set(result.done) == {rows[n].pk for n in approved}
    assert all("at random" in one.why for one in result.skipped)


def test_what_may_not_be_approved_unseen_is_skipped_with_a_why(access, make, other_access):
    good, failed, foreign = make(0), make(1, reasons=[{"code": "required", "message": "total is missing"}]), None
    foreign = document_in_review(other_access, ACME.document(2))
    held, begun, audit, done = make(3), make(4), make(5), make(6)
    leases.take(access_to("demo", Role.REVIEWER, name="bob"), held.pk, "b")
    Document.objects.filter(pk=begun.pk).update(has_draft=True)
    Document.objects.filter(pk=audit.pk).update(reason_code="audit", reason_message="drawn at random")
    Document.objects.filter(pk=done.pk).update(state=S.REJECTED)
    ids = [good.pk, failed.pk, foreign.pk, held.pk, begun.pk, audit.pk, done.pk, "nonsense"]
    result = bulk.approve(access, map(str, ids))
    assert result.done == (good.pk,)
    why = {s.id: s.why for s in result.skipped}
    assert "total is missing" in why[str(failed.pk)]
    assert "bob" in why[str(held.pk)]
    assert "begun" in why[str(begun.pk)]
    assert "rejected" in why[str(done.pk)]
    assert "drawn at random" in why[str(audit.pk)]
    assert [s.name for s in result.skipped if s.id == str(foreign.pk)] == [""]
    assert Document.objects.get(pk=foreign.pk).state == S.REVIEW


def test_where_nothing_was_read_somebody_looks(access, make):
    row = make()
    Extraction.objects.filter(document=row).update(prediction={"fields": {"iban": []}, "tables": {}})
    [skipped] = bulk.approve(access, [str(row.pk)]).skipped
    assert "nothing was read" in skipped.why


AMOUNT = {"amount": {"value": "1.00"}}
FULL = (
    {"fields": {"due_date": [{"value": "2026-01-31"}]}},
    {"tables": {"line_items": [{**AMOUNT, "tax_rate": {"value": "19"}}]}},
)
EMPTY = {"fields": {"due_date": []}}, {"tables": {"line_items": [AMOUNT]}}


@pytest.mark.parametrize(("full", "empty"), list(zip(FULL, EMPTY)), ids=["a field", "a column"])
def test_what_lacks_what_no_confirmed_document_lacks_is_left_to_people(access, make, full, empty):
    create_template(access, template_json("Order"))
    first, second = make(0), make(1)
    Document.objects.filter(pk=second.pk).update(template="Order")
    read = second.extractions.get(is_current=True)
    for part, said in empty.items():
        read.prediction[part] |= said
    read.save(update_fields=["prediction"])
    services.confirm(access, first.pk, {"template": "Order", "fields": {}, **full})
    [skipped] = bulk.approve(access, [str(second.pk)]).skipped
    assert "a field, a table or a column is empty that never is" in skipped.why
    services.confirm(access, first.pk, {"template": "Order", "fields": {}, **empty})
    assert bulk.approve(access, [str(second.pk)]).done == (second.pk,)


def test_read_again(access, make):
    row, approved = make(0), make(1)
    Document.objects.filter(pk=approved.pk).update(state=S.APPROVED)
    result = bulk.read_again(access, [str(row.pk), str(approved.pk)])
    assert (result.done, [s.id for s in result.skipped]) == ((row.pk,), [str(approved.pk)])
    assert Document.objects.get(pk=row.pk).state == S.RECEIVED


@pytest.mark.parametrize("act", [bulk.approve, bulk.read_again])
def test_rights_and_limits(access, access_as, make, act):
    row = make()
    with pytest.raises(NotAllowed):
        act(access_as(Role.VIEWER), [str(row.pk)])
    with pytest.raises(BadInput):
        act(access, [])
    with pytest.raises(BadInput):
        act(access, map(str, range(bulk.MOST + 1)))
    assert Document.objects.get(pk=row.pk).state == S.REVIEW


def test_the_list_says_what_became_of_it(person, make):
    client = Client()
    client.force_login(person(Role.REVIEWER))
    row = make()
    assert b"data-choose-all" in client.get("/p/demo/documents/").content
    data = {"action": "approve", "ids": [row.pk, row.pk + 999], "back": "https://elsewhere.example/"}
    page = client.post("/p/demo/documents/bulk/", data, follow=True)
    assert page.request["PATH_INFO"] == "/p/demo/documents/"
    assert b"1 document approved." in page.content
    assert b"1 document was skipped:" in page.content
    client.force_login(person(Role.VIEWER))
    assert b"data-choose-all" not in client.get("/p/demo/documents/").content
