"""Blobs: bytes named by their sha256, on disk before any row names them, never changed."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlparse

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from .errors import Gone, TooLarge


def too_large(max_bytes: int) -> TooLarge:
    return TooLarge(f"The file is larger than {max_bytes / 2**20:.0f} MiB. Split it, or ask for a higher limit.")


class MissingBlob(Gone, FileNotFoundError):
    """A row names bytes that the store does not have."""


def lost(sha256: str) -> MissingBlob:
    return MissingBlob(f"These bytes are no longer in the store (blob {sha256}). Upload the file again.")


class BlobStore(Protocol):
    """Where blobs lie; the port behind STORAGE_URL."""

    def put(self, data: bytes) -> str:
        """Store `data` durably and return its sha256 as hex."""

    def put_stream(self, chunks: Iterable[bytes], *, max_bytes: int) -> tuple[str, int]:
        """Store a stream; return (sha256, size). Raises TooLarge beyond `max_bytes`."""

    def path(self, sha256: str) -> Path:
        """Return a local file with the blob's bytes. Raises MissingBlob."""

    def open(self, sha256: str) -> BinaryIO:
        """Open the blob for reading. Raises MissingBlob."""

    def delete(self, sha256: str, *, stored_before: float | None = None) -> bool:
        """Delete the blob. Only for what no row needs (invex.kernel.blob_references).

        stored_before: only if it was last stored before then, in seconds since 1970. Return whether it is gone; so is
        one that was never there.
        """

    def names(self) -> Iterator[tuple[str, float]]:
        """Yield (sha256, time of storing in seconds since 1970) of every blob."""


class FolderStore:
    """Blobs as files `aa/bb/sha256` below a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _file(self, sha256: str) -> Path:
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise ValueError(f"not a sha256: {sha256!r}")
        return self.root / sha256[:2] / sha256[2:4] / sha256

    def put(self, data: bytes) -> str:
        return self.put_stream([data], max_bytes=len(data))[0]

    def put_stream(self, chunks: Iterable[bytes], *, max_bytes: int) -> tuple[str, int]:
        incoming = self.root / "incoming"
        incoming.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        fd, name = tempfile.mkstemp(dir=incoming)
        try:
            with os.fdopen(fd, "wb") as f:
                for chunk in chunks:
                    size += len(chunk)
                    if size > max_bytes:
                        raise too_large(max_bytes)
                    digest.update(chunk)
                    f.write(chunk)
                f.flush()
                os.fsync(f.fileno())
            sha256 = digest.hexdigest()
            target = self._file(sha256)
            target.parent.mkdir(parents=True, exist_ok=True)
            with self._locked(target.parent) as folder:
                os.rename(name, target)
                os.fsync(folder)  # the name must survive a power cut too
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return sha256, size

    def path(self, sha256: str) -> Path:
        file = self._file(sha256)
        if not file.exists():
            raise lost(sha256)
        return file

    def open(self, sha256: str) -> BinaryIO:
        return open(self.path(sha256), "rb")

    def delete(self, sha256: str, *, stored_before: float | None = None) -> bool:
        file = self._file(sha256)
        if not file.exists():
            return True
        with self._locked(file.parent):
            if stored_before is not None and file.exists() and file.stat().st_mtime >= stored_before:
                return False
            file.unlink(missing_ok=True)
        return True

    @contextlib.contextmanager
    def _locked(self, folder: Path) -> Iterator[int]:
        """Keep others from storing and deleting in the folder: a blob must not vanish as it is stored again."""
        fd = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield fd
        finally:
            os.close(fd)

    def names(self) -> Iterator[tuple[str, float]]:
        for file in self.root.glob("??/??/*"):
            with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
                yield file.name, file.stat().st_mtime


@lru_cache
def _store(url: str) -> BlobStore:
    parsed = urlparse(url)
    if parsed.scheme == "file":
        return FolderStore(Path(unquote(parsed.path)))
    if parsed.scheme == "s3":
        from .blobs_s3 import from_url

        return from_url(url)
    raise ImproperlyConfigured(f"STORAGE_URL={url!r}: give file:///a/folder or s3://bucket/prefix")


def store() -> BlobStore:
    """The blob store of STORAGE_URL."""
    return _store(settings.STORAGE_URL)
