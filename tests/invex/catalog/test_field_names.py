"""Standard fields have names in each language; what a customer named himself stays as he named it."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from invex.accounts.roles import Role
from invex.catalog import field_names, forms
from invex.catalog.models import Template
from invex.catalog.services import create_template
from invex.fields.spec import LocaleSpec
from invex.fields.standard import LINE_ITEMS, STANDARD_FIELDS
from invex.kernel.spoken import spoken
from invex.studio import design, queries
from tests.invex.world import access_to, template_json


@pytest.fixture
def german():
    with translation.override("de"):
        yield


def test_each_standard_field_and_column_has_a_name() -> None:
    columns = {f"{LINE_ITEMS.key}.{c.key}": c.label for c in LINE_ITEMS.columns}
    written = {f.key: f.label for f in STANDARD_FIELDS} | columns | {"line_items": "Line items"}
    assert {path: str(name) for path, name in field_names.STANDARD_NAMES.items()} == written


@pytest.mark.parametrize(
    ("path", "label", "said"),
    [
        ("invoice_number", "Invoice number", "Rechnungsnummer"),
        ("invoice_number", "", "Rechnungsnummer"),
        ("invoice_number", "invoice_number", "Rechnungsnummer"),
        ("invoice_number", "Belegnr.", "Belegnr."),
        ("line_items.quantity", "Quantity", "Menge"),
        ("parts.quantity", "Quantity", "Quantity"),
        ("amount", "Amount", "Amount"),
        ("line_items", "", "Positionen"),
        ("flight_from", "", "Flight from"),
    ],
)
def test_what_a_field_is_called_in_german(german, path, label, said) -> None:
    assert field_names.field_name(path, label) == said
    assert field_names.written_label(path, said) == (label if label not in ("", "invoice_number") else
                                                     field_names._WRITTEN.get(path, said))  # fmt: skip


def test_checks_say_the_names_of_standard_fields_but_other_sentences_leave_names_alone(german) -> None:
    sentence = "Net amount + Freight is 11.90, but Total amount is 12.00"
    assert spoken(sentence, field_names.CONTEXT) == "Nettobetrag + Freight ergibt 11.90, aber Gesamtbetrag ist 12.00"
    assert spoken(sentence) == "Net amount + Freight ergibt 11.90, aber Total amount ist 12.00"
    row = "Quantity of row 3: the check digits are wrong"
    assert spoken(row, field_names.CONTEXT).startswith("Menge ")


def test_a_german_who_saves_a_template_does_not_rename_its_standard_fields(german) -> None:
    spec = template_json("Order")
    shown = forms.form_context(spec)
    sent = {"name": "Order"}
    for kind, rows in [("field", shown["field_rows"]), *((t["kind"], t["rows"]) for t in shown["tables"])]:
        for number, row in rows:
            sent |= {f"{kind}:{number}:{name}": row[name] for name in ("key", "label", "type") if name in row}
    sent |= {f"table:{t['number']}:key": t["key"] for t in shown["tables"]}
    assert sent["field:0:label"] == "Rechnungsnummer"
    kept = forms.read_template_form(sent)
    assert [f["label"] for f in kept["fields"]] == [f["label"] for f in spec["fields"]]
    assert [c["label"] for c in kept["tables"][0]["columns"]] == [c["label"] for c in spec["tables"][0]["columns"]]
    named = forms.read_template_form({"name": "Short", "field:0:key": "", "field:0:label": "Fälligkeitsdatum"})
    assert [(f["key"], f["label"]) for f in named["fields"]] == [("due_date", "Due date")]


@pytest.mark.django_db
def test_the_studio_knows_the_standard_fields_by_their_german_names(german) -> None:
    access = access_to("acme", Role.AUTHOR)
    columns = [{"label": "Einzelpreis", "type": "text"}, {"label": "Lager", "type": "text"}]
    raw = json.dumps(
        {
            "name": "Order",
            "fields": [{"label": "Gesamtbetrag", "type": "text", "value": "5,00"}],
            "tables": [{"label": "Positionen", "columns": columns, "rows": []}],
        }
    )
    found = design.read_design(raw, queries.known(access.project), LocaleSpec("dmy", ",")).spec
    assert [(f.key, f.label, f.type) for f in found.fields] == [("total_amount", "Total amount", "amount")]
    [table] = found.tables
    assert [(table.key, c.key, c.label) for c in table.columns] == [
        ("line_items", "unit_price", "Unit price"),
        ("line_items", "lager", "Lager"),
    ]


@pytest.mark.django_db
def test_lists_say_names_where_there_are_some(person) -> None:
    access = access_to("demo", Role.OWNER)
    create_template(access, template_json("Order", fields=[{"key": "flight_from", "type": "date", "label": "Abflug"}]))
    called = field_names.names_of(access.project)
    assert [called(path) for path in ("flight_from", "line_items", "line_items.quantity")] == [
        "Abflug",
        "Line items",
        "Line items: Quantity",
    ]
    client = Client(headers={"accept-language": "de"})
    client.force_login(person(Role.AUTHOR))
    with translation.override("de"):  # and back: the request chooses a language for its thread
        page = client.get(reverse("templates", args=["demo"])).content.decode()
    assert "Abflug · Positionen" in page
    assert "line_items" not in page
    assert Template.objects.get().spec["tables"][0]["key"] == "line_items"
