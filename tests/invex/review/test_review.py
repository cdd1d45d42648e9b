"""Confirm, reject, open again, postpone: the database, the states, the races, the roles."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest
from django.utils import timezone

from invex.accounts.roles import Role
from invex.catalog import queries as catalog
from invex.catalog.services import create_template, remove_template
from invex.documents.models import Document
from invex.documents.services import reject
from invex.documents.states import DocumentState as S
from invex.fields.geometry import Box
from invex.kernel.actor import Actor
from invex.kernel.errors import BadInput, Conflict, NotAllowed, NotFound
from invex.kernel.models import AuditEntry, Event
from invex.reading import types
from invex.reading.types import Word
from invex.review import queries, services
from invex.review.models import ConfirmedLabel
from tests.invex.world import document_in_review, label_of, read_document, template_json, vendor

pytestmark = pytest.mark.django_db

ACME = vendor()
ONE = ACME.document(0)


@pytest.fixture
def template(access):
    return create_template(access, template_json(ACME.name))


def reload(document):
    return Document.objects.get(pk=document.pk)


class TestConfirm:
    def test_it_approves_with_label_audit_and_events(self, access, document, template):
        label = label_of(ONE)
        label["fields"]["invoice_number"] = [{"value": "nobody-read-this-1"}]
        row = services.confirm(access, document.pk, label, version=0)
        now = reload(document)
        assert (now.state, now.approved_by, now.template, now.version) == (S.APPROVED, "owner-demo", ACME.name, 1)
        assert now.approved_at is not None
        assert now.reason_code == ""
        assert (row.revision, row.is_current, row.source, row.actor) == (1, True, "person", "owner-demo")
        assert row.extraction.document_id == document.pk
        assert AuditEntry.objects.filter(action="review -> approved", subject=str(document.pk)).exists()
        approved = Event.objects.get(name="document.approved")
        assert approved.payload["template"] == ACME.name
        corrected = Event.objects.filter(name="field.corrected").values_list("payload__field", flat=True)
        assert set(corrected) == set(row.corrected)
        assert "invoice_number" in row.corrected

    def test_a_token_is_the_source_of_its_labels(self, access, document, template):
        token = replace(access, actor=Actor("token", "erp"))
        row = services.confirm(token, document.pk, label_of(ONE))
        assert (row.source, row.actor, reload(document).approved_by) == ("token", "token:erp", "token:erp")

    @pytest.mark.parametrize("source", ["bulk", "xml"])
    def test_weaker_evidence_says_so(self, access, document, template, source):
        assert services.confirm(access, document.pk, label_of(ONE, source=source)).source == source

    def test_a_label_without_template_uses_the_vocabulary(self, access, document):
        label = {"template": None, "fields": {"invoice_number": [{"value": "4711"}]}}
        services.confirm(access, document.pk, label)
        assert reload(document).template == ""

    def test_the_same_label_again_changes_nothing(self, access, document, template):
        first = services.confirm(access, document.pk, label_of(ONE))
        events = Event.objects.count()
        assert services.confirm(access, document.pk, label_of(ONE)).pk == first.pk
        assert (Event.objects.count(), reload(document).version) == (events, 1)

    def test_another_label_supersedes_the_first_and_keeps_it(self, access, document, template):
        services.confirm(access, document.pk, label_of(ONE))
        changed = label_of(ONE)
        changed["fields"]["invoice_number"] = [{"value": "CHANGED-1"}]
        second = services.confirm(access, document.pk, changed)
        assert (second.revision, second.corrected) == (2, ["invoice_number"])
        assert [(r.revision, r.is_current) for r in queries.history(document)] == [(2, True), (1, False)]

    def test_values_without_boxes_are_located(self, access, template):
        words = tuple(
            Word(text, Box(0.1 * i, 0.1, 0.1 * i + 0.09, 0.12))
            for i, text in enumerate(["Total", "due", "1.250,00", "EUR"])
        )
        document = document_in_review(access, replace(ONE, document=types.Document((types.Page(600, 800, words),))))
        label = {"template": ACME.name, "fields": {"total_amount": [{"value": "1250.00"}], "due_date": []}}
        stored = services.confirm(access, document.pk, label).label["fields"]["total_amount"][0]
        assert stored["text"].startswith("1.250,00")
        assert stored["boxes"][0]["page"] == 0

    def test_an_unknown_template_is_named(self, access, document):
        with pytest.raises(BadInput) as e:
            services.confirm(access, document.pk, label_of(ONE))
        assert (e.value.code, e.value.data["template"]) == ("unknown_template", ACME.name)

    def test_an_unknown_field_is_named(self, access, document, template):
        label = {"template": ACME.name, "fields": {"fax": [], "total_amount": []}, "tables": {"rows": [{}]}}
        with pytest.raises(BadInput) as e:
            services.confirm(access, document.pk, label)
        assert (e.value.code, e.value.data["fields"]) == ("unknown_field", ["fax", "rows"])
        with pytest.raises(BadInput):
            services.confirm(access, document.pk, {"template": None, "fields": {"fax": []}})
        assert not ConfirmedLabel.objects.exists()

    def test_a_value_that_is_not_canonical_is_refused(self, access, document, template):
        label = {"template": ACME.name, "fields": {"invoice_date": [{"value": "29.03.2020"}]}}
        with pytest.raises(BadInput, match="2020-03-29"):
            services.confirm(access, document.pk, label)

    def test_a_retired_template_is_refused_for_new_documents(self, access, document, template):
        done = document_in_review(access, ACME.document(1))
        services.confirm(access, done.pk, label_of(ACME.document(1)))
        remove_template(access, ACME.name)
        with pytest.raises(BadInput, match="retired"):
            services.confirm(access, document.pk, label_of(ONE))
        services.confirm(access, done.pk, label_of(ACME.document(1), fields={}))

    def test_a_template_is_created_from_the_label(self, access, document):
        services.confirm(access, document.pk, label_of(ONE), may_create_template=True)
        spec = catalog.spec(catalog.template(access.project, ACME.name))
        assert spec.field("total_amount").type == "amount"
        assert [t.key for t in spec.tables] == ["line_items"]

    def test_a_template_is_extended_by_the_label(self, access, document):
        create_template(access, {"name": ACME.name, "fields": [{"key": "total_amount", "type": "amount"}]})
        services.confirm(access, document.pk, label_of(ONE), may_create_template=True)
        row = catalog.template(access.project, ACME.name)
        assert row.version == 2
        assert catalog.spec(row).field("invoice_number").type == "id"

    def test_creating_a_template_needs_the_right(self, access, access_as, document):
        with pytest.raises(NotAllowed):
            services.confirm(access_as(Role.REVIEWER), document.pk, label_of(ONE), may_create_template=True)
        assert reload(document).state == S.REVIEW
        assert not ConfirmedLabel.objects.exists()

    @pytest.mark.parametrize("state", [S.RECEIVED, S.READING, S.EXTRACTING, S.FAILED, S.REJECTED, S.NEEDS_PASSWORD])
    def test_only_in_review_or_approved(self, access, document, template, state):
        Document.objects.filter(pk=document.pk).update(state=state)
        with pytest.raises(Conflict) as e:
            services.confirm(access, document.pk, label_of(ONE))
        assert (e.value.code, e.value.data["state"]) == ("wrong_state", state)

    def test_a_stale_version_is_a_conflict_with_both(self, access, document, template):
        services.confirm(access, document.pk, label_of(ONE), version=0)
        mine = label_of(ONE, fields={})
        with pytest.raises(Conflict) as e:
            services.confirm(access, document.pk, mine, version=0)
        assert (e.value.code, e.value.data["yours"]) == ("stale", mine)
        assert e.value.data["theirs"]["template"] == ACME.name
        assert e.value.data["version"] == 1

    def test_of_two_at_the_same_time_one_wins(self, access, document, template, monkeypatch):
        other = label_of(ONE, fields={"invoice_number": []})

        def meanwhile(*args, real=services._located):
            monkeypatch.setattr(services, "_located", real)
            services.confirm(access, document.pk, other)
            return real(*args)

        monkeypatch.setattr(services, "_located", meanwhile)
        with pytest.raises(Conflict) as e:
            services.confirm(access, document.pk, label_of(ONE))
        assert e.value.data["theirs"]["fields"] == {"invoice_number": []}


class TestRejectReopenPostpone:
    def test_reject(self, access, document):
        reject(access, document, why="an advertisement")
        assert (reload(document).state, reload(document).reason_message) == (S.REJECTED, "an advertisement")
        with pytest.raises(Conflict):
            reject(access, reload(document))

    def test_an_approved_document_is_opened_again_with_its_label(self, access, document, template):
        services.confirm(access, document.pk, label_of(ONE))
        services.reopen(access, document.pk)
        now = reload(document)
        assert (now.state, now.approved_by, now.approved_at, now.reason_code) == (S.REVIEW, "", None, "reopened")
        assert queries.current_label(now) is not None
        assert Event.objects.filter(name="document.reopened").exists()
        assert services.confirm(access, document.pk, label_of(ONE)).revision == 2

    def test_a_rejected_document_comes_back(self, access, document):
        reject(access, reload(document))
        services.reopen(access, document.pk)
        assert reload(document).state == S.REVIEW

    def test_one_that_was_never_read_is_read(self, access):
        row = read_document(access, ONE)
        Document.objects.filter(pk=row.pk).update(state=S.REJECTED)
        services.reopen(access, row.pk)
        assert reload(row).state == S.RECEIVED
        assert Event.objects.filter(name="document.received", subject=str(row.pk)).exists()

    def test_a_document_in_review_is_not_opened(self, access, document):
        with pytest.raises(Conflict):
            services.reopen(access, document.pk)

    def test_postpone(self, access, document):
        tomorrow = timezone.localdate() + datetime.timedelta(days=1)
        services.postpone(access, document.pk, tomorrow)
        assert not queries.to_review(access.project).exists()
        services.postpone(access, document.pk, None)
        assert queries.to_review(access.project).count() == 1
        with pytest.raises(BadInput):
            services.postpone(access, document.pk, timezone.localdate())

    def test_a_stale_version_is_a_conflict(self, access, document):
        services.postpone(access, document.pk, None)
        with pytest.raises(Conflict):
            services.reopen(access, document.pk, version=0)
        with pytest.raises(Conflict):
            reject(access, reload(document), version=0)
        with pytest.raises(Conflict):
            services.postpone(access, document.pk, None, version=0)


OPERATIONS = {
    "confirm": lambda access, pk: services.confirm(access, pk, {"template": None}),
    "reject": lambda access, pk: reject(access, Document.objects.get(pk=pk)),
    "reopen": lambda access, pk: services.reopen(access, pk),
    "postpone": lambda access, pk: services.postpone(access, pk, None),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_who_may(access_as, document, name):
    if name == "reopen":
        Document.objects.filter(pk=document.pk).update(state=S.APPROVED)
    with pytest.raises(NotAllowed):
        OPERATIONS[name](access_as(Role.VIEWER), document.pk)
    OPERATIONS[name](access_as(Role.REVIEWER), document.pk)


@pytest.mark.parametrize("name", OPERATIONS)
def test_another_projects_document_does_not_exist(other_access, document, name):
    with pytest.raises(NotFound):
        OPERATIONS[name](other_access, document.pk)


def test_the_documents_own_text_tells_its_locale(access, document):
    assert services.document_locale(document, None).decimal == ","
