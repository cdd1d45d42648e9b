"""Idempotency-Key: the same answer, another body, one still running, one whose process died."""

from __future__ import annotations

import datetime
import hashlib
import json
from contextlib import contextmanager
from importlib import import_module

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from invex.accounts import idempotency
from invex.documents import pages
from invex.documents.models import Batch, Document
from invex.kernel.blobs import FolderStore, store
from invex.kernel.models import DoomedBlob, IdempotencyKey
from invex.review import services as reviews
from tests.invex.documents.archive_files import zip_of


def open_batch(client, name="x", key="k-1"):
    headers = {"Idempotency-Key": key} if key is not None else {}
    return client.post("/api/v1/batches", {"name": name}, content_type="application/json", headers=headers)


def test_the_same_key_and_body_get_the_same_answer(api):
    client = api()
    first, second = open_batch(client), open_batch(client)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert first.headers["Location"] == second.headers["Location"]
    assert second.headers["Idempotent-Replayed"] == "true"
    assert Batch.objects.count() == 1


def test_without_a_key_a_write_is_done_each_time(api):
    client = api()
    open_batch(client, key=None)
    open_batch(client, key=None)
    assert Batch.objects.count() == 2


def test_another_body_is_refused(api):
    client = api()
    open_batch(client)
    answer = open_batch(client, name="y")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_one_still_running_is_told_so(api):
    client = api()
    open_batch(client)
    IdempotencyKey.objects.update(status=None, answer=None)
    answer = open_batch(client)
    assert (answer.status_code, answer.json()["code"]) == (409, "still_running")
    assert answer.headers["Retry-After"] == "1"


def test_a_key_whose_process_died_is_free_again(api):
    client = api()
    open_batch(client)
    IdempotencyKey.objects.update(status=None, answer=None, leased_until=timezone.now() - datetime.timedelta(seconds=1))
    assert open_batch(client).status_code == 201


def test_a_failed_write_may_be_made_again(api):
    client = api()
    assert open_batch(client, name="x" * 300).status_code == 422
    assert open_batch(client, name="x").status_code == 201


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_a_nonsense_key_is_refused(api, key):
    assert open_batch(api(), key=key).status_code == 422


def test_a_file_that_a_page_sends_again_is_taken_once(client, person, batch):
    client.force_login(person("reviewer"))

    def send(content: bytes = b"one", key: str = "k-1"):
        return client.post(
            f"/p/demo/batches/{batch.pk}/upload/", {"file": SimpleUploadedFile("a.pdf", content)},
            headers={"Accept": "application/json", "Idempotency-Key": key},
        )  # fmt: skip

    first, again = send(), send()
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json() == {"ids": [str(Document.objects.get().pk)], "refused": []}
    assert send(b"two").json()["code"] == "idempotency_key_reused"
    send(key="k-2")
    assert Document.objects.count() == 2
    client.force_login(person("owner"))
    assert send().json() != first.json(), "a key belongs to a person"


def test_what_a_page_refuses_may_be_sent_again(client, person, batch, settings):
    client.force_login(person("reviewer"))

    def send():
        return client.post(
            f"/p/demo/batches/{batch.pk}/upload/", {"file": SimpleUploadedFile("a.pdf", b"12345")},
            headers={"Accept": "application/json", "Idempotency-Key": "k-1"},
        )  # fmt: skip

    settings.MAX_UPLOAD_BYTES = 4
    assert send().status_code == 413
    settings.MAX_UPLOAD_BYTES = 5
    assert send().status_code == 202
    assert Document.objects.count() == 1


def test_a_key_belongs_to_its_token_and_address(api, other_project):
    mine, theirs = api(), api("owner", other_project)
    assert open_batch(mine).json()["id"] != open_batch(theirs).json()["id"]
    assert open_batch(api()).headers.get("Idempotent-Replayed") is None


def test_a_revoked_token_gets_no_stored_answer(api):
    from invex.accounts.models import ApiToken

    client = api()
    open_batch(client)
    ApiToken.objects.update(revoked_at=timezone.now() - datetime.timedelta(seconds=1))
    assert open_batch(client).status_code == 401


def test_an_upload_is_compared_by_its_bytes(api, batch):
    client = api()

    def upload(content: bytes):
        file = SimpleUploadedFile("a.pdf", content)
        return client.post(f"/api/v1/batches/{batch.pk}/documents", {"file": file}, headers={"Idempotency-Key": "k"})

    first, again, other = upload(b"one"), upload(b"one"), upload(b"two")
    assert (first.status_code, again.status_code, other.status_code) == (202, 202, 422)
    assert first.json() == again.json()
    assert Document.objects.count() == 1


def test_a_password_cannot_be_tried_on_what_is_kept(api, batch, receive):
    document = receive()
    Document.objects.update(state="needs_password")
    body = b'{"password": "1234"}'
    path = f"/api/v1/documents/{document.pk}/password"
    sent = api().post(path, body, content_type="application/json", headers={"Idempotency-Key": "k"})
    assert sent.status_code == 202
    kept = IdempotencyKey.objects.get()
    assert hashlib.sha256(body).hexdigest() not in str(kept.__dict__)
    assert "1234" not in str(kept.__dict__)
    assert len(kept.body_hmac) == 64


def test_answers_from_before_the_hash_was_keyed_are_still_given(api):
    client = api()
    first = open_batch(client)
    IdempotencyKey.objects.update(body_hmac=hashlib.sha256(b'{"name": "x"}').hexdigest())
    import_module("invex.kernel.migrations.0005_keyed_body_hash").key_hashes(apps, None)
    assert open_batch(client).json() == first.json()


def test_keys_are_forgotten_when_nobody_sends_them_any_more(api):
    client = api()
    open_batch(client, key="old")
    IdempotencyKey.objects.update(created_at=timezone.now() - idempotency.KEPT_FOR - datetime.timedelta(minutes=1))
    open_batch(client, key="new")
    assert idempotency.sweep() == 1
    assert IdempotencyKey.objects.get().key == "new"


def depth() -> int:
    """How many transactions are open, one in another."""
    return len(connection.savepoint_ids)


class TestSlow:
    """Operations that store files or ask others do so while nobody has to wait for their transaction."""

    @pytest.fixture
    def document(self, receive):
        document = receive(b"the file")
        Document.objects.update(state="review", page_count=2)
        return document

    @pytest.fixture
    def seen(self, monkeypatch):
        """The depths in which bytes were stored, a worker was asked, and values were looked for on the pages."""
        found = []

        def noting(real):
            def note(*args, **kwargs):
                found.append(depth())
                return real(*args, **kwargs)

            return note

        def ask(job, plan, **_):
            return {"files": [{"sha256": store().put(str(part).encode()), "size": 1} for part in json.loads(plan)]}

        monkeypatch.setattr(FolderStore, "put_stream", noting(FolderStore.put_stream))
        monkeypatch.setattr(pages, "ask", noting(ask))
        monkeypatch.setattr(reviews, "_located", noting(lambda document, label, shape: label))
        return found

    @pytest.fixture(params=["upload", "archive", "split", "join", "labels"])
    def send(self, request, api, batch, document, receive):
        """send(client) -> the answer to a request with a key."""
        address, key = f"/api/v1/documents/{document.pk}", {"Idempotency-Key": "k"}
        other = receive(b"another file")
        Document.objects.update(state="review", page_count=2)
        client, content = api(), b"new" if request.param == "upload" else zip_of({"a.pdf": b"a", "b.pdf": b"b"})

        def go():
            if request.param in ("upload", "archive"):
                data = {"file": SimpleUploadedFile("a", content)}
                return client.post(f"/api/v1/batches/{batch.pk}/documents", data, headers=key)
            method, path, body = {
                "split": ("post", "split", {"parts": [[0], [1]]}),
                "join": ("post", "join", {"documents": [str(other.pk)]}),
                "labels": ("put", "labels", {"template": None, "fields": {}}),
            }[request.param]
            return getattr(client, method)(f"{address}/{path}", body, content_type="application/json", headers=key)

        return go

    def test_nobody_waits_for_the_slow_part_and_it_is_done_once(self, send, seen):
        here = depth()
        first = send()
        assert first.status_code in (200, 202), first.content
        assert set(seen) == {here}
        count = Document.objects.count()
        again = send()
        assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")
        assert Document.objects.count() == count

    def test_what_is_done_and_that_it_is_done_are_one_transaction(self, send, seen, monkeypatch):
        count, states = Document.objects.count(), set(Document.objects.values_list("state", flat=True))
        with monkeypatch.context() as patch:
            patch.setattr(idempotency, "_keep", lambda *_: (_ for _ in ()).throw(OSError("killed")))
            with pytest.raises(OSError, match="killed"):
                send()
        assert Document.objects.count() == count
        assert set(Document.objects.values_list("state", flat=True)) == states
        assert send().status_code in (200, 202), "the key is free again"

    def test_one_that_comes_meanwhile_is_told_so(self, send, seen, monkeypatch):
        answers = []

        def meanwhile(real=idempotency.writes.begin):
            if not answers:
                answers.append(None)
                answers.append(send())
            real()

        monkeypatch.setattr(idempotency.writes, "begin", meanwhile)
        assert send().status_code in (200, 202)
        assert (answers[1].status_code, answers[1].json()["code"]) == (409, "still_running")

    def test_of_two_that_both_believe_to_have_the_key_one_writes(self, send, seen, monkeypatch):
        """The first one was away for so long that its claim ran out."""
        answers = []

        def meanwhile(real=idempotency.writes.begin):
            if not answers:
                answers.append(None)
                IdempotencyKey.objects.update(leased_until=timezone.now() - datetime.timedelta(seconds=1))
                answers.append(send())
            real()

        monkeypatch.setattr(idempotency.writes, "begin", meanwhile)
        first, count = send(), Document.objects.count()
        assert (first.status_code, first.json()["code"]) in ((409, "still_running"), (409, "busy"), (409, "stale"))
        assert answers[1].status_code in (200, 202)
        assert send().json() == answers[1].json()
        assert Document.objects.count() == count

    def test_its_claim_is_renewed_while_it_is_at_it(self, send, seen, monkeypatch):
        renewed = []

        @contextmanager
        def kept(rows):
            assert rows.update(leased_until=timezone.now()) == 1
            renewed.append("begun")
            yield
            renewed.append("ended")

        monkeypatch.setattr(idempotency.leases, "kept", kept)
        assert send().status_code in (200, 202)
        assert renewed == ["begun", "ended"]

    def test_bytes_of_an_archive_that_was_not_taken_are_deleted(self, api, batch, monkeypatch):
        put = FolderStore.put_stream

        def put_small(self, chunks, *, max_bytes):
            data = b"".join(chunks)
            if len(data) > 1:
                raise OSError("the disk is full")
            return put(self, [data], max_bytes=max_bytes)

        monkeypatch.setattr(FolderStore, "put_stream", put_small)
        data = {"file": SimpleUploadedFile("a.zip", zip_of({"a.pdf": b"a", "b.pdf": b"bb"}))}
        with pytest.raises(OSError, match="full"):
            api().post(f"/api/v1/batches/{batch.pk}/documents", data, headers={"Idempotency-Key": "k"})
        stored = {name for name, _ in store().names()}
        assert len(stored) == 1
        assert stored == set(DoomedBlob.objects.values_list("sha256", flat=True))
