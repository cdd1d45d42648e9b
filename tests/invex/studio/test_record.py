"""What a change of a template would mean, and how a template does."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from fixtures.generator import Vendor
from invex.accounts.access import Access
from invex.accounts.roles import Role
from invex.catalog import queries as catalog
from invex.catalog.services import create_template, update_template
from invex.fields.template_json import template_from_json
from invex.review.models import ConfirmedLabel
from invex.review.services import confirm
from invex.studio.record import record
from invex.studio.replay import replay
from tests.invex.world import access_to, document_in_review, label_of, run_events, template_json

pytestmark = pytest.mark.django_db

VENDOR = Vendor(7, kind="invoice", locale="de-DE")


@pytest.fixture(scope="module")
def learned(once) -> Access:
    """Two confirmed documents of a template, which was learned from them."""
    access = access_to("acme", Role.AUTHOR)
    create_template(access, template_json("Acme"))
    for number in range(2):
        one = VENDOR.document(number)
        confirm(access, document_in_review(access, one).pk, label_of(one, template="Acme"))
        run_events()
    return access


@pytest.fixture
def access(learned) -> Access:
    return access_to("acme", Role.AUTHOR)


def changed(**changes: Any) -> Any:
    return template_from_json(template_json("Acme", **changes))


def test_a_rule_that_confirmed_documents_break_is_shown_with_them(access) -> None:
    row = catalog.template(access.project, "Acme")
    assert replay(row, catalog.spec(row)).effects == ()
    rule = {"kind": "pattern", "fields": ["invoice_number"], "params": {"regex": "NEVER-[0-9]+"}}
    found = replay(row, changed(rules=[rule]))
    assert (found.examined, len(found.effects)) == (2, 2)
    assert all(len(effect.fails) == 1 and not effect.loses for effect in found.effects)
    update_template(access, "Acme", template_json("Acme", rules=[rule]))
    row.refresh_from_db()
    back = replay(row, changed())
    assert all(effect.holds and not effect.fails for effect in back.effects)


def test_removed_fields_lose_values_and_new_required_ones_are_missing(access) -> None:
    row = catalog.template(access.project, "Acme")
    fields = [f for f in template_json("Acme")["fields"] if f["key"] != "invoice_date"]
    fields.append({"key": "cost_centre", "type": "id", "label": "Cost centre", "required": True})
    effects = replay(row, changed(fields=fields)).effects
    date = VENDOR.document(0).label.fields["invoice_date"][0].value
    first = min(effects, key=lambda e: e.document.pk)
    assert first.loses == (f"Invoice date: {date}",)
    assert first.fails == ("Cost centre is missing, and it is required",)


def test_what_was_corrected_counts_by_field_and_week(access) -> None:
    one = VENDOR.document(2)
    document = document_in_review(access, one)
    assert document.template == "Acme"
    label = label_of(one, template="Acme")
    label["fields"]["invoice_number"] = [{"value": "SOMETHING-ELSE-1"}]
    confirm(access, document.pk, label)
    found = record(catalog.template(access.project, "Acme"))
    worst = {field.label: field.corrected for field in found.fields}
    assert worst["Invoice number"] == 1
    assert found.judged == 3
    assert found.taken_for == (("", 1),)  # the first one was of no template yet
    assert sum(week.documents for week in found.weeks) == 3
    assert found.weeks[-1].untouched == found.untouched
    long_ago = datetime.datetime(2001, 1, 1, tzinfo=datetime.UTC)
    ConfirmedLabel.objects.filter(document=document).update(created_at=long_ago)
    assert sum(week.documents for week in record(catalog.template(access.project, "Acme")).weeks) == 2


def test_what_was_read_before_there_was_the_template_does_not_count(access) -> None:
    document = document_in_review(access, VENDOR.document(5))
    create_template(access, template_json("Later"))
    confirm(access, document.pk, label_of(VENDOR.document(5), template="Later"))
    found = record(catalog.template(access.project, "Later"))
    assert (found.judged, found.taken_for, len(found.examples)) == (0, (), 1)


def test_bulk_approvals_judge_nothing(access) -> None:
    ConfirmedLabel.objects.update(source="bulk")
    assert record(catalog.template(access.project, "Acme")).judged == 0


def test_confusions_are_counted_both_ways_and_versions_say_what_changed(access) -> None:
    create_template(access, template_json("Umbrella"))
    one = VENDOR.document(3)
    confirm(access, document_in_review(access, one).pk, label_of(one, template="Umbrella"))
    update_template(access, "Acme", template_json("Acme", tables=[]))
    assert record(catalog.template(access.project, "Acme")).mistaken_for_it == (("Umbrella", 1),)
    assert record(catalog.template(access.project, "Umbrella")).taken_for == (("Acme", 1),)
    newest, first = record(catalog.template(access.project, "Acme")).versions
    assert (newest.number, newest.added) == (2, ())
    assert "Quantity" in newest.removed
    assert "Invoice number" in first.added


def test_labels_that_a_validation_suspects_are_listed(access, monkeypatch) -> None:
    row = catalog.template(access.project, "Acme")
    assert record(row).suspected == ()
    document = ConfirmedLabel.objects.latest("pk").document
    monkeypatch.setattr("mlops.datasets.queries.suspected", lambda project: frozenset({document.sha256}))
    assert record(row).suspected == (document,)
