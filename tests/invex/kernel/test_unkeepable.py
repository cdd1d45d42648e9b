"""NUL and half characters are refused at the door: PostgreSQL keeps neither."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory

from invex.documents.models import Batch, Document
from invex.kernel import unkeepable
from invex.kernel.errors import BadInput

NUL, HALF = "a\x00b", "a\ud800b"
TEMPLATE = {"fields": [{"key": "number", "type": "text"}]}
SPELLED = json.dumps({"fields": [NUL]})


@pytest.fixture
def owner(person) -> Client:
    client = Client()
    client.force_login(person("owner"))
    return client


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("get", "documents?q=%00", None),
        ("get", "templates/%00", None),
        ("get", "datasets/%00%00%00%00%00%00", None),
        ("post", "templates", {"name": NUL, **TEMPLATE}),
        ("post", "templates", {"name": HALF, **TEMPLATE}),
        ("post", "templates", {"name": "Acme", "fields": [{"key": "number", "type": "text", "label": NUL}]}),
        ("post", "templates", {"name": "Acme", **TEMPLATE, "rules": [{"kind": "pattern", "params": {"x": NUL}}]}),
        ("post", "batches", {"name": NUL}),
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded"])
def test_the_interface_answers_422(api, method, path, body, content_type):
    content = "" if body is None else json.dumps(body)
    answer = getattr(api(), method)(f"/api/v1/{path}", content, content_type=content_type)
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")


@pytest.mark.parametrize("path", ["documents/?q=%00", "inbox/?of=%00", "templates/by-name/%00/", "?x=%00"])
def test_a_page_is_not_asked(owner, path):
    answer = owner.get(f"/p/demo/{path}")
    assert answer.status_code == 422
    assert "cannot be kept" in answer.content.decode()


@pytest.mark.parametrize(
    "form", [{"name": NUL}, {NUL: "x"}, {"name": "x", "design": SPELLED}, {"name": json.dumps([HALF])}]
)
def test_a_form_is_not_taken(owner, form):
    answer = owner.post("/p/demo/batches/", form, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_character")
    assert not Batch.objects.exists()


def test_files_may_have_any_bytes(api, owner, batch):
    content = b"\x00\\u0000\xff"
    file = SimpleUploadedFile("a.pdf", content)
    assert api().post(f"/api/v1/batches/{batch.pk}/documents", {"file": file}).status_code == 202
    file.seek(0)
    assert owner.post(f"/p/demo/batches/{batch.pk}/upload/", {"file": file}).status_code == 302
    assert list(Document.objects.values_list("size", flat=True)) == [len(content)] * 2


@pytest.mark.parametrize(
    "text",
    [
        r"[^\u0000-\u001f]",
        r"C:\ud800",
        json.dumps("😀"),
        json.dumps([r"\u0000"]),
        pytest.param("[" * 10_000 + r"\u0000", id="deep"),
    ],
)
def test_what_only_looks_like_one_is_taken(text):
    unkeepable.check(RequestFactory().post("/", {"pattern": text}))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32-le"])
def test_in_every_encoding_of_json(encoding):
    kept, refused = (json.dumps({"name": name}).encode(encoding) for name in ("ä", NUL))
    unkeepable.check(RequestFactory().post("/", kept, content_type="application/json"))
    with pytest.raises(BadInput):
        unkeepable.check(RequestFactory().post("/", refused, content_type="application/json"))
