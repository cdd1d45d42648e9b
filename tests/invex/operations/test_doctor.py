"""The doctor finds what was broken on purpose, and nothing in a sound installation."""

from __future__ import annotations

import os
import time

import pytest
import redis
from django.conf import settings
from django.core.management import CommandError, call_command

from invex.documents.models import Document
from invex.extraction.models import Extraction
from invex.kernel import doomed
from invex.kernel.blobs import store
from invex.operations import doctor
from invex.operations.doctor import Level


@pytest.fixture
def live(monkeypatch):
    """Every queue has a worker."""
    monkeypatch.setattr(doctor.liveness, "live_queues", lambda: dict.fromkeys(settings.QUEUES, 1))


@pytest.fixture
def no_sandbox(monkeypatch):
    """Not looked at again in every test: it starts a process."""
    monkeypatch.setattr(doctor, "_sandbox", lambda: iter(()))


@pytest.fixture
def document(receive, run_jobs) -> Document:
    found = receive()
    run_jobs()
    found.refresh_from_db()
    return found


def bad(*, is_deep: bool = False) -> dict[str, str]:
    return {f.name: f.message for f in doctor.examine(is_deep=is_deep) if f.level == Level.BAD}


def test_a_sound_installation(document, live, capsys):
    call_command("doctor", "--deep")
    told = capsys.readouterr().out
    assert "sandbox: memory" in told
    assert "BAD" not in told


def test_a_missing_a_changed_and_an_orphaned_blob(document, live, no_sandbox):
    orphan = store().put(b"nobody needs me")
    assert bad() == {}
    assert not any(f.name == "blobs: orphaned" for f in doctor.examine(is_deep=False)), "a young one may get its row"
    long_ago = time.time() - 2 * doomed.GRACE.total_seconds()
    os.utime(store().path(orphan), (long_ago, long_ago))
    (found,) = (f for f in doctor.examine(is_deep=False) if f.name == "blobs: orphaned")
    assert orphan in found.message

    store().path(document.words_blob).write_bytes(b"other bytes")
    assert bad() == {}, "only --deep reads the bytes"
    assert document.words_blob in bad(is_deep=True)["blobs: changed"]

    store().delete(document.sha256)
    assert f"documents.Document {document.pk}, sha256" in bad()["blobs: missing"]


def test_orphans_are_deleted_and_nothing_else(document, live, no_sandbox, capsys):
    names = {name for name, _ in store().names()}
    orphan = store().put(b"nobody needs me")
    for name in (*names, orphan):
        os.utime(store().path(name), (0, 0))
    call_command("doctor", "--delete-orphans")
    assert {name for name, _ in store().names()} == names
    assert "Deleted 1 files that no row needed." in capsys.readouterr().err


def test_an_orphan_that_is_uploaded_again_meanwhile_stays(document, monkeypatch):
    """Its bytes are stored, its row is not written yet."""
    orphan = store().put(b"once more")
    os.utime(store().path(orphan), (0, 0))
    references = doctor.blob_references.references

    def read_and_upload():
        yield from references()
        store().put(b"once more")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(doctor.blob_references, "references", read_and_upload)
        doctor.delete_orphans()
    assert store().path(orphan).exists()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"state": "approved", "approved_by": ""}, "approved by nobody"),
        ({"state": "approved", "approved_by": "ann"}, "approved by a person without a label"),
        ({"state": "failed", "reason_code": ""}, "failed without a reason"),
        ({"words_blob": ""}, "read without words"),
        ({"password": "secret"}, "keeps a password"),
    ],
)
def test_states_that_cannot_be(document, live, no_sandbox, change, told):
    Document.objects.filter(pk=document.pk).update(**change)
    assert told in " ".join(f.message for f in doctor.examine(is_deep=False) if f.level == Level.BAD)


def test_a_document_to_review_with_nothing_read(document, live, no_sandbox):
    Extraction.objects.all().delete()
    assert f"without anything read: {document.pk}" in bad()["states"]


def test_redis_away_and_a_queue_without_worker(db, monkeypatch, no_sandbox, data_dir):
    served = dict.fromkeys(set(settings.QUEUES) - {"extract", "extract-gpu"}, 1)  # nobody needs a GPU
    monkeypatch.setattr(doctor.liveness, "live_queues", lambda: served)
    assert bad() == {"workers": "no live worker for extract"}

    def away() -> dict[str, int]:
        raise redis.ConnectionError("refused")

    monkeypatch.setattr(doctor.liveness, "live_queues", away)
    assert bad() == {"redis": "cannot be reached: refused"}
    with pytest.raises(CommandError, match="1 findings are bad") as caught:
        call_command("doctor", "--json")
    assert caught.value.returncode == 1
