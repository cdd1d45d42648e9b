"""The form of a template."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from invex.accounts.roles import Role
from invex.catalog import queries, services

pytestmark = pytest.mark.django_db

TWO_TABLES = {
    "name": "Order",
    "fields": [{"key": "number", "type": "id", "label": "Number"}],
    "tables": [
        {"key": "line_items", "columns": [{"key": "quantity", "type": "number"}]},
        {"key": "taxes", "columns": [{"key": "rate", "type": "percentage"}]},
    ],
    "locale": {"date_order": "ydm", "decimal": None},
}


@pytest.fixture
def client(person):
    client = Client()
    client.force_login(person(Role.AUTHOR))
    return client


def sent(**changes):
    return {
        "version": 1,
        "field:0:key": "number",
        "field:0:label": "Number",
        "field:0:type": "id",
        "table_key": "line_items",
        "column:0:key": "quantity",
        "column:0:type": "number",
        "date_order": "ydm",
        **changes,
    }


def test_what_the_form_does_not_show_stays(client, access):
    before = services.create_template(access, TWO_TABLES).spec
    page = reverse("template", args=["demo", "Order"])
    assert b'<option value="ydm" selected>' in client.get(page).content
    assert client.post(page, sent()).status_code == 302
    row = queries.template(access.project, "Order")
    assert (row.spec, row.version) == (before, 1)  # nothing changed, so no new version


def test_rules_that_are_no_json_cost_nothing_that_was_typed(client):
    answer = client.post(reverse("template-new", args=["demo"]), sent(name="Order", rules='[{"kind": }]'))
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "The rules are no JSON" in html
    assert "{&quot;kind&quot;: }" in html
    assert 'value="Order"' in html


@pytest.mark.parametrize("rules", ['"text"', "7", '{"kind": "order"}', '[{"kind": "pattern", "fields": ["number"]}]'])
def test_rules_that_make_no_sense_are_refused(client, rules):
    answer = client.post(reverse("template-new", args=["demo"]), sent(name="Order", rules=rules))
    assert answer.status_code == 422
    assert b'role="alert"' in answer.content


def test_the_example_of_a_rule_is_one(client, access):
    rules = '[{"kind": "pattern", "fields": ["invoice_number"], "params": {"regex": "RE-[0-9]+"}}]'
    page = reverse("template-new", args=["demo"])
    assert f"placeholder='{rules}'" in client.get(page).content.decode()
    assert (
        client.post(page, sent(**{"name": "Order", "field:0:key": "invoice_number", "rules": rules})).status_code == 302
    )
