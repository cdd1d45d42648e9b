"""Blobs in an S3 bucket, for an installation on several machines: STORAGE_URL=s3://bucket/prefix?endpoint=https://host.

What is read or written here is also kept in a folder of this machine, since parsers want files. boto3 (extra `s3`)
finds credentials and region as usual: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_DEFAULT_REGION, or a role.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qs, urlparse

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from .blobs import FolderStore, MissingBlob, lost, store

MISSING = ("404", "NoSuchKey", "NotFound")  # error codes of S3 and of those who speak like it
KEPT_S = 3600.0  # a file in the cache that was used this recently may be at work
CHUNK = 1 << 20


class S3Store:
    """Objects `prefix/aa/bb/sha256` in a bucket, and a cache of them in a folder."""

    def __init__(self, client: Any, bucket: str, prefix: str, cache: Path) -> None:
        self.client, self.bucket, self.prefix = client, bucket, prefix
        self.cache = FolderStore(cache)

    def put(self, data: bytes) -> str:
        return self.put_stream([data], max_bytes=len(data))[0]

    def put_stream(self, chunks: Iterable[bytes], *, max_bytes: int) -> tuple[str, int]:
        sha256, size = self.cache.put_stream(chunks, max_bytes=max_bytes)
        self.client.upload_file(str(self.cache.path(sha256)), self.bucket, self._key(sha256))
        return sha256, size

    def path(self, sha256: str) -> Path:
        with contextlib.suppress(MissingBlob):
            file = self.cache.path(sha256)
            file.touch()  # what was used last is kept longest
            return file
        from botocore.exceptions import ClientError

        try:
            body = self.client.get_object(Bucket=self.bucket, Key=self._key(sha256))["Body"]
        except ClientError as e:
            if e.response["Error"]["Code"] in MISSING:
                raise lost(sha256) from e
            raise
        found, _ = self.cache.put_stream(body.iter_chunks(CHUNK), max_bytes=1 << 62)
        if found != sha256:
            raise lost(sha256)
        return self.cache.path(sha256)

    def open(self, sha256: str) -> BinaryIO:
        return open(self.path(sha256), "rb")

    def delete(self, sha256: str, *, stored_before: float | None = None) -> bool:
        from botocore.exceptions import ClientError

        if stored_before is not None:
            try:
                head = self.client.head_object(Bucket=self.bucket, Key=self._key(sha256))
            except ClientError as e:
                if e.response["Error"]["Code"] not in MISSING:
                    raise
            else:
                if head["LastModified"].timestamp() >= stored_before:
                    return False
        self.client.delete_object(Bucket=self.bucket, Key=self._key(sha256))
        return self.cache.delete(sha256)

    def names(self) -> Iterator[tuple[str, float]]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix)
        for page in pages:
            for one in page.get("Contents", ()):
                yield one["Key"].rpartition("/")[2], one["LastModified"].timestamp()

    def trim(self, most_bytes: int) -> int:
        """Delete from the cache what was used longest ago, down to `most_bytes`. Return how many files went."""
        files = [(file.stat().st_mtime, file.stat().st_size, file) for file in self.cache.root.glob("??/??/*")]
        excess, gone = sum(size for _, size, _ in files) - most_bytes, 0
        for used, size, file in sorted(files):
            if excess <= 0 or used > time.time() - KEPT_S:
                break
            file.unlink(missing_ok=True)
            excess, gone = excess - size, gone + 1
        return gone

    def _key(self, sha256: str) -> str:
        return f"{self.prefix}{sha256[:2]}/{sha256[2:4]}/{sha256}"


def from_url(url: str) -> S3Store:
    """Return the store of s3://bucket/prefix?endpoint=https://host. Raises ImproperlyConfigured."""
    parsed = urlparse(url)
    options = {key: values[-1] for key, values in parse_qs(parsed.query).items()}
    unknown = sorted(set(options) - {"endpoint"})
    if not parsed.netloc or unknown:
        raise ImproperlyConfigured(
            f"STORAGE_URL={url!r}: give s3://bucket/prefix, and ?endpoint=https://host if needed"
        )
    try:
        import boto3
    except ImportError as e:
        raise ImproperlyConfigured(f"STORAGE_URL={url!r}: S3 needs the extra `s3`: uv pip install boto3") from e
    prefix = f"{parsed.path.strip('/')}/" if parsed.path.strip("/") else ""
    client = boto3.client("s3", endpoint_url=options.get("endpoint"))
    return S3Store(client, parsed.netloc, prefix, settings.DATA_DIR / "cache")


def trim() -> int:
    """Keep this machine's cache below INVEX_CACHE_MB; called by the scheduler. Return how many files went."""
    found = store()
    return found.trim(settings.CACHE_BYTES) if isinstance(found, S3Store) else 0
