"""Errors of the interface: problem+json for every status, request ids, no leaks; lists by cursor."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from invex.documents.models import Batch
from invex.kernel.models import AuditEntry, Event

MEMBERS = {"type", "title", "status", "detail", "instance", "code", "request_id"}


def check(answer, status: int, code: str) -> dict:
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem.keys() >= MEMBERS
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["request_id"] == answer.headers["X-Request-ID"]
    return problem


def test_every_kind_of_error_is_a_problem(api, db):
    client = api()
    check(client.get("/api/v1/nowhere"), 404, "not_found")
    check(client.get("/api/v1/documents/7"), 404, "not_found")
    check(client.get("/api/v1/documents/seven"), 404, "not_found")
    check(client.get("/api/v1/documents?state=lost"), 422, "invalid")
    check(client.get("/api/v1/documents?staet=review"), 422, "unknown_filter")
    check(client.get("/api/v1/documents?state=review&state=failed"), 422, "invalid")
    check(client.post("/api/v1/batches", "{", content_type="application/json"), 422, "invalid")
    check(client.post("/api/v1/batches", {"nam": "x"}, content_type="application/json"), 422, "invalid")
    check(client.post("/api/v1/batches", {"name": "a\x00b"}, content_type="application/json"), 422, "invalid")
    assert "Allow" in client.delete("/api/v1/batches").headers
    check(client.delete("/api/v1/batches"), 405, "method_not_allowed")
    answer = Client().get("/api/v1/batches")
    check(answer, 401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    check(api("viewer").post("/api/v1/batches", {}, content_type="application/json"), 403, "not_allowed")


def test_a_validation_problem_says_where(api):
    problem = api().get("/api/v1/documents?limit=0&updated_since=yesterday").json()
    assert [e["where"] for e in problem["errors"]] == [["query", "limit"], ["query", "updated_since"]]
    problem = api("owner").post("/api/v1/batches", {"nmae": "x"}, content_type="application/json").json()
    assert ["body", "nmae"] in [e["where"] for e in problem["errors"]]
    assert "body.body" not in problem["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("get", "documents?state=lost", None, "query.state: 'received', 'reading', 'extracting', 'review', 'approved', "
            "'rejected', 'failed', 'needs_password' or 'split' is expected"),
        ("get", "documents?limit=0", None, "query.limit: at least 1 is expected"),
        ("get", "documents?limit=many", None, "query.limit: a whole number is expected"),
        ("get", "documents?updated_since=2026-11-22", None, "query.updated_since: give date, time and offset, for example"),
        ("get", "documents?updated_since=yesterday", None, "query.updated_since: give date, time and offset, for example"),
        ("post", "batches", '{"nam": "x"}', "body.nam: there is no such key here"),
        ("post", "batches", '{"name": 5}', "body.name: a text is expected"),
        ("post", "batches", '["x"]', "body: an object is expected"),
        ("post", "batches", "", "body: is missing"),
        ("post", "batches", '{"name": "a\\u0000b"}', "body.name: a text without NUL characters is expected"),
        ("post", "batches", '{"name": "%s"}' % ("x" * 201), "body.name: at most 200 characters are expected"),
        ("post", "batches", '{"name": }', "The body is no JSON: line 1, column 10: expecting value."),
        ("post", "batches/1/documents", "{}", "file: is missing; send the file as a part of that name, in multipart/form-data"),
        ("put", "documents/1/labels?create_template=maybe", "{}", "query.create_template: true or false is expected"),
    ],
)  # fmt: skip
def test_what_is_expected_is_said_without_the_words_of_a_library(api, method, path, body, said):
    send = getattr(api("owner"), method)
    answer = send(f"/api/v1/{path}") if body is None else send(f"/api/v1/{path}", body, content_type="application/json")
    assert check(answer, 422, "invalid")["detail"].startswith(said)


def test_a_role_that_may_not_hears_which_may(api):
    problem = check(api("viewer").post("/api/v1/batches", {}, content_type="application/json"), 403, "not_allowed")
    assert problem["detail"].endswith(" is viewer; this needs one of these: reviewer, author, ml_admin, owner.")


def test_a_fault_of_ours_leaks_nothing(api, monkeypatch):
    def breaks(*args, **kwargs):
        raise RuntimeError("the password is 1234")

    monkeypatch.setattr("invex.documents.queries.batches", breaks)
    client = api()
    client.raise_request_exception = False
    problem = check(client.get("/api/v1/batches"), 500, "internal_server_error")
    assert "1234" not in str(problem)


def test_a_request_id_is_taken_over_when_sane(api):
    client = api()
    given = client.get("/api/v1/batches", headers={"X-Request-ID": "erp-2026-0001"})
    assert given.headers["X-Request-ID"] == "erp-2026-0001"
    odd = client.get("/api/v1/batches", headers={"X-Request-ID": "<script>"})
    assert odd.headers["X-Request-ID"] not in ("", "<script>")


def test_a_request_id_is_in_events_and_audit(api, batch):
    from django.core.files.uploadedfile import SimpleUploadedFile

    path = f"/api/v1/batches/{batch.pk}/documents"
    headers = {"X-Request-ID": "erp-2026-0002"}
    api().post(path, {"file": SimpleUploadedFile("a.pdf", b"x")}, headers=headers)
    assert Event.objects.get(name="document.received").request_id == "erp-2026-0002"
    assert AuditEntry.objects.get(action="received").request_id == "erp-2026-0002"


@pytest.fixture
def five_batches(project):
    return [Batch.objects.create(project=project, name=str(n), created_by="anna") for n in range(5)]


def walk(client, url: str) -> list[str]:
    names = []
    while url:
        answer = client.get(url).json()
        names += [item["name"] for item in answer["items"]]
        url = answer["next"]
    return names


def test_pages_meet_without_gap_or_double_while_rows_come(api, five_batches, project):
    client = api()
    first = client.get("/api/v1/batches?limit=2").json()
    Batch.objects.create(project=project, name="new", created_by="anna")
    assert [i["name"] for i in first["items"]] == ["4", "3"]
    assert walk(client, first["next"]) == ["2", "1", "0"]


def test_changes_are_followed_in_their_order(api, receive):
    documents = [receive(b"%d" % n, name=f"{n}.pdf") for n in range(5)]
    type(documents[0]).objects.filter(pk=documents[1].pk).update(updated_at=timezone.now())
    since = documents[0].created_at.isoformat().replace("+00:00", "Z")
    names = walk(api(), f"/api/v1/documents?limit=2&updated_since={since}")
    assert names == ["0.pdf", "2.pdf", "3.pdf", "4.pdf", "1.pdf"]


@pytest.mark.parametrize("cursor", ["x", "eyJvIjoxfQ:1:x", "", "é"])
def test_a_cursor_that_is_not_ours_is_refused(api, five_batches, cursor):
    assert api().get("/api/v1/batches", {"cursor": cursor}).status_code == 422


def test_a_cursor_of_another_list_is_refused(api, five_batches, receive):
    client = api()
    cursor = client.get("/api/v1/batches?limit=2").json()["next"].split("cursor=")[1]
    answer = client.get(f"/api/v1/documents?updated_since=2020-01-01T00:00:00Z&cursor={cursor}")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_cursor")


def test_the_docs_need_no_other_server(client, db):
    page = client.get("/api/v1/docs")
    assert page.status_code == 200
    assert b"http" not in page.content
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    assert client.get("/api/v1/openapi.json").json()["openapi"].startswith("3.1")


def test_the_formats_name_every_operation(client, db, settings):
    """docs/formats.md is what other programs are written by."""
    text = (settings.BASE_DIR / "docs" / "formats.md").read_text()
    named = set()
    for path in re.findall(r"/[a-z][\w{}/|-]*", re.sub(r"\{\w+\}", "{}", text)):
        start, _, last = path.rpartition("/")
        named |= {f"{start}/{one}" for one in last.split("|")}
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    served = {re.sub(r"\{\w+\}", "{}", path.removeprefix("/api/v1")) for path in paths}
    assert served - named == set()


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}])
def test_a_body_that_cannot_be_taken_apart(api, batch, settings, headers):
    client = api()
    path = f"/api/v1/batches/{batch.pk}/documents"
    odd = client.post(path, b"--x", content_type="multipart/form-data; boundary=\xff", headers=headers)
    assert odd.status_code == 422
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    large = client.post("/api/v1/batches", {"name": "x" * 20}, content_type="application/json", headers=headers)
    check(large, 413, "too_large")
