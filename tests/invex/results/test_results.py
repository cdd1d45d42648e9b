"""Results, labels, events and online prediction over REST."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django.utils.module_loading import import_string

from invex.accounts.roles import Role
from invex.catalog.services import create_template
from invex.documents.models import Document
from invex.documents.states import DocumentState as S
from invex.kernel import doomed
from invex.kernel.blobs import FolderStore, store
from invex.kernel.errors import NotNow
from invex.kernel.models import Event
from invex.results import services
from invex.review import services as review
from tests.invex.world import document_in_review, label_of, read_document, template_json, vendor

pytestmark = pytest.mark.django_db

ACME = vendor()
ONE = ACME.document(0)


@pytest.fixture
def template(access):
    return create_template(access, template_json(ACME.name))


def result(client, document, query=""):
    return client.get(f"/api/v1/documents/{document.pk}/result{query}")


def put(client, document, label, query="", **headers):
    path = f"/api/v1/documents/{document.pk}/labels{query}"
    return client.put(path, json.dumps(label), content_type="application/json", headers=headers)


def test_a_document_names_all_reasons_why_a_person_must_look(api, access, template):
    """Whoever approves over REST is not asked about a field that is empty and never was."""
    first, second = (document_in_review(access, ACME.document(n)) for n in (0, 1))
    label = label_of(ACME.document(0), template=ACME.name)
    label["fields"]["due_date"] = [{"value": "2026-11-22"}]
    Document.objects.filter(pk=second.pk).update(template=ACME.name)
    off = {"code": "approval_off", "message": "Automatic approval is off", "field": ""}
    sums = {"code": "net_plus_tax", "message": "They differ", "field": "total_amount"}
    second.extractions.update(
        template=ACME.name, reasons=[sums, off], prediction={"fields": {}, "tables": {"line_items": []}}
    )

    client = api("viewer")

    def reasons():
        found = client.get(f"/api/v1/documents/{second.pk}").json()["reasons"]
        return [(one["code"], one["field"]) for one in found]

    known = [("net_plus_tax", "total_amount"), ("approval_off", None)]
    assert reasons() == known
    review.confirm(access, first.pk, label)
    assert ("lacking", "due_date") in reasons(), "more was confirmed since it was read"
    assert [one for one in reasons() if one[0] != "lacking"] == known
    review.confirm(access, second.pk, {"template": ACME.name, "fields": {"due_date": []}})
    assert reasons() == []
    review.reopen(access, second.pk)
    assert reasons() == [("reopened", None)]


class TestResult:
    def test_what_was_read(self, api, document):
        answer = result(api("viewer"), document)
        body = answer.json()
        assert answer.status_code == 200
        assert body["format"] == "invex-prediction/1"
        assert (body["id"], body["file"], body["pages"]) == (str(document.pk), "invoice.pdf", 1)
        assert (body["state"], body["by"]) == ("review", None)
        assert set(body["template"]) == {"name", "confidence"}
        assert body["model"]["reader"] == "test"
        assert "memory" not in body["model"], "absent where it means nothing"
        assert {"fields", "tables", "seconds", "warnings"} <= set(body)

    def test_until_it_is_read_ask_again(self, api, access):
        waiting = read_document(access, ONE)
        answer = result(api("viewer"), waiting)
        assert (answer.status_code, answer.json()["state"]) == (202, "extracting")
        assert int(answer.headers["Retry-After"]) > 0

    def test_an_approved_document_gives_the_confirmed_values(self, api, access, document, template):
        review.confirm(access, document.pk, label_of(ONE))
        body = result(api("viewer"), document).json()
        assert (body["state"], body["by"]) == ("approved", "owner-demo")
        assert body["template"] == {"name": ACME.name, "confidence": 1.0}
        value = body["fields"]["total_amount"][0]
        assert value["value"] == ONE.label.fields["total_amount"][0].value
        assert (value["source"], value["confidence"]) == ("person", 1.0)
        assert value["boxes"]
        assert len(body["tables"]["line_items"]) == len(ONE.label.tables["line_items"])

    def test_only_what_is_approved(self, api, access, document, template):
        client = api("viewer")
        waiting = result(client, document, "?approved=1")
        assert (waiting.status_code, waiting.json()["state"]) == (202, "review")
        review.confirm(access, document.pk, label_of(ONE))
        assert result(client, document, "?approved=1").status_code == 200
        Document.objects.update(state=S.REJECTED)
        assert result(client, document, "?approved=1").status_code == 409
        assert result(client, document).status_code == 200

    @pytest.mark.parametrize(("state", "code"), [(S.FAILED, "corrupt"), (S.NEEDS_PASSWORD, "encrypted")])
    def test_a_file_that_cannot_be_read_says_why(self, api, document, state, code):
        Document.objects.update(state=state, reason_code=code, reason_message="Because.")
        body = result(api("viewer"), document).json()
        assert body["error"] == {"code": code, "message": "Because."}
        assert "fields" not in body

    def test_another_projects_document_does_not_exist(self, api, other_project, document):
        client = api("owner", other_project)
        assert result(client, document).status_code == 404
        assert put(client, document, {"template": None}).status_code == 404
        assert client.get("/api/v1/documents/nonsense/result").status_code == 404

    def test_a_nonsense_filter_is_refused(self, api, document):
        assert result(api("viewer"), document, "?aproved=1").status_code == 422
        assert result(api("viewer"), document, "?approved=maybe").status_code == 422


class TestLabels:
    def test_a_label_approves_and_is_learned_from(self, api, access, document, run_jobs):
        label = label_of(ONE)
        answer = put(api("author"), document, label, "?create_template=1")
        body = answer.json()
        assert answer.status_code == 200, body
        assert (body["id"], body["revision"], body["template"]) == (str(document.pk), 1, ACME.name)
        assert (body["source"], body["by"][:6]) == ("token", "token:")
        run_jobs()
        following = document_in_review(access, ACME.document(1))
        assert following.template == ACME.name

    def test_the_same_key_and_body_confirm_once(self, api, document, template):
        client, headers = api("reviewer"), {"Idempotency-Key": "7"}
        once, again = (put(client, document, label_of(ONE), **headers) for _ in range(2))
        assert (once.status_code, again.status_code) == (200, 200)
        assert once.json() == again.json()
        other = put(client, document, label_of(ONE, fields={}), **headers)
        assert other.status_code == 422
        assert Event.objects.filter(name="document.approved").count() == 1

    def test_sending_it_again_without_a_key_changes_nothing(self, api, document, template):
        client = api("reviewer")
        assert put(client, document, label_of(ONE)).json() == put(client, document, label_of(ONE)).json()

    @pytest.mark.parametrize(
        ("label", "code"),
        [
            ({"template": "Nobody"}, "unknown_template"),
            ({"template": None, "fields": {"fax": []}}, "unknown_field"),
            ({"template": None, "fields": {"invoice_date": [{"value": "29.03.2020"}]}}, "not_canonical"),
            ({"template": None, "fields": {"invoice_date": [{"value": ""}]}}, "bad_label"),
            ({"template": None, "fields": {"invoice_date": "2020-03-29"}}, "invalid"),
            ({"template": None, "source": "auto"}, "invalid"),
            ({"template": 7}, "invalid"),
            ({}, "empty_label"),
            ({"source": "token", "feilds": {}}, "empty_label"),
        ],
    )
    def test_what_is_wrong_is_said(self, api, document, label, code):
        answer = put(api("reviewer"), document, label)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert Document.objects.get().state == S.REVIEW

    def test_who_may(self, api, document, template):
        assert put(api("viewer"), document, label_of(ONE)).status_code == 403
        assert put(api("ml_admin"), document, label_of(ONE, template="New"), "?create_template=1").status_code == 403
        assert put(api("reviewer"), document, label_of(ONE)).status_code == 200

    def test_a_document_that_is_not_read_yet_is_a_conflict(self, api, access, template):
        assert put(api("reviewer"), read_document(access, ONE), label_of(ONE)).status_code == 409


class TestEvents:
    def test_what_happened_without_text_of_documents(self, api, access, document, template, other_project):
        label = label_of(ONE)
        label["fields"]["invoice_number"] = [{"value": "corrected by hand"}]
        review.confirm(access, document.pk, label)
        items = api("viewer").get("/api/v1/events").json()["items"]
        by_name = {item["event"]: item for item in items}
        assert {"prediction.made", "field.corrected", "document.approved"} <= set(by_name)
        made = by_name["prediction.made"]
        assert (made["project"], made["document"]) == ("demo", str(document.pk))
        assert made["build"]
        assert made["ts"].endswith("Z")
        assert by_name["field.corrected"]["corrected"] is True
        assert ONE.label.fields["supplier_name"][0].value not in json.dumps(items)
        assert api("viewer", other_project).get("/api/v1/events").json()["items"] == []

    def test_since_and_pages(self, api, document):
        client = api("viewer")
        assert client.get("/api/v1/events", {"since": timezone.now().isoformat()}).json()["items"] == []
        assert client.get("/api/v1/events?since=yesterday").status_code == 422
        seen, url = [], "/api/v1/events?limit=1"
        while url:
            body = client.get(url).json()
            seen += [item["event"] for item in body["items"]]
            url = body["next"]
        assert len(seen) == Event.objects.count()


class TestPredict:
    @pytest.fixture
    def worker_there(self, monkeypatch, settings, tmp_path):
        """A worker that answers in this process."""
        settings.TMP_DIR = tmp_path / "tmp"
        monkeypatch.setattr(services, "ask", lambda job, *args, **_: import_string(job)(*args))

    @pytest.fixture
    def worker(self, worker_there, settings):
        """The same, and nothing is left behind."""
        yield
        assert list(settings.TMP_DIR.glob("*")) == [], "nothing is kept"
        assert list(store().names()) == []

    def post(self, client, content, name="one.pdf"):
        return client.post("/api/v1/predict", {"file": SimpleUploadedFile(name, content)})

    def test_a_file_is_read_and_nothing_stored(self, api, project, worker, make_pdf):
        before = Document.objects.count()
        answer = self.post(api("reviewer"), make_pdf("Invoice 4711\nTotal 12.50 EUR"))
        body = answer.json()
        assert answer.status_code == 200, body
        assert (body["format"], body["file"], body["id"], body["pages"]) == ("invex-prediction/1", "one.pdf", "one", 1)
        assert "state" not in body
        assert Document.objects.count() == before

    @pytest.mark.parametrize(
        ("content", "code"), [(b"", "empty"), (b"hello", "unsupported"), (b"%PDF-1.4\nnothing", "corrupt")]
    )
    def test_a_file_that_cannot_be_read_says_why(self, api, project, worker, content, code):
        answer = self.post(api("reviewer"), content)
        assert (answer.status_code, answer.json()["code"]) == (422, code)

    def test_a_file_that_is_too_large(self, api, project, worker, settings):
        settings.MAX_UPLOAD_BYTES = 10
        assert self.post(api("reviewer"), b"x" * 11).status_code == 413

    def test_without_a_worker_come_again(self, api, project, monkeypatch, settings, tmp_path):
        settings.TMP_DIR = tmp_path / "tmp"

        def nobody(*args, **kwargs):
            raise NotNow("No worker was free.", retry_after_s=10)

        monkeypatch.setattr(services, "ask", nobody)
        answer = self.post(api("reviewer"), b"%PDF-1.4")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
        assert list(store().names()) == []

    def test_the_worker_may_be_on_another_machine(self, api, project, monkeypatch, settings, tmp_path, make_pdf):
        """They share the blob store and Redis, and no folder of temporary files."""
        settings.TMP_DIR = tmp_path / "web"

        def ask(job, *args, **_):
            shutil.rmtree(tmp_path / "web", ignore_errors=True)
            settings.TMP_DIR = tmp_path / "worker"
            return import_string(job)(*json.loads(json.dumps(args)))

        monkeypatch.setattr(services, "ask", ask)
        answer = self.post(api("reviewer"), make_pdf("Invoice 4711"))
        assert (answer.status_code, answer.json()["pages"]) == (200, 1)

    def test_a_document_of_the_same_bytes_keeps_them(self, api, receive, worker_there, make_pdf):
        document = receive(make_pdf("Invoice 4711"))
        assert self.post(api("reviewer"), make_pdf("Invoice 4711")).status_code == 200
        assert [name for name, _ in store().names()] == [document.sha256]

    def test_bytes_that_a_dead_process_leaves_are_deleted(self, api, project, monkeypatch, make_pdf):
        def dies(*_, **__):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(services, "ask", dies)
            patch.setattr(FolderStore, "delete", dies)
            with pytest.raises(KeyboardInterrupt):
                self.post(api("reviewer"), make_pdf())
        [(name, _)] = store().names()
        os.utime(store().path(name), (0, 0))
        doomed.sweep()
        assert list(store().names()) == []

    def test_who_may(self, api, project, worker):
        assert self.post(api("viewer"), b"x").status_code == 403
        assert api(Role.REVIEWER).post("/api/v1/predict").status_code == 422


def test_the_openapi_document_shows_every_operation(api, project):
    schema = api("viewer").get("/api/v1/openapi.json").json()
    paths = {path.removeprefix("/api/v1") for path in schema["paths"]}
    wanted = {"/documents/{id}/result", "/documents/{id}/labels", "/predict", "/events", "/templates"}
    assert wanted | {"/templates/{name}"} <= paths


@pytest.mark.django_db
def test_warnings_of_the_predictor_are_told_too(api, access, project):
    from tests.invex.world import document_in_review, vendor

    document = document_in_review(access, vendor().document(0))
    row = document.extractions.get(is_current=True)
    row.prediction["warnings"] = ["page 2: hard to read"]
    row.save(update_fields=["prediction"])
    assert api("viewer").get(f"/api/v1/documents/{document.pk}/result").json()["warnings"] == ["page 2: hard to read"]


@pytest.mark.django_db
def test_checks_that_the_confirmed_values_fail_are_warnings_of_the_result(api, access, project):
    from invex.review.services import confirm
    from tests.invex.world import document_in_review, vendor

    document = document_in_review(access, vendor().document(0))
    values = {"net_amount": "99999.99", "tax_amount": "53.63", "total_amount": "335.91"}
    confirm(access, document.pk, {"template": None, "fields": {key: [{"value": v}] for key, v in values.items()}})
    warnings = api("viewer").get(f"/api/v1/documents/{document.pk}/result").json()["warnings"]
    assert warnings == ["Net amount + Tax amount is 100053.62, but Total amount is 335.91"]
