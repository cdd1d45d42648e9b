"""Probable duplicates: the same supplier, number and amount, as read and as confirmed."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.generator import Vendor
from invex.accounts.roles import Role
from invex.documents.models import Document
from invex.documents.states import DocumentState as S
from invex.extraction import duplicates, services
from invex.extraction.models import BusinessKey, Extraction
from invex.extraction.pipeline import Outcome
from invex.extraction.predictors import deployed
from invex.fields.prediction import Prediction, TemplateMatch, Value
from invex.kernel import leases
from invex.review import services as review
from tests.invex.world import access_to, document_in_review, label_of, read_document

ONE, TWO = Vendor(7, kind="invoice", locale="en-US").document(0), Vendor(7, kind="invoice", locale="en-US").document(1)
VALUES = {"supplier_name": "ACME GmbH", "invoice_number": "RE-2024/17", "total_amount": "1190.00"}


def keys(template="", **changes):
    return duplicates.keys_of(template, {**VALUES, **changes})


class TestKeys:
    @pytest.mark.parametrize(
        "changes",
        [
            {"supplier_name": "Acme  gmbh"},
            {"invoice_number": "re 2024 17"},
            {"total_amount": "1190"},
            {"supplier_name": "ÁCME GmbH"},
        ],
    )
    def test_printed_otherwise_is_the_same(self, changes):
        assert keys(**changes) == keys() != frozenset()

    @pytest.mark.parametrize(
        "changes", [{"supplier_name": "ACME AG"}, {"invoice_number": "RE-2024/18"}, {"total_amount": "1190.01"}]
    )
    def test_another_value_is_another_document(self, changes):
        assert keys(**changes).isdisjoint(keys())

    @pytest.mark.parametrize("gone", VALUES)
    def test_nothing_is_said_of_what_is_not_known(self, gone):
        assert keys(**{gone: ""}) == frozenset()

    def test_one_way_to_know_the_supplier_is_enough(self):
        by_number = {"supplier_vat_id": "DE136695976"}
        assert keys(supplier_name="", **by_number) & keys(**by_number)
        assert keys("ACME invoice", supplier_name="") & keys("ACME invoice", supplier_name="Other")

    @settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(*[st.text(max_size=30)] * 4)
    def test_any_text_has_keys_or_none(self, template, supplier, number, amount):
        found = keys(template, supplier_name=supplier, invoice_number=number, total_amount=amount)
        assert all(len(key) == 64 for key in found)


@pytest.fixture
def access(db):
    return access_to("acme", Role.OWNER)


def reasons(document) -> list[str]:
    return [
        r["message"]
        for r in Extraction.objects.get(document=document, is_current=True).reasons
        if r["code"] == "duplicate"
    ]


def confirm(access, one, **fields):
    document = document_in_review(access, one)
    label = label_of(one)
    label["fields"] |= {key: [{"value": value}] for key, value in {**VALUES, **fields}.items()}
    review.confirm(access, document.pk, label, may_create_template=True)
    return Document.objects.get(pk=document.pk)


def outcome(**values) -> Outcome:
    fields = {key: (Value(value, value, 0.99, "model"),) for key, value in {**VALUES, **values}.items()}
    return Outcome(Prediction(TemplateMatch(None, 0.0), fields, {}, {}), S.APPROVED, ())


class TestReading:
    def test_a_duplicate_goes_to_a_person_and_names_the_other_one(self, access):
        first, second = confirm(access, ONE), document_in_review(access, TWO)
        found = duplicates.warned(second, outcome())
        assert (found.state, [r.code for r in found.reasons]) == (S.REVIEW, ["duplicate"])
        assert f"Document {first.pk} " in found.reasons[0].message
        assert duplicates.warned(second, outcome(total_amount="1.00")).state == S.APPROVED

    def test_the_same_document_read_twice_says_so_and_keeps_saying_so(self, access):
        first, second = document_in_review(access, ONE), document_in_review(access, ONE)
        if not BusinessKey.objects.filter(document=first).exists():
            pytest.fail("the day-zero reader no longer finds number and amount of the test's invoice")
        assert reasons(first) == []
        assert len(reasons(second)) == 1
        assert second.reason_code == "duplicate"

    @pytest.mark.parametrize("state", [S.REJECTED, S.SPLIT, S.FAILED])
    def test_what_was_put_aside_is_no_original(self, access, state):
        first, second = confirm(access, ONE), document_in_review(access, TWO)
        Document.objects.filter(pk=first.pk).update(state=state)
        assert duplicates.warned(second, outcome()).state == S.APPROVED

    def test_another_project_is_not_asked(self, access):
        confirm(access, ONE)
        elsewhere = document_in_review(access_to("other"), TWO)
        assert duplicates.warned(elsewhere, outcome()).state == S.APPROVED


class TestConfirming:
    def test_what_a_person_corrects_is_compared_again(self, access):
        first = confirm(access, ONE)
        second = confirm(access, TWO)
        assert [d.pk for d in duplicates.of(second)] == [first.pk]
        assert len(reasons(second)) == 1
        third = confirm(access, TWO, invoice_number="another")
        assert not duplicates.of(third).exists()
        assert reasons(third) == []

    def test_one_that_waits_is_warned_of_it(self, access):
        waiting = document_in_review(access, ONE)
        duplicates.remember(waiting, keys())
        done = confirm(access, TWO)
        assert reasons(waiting) == [reasons(done)[0].replace(str(waiting.pk), str(done.pk))]

    def test_a_correction_takes_the_old_keys_away(self, access):
        first = confirm(access, ONE)
        review.reopen(access, first.pk)
        label = label_of(ONE)
        label["fields"] |= {key: [{"value": value}] for key, value in {**VALUES, "total_amount": "7.00"}.items()}
        review.confirm(access, first.pk, label)
        assert not duplicates.others(replace_pk(first), keys()).exists()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
class TestAtTheSameInstant:
    """Both are read before either is stored, by two workers or by a worker and a person."""

    def test_one_of_two_that_would_be_approved_goes_to_a_person(self, monkeypatch):
        access = access_to("acme", Role.OWNER)
        both_are_read = Barrier(2, timeout=20)

        def read(*_: object, **__: object) -> Outcome:
            both_are_read.wait()
            return outcome()

        monkeypatch.setattr(services, "run", read)
        documents = [read_document(access, one) for one in (ONE, TWO)]
        for document in documents:
            services._lease(document, leases.until())

        def one(document: Document) -> bool:
            try:
                return services.extract_one(document, deployed(access.project.pk))
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as threads:
            assert list(threads.map(one, documents)) == [True, True]
        assert sorted(d.state for d in Document.objects.all()) == [S.APPROVED, S.REVIEW]
        warned = Document.objects.get(state=S.REVIEW)
        original = Document.objects.get(state=S.APPROVED)
        assert f"Document {original.pk} " in reasons(warned)[0]

    def test_the_later_of_two_people_who_confirm_them_is_told(self, monkeypatch):
        access = access_to("acme", Role.OWNER)
        confirm(access, TWO, invoice_number="the template is there before")
        documents = [document_in_review(access, one) for one in (ONE, TWO)]
        monkeypatch.setattr(review.drafts, "discard", lambda *_: time.sleep(0.3))  # before either commits
        label = label_of(ONE)
        label["fields"] |= {key: [{"value": value}] for key, value in VALUES.items()}

        def one(document: Document) -> None:
            try:
                review.confirm(access, document.pk, label)
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(one, documents))
        assert sorted(len(reasons(document)) for document in documents) == [0, 1]


def replace_pk(document: Document) -> Document:
    """A document that is not stored yet, of the same project."""
    return Document(project=document.project, pk=0)
