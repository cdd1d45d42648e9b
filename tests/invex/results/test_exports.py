"""Exports: what is in the files, who asked for them, and what happens when a worker dies."""

from __future__ import annotations

import csv
import datetime
import io
import json

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone

from invex.accounts.models import Project
from invex.accounts.roles import Role
from invex.catalog.services import create_template
from invex.documents.erasure import erase
from invex.documents.filters import DocumentFilter
from invex.documents.models import Document
from invex.kernel.blobs import store
from invex.kernel.errors import BadInput, Conflict
from invex.kernel.models import AuditEntry, DoomedBlob
from invex.results import exports, jobs
from invex.results.layout_services import save_layout
from invex.results.layouts import Column, Layout
from invex.results.models import Export
from invex.results.states import ExportState as S
from invex.review import services as review
from tests.invex.world import access_to, document_in_review, label_of, template_json, vendor

pytestmark = pytest.mark.django_db
ACME = vendor()
APPROVED = DocumentFilter(state="approved")


@pytest.fixture(autouse=True)
def tmp_dir(settings, tmp_path):
    settings.TMP_DIR = tmp_path / "tmp"


@pytest.fixture(scope="module")
def approved_keys(once) -> list[int]:
    """Two approved documents and one in review; a name and a negative amount that spreadsheets are fond of."""
    access = access_to("demo", Role.OWNER, name="owner-demo")
    create_template(access, template_json(ACME.name))
    rows = [document_in_review(access, ACME.document(n)) for n in range(3)]
    for number, row in enumerate(rows[:2]):
        label = label_of(ACME.document(number))
        if number == 0:
            label["fields"]["supplier_name"] = [{"value": "=HYPERLINK(1)"}]
            label["fields"]["due_amount"] = [{"value": "-12.50"}]
            label["fields"]["invoice_date"] = [{"value": "2020-03-29"}]
        review.confirm(access, row.pk, label)
    return [row.pk for row in rows]


@pytest.fixture
def approved(approved_keys) -> list[Document]:
    return [Document.objects.get(pk=pk) for pk in approved_keys]


@pytest.fixture
def project(approved_keys) -> Project:
    return Project.objects.get(slug="demo")


def now(access, format, layout="", chosen=APPROVED) -> bytes:
    return b"".join(exports.write_now(access, format=format, layout=layout, chosen=chosen))


def read_csv(content: bytes, delimiter=",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def test_csv_has_a_row_a_document_and_no_formula(access, approved):
    rows = read_csv(now(access, "csv"))
    assert [row["Document"] for row in rows] == [str(d.pk) for d in approved[:2]]
    assert rows[0]["Supplier"] == "'=HYPERLINK(1)"
    assert rows[0]["Amount due"] == "-12.50", "a number is no formula"
    assert rows[0]["Approved by"] == "owner-demo"
    assert rows[1]["Total amount"] == ACME.document(1).label.fields["total_amount"][0].value


def test_csv_of_lines_has_a_row_a_line(access, approved):
    rows = read_csv(now(access, "csv", "lines:line_items"))
    lines = ACME.document(0).label.tables["line_items"]
    mine = [row for row in rows if row["Document"] == str(approved[0].pk)]
    assert [row["Line"] for row in mine] == [str(n) for n in range(1, len(lines) + 1)]
    assert [row["Amount"] for row in mine] == [line["amount"].value for line in lines]


def test_a_workbook_is_typed(access, approved):
    book = openpyxl.load_workbook(io.BytesIO(now(access, "xlsx")))
    assert book.sheetnames == ["Documents", "line_items"]
    header, first, *_ = book["Documents"].iter_rows()
    row = {name.value: cell for name, cell in zip(header, first, strict=True)}
    assert (row["Supplier"].value, row["Supplier"].data_type) == ("=HYPERLINK(1)", "s"), "text, not a formula"
    assert row["Supplier"].quotePrefix
    assert (row["Amount due"].value, row["Amount due"].number_format) == (-12.5, "0.00")
    assert row["Invoice date"].value == datetime.datetime(2020, 3, 29)
    lines = sum(len(ACME.document(n).label.tables["line_items"]) for n in range(2))
    assert book["line_items"].max_row == lines + 1


def test_json_lines_are_predictions(access, approved):
    objects = [json.loads(line) for line in now(access, "jsonl").splitlines()]
    assert [o["id"] for o in objects] == [str(d.pk) for d in approved[:2]]
    assert {o["format"] for o in objects} == {"invex-prediction/1"}
    assert objects[0]["fields"]["due_amount"][0]["value"] == "-12.50"


def test_the_filters_are_those_of_the_documents_page(access, approved):
    assert len(now(access, "jsonl", chosen=DocumentFilter()).splitlines()) == 3
    assert len(now(access, "jsonl", chosen=DocumentFilter(state="review")).splitlines()) == 1
    assert now(access, "jsonl", chosen=DocumentFilter(template="-", state="approved")) == b""
    Document.objects.filter(pk=approved[2].pk).update(state="failed", reason_code="corrupt", reason_message="Torn.")
    failed = json.loads(now(access, "jsonl", chosen=DocumentFilter(state="failed")))
    assert failed["error"]["code"] == "corrupt"
    assert len(read_csv(now(access, "csv", chosen=DocumentFilter()))) == 3


def test_a_layout_says_columns_order_headers_and_style(access, approved):
    columns = (
        Column("field.total_amount", "Betrag", ""),
        Column("field.invoice_date", "=Datum", ""),
        Column("document.id", "", ""),
    )
    layout = Layout(columns, date="dmy", decimal=",", delimiter=";")
    save_layout(access, name="Ledger", template="", layout=layout)
    rows = read_csv(now(access, "csv", "Ledger"), ";")
    assert list(rows[0]) == ["Betrag", "'=Datum", "Document"]
    assert rows[0]["'=Datum"] == "29.03.2020"
    assert rows[1]["Betrag"] == ACME.document(1).label.fields["total_amount"][0].value.replace(".", ",")


@pytest.mark.parametrize(
    ("layout", "code"),
    [
        (Layout(()), "no_columns"),
        (Layout((Column("field.fax", "", ""),)), "unknown_source"),
        (Layout((Column("line.amount", "", ""),)), "unknown_source"),
        (Layout((Column("document.id", "x" * 101, ""),)), "long_header"),
        (Layout((Column("document.id", "", ""),), delimiter="|"), "bad_style"),
    ],
)
def test_a_layout_that_cannot_be_is_refused(access, layout, code):
    with pytest.raises(BadInput) as refused:
        save_layout(access, name="Ledger", template="", layout=layout)
    assert refused.value.code == code


def test_the_name_of_a_layout_is_taken_once(access):
    layout = Layout((Column("document.id", "", ""),))
    save_layout(access, name="Ledger", template="", layout=layout)
    with pytest.raises(Conflict):
        save_layout(access, name=" Ledger ", template="", layout=layout)


class TestByAWorker:
    @pytest.fixture
    def export(self, access, approved):
        return exports.request(access, format="csv", layout="", chosen=APPROVED)

    def test_it_is_written_and_downloaded_and_both_are_noted(self, access, approved, run_jobs, export):
        run_jobs("invex.results")
        export.refresh_from_db()
        assert (export.state, export.total, export.written) == (S.READY, 2, 2)
        with exports.opened(access, export) as file:
            assert len(read_csv(file.read())) == 2
        noted = AuditEntry.objects.filter(subject_type="export", subject=str(export.pk)).values_list(
            "action", flat=True
        )
        assert {"exported", "writing -> ready", "downloaded"} <= set(noted)
        assert list((exports.settings.TMP_DIR).iterdir()) == []

    def test_it_is_written_once(self, export):
        assert jobs.write_export(export.pk) is True
        assert jobs.write_export(export.pk) is False

    def test_what_it_shows_is_what_the_layout_was(self, access, approved):
        layout = save_layout(access, name="L", template="", layout=Layout((Column("document.id", "Old", ""),)))
        row = exports.request(access, format="csv", layout="L", chosen=APPROVED)
        layout.delete()
        jobs.write_export(row.pk)
        row.refresh_from_db()
        assert list(read_csv(store().path(row.blob).read_bytes())[0]) == ["Old"]

    def test_a_dead_worker_is_followed_by_another_and_in_the_end_it_fails(self, export, run_jobs, monkeypatch):
        run_jobs.flush()
        monkeypatch.setattr(exports.writers, "write", _killed)
        for attempt in range(1, exports.ATTEMPTS + 1):
            with pytest.raises(KeyboardInterrupt):
                jobs.write_export(export.pk)
            export.refresh_from_db()
            assert (export.state, export.attempts) == (S.WRITING, attempt)
            jobs.sweep_exports()
            assert Export.objects.get().state == S.WRITING, "its lease still runs"
            Export.objects.update(leased_until=timezone.now() - datetime.timedelta(seconds=1))
            jobs.sweep_exports()
        export.refresh_from_db()
        assert (export.state, export.reason_code) == (S.FAILED, "crashed")

    def test_a_lost_wake_up_is_sent_again(self, export, run_jobs):
        run_jobs.flush()
        Export.objects.update(state_changed_at=timezone.now() - datetime.timedelta(minutes=1))
        assert jobs.sweep_exports() == 1
        run_jobs("invex.results")
        assert Export.objects.get().state == S.READY

    def test_more_rows_than_a_sheet_has_are_told(self, access, approved, monkeypatch):
        monkeypatch.setattr(exports.writers, "XLSX_ROWS", 2)
        row = exports.request(access, format="xlsx", layout="", chosen=APPROVED)
        jobs.write_export(row.pk)
        row.refresh_from_db()
        assert (row.state, row.reason_code) == (S.FAILED, "too_many_rows")
        assert "Choose CSV" in row.reason_message

    def test_it_expires_and_its_bytes_go(self, access, export):
        jobs.write_export(export.pk)
        export.refresh_from_db()
        blob = export.blob
        Export.objects.update(expires_at=timezone.now())
        assert jobs.sweep_exports() == 1
        export.refresh_from_db()
        assert (export.state, export.blob) == (S.EXPIRED, "")
        assert list(DoomedBlob.objects.values_list("sha256", flat=True)) == [blob]

    def test_it_ends_when_a_document_in_it_is_erased(self, access, approved, export, run_jobs):
        jobs.write_export(export.pk)
        blob = Export.objects.get().blob
        erase(access, Document.objects.get(pk=approved[2].pk))
        run_jobs("invex.results")
        assert Export.objects.get().state == S.READY, "it does not hold that one"
        erase(access, Document.objects.get(pk=approved[0].pk))
        run_jobs("invex.results")
        export.refresh_from_db()
        assert (export.state, export.blob, export.documents.count()) == (S.EXPIRED, "", 0)
        assert "was erased" in export.reason_message
        assert DoomedBlob.objects.filter(sha256=blob).exists()

    def test_one_that_is_being_written_begins_anew(self, access, approved, export, run_jobs, monkeypatch):
        counted = exports._counted

        def erased_meanwhile(row, pairs):
            pairs = list(pairs)
            monkeypatch.setattr(exports, "_counted", counted)
            erase(access, Document.objects.get(pk=approved[0].pk))
            jobs.forget_document(approved[0].pk)
            return counted(row, iter(pairs))

        monkeypatch.setattr(exports, "_counted", erased_meanwhile)
        assert jobs.write_export(export.pk) is False
        run_jobs("invex.results")
        export.refresh_from_db()
        assert (export.state, export.total) == (S.READY, 1)
        assert list(export.documents.values_list("document_id", flat=True)) == [approved[1].pk]
        with exports.opened(access, export) as file:
            assert [row["Document"] for row in read_csv(file.read())] == [str(approved[1].pk)]


def _killed(*args):
    raise KeyboardInterrupt


class TestPages:
    @pytest.fixture
    def client(self, person):
        client = Client()
        client.force_login(person("author"))
        return client

    def test_a_small_one_is_the_answer(self, client, approved):
        page = client.get("/p/demo/exports/").content.decode()
        assert "Export 2 documents" in page
        answer = client.post("/p/demo/exports/", {"format": "csv", "layout": ""})
        assert answer["Content-Disposition"].startswith('attachment; filename="demo-')
        assert len(read_csv(answer.getvalue())) == 2
        assert not Export.objects.exists()
        one = client.post(f"/p/demo/exports/?q={approved[0].name}&state=review", {"format": "jsonl", "layout": ""})
        assert len(one.getvalue().splitlines()) == 1

    def test_a_large_one_appears_with_its_progress(self, client, approved, monkeypatch, run_jobs):
        monkeypatch.setattr(exports, "SMALL", 1)
        assert client.post("/p/demo/exports/", {"format": "xlsx", "layout": ""}).status_code == 302
        assert "delay:2s" in client.get("/p/demo/exports/").content.decode()
        run_jobs("invex.results")
        live = client.get("/p/demo/exports/", headers={"HX-Request": "true"}).content.decode()
        assert "delay:" not in live
        assert "<html" not in live
        file = client.get(f"/p/demo/exports/{Export.objects.get().pk}/file")
        assert openpyxl.load_workbook(io.BytesIO(file.getvalue())).sheetnames[0] == "Documents"

    def test_what_a_workbook_cannot_hold_is_told_instead_of_a_file(self, client, approved, monkeypatch):
        monkeypatch.setattr(exports.writers, "XLSX_ROWS", 2)
        answer = client.post("/p/demo/exports/", {"format": "xlsx", "layout": ""})
        assert answer.status_code == 422
        assert "Choose CSV" in answer.content.decode()

    def test_a_nonsense_format_is_refused(self, client, approved):
        assert client.post("/p/demo/exports/", {"format": "exe", "layout": ""}).status_code == 422
        assert client.post("/p/demo/exports/", {"format": "csv", "layout": "Nobody's"}).status_code == 422

    def test_a_layout_is_made_in_the_form(self, client, approved):
        form = client.get(f"/p/demo/exports/layouts/new/?template={ACME.name}&rows=line_items").content.decode()
        assert 'value="line.unit_price" selected' in form
        data = {
            "name": "Lines", "rows": "line_items", "date": "iso", "decimal": ".", "delimiter": "\t",
            "column:0:source": "line.amount", "column:0:header": "Sum", "column:0:place": "2",
            "column:1:source": "line.number", "column:1:header": "", "column:1:place": "1",
            "column:2:source": "", "column:2:header": "left empty",
        }  # fmt: skip
        assert client.post("/p/demo/exports/layouts/new/", data).status_code == 302
        answer = client.post("/p/demo/exports/", {"format": "csv", "layout": "Lines"})
        assert list(read_csv(answer.getvalue(), "\t")[0]) == ["Line", "Sum"]
        again = client.post("/p/demo/exports/layouts/new/", data)
        assert again.status_code == 422
        assert "There is a layout" in again.content.decode()


class TestRest:
    def test_asked_for_followed_and_fetched(self, api, approved, run_jobs):
        client = api("viewer")
        made = client.post("/api/v1/exports", json.dumps({"format": "jsonl"}), content_type="application/json")
        assert (made.status_code, made.json()["state"]) == (202, "waiting")
        assert client.get(made.json()["file"]).status_code == 409
        run_jobs("invex.results")
        assert client.get(made["Location"]).json()["state"] == "ready"
        file = client.get(made.json()["file"])
        assert file["Content-Type"] == "application/x-ndjson"
        assert len(file.getvalue().splitlines()) == 2
        Export.objects.update(state=S.EXPIRED)
        assert client.get(made.json()["file"]).status_code == 410

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"format": "pdf"}, 422),
            ({"format": "csv", "layout": "Nobody's"}, 422),
            ({"format": "csv", "batch": "9"}, 404),
        ],
    )
    def test_nonsense_is_refused(self, api, approved, body, status):
        answer = api("viewer").post("/api/v1/exports", json.dumps(body), content_type="application/json")
        assert answer.status_code == status
