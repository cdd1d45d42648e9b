"""A person chooses a template for a document: it is read as that at once."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from invex.accounts.roles import Role
from invex.catalog.services import create_template
from invex.extraction import jobs, online
from invex.review import services
from invex.review.models import Draft
from tests.invex.world import document_in_review, label_of, run_events, template_json, vendor

pytestmark = pytest.mark.django_db

ACME = vendor()
PART = {"X-Invex-Part": "1"}


class Form(HTMLParser):
    """The form of the document's page as a browser without script sends it: `inputs` by name, `boxes` to tick."""

    def __init__(self, page: Any) -> None:
        super().__init__()
        self.inputs: dict[str, str] = {}
        self.boxes: dict[str, str] = {}
        self._is_inside, self._open = False, ""
        self.feed(page.content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "form":
            self._is_inside = said.get("id") == "review-form"
        elif tag == "input" and self._is_inside and (name := said.get("name")):
            (self.boxes if said.get("type") == "checkbox" else self.inputs)[name] = said.get("value") or ""
        elif tag == "textarea" and self._is_inside:
            self._open = said["name"] or ""
            self.inputs[self._open] = ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self.inputs[self._open] += data

    def handle_endtag(self, tag: str) -> None:
        self._open = ""
        if tag == "form":
            self._is_inside = False


@pytest.fixture
def document(access):
    """A document that was read before its template was known."""
    waiting = document_in_review(access, ACME.document(1))
    create_template(access, template_json(ACME.name))
    first = document_in_review(access, ACME.document(0))
    services.confirm(access, first.pk, label_of(ACME.document(0)))
    return waiting


@pytest.fixture
def client(person):
    client = Client()
    client.force_login(person(Role.REVIEWER))
    return client


@pytest.fixture
def page(client, document):
    address = f"/p/demo/documents/{document.pk}/"
    return lambda template, headers=None: client.get(address, {"template": template}, headers=headers or {})


@pytest.fixture
def send(client, document):
    """Approves with what a form says, as a browser without script does."""
    return lambda inputs: client.post(f"/p/demo/documents/{document.pk}/", {"action": "approve", **inputs})


@pytest.fixture
def fields(client, document):
    """Asks for what is put into the page of a script."""
    return lambda template: client.get(f"/p/demo/documents/{document.pk}/as/", {"template": template})


def test_it_is_read_with_what_the_template_learned(document) -> None:
    run_events()
    said = jobs.read_as(document.pk, ACME.name)
    number = ACME.document(1).label.fields["invoice_number"][0].value
    assert said["fields"]["invoice_number"][0]["value"] == number
    document.refresh_from_db()
    assert document.extractions.count() <= 2  # nothing is stored by looking


def test_the_page_shows_it(page, worker_says) -> None:
    worker_says(invoice_number="4711-X")
    answer = page(ACME.name)
    assert answer.status_code == 200
    assert b">4711-X</textarea>" in answer.content


def test_a_script_has_the_page_before_it_is_read(page, document, monkeypatch) -> None:
    monkeypatch.setattr("invex.extraction.queries.ask", lambda *_, **__: pytest.fail("the page waits for a worker"))
    answer = page(ACME.name, PART)
    assert f"/documents/{document.pk}/as/?template={ACME.name}".replace(" ", "%20") in answer.content.decode()
    assert [row.spec.key for row in answer.context["screen"].rows], "no fields to fill in meanwhile"
    assert not any(i.value for row in answer.context["screen"].rows for i in row.inputs), "what another template says"


def test_one_that_was_confirmed_as_unknown_is_read_as_it_too_once_it_is_opened_again(
    access, page, fields, document, worker_says
) -> None:
    unknown = {"format": "invex-label/1", "template": None, "fields": {"supplier_name": [{"value": "Wrong Ltd"}]}}
    services.confirm(access, document.pk, unknown)
    services.reopen(access, document.pk)
    worker_says(invoice_number="4711-X")
    for answer in (page(ACME.name), fields(ACME.name)):
        assert b">4711-X</textarea>" in answer.content
        assert b"Wrong Ltd" not in answer.content
    assert b"Wrong Ltd</textarea>" in page("").content  # as what was confirmed, it says what was confirmed


def test_what_is_read_comes_behind(fields, worker_says) -> None:
    worker_says(invoice_number="4711-X")
    answer = fields(ACME.name)
    assert b">4711-X</textarea>" in answer.content
    assert b"<html" not in answer.content


def test_nothing_comes_behind_without_a_worker_or_a_template(fields, no_worker) -> None:
    assert fields(ACME.name).status_code == 503
    assert [fields(name).status_code for name in ("", "Nobody")] == [422, 422]


def test_work_on_that_template_is_shown_with_what_was_read(page, client, document, worker_says) -> None:
    typed = {"f:invoice_number:0": "MINE", "f:invoice_number:0:by": "person"}
    draft = {**typed, "version": document.version, "template": ACME.name}
    assert client.post(f"/p/demo/documents/{document.pk}/draft/", draft).status_code == 200
    worker_says()
    answer = page(ACME.name, PART)
    assert b">MINE</textarea>" in answer.content
    assert b"data-read-as" not in answer.content


def test_without_a_worker_the_page_says_so_and_stays_usable(page, no_worker) -> None:
    answer = page(ACME.name)
    assert answer.status_code == 200
    assert b"The workers are busy" in answer.content
    assert answer.context["is_awaited"]  # its script tries again


def test_nobody_approves_what_was_not_read(page, client, document) -> None:
    answer = page(ACME.name, PART)
    assert b'name="awaited" value="1"' in answer.content
    sent = {"action": "approve", "version": document.version, "template": ACME.name, "awaited": "1"}
    said = client.post(f"/p/demo/documents/{document.pk}/", sent, headers={**PART, "Accept": "application/json"})
    assert said.status_code == 422
    assert "nothing was approved" in said.json()["detail"]
    document.refresh_from_db()
    assert document.state == "review"


def test_without_script_nothing_is_approved_before_it_is_read_either(page, send, document, no_worker) -> None:
    form = Form(page(ACME.name))
    said = send({**form.inputs, "f:invoice_number:0": "TYPED"})
    assert said.status_code == 422
    assert b"nothing was approved" in said.content
    document.refresh_from_db()
    assert document.state == "review"
    again = Form(said)
    assert again.inputs["f:invoice_number:0"] == "TYPED"
    assert again.inputs["awaited"] == "1", "the second time it would be approved"
    assert again.boxes == form.boxes == {"go_on": "1"}


def test_without_script_one_says_that_the_fields_stay_empty(page, send, document, no_worker) -> None:
    form = Form(page(ACME.name))
    assert send({**form.inputs, "f:invoice_number:0": "TYPED", **form.boxes}).status_code == 302
    document.refresh_from_db()
    assert (document.state, document.template) == ("approved", ACME.name)
    label = document.labels.get().label["fields"]
    assert label["invoice_number"][0]["value"] == "TYPED"
    assert label["total_amount"] == []


def test_without_script_what_could_be_read_meanwhile_is_shown_before_it_is_approved(
    page, send, document, no_worker, worker_says
) -> None:
    form = Form(page(ACME.name))
    worker_says(invoice_number="4711-X")
    again = Form(send(form.inputs))
    assert (again.inputs["f:invoice_number:0"], again.inputs["awaited"], again.boxes) == ("4711-X", "", {})
    assert send(again.inputs).status_code == 302


def test_without_a_worker_work_in_part_stays_in_part(page, client, document, no_worker) -> None:
    draft = {"version": document.version, "template": ACME.name, "awaited": "1"}
    draft |= {"f:invoice_number:0": "MINE", "f:invoice_number:0:by": "person"}
    assert client.post(f"/p/demo/documents/{document.pk}/draft/", draft).status_code == 200
    assert "awaited" not in Draft.objects.get().data
    answer = page(ACME.name, PART)
    assert answer.context["is_awaited"]
    assert b">MINE</textarea>" in answer.content
    screen = answer.context["screen"]
    whole = {row.inputs[0].name: "" for row in screen.rows} | {table.name: "[]" for table in screen.tables}
    client.post(f"/p/demo/documents/{document.pk}/draft/", {**whole, **draft})
    assert not page(ACME.name, PART).context["is_awaited"]  # they went on with empty fields


def test_as_a_template_that_nothing_was_learned_of_it_reads_as_before(access, monkeypatch) -> None:
    waiting = document_in_review(access, ACME.document(1))
    create_template(access, template_json(ACME.name))
    fields = waiting.extractions.get().prediction["fields"]
    monkeypatch.setattr("invex.extraction.online.run", lambda *_, **__: pytest.fail("it is read a second time"))
    assert jobs.read_as(waiting.pk, ACME.name)["fields"] == fields


def test_who_waits_finds_the_predictor_loaded(access) -> None:
    from mlops.deployment import predictor

    document_in_review(access, ACME.document(1))
    predictor._loaded.clear()
    assert online.busiest() == [access.project.pk]
    assert jobs.preload(access.project.pk) == 1
    assert access.project.pk in predictor._loaded


def test_a_predictor_that_cannot_be_loaded_leaves_the_others_to_be_loaded(access, monkeypatch) -> None:
    monkeypatch.setattr("invex.extraction.online.deployed", lambda project: 1 / 0)
    assert online.preload([access.project.pk, 0]) == 0
