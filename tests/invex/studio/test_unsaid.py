"""What a template asks for since documents of it were confirmed."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from fixtures.generator import Vendor
from invex.accounts.access import Access
from invex.accounts.models import Membership, User
from invex.accounts.roles import Role
from invex.catalog import queries as catalog
from invex.catalog.services import create_template, update_template
from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.fields.template_json import template_from_json
from invex.review import queries as reviews
from invex.review.page import screen
from invex.review.services import confirm, reopen
from invex.studio import unsaid
from invex.studio.replay import replay
from tests.invex.world import access_to, document_in_review, label_of, template_json

pytestmark = pytest.mark.django_db

VENDOR = Vendor(7, kind="invoice", locale="de-DE")
ADDED = "Cost centre"


def grown(*, column: bool = False) -> dict[str, Any]:
    """The template with one more field, and one more column."""
    data = template_json("Acme")
    data["fields"].append({"key": "cost_centre", "type": "id", "label": ADDED})
    if column:
        data["tables"][0]["columns"].append({"key": "colour", "type": "text", "label": "Colour"})
    return data


@pytest.fixture
def access() -> Access:
    """Three confirmed documents of a template."""
    access = access_to("acme", Role.AUTHOR)
    create_template(access, template_json("Acme"))
    for number in range(3):
        one = VENDOR.document(number)
        confirm(access, document_in_review(access, one).pk, label_of(one, template="Acme"))
    return access


def said(access: Access) -> dict[str, int]:
    return {one.label: len(one.documents) for one in unsaid.unsaid(catalog.template(access.project, "Acme"))}


def test_a_field_and_a_column_added_later_name_the_documents_that_were_not_asked(access) -> None:
    assert said(access) == {}
    row = catalog.template(access.project, "Acme")
    change = template_from_json(grown(column=True))
    assert dict(replay(row, change).unsaid) == {ADDED: 3, "Line items: Colour": 3}
    update_template(access, "Acme", grown(column=True))
    assert said(access) == {ADDED: 3, "Line items: Colour": 3}
    one = VENDOR.document(3)
    label = label_of(one, template="Acme")
    confirm(access, document_in_review(access, one).pk, label)
    assert said(access)[ADDED] == 3, "who confirmed it since was asked, whatever they said"
    first = reviews.confirmed(access.project, template="Acme").last()
    assert first is not None
    label = {**first.label, "fields": {**first.label["fields"], "cost_centre": []}}
    confirm(access, first.document_id, label)
    assert said(access)[ADDED] == 2
    update_template(access, "Acme", template_json("Acme"))
    assert said(access) == {}, "it is no longer asked for"


def test_they_are_opened_again_a_few_at_a_time(access, monkeypatch) -> None:
    monkeypatch.setattr(unsaid, "MOST_AT_ONCE", 2)
    update_template(access, "Acme", grown())
    opened = unsaid.open_again(access, catalog.template(access.project, "Acme"))
    assert opened == sorted(opened, reverse=True)
    assert len(opened) == 2
    waiting = Document.objects.filter(pk__in=opened).values_list("state", "reason_code")
    assert set(waiting) == {(DocumentState.REVIEW, "reopened")}
    assert said(access) == {ADDED: 1}


def test_one_that_is_open_again_is_marked_where_nothing_was_said(access) -> None:
    """Else it is approved at once, and what nobody looked for is confirmed as not there."""
    update_template(access, "Acme", grown(column=True))
    first = reviews.confirmed(access.project, template="Acme")[0].document
    reopen(access, first.pk)
    first.refresh_from_db()
    shown = screen(first, "Acme")
    [added] = [row for row in shown.rows if row.spec.key == "cost_centre"]
    assert (added.mark, added.remarks) == ("look", ("When the document was confirmed, nothing was said of this.",))
    assert shown.tables[0].remarks == ("When the document was confirmed, nothing was said of the column Colour.",)
    assert {row.mark for row in shown.rows if not row.is_empty} == {"person"}
    assert shown.need_count == 2
    label = reviews.current_label(first)
    assert label is not None
    confirm(access, first.pk, {**label.label, "fields": {**label.label["fields"], "cost_centre": []}})
    reopen(access, first.pk)
    first.refresh_from_db()
    assert screen(first, "Acme").need_count == 0


def test_the_page_names_them_and_leads_to_their_queue(access) -> None:
    update_template(access, "Acme", grown())
    user = User.objects.create_user("rita", password="a-long-password")
    membership = Membership.objects.create(user=user, project=access.project, role=Role.VIEWER)
    client, address = Client(), "/p/acme/templates/by-name/Acme/unsaid/"
    client.force_login(user)
    page = client.get(address)
    assert "3 confirmed documents say nothing" in page.text
    assert ADDED in page.text
    assert "<form" not in page.text
    assert client.post(address).status_code == 403
    membership.role = Role.AUTHOR
    membership.save()
    assert "Open the newest 2 again" in client.get(address).text, "one stays, or the template would know no example"
    answer = client.post(address)
    assert answer.headers["Location"] == "/p/acme/inbox/?of=Acme&reason=reopened"
    assert "Open it again" in client.get(address).text
    client.post(address)
    assert client.get(address).text.strip() == ""
    assert client.post(address).headers["Location"].endswith("/by-name/Acme/"), "there is none left"


def test_a_column_that_was_not_asked_for_is_not_held_to_be_empty_usually(access) -> None:
    """Else nobody is asked about it as long as one of them is among the newest."""
    update_template(access, "Acme", grown(column=True))
    one = VENDOR.document(3)
    label = label_of(one, template="Acme")
    for row in label["tables"]["line_items"]:
        row["colour"] = {"value": "red"}
    filled = document_in_review(access, one)
    confirm(access, filled.pk, label)
    assert reviews.always_filled(access.project, "Acme")["line_items.colour"] == 1
    confirm(access, document_in_review(access, VENDOR.document(4)).pk, label_of(VENDOR.document(4), template="Acme"))
    assert "line_items.colour" not in reviews.always_filled(access.project, "Acme"), "this one was asked for it"
