"""Drawing a template on a sample: what it means, trying it on the others, saving it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fixtures.generator import Synthetic, Vendor
from invex.accounts.models import Membership, User
from invex.accounts.roles import Role
from invex.catalog import queries as catalog
from invex.catalog.field_names import field_name
from invex.catalog.services import create_template, update_template
from invex.documents.models import Document
from invex.documents.services import reject
from invex.documents.states import DocumentState
from invex.extraction import queries as extractions
from invex.extraction.pipeline import route
from invex.fields.checks import check
from invex.fields.prediction import Prediction, TemplateMatch, Value
from invex.fields.spec import FieldSpec, LocaleSpec, TableSpec, TemplateSpec
from invex.kernel.errors import BadInput, Conflict, NotAllowed
from invex.review import leases
from invex.review import services as review
from invex.review.models import ConfirmedLabel
from invex.review.page import spec_of
from invex.review.rows import rows_of
from invex.studio import design, jobs, queries, services, trying
from mlops.memory import trial
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
    return json.dumps({"name": "Acme invoice", "fields": fields, "tables": [], **changes})


def table_of(*labels: str, field: str = "Total amount") -> str:
    """A field and tables of these names, a column each."""
    fields = [{"label": field, "type": "text", "value": "5"}]
    tables = [{"label": label, "columns": [{"label": "Rate", "type": "text"}], "rows": []} for label in labels]
    return json.dumps({"name": "A", "fields": fields, "tables": tables})


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
        "tables": [
            {"label": "line ITEMS", "columns": [{"label": "Quantity", "type": "text"}, {"label": "Colour", "type": "text"}],
             "rows": [[{"value": "4"}, {"value": "red"}], [None, {"value": "blue"}]]},
            {"label": "", "columns": [], "rows": []},
            {"label": "Tax summary", "columns": [{"label": "Quantity", "type": "percentage"}],
             "rows": [[{"value": "19 %"}]]},
        ],
    }  # fmt: skip
    found = read(access, json.dumps(raw))
    assert [(f.key, f.type, f.required) for f in found.spec.fields] == [
        ("invoice_date", "date", False), ("flight_from", "date", True), ("note", "text", False), ("not_here", "text", False),
    ]  # fmt: skip
    assert [(c.key, c.type) for c in found.spec.tables[0].columns] == [("quantity", "number"), ("colour", "text")]
    said = found.label["fields"]
    assert said["flight_from"] == [{"value": "2024-04-03"}]
    assert [v["value"] for v in said["note"]] == ["one", "two"]
    assert said["not_here"] == []
    assert [t.key for t in found.spec.tables] == ["line_items", "tax_summary"]
    assert [(c.key, c.type) for c in found.spec.tables[1].columns] == [("quantity", "percentage")]
    assert found.label["tables"]["line_items"][1] == {"colour": {"value": "blue"}}
    assert found.label["tables"]["tax_summary"] == [{"quantity": {"value": "19"}}]
    assert found.errors == {}


def test_what_is_no_value_of_its_type_is_said_by_the_name_of_the_field(access) -> None:
    raw = json.dumps({"name": "Order", "fields": [{"label": "Flight from", "type": "date", "value": "soon"}]})
    found = read(access, raw)
    assert list(found.errors) == ["Flight from"]
    document = document_in_review(access, VENDOR.document(0))
    with pytest.raises(BadInput, match="Flight from"):
        services.save(access, document, found, version=None)


@pytest.mark.parametrize(
    "raw",
    ["", "[]", "{", '{"name": "A", "fields": [{"label": "", "value": "1"}]}', '{"name": ""}',
     table_of(""), table_of("123"), table_of("Taxes", "taxes"), table_of("Notes", field="notes")],
)  # fmt: skip
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
    leases.take(access_to("acme", Role.REVIEWER, name="bob"), document.pk, "key")
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
    said = jobs.try_on(sample.pk, asked, f"{other.pk},{stranger.pk}")
    assert (said["examples"], said["of"]) == (0, 0)
    alike, unlike = said["tried"]
    right = label_of(VENDOR.document(1))["fields"]
    assert [line["values"] for line in alike["lines"]] == [(right[key][0]["value"],) for key in FIELDS]
    assert alike["is_recognised"]
    assert alike["mark"] != trying.BAD
    assert not unlike["is_recognised"]
    assert unlike["mark"] == trying.BAD
    assert not catalog.templates(access.project).exists()
    assert not MemoryRevision.objects.exists()
    assert Document.objects.filter(template="").count() == 3


def test_a_change_is_tried_with_what_the_confirmed_documents_teach(access, monkeypatch) -> None:
    create_template(access, template_json("Acme"))
    for n in range(3):
        confirmed = document_in_review(access, VENDOR.document(n))
        review.confirm(access, confirmed.pk, label_of(VENDOR.document(n), template="Acme"))
    sample, other = (document_in_review(access, VENDOR.document(n)) for n in (3, 4))
    learned = []

    def fit(base, spec, samples, real=trial.fit_template):
        learned.append(samples)
        return real(base, spec, samples)

    monkeypatch.setattr(trial, "fit_template", fit)
    monkeypatch.setattr(trial, "MOST", 2)
    found = read(access, drawn(VENDOR.document(3)))
    spec = {"name": "Acme", "fields": template_of(found)}
    asked = json.dumps({"template": spec, "label": {**found.label, "template": "Acme"}})
    said = jobs.try_on(sample.pk, asked, str(other.pk))
    assert (said["examples"], said["of"]) == (2, 3)
    [samples] = learned
    assert [one.label.fields["invoice_number"][0].value for one in samples] == [
        label_of(VENDOR.document(n))["fields"]["invoice_number"][0]["value"] for n in (1, 2, 3)
    ]
    assert said["tried"][0]["is_recognised"]


def test_the_strip_marks_what_review_marks() -> None:
    """Of fields, one is absent and optional, one absent and required, one sure, one less sure; a table has no rows."""
    fields = ("absent", False), ("wanted", True), ("sure", False), ("unsure", False)
    spec = TemplateSpec(
        "Acme",
        tuple(FieldSpec(key, "text", key, is_required) for key, is_required in fields),
        (TableSpec("items", (FieldSpec("name", "text", "Name"),)),),
    )
    values = {"sure": (Value("a", "a", 0.95),), "unsure": (Value("b", "b", 0.85),)}
    outcome = route(check(spec, Prediction(TemplateMatch("Acme", 1.0), values), LocaleSpec()), {})
    found = trying.judged(1, spec, outcome, is_recognised=True)
    assert [line.mark for line in found.lines] == [trying.GOOD, trying.BAD, trying.GOOD, trying.LOOK]
    assert found.tables == (("items", 0, trying.GOOD),)
    assert found.mark == trying.BAD


def test_what_is_marked_somewhere_is_named_once_the_worst_first() -> None:
    def tried(pk: int, *marks: str, rows: str = trying.GOOD) -> trying.Tried:
        lines = tuple(trying.Line(str(n), str(n), (), mark) for n, mark in enumerate(marks))
        return trying.Tried(pk, trying.LOOK, True, lines, (("items", 0, rows),), ())

    good, look, bad = trying.WORST
    trial = trying.Trial((tried(1, look, good, good), tried(2, look, good, bad), tried(3, good, good, good, rows=look)))
    assert trial.marked(["Supplier", "Date", "Total", "Items"]) == [
        ("Total", bad, 1), ("Supplier", look, 2), ("Items", look, 1),
    ]  # fmt: skip
    assert trying.Trial(()).marked(["Supplier"]) == []


def test_what_was_chosen_for_another_field_is_proposed_as_no_name(access) -> None:
    document = document_in_review(access, VENDOR.document(0))
    place = label_of(VENDOR.document(0))["fields"]["invoice_date"][0]["boxes"][0]
    said = queries.meaning(document, "x", "", json.dumps(place), is_cell=False)
    assert said["label"]
    whole = json.dumps([[0, 0, 1, 1]])
    assert queries.meaning(document, "x", "", json.dumps(place), is_cell=False, chosen=whole)["label"] == ""
    with pytest.raises(BadInput):
        queries.meaning(document, "x", "", json.dumps(place), is_cell=False, chosen="[1]")


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
    rows, _ = rows_of(spec_of(document, ""), extractions.current(document).prediction, [])
    on_review = [field_name(row.spec.key) for row in rows if row.inputs[0].value]
    assert list(dict.fromkeys(f["label"] for f in given["fields"])) == on_review


def test_what_was_looked_for_and_not_found_is_offered_and_stays_part_of_the_template_without_a_value(
    access, client
) -> None:
    client.force_login(User.objects.create(username="ann"))
    Membership.objects.create(project=access.project, user=User.objects.get(username="ann"), role=Role.AUTHOR)
    sample = document_in_review(access, VENDOR.document(0))
    extraction = extractions.current(sample)
    extraction.prediction["fields"]["due_date"] = []
    extraction.save()
    address = f"/p/acme/templates/studio/?document={sample.pk}"
    page = client.get(address)
    given = json.loads(page.context["design"])
    assert "Due date" not in [f["label"] for f in given["fields"]]
    assert "Due date" in [f["label"] for f in page.context["known_fields"] if f["is_unread"]]
    assert "Tax rate" in [c["label"] for c in page.context["known_columns"] if c["is_unread"]]
    given = {"name": "Acme invoice", "fields": [*given["fields"], {"label": "Due date", "type": "date", "value": ""}]}
    assert client.post(address, {"design": json.dumps(given), "version": sample.version}).status_code == 302
    made = catalog.template(access.project, "Acme invoice")
    assert "due_date" in [f["key"] for f in made.spec["fields"]]
    assert ConfirmedLabel.objects.get(document=sample).label["fields"]["due_date"] == []
    again = document_in_review(access, VENDOR.document(1))
    changed = client.get(f"/p/acme/templates/studio/?document={again.pk}&template=Acme%20invoice")
    assert not any(f["is_unread"] for f in changed.context["known_fields"])


def test_a_decided_document_is_drawn_on_as_it_was_confirmed(access, client) -> None:
    """ "New template from this", on an approved document, led to a page that could not be saved."""
    client.force_login(User.objects.create(username="ann"))
    Membership.objects.create(project=access.project, user=User.objects.get(username="ann"), role=Role.AUTHOR)
    create_template(access, template_json("Other"))
    sample = document_in_review(access, VENDOR.document(0))
    label = label_of(VENDOR.document(0), template="Other")
    label["fields"]["invoice_number"] = [{"value": "CORRECTED-1"}]
    review.confirm(access, sample.pk, label)
    address = f"/p/acme/templates/studio/?document={sample.pk}"
    page = client.get(address)
    assert "is approved as Other" in page.text
    given = json.loads(page.context["design"])
    (number,) = [f for f in given["fields"] if f["label"] == "Invoice number"]
    assert (number["value"], number["isRead"]) == ("CORRECTED-1", False)
    sample.refresh_from_db()
    given["name"] = "Acme invoice"
    assert client.post(address, {"design": json.dumps(given), "version": sample.version}).status_code == 302
    sample.refresh_from_db()
    assert (sample.state, sample.template) == (DocumentState.APPROVED, "Acme invoice")
    now = ConfirmedLabel.objects.get(document=sample, is_current=True).label
    assert now["fields"]["invoice_number"][0]["value"] == "CORRECTED-1"
    assert client.get("/p/acme/templates/by-name/Acme%20invoice/").context["drawn_on"] == sample
    review.reopen(access, sample.pk)
    again = json.loads(client.get(address).context["design"])
    assert "CORRECTED-1" in [f["value"] for f in again["fields"]]


def test_a_rejected_document_is_opened_again_from_the_studio(access, client) -> None:
    client.force_login(User.objects.create(username="ann"))
    Membership.objects.create(project=access.project, user=User.objects.get(username="ann"), role=Role.AUTHOR)
    sample = document_in_review(access, VENDOR.document(0))
    reject(access, sample, why="")
    sample.refresh_from_db()
    address = f"/p/acme/templates/studio/?document={sample.pk}"
    page = client.get(address)
    assert 'name="reopen"' in page.text
    assert "looks like this one" not in page.text, "nobody has compared what is decided"
    answer = client.post(address, {"reopen": "1", "version": sample.version})
    assert answer.headers["Location"] == address
    sample.refresh_from_db()
    assert sample.state == DocumentState.REVIEW
    assert 'name="reopen"' not in client.get(address).text


class TestSeveralTables:
    """A template with two tables is saved, and changed in the studio without losing what the page does not show."""

    TAXES = {"label": "Taxes", "columns": [{"label": "Rate", "type": "percentage"}, {"label": "Base", "type": "amount"}],
             "rows": [[{"value": "19 %"}, {"value": "1.000,00"}], [{"value": "7 %"}, None]]}  # fmt: skip
    ITEMS = {"label": "Line items", "columns": [{"label": "Description", "type": "text"}],
             "rows": [[{"value": "Paper"}]]}  # fmt: skip

    @pytest.fixture
    def saved(self, access) -> Any:
        sample = document_in_review(access, VENDOR.document(0))
        found = read(access, drawn(VENDOR.document(0), tables=[self.ITEMS, self.TAXES]))
        return services.save(access, sample, found, version=sample.version)

    def test_both_are_saved_and_confirmed(self, access, saved) -> None:
        assert [t["key"] for t in saved.spec["tables"]] == ["line_items", "taxes"]
        label = ConfirmedLabel.objects.get().label
        assert [row["rate"]["value"] for row in label["tables"]["taxes"]] == ["19", "7"]
        assert [f.key for f in queries.known(access.project).columns["taxes"]] == ["base", "rate"]

    def test_a_value_that_is_none_is_said_with_its_table(self, access) -> None:
        taxes = {**self.TAXES, "rows": [[{"value": "nineteen"}, None]]}
        found = read(access, drawn(VENDOR.document(0), tables=[self.ITEMS, taxes]))
        assert list(found.errors) == ["Taxes: Rate"]

    @pytest.mark.parametrize(
        ("nameless", "said"),
        [
            ({"fields": [{"label": "Number", "type": "id"}, {"label": " "}]}, "Field 2 has no name"),
            ({"tables": [{"label": "", "columns": [{"label": "Rate"}]}]}, "Table 1 has no name"),
            (
                {"tables": [{"label": "Taxes", "columns": [{"label": "Rate"}, {"label": ""}]}]},
                "Column 2 of the table “Taxes”",
            ),
        ],
    )
    def test_what_has_no_name_is_named_by_its_place(self, access, nameless, said) -> None:
        with pytest.raises(BadInput, match=said) as caught:
            read(access, json.dumps({"name": "Acme invoice", **nameless}))
        assert caught.value.code == design.NAMELESS

    def test_a_template_is_changed_and_keeps_its_keys_rules_and_locale(self, access, saved) -> None:
        rule = {"kind": "pattern", "fields": ["invoice_number"], "params": {"regex": ".+"}}
        changed = {**saved.spec, "rules": [rule], "locale": {"date_order": "dmy", "decimal": ","}}
        row = update_template(access, saved.name, changed)
        sample = document_in_review(access, VENDOR.document(1))
        given = queries.drawn_of(sample, catalog.spec(row))
        assert [(t["key"], len(t["columns"])) for t in given["tables"]] == [("line_items", 1), ("taxes", 2)]
        given["name"] = "Another name"
        (number,) = [f for f in given["fields"] if f["key"] == "invoice_number"]
        number["label"] = "Number of the invoice"
        given["tables"][1]["columns"][1] |= {"label": "Net"}
        given["tables"].append({"label": "Discounts", "columns": [{"label": "Rate", "type": "percentage"}], "rows": []})
        offered = queries.known(access.project)
        found = design.read_design(json.dumps(given), offered, LocaleSpec("dmy", ","), edited=catalog.spec(row))
        made = services.save(access, sample, found, version=sample.version, edited=row, edited_version=row.version)
        assert (made.name, made.version) == ("Acme invoice", 3)
        assert [t["key"] for t in made.spec["tables"]] == ["line_items", "taxes", "discounts"]
        assert [(c["key"], c["label"]) for c in made.spec["tables"][1]["columns"]] == [
            ("rate", "Rate"),
            ("base", "Net"),
        ]
        assert (made.spec["fields"][0]["key"], made.spec["fields"][0]["label"]) == (
            "invoice_number",
            "Number of the invoice",
        )
        assert (made.spec["rules"], made.spec["locale"]) == (changed["rules"], changed["locale"])
        sample.refresh_from_db()
        assert (sample.state, sample.template) == (DocumentState.APPROVED, "Acme invoice")

    def test_its_fields_come_as_on_the_page_and_keep_their_order(self, access, saved) -> None:
        backwards = {**saved.spec, "fields": saved.spec["fields"][::-1]}
        spec = catalog.spec(update_template(access, saved.name, backwards))
        sample = document_in_review(access, VENDOR.document(1))
        given = queries.drawn_of(sample, spec)
        rows, _ = rows_of(spec, extractions.current(sample).prediction, [])
        assert list(dict.fromkeys(f["key"] for f in given["fields"])) == [row.spec.key for row in rows]
        given["fields"].insert(0, {"label": "Cost centre", "type": "id", "value": ""})
        found = design.read_design(json.dumps(given), queries.known(access.project), LocaleSpec(), edited=spec)
        assert [f.key for f in found.spec.fields] == [*(f["key"] for f in backwards["fields"]), "cost_centre"]

    def test_who_drew_on_an_older_version_is_told(self, access, saved) -> None:
        sample = document_in_review(access, VENDOR.document(1))
        spec = catalog.spec(saved)
        found = design.read_design(
            json.dumps(queries.drawn_of(sample, spec)), queries.known(access.project), LocaleSpec(), edited=spec
        )
        with pytest.raises(Conflict, match="meanwhile"):
            services.save(access, sample, found, version=None, edited=saved, edited_version=saved.version + 1)

    def test_the_page_changes_it(self, access, saved, client) -> None:
        client.force_login(User.objects.create(username="ann"))
        Membership.objects.create(project=access.project, user=User.objects.get(username="ann"), role=Role.AUTHOR)
        sample = document_in_review(access, VENDOR.document(1))
        address = f"/p/acme/templates/studio/?document={sample.pk}&template=Acme%20invoice"
        page = client.get(address)
        assert "Taxes" in page.context["design"]
        sent = json.loads(page.context["design"])
        sent["tables"].pop(0)
        nameless = {**sent, "tables": [{**sent["tables"][0], "columns": [{"label": "", "type": "text"}]}]}
        refused = client.post(address, {"design": json.dumps(nameless), "version": sample.version})
        assert (refused.status_code, b"data-is-nameless" in refused.content) == (422, True)
        answer = client.post(address, {"design": json.dumps(sent), "version": sample.version, "template_version": 1})
        assert answer.status_code == 302
        saved.refresh_from_db()
        assert [t["key"] for t in saved.spec["tables"]] == ["taxes"]
        shown = client.get("/p/acme/templates/studio/?document=1&template=Nobody")
        assert shown.status_code == 404
