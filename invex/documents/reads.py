"""Reading a document: from received, through a lease, to words; what the jobs of the read queue do."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from invex.kernel import leases
from invex.kernel.actor import SYSTEM
from invex.kernel.blobs import store
from invex.kernel.doomed import doom
from invex.kernel.outbox import emit
from invex.kernel.priority import patiently
from invex.kernel.states import move
from invex.reading.errors import SENTENCES, Unreadable

from . import images, readings
from .models import Document, PageImage
from .reader import reader
from .services import fail
from .states import DocumentState

log = logging.getLogger(__name__)

S = DocumentState
# A process that dies may die of the file, or of whatever else happens on a machine: such a file is tried again.
DIED = ("crashed", "out_of_memory")
WRONG_PASSWORD = "The password does not open the file. Enter another one, or upload a copy without one."


def read(document: Document) -> bool:
    """Read the document, if it waits to be read. Return False when another worker has it, or took it over.

    A read whose process died sends the document back to wait, up to READ_ATTEMPTS times.
    """
    if document.state != S.RECEIVED:
        return False
    if not leases.take(document, S.READING, project=document.project.slug):
        return False
    with leases.kept(leases.held(document)):
        started = time.perf_counter()
        try:
            found = patiently(
                reader().read,
                store().path(document.sha256),
                name=document.name,
                password=document.password,
                rotations=document.turned_pages,
            )
        except Unreadable as e:
            return _unreadable(document, e)
        result: dict[str, Any] = {
            "page_count": len(found.pages),
            "words_blob": patiently(readings.put_words, found),
            "einvoice_blob": readings.put_einvoice(found),
            "reader": found.reader,
            "warnings": list(found.warnings),
            "read_seconds": time.perf_counter() - started,
        }
        pages = images.first_pages(found, is_whole=bool(document.password))
        # Without its password the file cannot be opened again, so its pages are drawn before that is forgotten.
        drawn = images.draw(document, found, pages, password=document.password) if document.password else []
        won = _pass_on(document, drawn, result)
    if won and not drawn and pages:
        images.save(document, images.draw(document, found, pages))  # the values do not wait for the pictures
    return won


def _pass_on(document: Document, drawn: list[PageImage], result: dict[str, Any]) -> bool:
    """Store the result and move on, unless the lease was lost."""
    project = document.project.slug
    before = (document.words_blob, document.einvoice_blob)
    with transaction.atomic():
        won = move(
            document,
            S.EXTRACTING,
            actor=SYSTEM,
            project=project,
            only_if=leases.ours(document),
            attempts=0,
            leased_until=None,
            password="",
            reason_code="",
            reason_message="",
            **result,
        )
        if won:
            doom([*before, *document.page_images.values_list("blob", flat=True)])  # of an earlier read
            document.page_images.all().delete()
            images.save(document, drawn)
            emit(
                "document.read",
                document.pk,
                project=project,
                document=document.pk,
                pages=result["page_count"],
                seconds=round(result["read_seconds"], 4),
            )
    return won


def _unreadable(document: Document, error: Unreadable) -> bool:
    if error.code in DIED and document.attempts < settings.READ_ATTEMPTS:
        log.warning("document %s: %s (attempt %s)", document.pk, error, document.attempts)
        return _again(document, only_if=leases.ours(document))
    if error.code != "encrypted":
        return fail(document, code=error.code, message=error.message, only_if=leases.ours(document))
    project, message = document.project.slug, WRONG_PASSWORD if document.password else error.message
    with transaction.atomic():
        won = move(
            document,
            S.NEEDS_PASSWORD,
            actor=SYSTEM,
            project=project,
            only_if=leases.ours(document),
            reason_code=error.code,
            reason_message=message,
            attempts=0,
            leased_until=None,
            password="",
        )
        if won:
            emit(
                "document.needs_password", document.pk, project=project, document=document.pk, code=error.code,
                message=message,
            )  # fmt: skip
    return won


def take_back(document: Document) -> bool:
    """Let a document be read again whose worker is gone; fail it when it was tried too often."""
    lost = leases.lost(document)
    if document.attempts >= settings.READ_ATTEMPTS:
        return fail(document, code="crashed", message=SENTENCES["crashed"], only_if=lost)
    return _again(document, only_if=lost)


def _again(document: Document, *, only_if: Q) -> bool:
    """Let the document be read once more; its attempts stay counted. Return False when somebody else has moved it."""
    project = document.project.slug
    with transaction.atomic():
        won = move(document, S.RECEIVED, actor=SYSTEM, project=project, only_if=only_if, leased_until=None)
        if won:
            emit("document.received", document.pk, project=project, document=document.pk, attempt=document.attempts)
    return won
