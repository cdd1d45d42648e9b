"""The form of a template."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from invex.accounts.roles import Role
from invex.catalog import queries, services
from invex.catalog.forms import KIND_LABELS
from invex.catalog.rule_form import DETAILS, RuleRow, row_of, rule_of
from invex.fields.rules import RULE_KINDS

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
        "table:0:key": "line_items",
        "column0:0:key": "quantity",
        "column0:0:type": "number",
        "table:1:key": "taxes",
        "column1:0:key": "rate",
        "column1:0:type": "percentage",
        "date_order": "ydm",
        **changes,
    }


def test_each_table_is_a_part_of_the_form(client, access):
    services.create_template(access, TWO_TABLES)
    page = reverse("template", args=["demo", "Order"])
    shown = client.get(page).content.decode()
    for name in ("column0:0:key", "column1:0:key", "table:0:key", "table:1:key", "table:2:key"):
        assert f'name="{name}"' in shown
    added = {"column1:1:label": "Base amount", "column1:1:key": "", "column1:1:type": "amount"}
    another = {"table:2:key": "notes", "column2:0:key": "note", "column2:0:type": "text"}
    assert client.post(page, sent(**added, **another)).status_code == 302
    tables = queries.template(access.project, "Order").spec["tables"]
    assert [(t["key"], [c["key"] for c in t["columns"]]) for t in tables] == [
        ("line_items", ["quantity"]), ("taxes", ["rate", "base_amount"]), ("notes", ["note"]),
    ]  # fmt: skip
    without = {name: value for name, value in sent(version=2).items() if not name.startswith("column1")}
    assert client.post(page, {**without, "table:0:key": "goods"}).status_code == 302
    assert [t["key"] for t in queries.template(access.project, "Order").spec["tables"]] == ["goods"]


def test_a_table_without_a_key_is_not_lost_without_a_word(client, access):
    services.create_template(access, TWO_TABLES)
    page = reverse("template", args=["demo", "Order"])
    answer = client.post(page, sent(**{"table:2:key": "", "column2:0:key": "note", "column2:0:type": "text"}))
    assert answer.status_code == 422
    assert b"column2:0:key" in answer.content
    assert b'value="note"' in answer.content


def test_what_the_form_does_not_show_stays(client, access):
    before = services.create_template(access, TWO_TABLES).spec
    page = reverse("template", args=["demo", "Order"])
    assert b'<option value="ydm" selected>' in client.get(page).content
    assert client.post(page, sent()).status_code == 302
    row = queries.template(access.project, "Order")
    assert (row.spec, row.version) == (before, 1)  # nothing changed, so no new version


RULES = [
    {"kind": "pattern", "fields": ["number"], "params": {"regex": "RE-[0-9]+"}},
    {"kind": "range", "fields": ["total"], "params": {"min": 10, "max": "500.5"}},
    {"kind": "range", "fields": ["total"], "params": {"max": 3}},
    {"kind": "sum", "fields": ["total"], "params": {"table": "line_items", "column": "quantity", "tolerance": "0.05"}},
    {"kind": "sum", "fields": ["total", "net", "tax"], "params": {}},
    {"kind": "order", "fields": ["net", "total"], "params": {"strict": True}},
    {"kind": "order", "fields": ["net", "total"], "params": {}},
    {"kind": "list", "fields": ["number"], "params": {"values": ["a b", "C"], "ignore_case": True}},
    {"kind": "master_data", "fields": ["number", "net"], "params": {"list": "orders", "columns": ["no", "net"]}},
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule['kind']}-{len(rule['params'])}")
def test_a_rule_typed_as_it_is_shown_is_the_same_rule(rule):
    again = rule_of(row_of(rule))
    assert (again["kind"], again["fields"]) == (rule["kind"], rule["fields"])
    assert {k: str(v) for k, v in again["params"].items()} == {k: str(v) for k, v in rule["params"].items()}


def test_every_kind_of_rule_has_a_label_and_an_example_that_reads_back():
    assert set(KIND_LABELS) == set(DETAILS) == set(RULE_KINDS)
    for kind, detail in DETAILS.items():
        assert row_of(rule_of(RuleRow(kind, "number", detail))).detail == detail


@pytest.mark.parametrize(
    ("kind", "detail"), [("pattern", "("), ("range", ""), ("sum", "nothing.like"), ("list", ""), ("x", "")]
)
def test_rules_that_make_no_sense_are_refused_and_stay_as_typed(client, kind, detail):
    rule = {"rule:0:fields": "number", "rule:0:kind": kind, "rule:0:detail": detail}
    answer = client.post(reverse("template-new", args=["demo"]), sent(name="Order", **rule))
    html = answer.content.decode()
    assert answer.status_code == 422
    assert 'role="alert"' in html
    assert 'value="Order"' in html
    assert f'name="rule:0:detail" value="{detail}"' in html or kind == "x"


def test_an_untouched_rule_stays_as_it_was_written_and_a_new_one_is_added(client, access):
    values = ["one; two", "three"]  # the form would take the first for two values
    written = {"kind": "list", "fields": ["number"], "params": {"values": values}}
    services.create_template(access, {**TWO_TABLES, "rules": [written]})
    page = reverse("template", args=["demo", "Order"])
    shown = {"rule:0:fields": "number", "rule:0:kind": "list", "rule:0:detail": "one; two; three"}
    client.post(page, sent(**shown))
    assert queries.template(access.project, "Order").version == 1
    added = {"rule:1:fields": "number", "rule:1:kind": "pattern", "rule:1:detail": "[0-9]+"}
    assert client.post(page, sent(**shown, **added)).status_code == 302
    rules = queries.template(access.project, "Order").spec["rules"]
    assert rules == [written, {"kind": "pattern", "fields": ["number"], "params": {"regex": "[0-9]+"}}]


def test_the_preview_says_what_is_wrong_with_a_rule(client, access):
    services.create_template(access, TWO_TABLES)
    typed = {"rule:0:kind": "order", "rule:0:fields": "number, nope", "rule:0:detail": ""}
    said = client.post(reverse("template-replay", args=["demo", "Order"]), sent(**typed)).content.decode()
    assert "Rule 1 (number, nope): the template has no field" in said
    assert "input from:closest form" in client.get(reverse("template", args=["demo", "Order"])).content.decode(), (
        "it follows what is typed, not only what has been left"
    )
