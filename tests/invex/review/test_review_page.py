"""The document's page: what it shows, and what its form does."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fixtures.generator import Synthetic
from invex.accounts.roles import Role
from invex.catalog.services import create_template, remove_template
from invex.documents.models import Document, PageImage
from invex.documents.states import DocumentState as S
from invex.fields.findings import Finding, Target
from invex.fields.spec import FieldSpec, TemplateSpec
from invex.fields.standard import LINE_ITEMS, STANDARD_FIELDS
from invex.review import forms, services
from invex.review.rows import rows_of
from invex.web import trends
from tests.invex.world import document_in_review, template_json, vendor

# Nobody reads a document as another template here; test_read_as.py does.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_worker")]

ACME = vendor()
ONE = ACME.document(0)


@pytest.fixture
def client(person):
    client = Client()
    client.force_login(person(Role.REVIEWER))
    return client


def page_of(document: Document) -> str:
    return reverse("document", args=["demo", document.pk])


def test_later_hides_it_until_tomorrow(client, document):
    answer = client.post(page_of(document), {"action": "later", "version": document.version})
    assert answer["Location"] == reverse("inbox", args=["demo"])
    document.refresh_from_db()
    assert (document.state, document.postponed_until) == (S.REVIEW, timezone.localdate() + datetime.timedelta(days=1))
    assert b"0 documents" in client.get(reverse("inbox", args=["demo"])).content


@pytest.mark.parametrize("action", ["reject", "later", "reopen"])
def test_a_page_that_is_out_of_date_decides_nothing(client, document, action):
    Document.objects.filter(pk=document.pk).update(version=3)
    assert client.post(page_of(document), {"action": action, "version": 2}).status_code == 409
    document.refresh_from_db()
    assert document.state == S.REVIEW


def test_the_page_of_a_document_at_work_asks_and_is_then_shown_anew(client, document):
    Document.objects.filter(pk=document.pk).update(state=S.EXTRACTING)
    assert client.get(page_of(document), headers={"HX-Request": "true"}).status_code == 204
    Document.objects.filter(pk=document.pk).update(state=S.REVIEW)
    assert client.get(page_of(document), headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_a_document_of_a_retired_template_keeps_its_fields(client, access, document):
    create_template(access, template_json("Old order"))
    Document.objects.filter(pk=document.pk).update(template="Old order")
    assert not remove_template(access, "Old order")
    page = client.get(page_of(document))
    assert page.context["screen"].chosen == "Old order"
    other = document_in_review(access, ACME.document(1))
    assert "Old order" not in client.get(page_of(other)).context["template_names"]


def test_pages_that_are_not_drawn_have_the_size_of_those_that_are(client, document):
    Document.objects.filter(pk=document.pk).update(page_count=3)
    PageImage.objects.create(document=document, index=0, width_px=100, height_px=50, blob="0" * 64)
    pages = client.get(page_of(document)).context["pages"]
    assert [(p["width_px"], p["height_px"]) for p in pages] == [(100, 50)] * 3


def test_a_table_has_a_name_and_its_cells_have_those_of_their_columns(client, access, document):
    create_template(access, template_json("Order"))
    page = client.get(page_of(document), {"template": "Order"})
    assert b"Line items" in page.content
    [table] = page.context["screen"].tables
    assert {"key": "quantity", "type": "number", "label": "Quantity"} in json.loads(table.columns_json)


def test_a_date_is_read_as_the_document_writes_dates(client, access, document, monkeypatch):
    from invex.fields.spec import LocaleSpec
    from invex.review import services

    create_template(access, template_json("Order"))
    monkeypatch.setattr(services, "document_locale", lambda row, template: LocaleSpec("mdy", "."))
    sent = {"action": "approve", "template": "Order", "f:invoice_date:0": "03/04/2020", "version": document.version}
    assert client.post(page_of(document), sent).status_code == 302
    label = document.labels.get().label
    assert label["fields"]["invoice_date"][0]["value"] == "2020-03-04"


def test_a_document_opened_again_shows_what_was_confirmed(client, access, document):
    create_template(access, template_json("Order"))
    sent = {"action": "approve", "template": "Order", "f:invoice_number:0": "confirmed-1", "version": document.version}
    assert client.post(page_of(document), sent).status_code == 302
    document.refresh_from_db()
    client.post(page_of(document), {"action": "reopen", "version": document.version})
    rows = client.get(page_of(document)).context["screen"].rows
    assert [r.inputs[0].value for r in rows if r.spec.key == "invoice_number"] == ["confirmed-1"]


def test_doubts_about_the_template_are_gone_when_a_person_chooses_one(client, access, document):
    create_template(access, template_json("Order"))
    doubt = {"code": "unknown_template", "message": "The document looks like none of the templates"}
    document.extractions.update(reasons=[doubt])
    assert client.get(page_of(document)).context["screen"].remarks == [doubt["message"]]
    chosen = client.get(page_of(document), {"template": "Order"})
    assert chosen.context["screen"].remarks == []
    assert not chosen.context["screen"].is_as_read


def test_how_long_a_person_was_at_it_is_kept_for_the_dashboard_and_the_template(client, access, document):
    create_template(access, template_json("Order"))
    spent = {"seconds": 12.5, "fields": {"total_amount": 4.0, "line_items": 2.5}}
    sent = {"action": "approve", "template": "Order", "version": document.version, "spent": json.dumps(spent)}
    assert client.post(page_of(document), {**sent, "f:total_amount:0": "5.00"}).status_code == 302
    label = document.labels.get()
    assert (label.seconds, label.field_seconds) == (12.5, spent["fields"])
    assert trends.chart(document.project, "seconds").series[0].values[-1] == 12.5


@pytest.mark.parametrize("raw", ["", "5", '{"seconds": -1, "fields": {}}', '{"seconds": 2, "fields": {"a": 3}}', "[]"])
def test_a_clock_that_went_wrong_says_nothing(raw):
    assert forms.read_spent(raw) is None


def test_documents_of_builds_that_are_compared_show_neither_build_nor_confidence(client, document):
    before = client.get(page_of(document))
    assert b"data-confidence" in before.content
    document.extractions.update(arm="A")
    page = client.get(page_of(document))
    assert page.context["screen"].is_blind
    assert b"data-confidence" not in page.content
    assert b"Two builds are being compared" in page.content
    assert document.extractions.get().build.encode() not in page.content


def test_a_document_of_several_pages_has_them_small_beside(client, document):
    assert b"thumbnails" not in client.get(page_of(document)).content
    Document.objects.filter(pk=document.pk).update(page_count=3)
    assert client.get(page_of(document)).content.count(b"data-to=") == 3


SUMS = {"f:net_amount:0": "282.28", "f:tax_amount:0": "53.63", "f:total_amount:0": "335.91"}


def approve(client: Client, document: Document, **changes: str):
    sent = {"action": "approve", "template": "Order", "version": document.version, **SUMS, **changes}
    return client.post(page_of(document), sent)


def test_a_right_document_is_approved_at_once(client, access, document):
    create_template(access, template_json("Order"))
    assert approve(client, document).status_code == 302
    assert document.labels.get().failed == []


def test_as_unknown_a_document_is_approved_with_its_values_and_nothing_else_is_promised(client, access, document):
    assert approve(client, document, template="").status_code == 302
    label = document.labels.get()
    assert (label.template, label.label["fields"]["net_amount"][0]["value"]) == ("", SUMS["f:net_amount:0"])
    said = client.get(reverse("inbox", args=["demo"])).content.decode()
    assert "is approved as unknown. Documents like it stay unknown" in said
    assert "read again" not in said
    learned = client.get(reverse("document-learned", args=["demo", document.pk, label.pk])).content.decode()
    assert "Learn" not in learned
    assert "message" not in learned


def test_candidates_that_would_be_shown_with_nought_per_cent_are_left_out():
    spec = TemplateSpec("Order", (FieldSpec("due_date", "date", "Due date"),))
    others = [
        {"value": v, "confidence": c} for v, c in (("2020-01-02", 0.2), ("2020-01-03", 0.006), ("2020-01-04", 0.004))
    ]
    read = {"due_date": [{"value": "2020-01-01", "confidence": 0.79, "alternatives": others}]}
    [row], _ = rows_of(spec, {"fields": read}, [])
    assert [(a["value"], a["percent"]) for a in row.inputs[0].alternatives] == [("2020-01-02", 20), ("2020-01-03", 1)]


@pytest.mark.parametrize(("confidence", "needs"), [(0.95, False), (0.5, True)])
def test_a_table_with_a_cell_to_look_at_needs_a_person(confidence, needs):
    rows = [{"amount": {"value": "1.00", "confidence": confidence}}]
    _, [table] = rows_of(TemplateSpec("Order", tables=(LINE_ITEMS,)), {"tables": {"line_items": rows}}, [])
    assert table.needs_person == needs


def test_each_cell_that_is_marked_needs_a_person_once():
    doubtful, sure, failed = (
        {"value": "1.00", "confidence": confidence, "checks": [{"name": "sum", "ok": is_ok, "message": "no"}]}
        for confidence, is_ok in ((0.5, True), (0.95, True), (0.95, False))
    )
    spec, said = TemplateSpec("Order", tables=(LINE_ITEMS,)), [{"field": "line_items", "message": "Rows are missing."}]
    rows = [{"quantity": doubtful, "amount": failed}, {"quantity": sure, "amount": doubtful}, {"amount": sure}]
    _, [table] = rows_of(spec, {"tables": {"line_items": rows}}, said)
    assert table.need_count == 3
    _, [table] = rows_of(spec, {"tables": {"line_items": rows[2:]}}, said)
    assert table.need_count == 1, "what is said of the whole"


def test_a_field_has_the_same_number_whatever_its_place():
    def at(y: float):
        return [{"value": "1", "boxes": [{"page": 0, "box": [0.1, y, 0.2, y + 0.01]}]}]

    def numbers(spec: TemplateSpec, **fields) -> dict[str, int | None]:
        rows, _ = rows_of(spec, {"fields": fields}, [])
        return {row.spec.key: row.number for row in rows}

    order = TemplateSpec("Order", tuple(FieldSpec(key, "text") for key in "abcdefghijk"))
    assert numbers(order) == dict(zip("abcdefghijk", [*range(1, 10), None, None]))
    assert numbers(order, b=at(0.1), a=at(0.2), k=at(0.05)) == numbers(order)
    assert list(numbers(order, b=at(0.1), a=at(0.2)))[:2] == ["b", "a"]
    unknown = TemplateSpec("", tuple(f for f in STANDARD_FIELDS if f.key in ("due_date", "iban")))
    assert numbers(unknown) == {"due_date": 3, "iban": None}, "as on another document of no template"


@pytest.mark.parametrize("template", ["Order", ""])
def test_a_document_in_which_nothing_was_read_needs_a_person(client, access, document, template):
    create_template(access, template_json("Order"))
    shown = client.get(page_of(document), {"template": ""})
    assert not shown.context["screen"].is_empty
    assert "data-empty hidden" in shown.content.decode()
    keys = {key: [] for key in shown.context["screen"].extraction.prediction["fields"]}
    Document.objects.filter(pk=document.pk).update(template=template)
    document.extractions.update(prediction={"fields": keys, "tables": {}}, reasons=[])
    shown = client.get(page_of(document))
    assert shown.context["screen"].rows
    assert shown.context["screen"].need_count == 1
    assert "data-empty>▲ Nothing is filled in." in shown.content.decode()
    assert "▲ 1 needs you" in shown.content.decode()


def test_a_table_without_rows_needs_a_person_where_all_confirmed_documents_have_some(client, access):
    create_template(access, template_json("Order"))
    rows = {"line_items": [{"amount": {"value": "1.00"}}]}
    first, second, third = (document_in_review(access, ACME.document(n)) for n in (1, 2, 3))
    Document.objects.filter(pk=third.pk).update(template="Order")
    read = third.extractions.get(is_current=True)
    read.prediction["tables"], read.reasons = {}, []
    read.save(update_fields=["prediction", "reasons"])

    def table():
        answer = client.get(page_of(third))
        [found] = answer.context["screen"].tables
        return found, answer.content.decode()

    assert not table()[0].needs_person, "nobody has said what this template has"
    services.confirm(access, first.pk, {"template": "Order", "fields": {}, "tables": rows})
    found, html = table()
    assert (found.lacking, found.need_count) == (1, 1)
    assert "No row was read; the confirmed document of this template has rows." in html
    services.confirm(access, second.pk, {"template": "Order", "fields": {}})
    assert table()[0].lacking == 1, "who did not speak of the table said nothing of it"
    services.reopen(access, second.pk)
    services.confirm(access, second.pk, {"template": "Order", "fields": {}, "tables": {"line_items": []}})
    assert not table()[0].needs_person


def test_an_empty_column_needs_a_person_where_all_confirmed_documents_fill_it(client, access):
    create_template(access, template_json("Order"))
    first, second, third = (document_in_review(access, ACME.document(n)) for n in (1, 2, 3))
    Document.objects.filter(pk=third.pk).update(template="Order")
    read = third.extractions.get(is_current=True)
    read.prediction["tables"] = {"line_items": [{"amount": {"value": "1.00", "confidence": 1.0}}]}
    read.reasons = []
    read.save(update_fields=["prediction", "reasons"])

    def confirm(document, *rows: dict[str, str], **more: str) -> None:
        cells = [{key: {"value": value} for key, value in row.items()} for row in rows]
        label = {"template": "Order", "fields": {}, "tables": {"line_items": cells}, **more}
        services.confirm(access, document.pk, label)

    def table():
        answer = client.get(page_of(third))
        [found] = answer.context["screen"].tables
        return found, answer.content.decode()

    assert not table()[0].needs_person, "nobody has said what this template has"
    confirm(first, {"quantity": "2", "amount": "1.00"}, {"amount": "3.00"})
    found, html = table()
    assert (found.lacking, found.lacking_columns, found.need_count) == (0, (("quantity", 1),), 1)
    assert "Quantity: nothing was read; the confirmed document of this template has it." in html
    confirm(second)
    assert table()[0].lacking_columns == (("quantity", 1),), "without rows it says nothing of a column"
    confirm(second, {"amount": "1.00"}, source="bulk")
    assert table()[0].lacking_columns == (("quantity", 1),), "nobody has looked for it"
    confirm(second, {"quantity": "5"})
    assert table()[0].lacking_columns == (("quantity", 2),)
    confirm(second, {"amount": "1.00"})
    assert not table()[0].needs_person


def test_an_empty_field_needs_a_person_until_one_has_confirmed_a_document_without_it(client, access):
    create_template(access, template_json("Order"))
    due = {"due_date": [{"value": "2026-01-31"}], "currency": []}
    first, second, third = (document_in_review(access, ACME.document(n)) for n in (1, 2, 3))
    Document.objects.filter(pk=third.pk).update(template="Order")
    read = third.extractions.get(is_current=True)
    read.prediction["fields"] |= {"due_date": [], "currency": []}
    read.reasons = []
    read.save(update_fields=["prediction", "reasons"])

    def rows(**sent: str):
        answer = client.get(page_of(third), sent)
        return {row.spec.key: row for row in answer.context["screen"].rows}, answer.content.decode()

    assert not rows()[0]["due_date"].needs_person, "nobody has said what this template has"
    services.confirm(access, first.pk, {"template": "Order", "fields": due})
    found, html = rows()
    assert [(found[key].lacking, found[key].mark) for key in ("due_date", "currency")] == [(1, "look"), (0, "")]
    assert "Nothing was read; the confirmed document of this template has one." in html
    assert "▲ 1 needs you" in html
    services.confirm(access, second.pk, {"template": "Order", "fields": due})
    assert "Nothing was read; the last 2 confirmed documents of this template all have one." in rows()[1]
    by_person = {"f:due_date:0": "", "f:due_date:0:by": "person", "version": str(third.version), "template": "Order"}
    client.post(f"{page_of(third)}draft/", by_person)
    assert rows()[0]["due_date"].mark == "person", "somebody has looked for it"
    client.post(page_of(third), {"action": "discard"})
    services.reopen(access, second.pk)
    services.confirm(access, second.pk, {"template": "Order", "fields": {}})
    assert rows()[0]["due_date"].lacking == 1, "who did not speak of it said nothing of it"
    services.confirm(access, second.pk, {"template": "Order", "fields": {"due_date": []}, "source": "bulk"})
    assert rows()[0]["due_date"].lacking == 1, "nobody has looked for it"
    services.confirm(access, second.pk, {"template": "Order", "fields": {"due_date": []}})
    assert not rows()[0]["due_date"].needs_person


def test_from_a_template_that_was_chosen_a_link_leads_back_to_the_one_before(client, access, document):
    create_template(access, template_json("Order"))

    def said(**asked: str) -> str:
        return client.get(page_of(document), {"order": "age", **asked}).content.decode()

    assert "data-back-to" not in said(template="Order")
    assert "?template=&amp;order=age" in said(template="Order", was="")
    assert "back to unknown" in said(template="Order", was="")
    assert "?template=Order&amp;order=age" in said(template="", was="Order")
    assert "data-back-to" not in said(template="Order", was="Order")
    assert "data-back-to" not in said(template="Order", was="none of ours")


def test_values_that_a_check_contradicts_are_asked_about_once(client, access, document):
    create_template(access, template_json("Order"))
    wrong = {"f:net_amount:0": "99999.99"}
    asked = approve(client, document, **wrong)
    assert asked.status_code == 422
    assert not document.labels.exists()
    [doubt] = asked.context["doubts"]
    assert doubt == "Net amount + Tax amount is 100053.62, but Total amount is 335.91"
    shown = {row.spec.key: row for row in asked.context["screen"].rows}
    assert shown["net_amount"].inputs[0].value == "99999.99"  # what was typed is kept, and marked
    assert {key for key, row in shown.items() if row.mark == "wrong"} == {"net_amount", "tax_amount", "total_amount"}
    told = asked.context["told"]
    other = approve(client, document, **{"f:net_amount:0": "88888.88"}, told=told)  # wrong in another way
    assert other.status_code == 422
    assert approve(client, document, **wrong, told=other.context["told"]).status_code == 302
    assert document.labels.get().failed == [doubt]


def test_nobody_is_asked_about_a_check_that_the_page_said_fails(client, access, document):
    create_template(access, template_json("Order"))
    sentence = "Net amount + Tax amount is 100053.62, but Total amount is 335.91"
    read = document.extractions.get(is_current=True)
    read.reasons = [{"code": "net_plus_tax", "message": sentence, "field": "net_amount"}]
    read.save(update_fields=["reasons"])
    assert approve(client, document, **{"f:net_amount:0": "99999.99"}).status_code == 302
    assert document.labels.get().failed == [sentence]


def test_only_the_value_that_a_check_speaks_of_is_marked():
    late = Finding("range", False, "too late", (Target("due_date", 1), Target("line_items", 1, "amount")))
    sent = {"f:due_date:0": "2020-01-01", "f:due_date:2": " ", "f:due_date:10": "2030-01-01"}
    assert forms.marks(sent, [late]) == {"f:due_date:10": "too late"}
    rows = [{"amount": {"value": "1"}}, {}, {"amount": {"value": " "}}, {"amount": {"value": "2"}}]
    cells = forms.marks({"t:line_items": json.dumps(rows)}, [late])
    assert cells["t:line_items:3:amount"] == "too late"  # rows without a value are not counted
    missing = Finding("required", False, "missing", (Target("iban"),))
    assert forms.marks({"f:iban:0": ""}, [missing]) == {"f:iban:0": "missing"}


WRONG_ROW = {"quantity": {"value": "2"}, "unit_price": {"value": "10.00"}, "amount": {"value": "25.00"}}


def test_a_cell_that_fails_a_check_is_marked(client, access, document):
    create_template(access, template_json("Order"))
    asked = approve(client, document, **{"t:line_items": json.dumps([{}, WRONG_ROW])})
    assert asked.status_code == 422
    [table] = asked.context["screen"].tables
    assert [key for key, cell in table.rows[1].items() if "failed" in cell] == ["amount"]
    assert table.rows[1]["amount"]["failed"] == "row 1: 2 × 10.00 is not 25.00"
    assert table.needs_person
    once_more = {"t:line_items": table.as_json, "told": asked.context["told"]}
    again = approve(client, document, **once_more, **{"f:net_amount:0": "1.00"})
    assert not again.context["screen"].tables[0].needs_person  # what was said before is not sent back as true
    assert approve(client, document, **once_more).status_code == 302


def shipped() -> Synthetic:
    """An invoice whose shipping is added below its lines: its net amount is more than they add up to."""
    one = vendor(67).document(0)
    assert one.content.shipping
    assert not one.content.discount
    return one


def test_a_sum_that_the_printed_shipping_explains_is_not_asked_about(client, access):
    create_template(access, template_json("Order"))
    one = shipped()
    document = document_in_review(access, one)
    rows = [{c: {"value": v.value} for c, v in row.items() if c == "amount"} for row in one.label.tables["line_items"]]
    sums = {f"f:{key}:0": one.label.fields[key][0].value for key in ("net_amount", "tax_amount", "total_amount")}
    asked = approve(client, document, **sums, **{"t:line_items": json.dumps(rows[:-1])})
    lines = sum(Decimal(row["amount"]["value"]) for row in rows[:-1])
    assert [doubt.split(",")[0] for doubt in asked.context["doubts"]] == [f"the lines add up to {lines}"]
    assert approve(client, document, **sums, **{"t:line_items": json.dumps(rows)}).status_code == 302
    assert document.labels.get().failed == []


def test_the_page_knows_what_is_printed_beside_its_line_items(client, access):
    create_template(access, template_json("Order"))
    one = shipped()
    document = document_in_review(access, one)
    rows = [{c: {"value": v.value} for c, v in row.items()} for row in one.label.tables["line_items"]]
    net = one.label.fields["net_amount"][0].value
    sent = {"f:net_amount:0": net, "f:tax_amount:0": "1.00", "t:line_items": json.dumps(rows)}
    [table] = approve(client, document, **sent).context["screen"].tables
    assert table.printed["explained"] == []
    assert [Decimal(change) for change in table.printed["changes"]] == [one.content.shipping]
    sent["f:net_amount:0"] = str(Decimal(net) - one.content.shipping)  # which the rows add up to by themselves
    assert approve(client, document, **sent).context["screen"].tables[0].printed == {}


def test_the_page_knows_that_an_e_invoice_states_its_line_items(client, access):
    create_template(access, template_json("Order"))
    document = document_in_review(access, shipped())
    read = document.extractions.get()
    read.prediction["tables"]["line_items"] = [
        {"amount": {"value": "1.00", "text": "1.00", "source": "xml", "confidence": 1}}
    ]
    read.save()
    [table] = client.get(page_of(document)).context["screen"].tables
    assert table.printed == {"is_stated": True}  # its allowances, which make its sums, are not kept


def test_a_cell_that_is_not_understood_is_marked(client, access, document):
    create_template(access, template_json("Order"))
    row = {**WRONG_ROW, "quantity": {"value": "two"}}
    asked = approve(client, document, **{"t:line_items": json.dumps([row])})
    assert asked.status_code == 422
    assert [key for key, cell in asked.context["screen"].tables[0].rows[0].items() if "failed" in cell] == ["quantity"]


def test_words_that_cannot_be_made_ready_are_sent_all_the_same(client, document, monkeypatch, caplog):
    monkeypatch.setattr("invex.review.printed.of", lambda document: 1 / 0)
    answer = client.get(reverse("document-words", args=["demo", document.pk, 0]))
    assert answer.json()["words"]
    assert "not made ready" in caplog.text
