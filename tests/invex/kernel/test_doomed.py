"""Bytes go once nobody needs them, and never while somebody may be about to."""

from __future__ import annotations

import os
import time

import pytest
from django.db import transaction

from invex.kernel import doomed
from invex.kernel.blobs import store
from invex.kernel.models import DoomedBlob


@pytest.fixture
def old_blob(db):
    """old_blob(data) -> the name of a blob that was stored two hours ago."""

    def make(data: bytes) -> str:
        name = store().put(data)
        then = time.time() - 2 * doomed.GRACE.total_seconds()
        os.utime(store().path(name), (then, then))
        return name

    return make


def names() -> set[str]:
    return {name for name, _ in store().names()}


def test_what_nobody_needs_goes(old_blob):
    one, other = old_blob(b"one"), old_blob(b"other")
    doomed.doom([one, "", one])
    assert doomed.sweep() == 1
    assert names() == {other}
    assert doomed.sweep() == 0


def test_what_a_row_needs_stays_and_is_no_longer_doomed(old_blob, receive):
    name = old_blob(b"same")
    document = receive(b"same")
    os.utime(store().path(name), (0, 0))
    doomed.doom([name])
    assert doomed.sweep() == 0
    assert store().path(document.sha256).exists()
    assert not DoomedBlob.objects.exists()


def test_what_was_stored_just_now_waits(old_blob):
    name = old_blob(b"again")
    doomed.doom([name])
    store().put(b"again")  # an upload whose row is not written yet
    assert doomed.sweep() == 0
    assert names() == {name}
    os.utime(store().path(name), (0, 0))
    assert doomed.sweep() == 1


def test_what_is_gone_already_is_done(old_blob):
    doomed.doom(["0" * 64])
    assert doomed.sweep() == 1
    assert not DoomedBlob.objects.exists()


def test_a_rollback_dooms_nothing(old_blob):
    name = old_blob(b"one")
    with transaction.atomic():
        doomed.doom([name])
        transaction.set_rollback(True)
    assert not DoomedBlob.objects.exists()
