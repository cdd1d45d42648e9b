"""What every blob store does, in a folder and in a bucket."""

from __future__ import annotations

import hashlib
import os
import time

import boto3
import pytest
from django.core.exceptions import ImproperlyConfigured
from moto import mock_aws

from invex.kernel import blobs
from invex.kernel.blobs import FolderStore, MissingBlob
from invex.kernel.blobs_s3 import KEPT_S, S3Store, from_url
from invex.kernel.errors import TooLarge


@pytest.fixture
def bucket(monkeypatch):
    """A client of an S3 that exists in this process only, with a bucket."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="invex")
        yield client


@pytest.fixture(params=["folder", "s3"])
def store(request, tmp_path):
    if request.param == "folder":
        return FolderStore(tmp_path)
    return S3Store(request.getfixturevalue("bucket"), "invex", "blobs/", tmp_path)


def test_bytes_come_back_under_their_hash(store):
    name = store.put(b"some bytes")
    assert name == hashlib.sha256(b"some bytes").hexdigest()
    assert store.path(name).read_bytes() == b"some bytes"
    with store.open(name) as file:
        assert file.read() == b"some bytes"
    assert store.put_stream([b"some ", b"bytes"], max_bytes=10) == (name, 10)
    assert [found for found, _ in store.names()] == [name]


def test_too_many_bytes_leave_nothing(store):
    with pytest.raises(TooLarge):
        store.put_stream([b"12345", b"6"], max_bytes=5)
    assert list(store.names()) == []


def test_what_is_not_there(store):
    with pytest.raises(MissingBlob, match="no longer in the store"):
        store.path("0" * 64)
    assert store.delete("0" * 64)
    assert store.delete("0" * 64, stored_before=time.time())


def test_deleting_spares_what_was_stored_again(store):
    name = store.put(b"x")
    assert not store.delete(name, stored_before=time.time() - 60)
    assert store.path(name).exists()
    assert store.delete(name, stored_before=time.time() + 60)
    with pytest.raises(MissingBlob):
        store.path(name)


class TestBucket:
    @pytest.fixture
    def store(self, bucket, tmp_path):
        return S3Store(bucket, "invex", "blobs/", tmp_path / "one")

    def test_another_machine_reads_what_this_one_wrote(self, store, bucket, tmp_path):
        name = store.put(b"shared")
        other = S3Store(bucket, "invex", "blobs/", tmp_path / "two")
        assert other.path(name).read_bytes() == b"shared"
        assert other.path(name).is_relative_to(tmp_path / "two")

    def test_bytes_that_were_changed_are_not_handed_out(self, store, bucket, tmp_path):
        name = store.put(b"right")
        bucket.put_object(Bucket="invex", Key=f"blobs/{name[:2]}/{name[2:4]}/{name}", Body=b"wrong")
        with pytest.raises(MissingBlob):
            S3Store(bucket, "invex", "blobs/", tmp_path / "two").path(name)

    def test_the_cache_keeps_what_was_used_last(self, store):
        names = [store.put(bytes([n]) * 1000) for n in range(4)]
        for age, name in enumerate(names):
            at = time.time() - 2 * KEPT_S + 60 * age
            os.utime(store.cache.path(name), (at, at))
        assert store.trim(2500) == 2
        kept = [name for name in names if (store.cache._file(name)).exists()]
        assert kept == names[2:]
        assert store.path(names[0]).read_bytes() == bytes([0]) * 1000, "from the bucket again"

    def test_what_may_be_at_work_is_not_trimmed(self, store):
        store.put(b"fresh")
        assert store.trim(0) == 0

    def test_the_url(self, bucket, settings, tmp_path):
        settings.DATA_DIR = tmp_path
        settings.STORAGE_URL = "s3://invex/some/where"
        blobs._store.cache_clear()
        name = blobs.store().put(b"x")
        assert bucket.get_object(Bucket="invex", Key=f"some/where/{name[:2]}/{name[2:4]}/{name}")["Body"].read() == b"x"

    @pytest.mark.parametrize("url", ["s3:///prefix", "s3://bucket?region=x"])
    def test_a_bad_url(self, url):
        with pytest.raises(ImproperlyConfigured, match="give s3://bucket/prefix"):
            from_url(url)
