"""The printed lines of documents that people look at, kept in this process: they are asked with every value."""

from __future__ import annotations

import threading
from collections import OrderedDict

from invex.documents import queries as documents
from invex.documents.models import Document
from invex.reading.words import LazyPages

from .locate import Printed

KEPT = 6  # documents, of several people; one of 500 pages takes some 100 MB once all of it was asked for
_kept: OrderedDict[str, tuple[LazyPages, Printed]] = OrderedDict()
_lock = threading.Lock()


def of(document: Document) -> Printed | None:
    """Return the lines of the document; None before it was read."""
    found = _of(document)
    return found[1] if found is not None else None


def pages(document: Document) -> LazyPages | None:
    """Return the pages of the document as they were read; None before it was read."""
    found = _of(document)
    return found[0] if found is not None else None


def _of(document: Document) -> tuple[LazyPages, Printed] | None:
    """Words are blobs, which never change."""
    blob = document.words_blob
    with _lock:
        if blob in _kept:
            _kept.move_to_end(blob)
            return _kept[blob]
    read = documents.read_pages(document)
    if read is None:
        return None
    found = read, Printed(read)
    with _lock:
        _kept[blob] = found
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found
