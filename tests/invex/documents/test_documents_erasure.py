"""Erasing a document, by an owner or after the time that the project keeps it."""

from __future__ import annotations

import datetime
import os

import pytest
from django.test import Client
from django.utils import timezone

from fixtures.generator import Vendor
from invex.accounts.roles import Role
from invex.documents import erasure, jobs, queries, services
from invex.documents.models import Document, DocumentPolicy, PageImage
from invex.documents.states import WORKING
from invex.documents.states import DocumentState as S
from invex.extraction.models import Extraction
from invex.kernel import doomed
from invex.kernel.blobs import store
from invex.kernel.errors import BadInput, Conflict, NotAllowed, NotFound
from invex.kernel.models import AuditEntry, Event, IdempotencyKey
from invex.review.models import ConfirmedLabel
from invex.review.services import confirm
from tests.invex.world import document_in_review, label_of

ONE = Vendor(7, kind="invoice", locale="en-US").document(0)


@pytest.fixture
def approved(access):
    """A document that was read, confirmed and has a file and a picture."""
    document = document_in_review(access, ONE)
    sha256, picture = store().put(b"the file"), store().put(b"the picture")
    Document.objects.filter(pk=document.pk).update(sha256=sha256, size=8)
    PageImage.objects.create(document=document, index=0, width_px=8, height_px=8, blob=picture)
    confirm(access, document.pk, label_of(ONE), may_create_template=True)
    document.refresh_from_db()
    return document


def sweep_blobs() -> None:
    """Delete what is doomed as if it had been stored long ago."""
    for name, _ in store().names():
        os.utime(store().path(name), (0, 0))
    doomed.sweep()


def test_everything_goes_but_an_audit_row(approved, access):
    pk, words = approved.pk, approved.words_blob
    assert erasure.erase(access, approved) is True
    assert not Document.objects.filter(pk=pk).exists()
    assert not Extraction.objects.exists()
    assert not ConfirmedLabel.objects.exists()
    sweep_blobs()
    left = {name for name, _ in store().names()}
    assert left.isdisjoint({approved.sha256, words})
    assert b"the picture" not in [store().path(name).read_bytes() for name in left]
    entry = AuditEntry.objects.get(action="erased")
    assert (entry.actor, entry.subject, entry.project) == ("owner-demo", str(pk), "demo")
    assert entry.detail["why"] == "request"
    assert Event.objects.get(name="document.erased").subject == str(pk)
    said = str(list(AuditEntry.objects.values())) + str(list(Event.objects.values()))
    for values in ONE.label.fields.values():
        assert not any(len(value.value) > 4 and value.value in said for value in values)


def test_why_it_was_rejected_goes_with_it(access, receive):
    document, other = receive(), receive()
    Document.objects.update(state=S.REVIEW)
    for one in (document, other):
        one.refresh_from_db()
        services.reject(access, one, why=f"a letter of Mrs Miller about {one.pk}")
    erasure.erase(access, document)
    said = str(list(AuditEntry.objects.values())) + str(list(Event.objects.values()))
    assert f"Miller about {document.pk}" not in said
    assert f"Miller about {other.pk}" in said


def test_bytes_that_another_document_has_stay(receive, access):
    first, second = receive(b"same"), receive(b"same")
    Document.objects.update(state=S.REJECTED)
    first.refresh_from_db()
    erasure.erase(access, first)
    sweep_blobs()
    assert store().path(second.sha256).read_bytes() == b"same"
    second.refresh_from_db()
    assert (second.twin, queries.same_bytes(second)) == (None, [])


def test_an_answer_that_repeats_values_is_forgotten(api, approved, access):
    label = {"template": approved.template, "fields": {"invoice_number": [{"value": "4711"}]}}
    path = f"/api/v1/documents/{approved.pk}/labels"
    sent = api().put(path, label, content_type="application/json", headers={"Idempotency-Key": "k"})
    assert sent.status_code == 200
    erasure.erase(access, queries.document(access.project, approved.pk))
    assert not IdempotencyKey.objects.filter(answer__has_key="label").exists()


@pytest.mark.parametrize("state", WORKING)
def test_not_while_a_worker_is_at_it(receive, access, state):
    document = receive()
    Document.objects.update(state=state)
    document.refresh_from_db()
    with pytest.raises(Conflict):
        erasure.erase(access, document)
    assert Document.objects.exists()


def test_what_moved_meanwhile_is_left_alone(approved, access):
    Document.objects.update(state=S.REVIEW, state_changed_at=timezone.now())
    assert erasure.erase(access, approved) is False
    assert Document.objects.exists()
    assert not AuditEntry.objects.filter(action="erased").exists()


@pytest.mark.parametrize("role", [r for r in Role if r != Role.OWNER])
def test_only_an_owner_may(approved, access_as, role):
    with pytest.raises(NotAllowed):
        erasure.erase(access_as(role), approved)
    with pytest.raises(NotAllowed):
        services.set_policy(access_as(role), identical="link", retention_days=None)


def test_not_of_another_project(approved, other_access):
    with pytest.raises(NotFound):
        erasure.erase(other_access, approved)


class TestRetention:
    @pytest.fixture
    def documents(self, receive):
        """One document in each state, all of them a year old."""
        long_ago = timezone.now() - datetime.timedelta(days=365)
        for state in S:
            document = receive(state.encode(), name=state)
            Document.objects.filter(pk=document.pk).update(
                state=state, state_changed_at=long_ago, approved_at=long_ago if state == S.APPROVED else None
            )

    def test_what_is_done_goes_after_its_days_and_nothing_else(self, documents, access):
        services.set_policy(access, identical="link", retention_days=364)
        assert jobs.sweep_retention() == 3
        left = set(Document.objects.values_list("state", flat=True))
        assert left == set(S) - {S.APPROVED, S.REJECTED, S.SPLIT}
        assert AuditEntry.objects.filter(action="erased", actor="system:invex").count() == 3
        assert jobs.sweep_retention() == 0

    def test_not_a_day_earlier_and_not_without_a_policy(self, documents, access):
        assert jobs.sweep_retention() == 0
        services.set_policy(access, identical="link", retention_days=366)
        assert jobs.sweep_retention() == 0

    def test_another_project_s_documents_stay(self, documents, other_project):
        DocumentPolicy.objects.create(project=other_project, retention_days=1)
        assert jobs.sweep_retention() == 0

    @pytest.mark.parametrize(("identical", "days"), [("link", 0), ("link", 10**6), ("both", None)])
    def test_a_policy_that_makes_no_sense(self, access, identical, days):
        with pytest.raises(BadInput):
            services.set_policy(access, identical=identical, retention_days=days)


class TestPages:
    @pytest.fixture
    def owner(self, person):
        client = Client()
        client.force_login(person(Role.OWNER))
        return client

    def test_the_page_says_what_goes_and_a_post_does_it(self, owner, approved, receive):
        path = f"/p/demo/documents/{approved.pk}/erase/"
        twin = receive(b"the file")
        page = owner.get(path).content.decode()
        assert "cannot be undone" in page
        assert f"/p/demo/documents/{twin.pk}/" in page
        assert Document.objects.filter(pk=approved.pk).exists()
        assert owner.post(path)["Location"] == "/p/demo/documents/"
        assert owner.get(path).status_code == 404

    def test_the_policy_is_set_and_warns(self, owner, project, receive):
        path = "/p/demo/settings/documents/"
        receive(b"x")
        Document.objects.update(state=S.REJECTED, state_changed_at=timezone.now() - datetime.timedelta(days=9))
        assert owner.post(path, {"identical": "refuse", "days": "7"}).status_code == 302
        policy = DocumentPolicy.objects.get(project=project)
        assert (policy.identical, policy.retention_days) == ("refuse", 7)
        assert "1 document is older" in owner.get(path).content.decode()
        owner.post(path, {"identical": "link", "days": ""})
        policy.refresh_from_db()
        assert (policy.identical, policy.retention_days) == ("link", None)

    @pytest.mark.parametrize("days", ["-1", "soon", "0", "9999999"])
    def test_days_that_are_none_are_said_to_be(self, owner, days):
        answer = owner.post("/p/demo/settings/documents/", {"identical": "link", "days": days})
        assert answer.status_code == 422
        assert 'role="alert"' in answer.content.decode()

    def test_rest(self, api, approved):
        path = f"/api/v1/documents/{approved.pk}"
        assert api("reviewer").delete(path).status_code == 403
        assert api().delete(path).status_code == 204
        assert api().get(path).status_code == 404
