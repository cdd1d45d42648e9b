"""What was read from a document, as blobs: words as gzipped JSON, about a tenth of their size, e-invoices as JSON."""

from __future__ import annotations

import gzip
import json
from dataclasses import asdict, replace
from typing import Any

from invex.kernel.blobs import store
from invex.reading import types, words

from .models import Document

GZIP_LEVEL = 3  # beyond it the time grows faster than the bytes shrink


def put_words(read: types.Document) -> str:
    """Store the words of a read document and return the blob's sha256: the same words, the same blob."""
    data = json.dumps(words.to_json(read), ensure_ascii=False, separators=(",", ":")).encode()
    return store().put(gzip.compress(data, GZIP_LEVEL, mtime=0))


def put_einvoice(read: types.Document) -> str:
    """Store what the e-invoice of a read document says and return the blob's sha256; "" when it has none."""
    return store().put(json.dumps(asdict(read.einvoice)).encode()) if read.einvoice else ""


def load(document: Document) -> types.Document | None:
    """Return what was read from the document; None when it has not been read."""
    if not document.words_blob:
        return None
    read = words_in(document.words_blob, file=document.name, reader=document.reader)
    return replace(read, einvoice=_einvoice(document.einvoice_blob), warnings=tuple(document.warnings))


def pages(document: Document) -> words.LazyPages | None:
    """Return the pages that were read, made as they are asked for; None when the document has not been read."""
    return words.LazyPages(_json(document.words_blob)) if document.words_blob else None


def words_in(blob: str, *, file: str = "", reader: str = "") -> types.Document:
    """Return the words in a blob. Raises MissingBlob."""
    return words.from_json(_json(blob), file=file, reader=reader)


def _json(blob: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gzip.decompress(store().path(blob).read_bytes()))
    return found


def _einvoice(blob: str) -> types.EInvoice | None:
    if not blob:
        return None
    data = json.loads(store().path(blob).read_bytes())
    return types.EInvoice(
        syntax=data["syntax"],
        profile=data["profile"],
        fields={key: tuple(values) for key, values in data["fields"].items()},
        lines=tuple(data["lines"]),
    )
