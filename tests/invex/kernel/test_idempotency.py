"""Idempotency-Key: the same answer, another body, one still running, one whose process died."""

from __future__ import annotations

import datetime
import hashlib
from importlib import import_module

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from invex.accounts import idempotency
from invex.documents.models import Batch, Document
from invex.kernel.models import IdempotencyKey


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
    long_ago = timezone.now() - 2 * idempotency.ABANDONED
    IdempotencyKey.objects.update(status=None, answer=None, created_at=long_ago)
    assert open_batch(client).status_code == 201


def test_a_failed_write_may_be_made_again(api):
    client = api()
    assert open_batch(client, name="x" * 300).status_code == 422
    assert open_batch(client, name="x").status_code == 201


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_a_nonsense_key_is_refused(api, key):
    assert open_batch(api(), key=key).status_code == 422


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
