"""Drawing a template on a sample: what it means, trying it on the others, saving it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fixtures.generator import Synthetic, Vendor
from invex.accounts.roles import Role
from invex.catalog import queries as catalog
from invex.catalog.services import create_template
from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.extraction import queries as extractions
from invex.fields.spec import LocaleSpec
from invex.kernel.errors import BadInput, Conflict, NotAllowed
from invex.review import leases
from invex.review.models import ConfirmedLabel
from invex.studio import design, jobs, queries, services, trying
from mlops.memory.models import MemoryRevision
from tests.invex.world import access_to, document_in_review, label_of, run_events, template_json

pytestmark = pytest.mark.django_db

VENDOR = Vendor(7, kind="invoice", locale="de-DE")
FIELDS = {"invoice_number": "Invoice number", "invoice_date": "Invoice date", "total_amount": "Total amount"}


def drawn(one: Synthetic, **changes: Any) -> str:
    """What the page sends when the author drew three fields, under a name of the author's for one of them."""
    said = label_of(one)["fields"]
    types = {"invoice_number": "id", "invoice_date": "date", "total_amount": "amount"}
    fields = [{"label": FIELDS[key], "type": types[key], "required": True, **said[key][0]} for key in FIELDS]
    return json.dumps({"name": "Acme invoice", "fields": fields, "columns": [], "rows": [], **changes})


def read(access: Any, raw: str) -> design.Design:
    return design.read_design(raw, queries.known(access.project), LocaleSpec("dmy", ","))


@pytest.fixture
def access():
    return access_to("acme", Role.AUTHOR)


def test_what_is_drawn_becomes_a_template_whose_known_names_bring_their_keys() -> None:
    access = access_to("acme", Role.AUTHOR)
    raw = {
        "name": "Order",
        "fields": [
            {"label": "invoice DATE", "type": "text", "value": "03.04.2024"},
            {"label": "Flight from", "type": "date", "value": "3.4.2024", "required": True},
            {"label": "Note", "type": "text", "value": "one"},
            {"label": "Note", "type": "text", "value": "two"},
            {"label": "Not here", "type": "text", "value": ""},
        ],
        "columns": [{"label": "Quantity", "type": "text"}, {"label": "Colour", "type": "text"}],
        "rows": [[{"value": "4"}, {"value": "red"}], [None, {"value": "blue"}]],
    }
    found = read(access, json.dumps(raw))
    assert [(f.key, f.type, f.required) for f in found.spec.fields] == [
        ("invoice_date", "date", False), ("flight_from", "date", True), ("note", "text", False), ("not_here", "text", False),
    ]  # fmt: skip
    assert [(c.key, c.type) for c in found.spec.tables[0].columns] == [("quantity", "number"), ("colour", "text")]
    said = found.label["fields"]
    assert said["flight_from"] == [{"value": "2024-04-03"}]
    assert [v["value"] for v in said["note"]] == ["one", "two"]
    assert said["not_here"] == []
    assert found.label["tables"]["line_items"][1] == {"colour": {"value": "blue"}}
    assert found.errors == {}


def test_what_is_no_value_of_its_type_is_said_by_the_name_of_the_field(access) -> None:
    raw = json.dumps({"name": "Order", "fields": [{"label": "Flight from", "type": "date", "value": "soon"}]})
    found = read(access, raw)
    assert list(found.errors) == ["Flight from"]
    document = document_in_review(access, VENDOR.document(0))
    with pytest.raises(BadInput, match="Flight from"):
        services.save(access, document, found, version=None)


@pytest.mark.parametrize(
    "raw", ["", "[]", "{", '{"name": "A", "fields": [{"label": "", "value": "1"}]}', '{"name": ""}']
)
def test_nonsense_is_refused_with_a_sentence(access, raw: str) -> None:
    with pytest.raises(BadInput):
        read(access, raw)


def test_a_saved_template_reads_the_look_alike(access) -> None:
    sample, other = (document_in_review(access, VENDOR.document(n)) for n in (0, 1))
    row = services.save(access, sample, read(access, drawn(VENDOR.document(0))), version=sample.version)
    sample.refresh_from_db()
    assert (row.name, sample.state, sample.template) == ("Acme invoice", DocumentState.APPROVED, "Acme invoice")
    assert ConfirmedLabel.objects.get(document=sample).source == "person"
    run_events()
    other.refresh_from_db()
    assert other.template == "Acme invoice"
    prediction = extractions.current(other).prediction["fields"]
    right = label_of(VENDOR.document(1))["fields"]
    assert {key: prediction[key][0]["value"] for key in FIELDS} == {key: right[key][0]["value"] for key in FIELDS}


def test_nothing_is_made_when_the_sample_cannot_be_confirmed(access) -> None:
    document = document_in_review(access, VENDOR.document(0))
    with pytest.raises(Conflict):
        services.save(access, document, read(access, drawn(VENDOR.document(0))), version=document.version + 1)
    leases.take(access_to("acme", Role.REVIEWER, name="bob"), document, "key")
    document.refresh_from_db()
    with pytest.raises(Conflict, match="bob"):
        services.save(access, document, read(access, drawn(VENDOR.document(0))), version=document.version)
    with pytest.raises(NotAllowed):
        services.save(access_to("acme", Role.REVIEWER), document, read(access, drawn(VENDOR.document(0))), version=None)
    assert not catalog.templates(access.project).exists()


def test_trying_reads_the_others_and_stores_nothing(access) -> None:
    sample, other = (document_in_review(access, VENDOR.document(n)) for n in (0, 1))
    stranger = document_in_review(access, Vendor(8, kind="invoice", locale="de-DE").document(0))
    found = read(access, drawn(VENDOR.document(0)))
    asked = json.dumps(
        {"template": {"name": "new", "fields": template_of(found)}, "label": {**found.label, "template": "new"}}
    )
    alike, unlike = jobs.try_on(sample.pk, asked, f"{other.pk},{stranger.pk}")
    right = label_of(VENDOR.document(1))["fields"]
    assert [line["values"] for line in alike["lines"]] == [(right[key][0]["value"],) for key in FIELDS]
    assert alike["is_recognised"]
    assert alike["mark"] != trying.BAD
    assert not unlike["is_recognised"]
    assert unlike["mark"] == trying.BAD
    assert not catalog.templates(access.project).exists()
    assert not MemoryRevision.objects.exists()
    assert Document.objects.filter(template="").count() == 3


def template_of(found: design.Design) -> list[dict[str, Any]]:
    return [{"key": f.key, "type": f.type, "label": f.label, "required": f.required} for f in found.spec.fields]


def test_a_click_says_type_value_and_what_the_page_calls_it(access) -> None:
    document = document_in_review(access, VENDOR.document(0))
    value = label_of(VENDOR.document(0))["fields"]["invoice_date"][0]
    said = queries.meaning(document, value["text"], "", json.dumps(value["boxes"][0]), is_cell=False)
    assert (said["type"], said["value"], said["error"]) == ("date", value["value"], "")
    assert queries.meaning(document, "soon", "date", "", is_cell=False)["error"]
    with pytest.raises(BadInput):
        queries.meaning(document, "soon", "", '{"page": "x"}', is_cell=False)


def test_from_the_first_row_the_rest_of_the_table_is_read(access) -> None:
    one = next(d for n in range(20) if len((d := VENDOR.document(n)).label.tables["line_items"]) > 2)
    document = document_in_review(access, one)
    rows = label_of(one)["tables"]["line_items"]
    columns = [c for c in ("description", "quantity", "unit_price", "amount") if rows[0].get(c, {}).get("boxes")]
    types = ["text" if c == "description" else "number" if c == "quantity" else "amount" for c in columns]
    found = queries.rows_below(document, ",".join(types), json.dumps([[rows[0].get(c) for c in columns]]))
    at = columns.index("amount")
    assert [row[at]["value"] for row in found if row[at]] == [row["amount"]["value"] for row in rows[1:]]
    with pytest.raises(BadInput):
        queries.rows_below(document, "text", '[[{"novalue": 1}]]')


def test_what_day_zero_read_is_offered_and_known_names_come_with_the_project(access) -> None:
    document = document_in_review(access, VENDOR.document(0))
    create_template(access, template_json("Other", fields=[{"key": "flight", "type": "date", "label": "Flight"}]))
    offered = queries.known(access.project)
    assert "Flight" in [f.label for f in offered.fields]
    shown = extractions.current(document).prediction["fields"]
    given = queries.drawn_already(document, offered)
    assert sorted(f["value"] for f in given["fields"]) == sorted(v["value"] for vs in shown.values() for v in vs)
    assert all(f["isRead"] for f in given["fields"])
