"""Writes: batches, uploads, and what a person decides about a document's way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from invex.accounts.access import Access
from invex.accounts.roles import Right
from invex.kernel import audit
from invex.kernel.actor import SYSTEM
from invex.kernel.blobs import store
from invex.kernel.errors import BadInput, Conflict, NotFound, NotNow
from invex.kernel.outbox import emit
from invex.kernel.queue import wake
from invex.kernel.states import move
from invex.reading.errors import SENTENCES

from . import queries
from .models import Batch, Document, DocumentPolicy, IdenticalFiles, PageImage
from .names import shown_name
from .states import WORKING, DocumentState

S = DocumentState
MAX_NAME = 200
MAX_PASSWORD = 200
MAX_RETENTION_DAYS = 36_500
PAGES_COME_IN_S = 2  # after which a viewer asks again for a page that is being drawn


@transaction.atomic
def create_batch(access: Access, *, name: str = "") -> Batch:
    """Return a new batch; without a name it is called by its time."""
    access.require(Right.UPLOAD)
    name = " ".join(name.split()) or f"{timezone.localtime():%Y-%m-%d %H:%M}"
    if len(name) > MAX_NAME:
        raise BadInput(f"Give the batch a name of at most {MAX_NAME} characters.", code="bad_name")
    batch = Batch.objects.create(project=access.project, name=name, created_by=str(access.actor))
    audit.record(access.actor, "created", "batch", batch.pk, project=access.project.slug, name=name)
    return batch


def receive(access: Access, batch: Batch, *, name: str, chunks: Iterable[bytes]) -> Document:
    """Store a file and return its document, waiting to be read; the same bytes again name their twin.

    The bytes are on disk before the row is. An empty file becomes a document too, failed with code "empty": whoever
    uploads a thousand files finds each of them in the batch. Raises TooLarge, and stores nothing
    then; Conflict for bytes that the project has and, by its policy, refuses.
    """
    access.require(Right.UPLOAD)
    sha256, size = store().put_stream(chunks, max_bytes=settings.MAX_UPLOAD_BYTES)
    return add(access, batch, name=name, sha256=sha256, size=size)


def add(
    access: Access, batch: Batch, *, name: str, sha256: str, size: int, rotations: Mapping[str, int] | None = None
) -> Document:
    """Return the document of a file that is stored already; see receive. Raises NotFound, Conflict.

    rotations: as a document keeps them.
    """
    access.require(Right.UPLOAD)
    if batch.project_id != access.project.pk:
        raise NotFound(f"There is no batch {batch.pk} in this project.")
    project = access.project.slug
    with transaction.atomic():
        # Locked, so that of two uploads of the same bytes at the same time one sees the other.
        policy = DocumentPolicy.objects.select_for_update().filter(project=access.project).first()
        twin = queries.first_of_its_bytes(access.project, sha256) if size else None
        if twin is not None and policy is not None and policy.identical == IdenticalFiles.REFUSE:
            raise Conflict(
                f"The same file was received before, as document {twin.pk} ({twin.name}); this project refuses it.",
                code="identical",
                twin=str(twin.pk),
            )
        document = Document.objects.create(
            project=access.project,
            batch=batch,
            name=shown_name(name),
            sha256=sha256,
            size=size,
            rotations=rotations or {},
            uploaded_by=str(access.actor),
            twin=twin,
        )
        audit.record(
            access.actor, "received", "document", document.pk, project=project, sha256=sha256, size=size, batch=batch.pk
        )
        if size:
            emit("document.received", document.pk, project=project, document=document.pk, batch=batch.pk)
        else:
            fail(document, code="empty", message=SENTENCES["empty"])
    return document


def fail(document: Document, *, code: str, message: str, only_if: Q | None = None) -> bool:
    """End the document's way for now, with a code and a sentence. Return False when somebody else has moved it."""
    with transaction.atomic():
        won = move(
            document,
            S.FAILED,
            actor=SYSTEM,
            project=document.project.slug,
            only_if=only_if,
            detail={"code": code},
            reason_code=code,
            reason_message=message,
            leased_until=None,
            password="",
        )
        if won:
            emit(
                "document.failed", document.pk, project=document.project.slug, document=document.pk, code=code,
                message=message,
            )  # fmt: skip
    return won


def retry(access: Access, document: Document) -> None:
    """Have the document read again from its file.

    Raises Conflict when it is at work or approved; in review also while somebody else is at it, or has unsaved work.
    """
    access.require(Right.UPLOAD)
    _back_to_received(access, document, action="Read again can be what failed, was rejected or waits for review.")


def give_password(access: Access, document: Document, *, password: str) -> None:
    """Have an encrypted document read with `password`. Raises Conflict unless it waits for one.

    The password stays in the document's row until that read has ended, whichever way, and nowhere else.
    """
    access.require(Right.UPLOAD)
    if not password or len(password) > MAX_PASSWORD or "\x00" in password:
        raise BadInput(f"Give a password of 1 to {MAX_PASSWORD} characters.", code="bad_password")
    if document.state != S.NEEDS_PASSWORD:
        raise Conflict(f"The document does not wait for a password; it is {document.state}.", state=document.state)
    _back_to_received(access, document, action="The document no longer waits for a password.", password=password)


def _back_to_received(access: Access, document: Document, *, action: str, **updates: Any) -> None:
    check_access(access, document)
    if S.RECEIVED not in document.MOVES[document.state] or document.state in WORKING:
        raise Conflict(f"The document is {document.state}. {action}", code="wrong_state", state=document.state)
    project, is_in_review = access.project.slug, document.state == S.REVIEW
    unchanged = Q(version=document.version)
    with transaction.atomic():
        won = move(
            document,
            S.RECEIVED,
            actor=access.actor,
            project=project,
            only_if=unchanged & queries.free_for(str(access.actor)) if is_in_review else unchanged,
            attempts=0,
            leased_until=None,
            reason_code="",
            reason_message="",
            version=F("version") + 1,
            held_by="",
            held_until=None,
            held_key="",
            **updates,
        )
        if not won and is_in_review:
            raise busy()
        if not won:
            raise Conflict("Somebody else has just moved the document. Look again.", code="moved")
        emit("document.received", document.pk, project=project, document=document.pk, batch=document.batch_id)


def busy() -> Conflict:
    """What is said when a document is not free for whoever wants to have it read over or taken apart."""
    return Conflict(
        "Somebody is at this document, has unsaved work on it, or has just changed it. Look again in a while.",
        code="busy",
    )


def reject(access: Access, document: Document, *, why: str = "", version: int | None = None) -> None:
    """Put the document aside: it is not one of ours. Raises Conflict when it is at work, or approved.

    version: of the document that the caller looked at; Conflict when somebody has saved another one since.
    """
    access.require(Right.REVIEW)
    check_access(access, document)
    if version is not None and version != document.version:
        raise Conflict("Somebody changed this document meanwhile; look at it and decide again.", code="stale")
    if S.REJECTED not in document.MOVES[document.state]:
        raise Conflict(
            f"A document that is {document.state} cannot be rejected.", code="wrong_state", state=document.state
        )
    project, said = access.project.slug, " ".join(why.split())
    with transaction.atomic():
        won = move(
            document,
            S.REJECTED,
            actor=access.actor,
            project=project,
            only_if=Q(version=document.version),
            reason_code="rejected",
            reason_message=said,
            password="",
            held_by="",
            held_until=None,
            held_key="",
        )
        if not won:
            raise Conflict("Somebody else has just moved the document. Look again.", code="moved")
        emit("document.rejected", document.pk, project=project, document=document.pk, code="rejected", message=said)


def page_image(access: Access, document: Document, index: int, *, is_sharp: bool = False) -> PageImage:
    """Return the picture of a page, from 0.

    The first pages are drawn when the document is read, the others, and the larger pictures (is_sharp), when somebody
    looks: raises NotNow then, and has them drawn. Raises NotFound for a page that the document does not have.
    """
    access.require(Right.READ)
    check_access(access, document)
    if document.page_count is None or not 0 <= index < document.page_count:
        raise NotFound(f"Document {document.pk} has no page {index} to show.")
    image = document.page_images.filter(index=index, is_sharp=is_sharp).first()
    if image is None:
        job = "draw_sharp_page" if is_sharp else "draw_pages"
        wake(f"invex.documents.jobs.{job}", document.pk, index, queue="read", at_front=True)
        raise NotNow("The page is being drawn.", code="drawing", retry_after_s=PAGES_COME_IN_S)
    if not image.blob:
        raise NotFound(f"Page {index} of this file cannot be drawn.", code="not_drawable")
    return image


@transaction.atomic
def set_policy(access: Access, *, identical: str, retention_days: int | None) -> DocumentPolicy:
    """Decide about the project's documents. Raises BadInput for an unknown choice or days that are none."""
    access.require(Right.ADMIN)
    if identical not in IdenticalFiles.values:
        raise BadInput(
            f"Choose what happens to identical files: {', '.join(IdenticalFiles.values)}.", code="bad_choice"
        )
    if retention_days is not None and not 1 <= retention_days <= MAX_RETENTION_DAYS:
        raise BadInput(f"Documents are kept for 1 to {MAX_RETENTION_DAYS} days, or for good.", code="bad_days")
    decided = {"identical": identical, "retention_days": retention_days}
    policy, _ = DocumentPolicy.objects.update_or_create(project=access.project, defaults=decided)
    audit.record(access.actor, "changed", "document policy", policy.pk, project=access.project.slug, **decided)
    return policy


def check_access(access: Access, document: Document) -> None:
    """Raise NotFound for a document of another project."""
    if document.project_id != access.project.pk:
        raise NotFound(f"There is no document {document.pk} in this project.")
