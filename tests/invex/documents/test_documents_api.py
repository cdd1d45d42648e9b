"""REST of batches and documents: answers, roles, other projects, query counts."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from invex.accounts.roles import Role
from invex.documents import queries, services
from invex.documents.models import Document
from invex.documents.states import DocumentState

S = DocumentState
JSON = "application/json"


def upload(client, batch, content=b"some bytes", name="invoice.pdf"):
    return client.post(f"/api/v1/batches/{batch.pk}/documents", {"file": SimpleUploadedFile(name, content)})


def test_a_batch_is_opened_filled_and_followed(api):
    client = api("reviewer")
    opened = client.post("/api/v1/batches", {"name": "March"}, content_type=JSON)
    assert opened.status_code == 201
    batch = opened.json()
    assert (batch["name"], batch["total"], batch["created_by"][:6]) == ("March", 0, "token:")
    sent = client.post(opened.headers["Location"] + "/documents", {"file": SimpleUploadedFile("a.pdf", b"x")})
    assert sent.status_code == 202
    assert int(sent.headers["Retry-After"]) >= 1
    document = client.get(sent.headers["Location"]).json()
    assert (document["id"], document["state"], document["batch"]) == (sent.json()["id"], "received", batch["id"])
    assert document["links"]["result"] == sent.headers["Location"] + "/result"
    now = client.get(opened.headers["Location"]).json()
    assert (now["total"], now["counts"]["received"], now["progress"]) == (1, 1, 0)
    assert set(now["counts"]) == set(S.values)


def test_a_batch_needs_no_name(api):
    assert api().post("/api/v1/batches", {}, content_type=JSON).json()["name"].startswith("20")


def test_the_twin_is_named(api, batch):
    client = api()
    first, second = upload(client, batch).json(), upload(client, batch, name="again.pdf").json()
    assert first["twin"] is None
    assert second["twin"] == {"id": first["id"], "name": "invoice.pdf", "batch": str(batch.pk)}


def test_a_failed_document_says_why_and_can_be_retried(api, batch):
    client = api()
    failed = upload(client, batch, b"").json()
    assert (failed["state"], failed["reason"]["code"]) == ("failed", "empty")
    retried = client.post(f"/api/v1/documents/{failed['id']}/retry")
    assert (retried.status_code, retried.json()["state"], retried.json()["reason"]) == (202, "received", None)
    again = client.post(f"/api/v1/documents/{failed['id']}/retry")
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")


def test_one_file_a_request(api, batch):
    path = f"/api/v1/batches/{batch.pk}/documents"
    two = {"file": [SimpleUploadedFile("a", b"a"), SimpleUploadedFile("b", b"b")]}
    other = {"document": SimpleUploadedFile("a", b"a")}
    for data in (two, other, {}):
        assert api().post(path, data).status_code == 422
    assert Document.objects.count() == 0


def test_a_large_file_is_refused_unread(api, batch, settings):
    settings.MAX_UPLOAD_BYTES = 100
    beyond_by_little = upload(api(), batch, b"x" * 101)
    beyond_by_far = upload(api(), batch, b"x" * 200_000)
    for answer in (beyond_by_little, beyond_by_far):
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert Document.objects.count() == 0


def test_documents_are_filtered(api, batch, access, receive):
    other_batch = services.create_batch(access, name="April")
    a, b = receive(b"a"), receive(b"b", batch=other_batch)
    Document.objects.filter(pk=a.pk).update(state=S.REVIEW, template="ACME")
    client = api()

    def ids(query: str) -> list[str]:
        return [d["id"] for d in client.get(f"/api/v1/documents?{query}").json()["items"]]

    assert ids("") == [str(b.pk), str(a.pk)]
    assert ids("state=review") == [str(a.pk)]
    assert ids("template=ACME") == [str(a.pk)]
    assert ids("template=") == [str(b.pk)]
    assert ids(f"batch={other_batch.pk}") == [str(b.pk)]
    assert ids("updated_since=2001-01-01T00:00:00Z") == [str(a.pk), str(b.pk)]
    assert ids("updated_since=2999-01-01T00:00:00%2B02:00") == []


@pytest.mark.parametrize(
    "query",
    [
        "state=lost",
        "updated_since=0",
        "updated_since=2026-01-01",
        "updated_since=2026-01-01T00:00:00",
        "updated_since=9999-12-31T23:59:59-12:00",
        "limit=1000",
        "limit=x",
        "template=a%00b",
    ],
)
def test_nonsense_filters_are_422(api, query):
    assert api().get(f"/api/v1/documents?{query}").status_code == 422


def test_pages_and_the_file_come_back(api, receive, run_jobs, make_pdf):
    content = make_pdf("Invoice 4711", "page two")
    document = receive(content)
    run_jobs("invex.documents.")
    client = api("viewer")
    path = f"/api/v1/documents/{document.pk}"
    assert client.get(path).json()["pages"] == 2
    image = client.get(f"{path}/pages/1/image")
    assert (image.status_code, image.headers["Content-Type"]) == (200, "image/webp")
    assert b"".join(image.streaming_content)[8:12] == b"WEBP"
    assert client.get(f"{path}/pages/2/image").status_code == 404
    file = client.get(f"{path}/file")
    assert b"".join(file.streaming_content) == content
    assert file.headers["Content-Disposition"].startswith("attachment")


def test_an_encrypted_document_takes_its_password(api, receive, run_jobs, make_pdf):
    document = receive(make_pdf("secret", password="sesame"))
    run_jobs("invex.documents.")
    client = api("reviewer")
    path = f"/api/v1/documents/{document.pk}"
    assert client.get(path).json()["reason"]["code"] == "encrypted"
    assert client.post(f"{path}/password", {"password": "sesame"}, content_type=JSON).status_code == 202
    run_jobs("invex.documents.")
    assert client.get(path).json()["state"] == "extracting"


WRITES = {
    "open a batch": lambda c, batch, d: c.post("/api/v1/batches", {}, content_type=JSON),
    "upload": lambda c, batch, d: upload(c, batch),
    "retry": lambda c, batch, d: c.post(f"/api/v1/documents/{d.pk}/retry"),
    "password": lambda c, batch, d: c.post(f"/api/v1/documents/{d.pk}/password", {"password": "x"}, content_type=JSON),
    "reject": lambda c, batch, d: c.post(f"/api/v1/documents/{d.pk}/reject", {}, content_type=JSON),
}
READS = {
    "batches": lambda c, batch, d: c.get("/api/v1/batches"),
    "batch": lambda c, batch, d: c.get(f"/api/v1/batches/{batch.pk}"),
    "documents": lambda c, batch, d: c.get("/api/v1/documents"),
    "documents of the batch": lambda c, batch, d: c.get(f"/api/v1/documents?batch={batch.pk}"),
    "document": lambda c, batch, d: c.get(f"/api/v1/documents/{d.pk}"),
    "file": lambda c, batch, d: c.get(f"/api/v1/documents/{d.pk}/file"),
    "page": lambda c, batch, d: c.get(f"/api/v1/documents/{d.pk}/pages/0/image"),
}


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("name", [*WRITES, *READS])
def test_roles(api, batch, receive, role, name):
    answer = {**WRITES, **READS}[name](api(role), batch, receive(b""))
    if role == Role.VIEWER and name in WRITES:
        assert answer.status_code == 403
    else:
        assert answer.status_code not in (401, 403)


@pytest.mark.parametrize("name", [*WRITES, *READS])
def test_another_project_s_ids_are_404(api, other_project, batch, receive, name):
    answer = {**WRITES, **READS}[name](api("owner", other_project), batch, receive(b""))
    if name in ("batches", "documents"):
        assert answer.json() == {"items": [], "next": None}
    elif name == "open a batch":
        assert answer.status_code == 201
    else:
        assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/api/v1/documents", "/api/v1/batches"])
def test_a_list_costs_the_same_queries_however_long(api, access, receive, django_assert_max_num_queries, path):
    client = api()
    for _ in range(12):
        receive(b"same", batch=services.create_batch(access))
    client.get(path)  # notes the token's use
    with django_assert_max_num_queries(3):
        assert len(client.get(path).json()["items"]) >= 12


def test_documents_are_found_by_a_part_of_their_name(receive, project):
    wanted = receive(b"1", name="LOPAA invoice VK003357.pdf")
    receive(b"2", name="LOPAA invoice VK003358.pdf")
    assert [row.pk for row in queries.documents(project, name="vk003357")] == [wanted.pk]
