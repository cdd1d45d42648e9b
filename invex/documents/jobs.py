"""Jobs of the read queue: thin, by id, may run twice."""

from __future__ import annotations

import datetime
import json
from typing import Any

from django.utils import timezone

from invex.accounts.queries import system_access
from invex.fields.geometry import Box
from invex.kernel.blobs import store
from invex.kernel.doomed import doom
from invex.kernel.queue import is_idle, wake
from invex.reading.errors import Unreadable

from . import erasure, images, queries, reads, regions
from .models import Document, DocumentPolicy
from .reader import reader
from .states import DocumentState

QUEUE = "read"
# A wake-up takes milliseconds; a document that waits longer while the queue is empty has lost its own.
LOST_AFTER = datetime.timedelta(seconds=10)
# While the queue is busy nobody can tell: a document is woken again when it is this old, and then as often.
OVERDUE_AFTER = datetime.timedelta(minutes=10)
MOST_AT_ONCE = 1000


def read_document(document_id: int | str) -> bool:
    """Read a document that was received. Return False when it was not there to read, or another worker has it."""
    document = Document.objects.select_related("project").filter(pk=document_id).first()
    return document is not None and reads.read(document)


def draw_pages(document_id: int | str, index: int | str) -> int:
    """Draw the undrawn pages around page `index`. Return how many were drawn."""
    document = Document.objects.filter(pk=document_id).first()
    return 0 if document is None else images.draw_around(document, int(index))


def draw_sharp_page(document_id: int | str, index: int | str) -> bool:
    """Draw a page larger than usual. Return False when there was nothing to draw."""
    document = Document.objects.filter(pk=document_id).first()
    return document is not None and images.draw_sharp(document, int(index))


def read_region(document_id: int | str, index: int | str, corners: str) -> list[list[Any]]:
    """Return the words that OCR reads in a box of a page: [text, x0, y0, x1, y1]; corners: JSON of the box."""
    document = Document.objects.filter(pk=document_id).first()
    return [] if document is None else regions.read(document, int(index), Box(*json.loads(corners)))


def sweep() -> int:
    """Take up documents whose worker or wake-up is gone. Return how many."""
    now = timezone.now()
    taken_up = sum(reads.take_back(document) for document in queries.stranded_reads(now))
    if is_idle(QUEUE):
        lost = queries.unread_since(now - LOST_AFTER)
    else:
        lost = queries.unread_since(now - OVERDUE_AFTER).exclude(leased_until__gte=now)
    ids = list(lost.values_list("pk", flat=True)[:MOST_AT_ONCE])
    woken = [pk for pk in ids if wake("invex.documents.jobs.read_document", pk, queue=QUEUE)]
    # No worker holds it: here the lease only says that it was woken, and not to do so each round.
    Document.objects.filter(pk__in=woken, state=DocumentState.RECEIVED).update(leased_until=now + OVERDUE_AFTER)
    return taken_up + len(woken)


def assemble(plan: str) -> dict[str, Any]:
    """Make and store files of pages of others; what no document takes is deleted.

    plan: JSON, for each file a list of [sha256, page]. Return {"files": [{"sha256", "size"}]} or {"error"}.
    """
    files = []
    for pieces in json.loads(plan):
        try:
            made = reader().assemble([(store().path(sha256), page) for sha256, page in pieces])
        except Unreadable as e:
            return {"error": {"code": e.code, "message": e.message}}
        sha256 = store().put(made)
        doom([sha256])
        files.append({"sha256": sha256, "size": len(made)})
    return {"files": files}


def sweep_retention() -> int:
    """Erase documents that are older than their project keeps them. Return how many."""
    erased = 0
    for policy in DocumentPolicy.objects.exclude(retention_days=None).select_related("project"):
        access = system_access(policy.project.slug)
        for document in queries.past_retention(policy.project, policy.retention_days or 0)[:MOST_AT_ONCE]:
            erased += erasure.erase(access, document, why=erasure.RETENTION)
    return erased
