"""Writes of exports: asked for, written by a worker, downloaded, expired."""

from __future__ import annotations

import datetime
import shutil
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from invex.accounts.access import Access
from invex.accounts.roles import Right
from invex.documents.filters import DocumentFilter
from invex.documents.models import Document
from invex.kernel import audit, leases
from invex.kernel.actor import SYSTEM
from invex.kernel.blobs import store
from invex.kernel.doomed import doom
from invex.kernel.errors import BadInput, Conflict, Gone, InvexError
from invex.kernel.outbox import emit
from invex.kernel.states import move

from . import export_queries as queries
from . import writers
from .layouts import Sheet, layout_from_json, layout_to_json
from .models import Export, ExportedDocument
from .rows import Result
from .states import ExportState

S = ExportState
FORMATS = tuple(writers.CONTENT_TYPES)
KEPT_FOR = datetime.timedelta(days=7)
SMALL = 500  # documents that are written while the person waits
ATTEMPTS = 3
MAX_BYTES = 4 * 2**30
CHUNK = 1 << 20
FOLDER = "export-"  # prefix of those that hold a file while it is written
ABANDONED_S = 24 * 3600
COUNTED_EVERY = 50  # documents, after which the progress is saved


def checked_format(format: str) -> str:
    """Return the format. Raises BadInput, which lists the formats."""
    if format not in FORMATS:
        raise BadInput(f"{format!r} is no format. Formats: {', '.join(FORMATS)}.", code="unknown_format")
    return format


def file_name(access: Access, format: str) -> str:
    return f"{access.project.slug}-{timezone.localtime():%Y-%m-%d-%H%M}.{format}"


def write_now(access: Access, *, format: str, layout: str, chosen: DocumentFilter) -> Iterator[bytes]:
    """Return the file of a small export in chunks; nothing is stored. Raises BadInput."""
    access.require(Right.READ)
    parts = queries.sheets(access, checked_format(format), layout, chosen.template)
    documents = chosen.documents(access.project)
    audit.record(
        access.actor, "exported", "documents", documents.count(), project=access.project.slug,
        format=format, layout=layout, filters=chosen.query(),
    )  # fmt: skip
    pairs = queries.in_pairs(documents)
    return _workbook(parts, pairs) if format == "xlsx" else writers.chunks(format, parts, pairs)


def _workbook(parts: tuple[Sheet, ...], pairs: Iterator[tuple[Document, Result]]) -> Iterator[bytes]:
    """Write it whole, so that what it cannot hold is told instead of a file, and return it in chunks."""
    with _folder() as folder:
        path = Path(folder) / "export.xlsx"
        writers.write(path, "xlsx", parts, pairs)
        file = path.open("rb")  # which outlives its name
    return _chunks_of(file)


def request(access: Access, *, format: str, layout: str, chosen: DocumentFilter) -> Export:
    """Have a worker write an export. Raises BadInput, NotFound for a batch that there is not."""
    access.require(Right.READ)
    parts = queries.sheets(access, checked_format(format), layout, chosen.template)
    project = access.project
    with transaction.atomic():
        row = Export.objects.create(
            project=project,
            format=format,
            layout=layout,
            sheets=[{"name": part.name, "layout": layout_to_json(part.layout)} for part in parts],
            filters=chosen.query(),
            total=chosen.documents(project).count(),
            created_by=str(access.actor),
            expires_at=timezone.now() + KEPT_FOR,
        )
        audit.record(
            access.actor, "exported", "export", row.pk, project=project.slug,
            format=format, layout=layout, filters=row.filters, documents=row.total,
        )  # fmt: skip
        emit("export.requested", row.pk, project=project.slug, export=row.pk)
    return row


def write(row: Export) -> bool:
    """Write the file of an export that waits. Return False when another worker has it, or took it over."""
    if row.state != S.WAITING:
        return False
    project = row.project.slug
    if not leases.take(row, S.WRITING, project=project):
        return False
    parts = tuple(Sheet(part["name"], layout_from_json(part["layout"])) for part in row.sheets)
    with leases.kept(leases.held(row)), _folder() as folder:
        path = Path(folder) / f"export.{row.format}"
        try:
            documents = DocumentFilter.of(row.filters).documents(row.project)
            pairs = queries.in_pairs(documents, before=partial(_note, row))
            writers.write(path, row.format, parts, _counted(row, pairs))
            blob, size = store().put_stream(_chunks_of(path.open("rb")), max_bytes=MAX_BYTES)
        except InvexError as e:  # too many rows for a sheet, a batch that is gone
            return _fail(row, code=e.code, message=e.message)
    with transaction.atomic():
        won = move(
            row, S.READY, actor=SYSTEM, project=project, only_if=leases.ours(row),
            blob=blob, size=size, leased_until=None, expires_at=timezone.now() + KEPT_FOR,
        )  # fmt: skip
        if won:
            Export.objects.filter(pk=row.pk).update(total=row.written, written=row.written)
            emit("export.ready", row.pk, project=project, export=row.pk, documents=row.written)
        else:
            doom([blob])
    return won


def _note(row: Export, documents: list[int]) -> None:
    """Write down what the export will hold, before it is read: whoever is erased from then on is found here."""
    held = [ExportedDocument(export=row, document_id=pk) for pk in documents]
    ExportedDocument.objects.bulk_create(held, ignore_conflicts=True)  # a second attempt finds those of the first


def _counted(row: Export, pairs: Iterator[tuple[Document, Result]]) -> Iterator[tuple[Document, Result]]:
    """Pass the documents on, and say how far it is."""
    row.written = 0
    for row.written, pair in enumerate(pairs, start=1):
        yield pair
        if not row.written % COUNTED_EVERY:
            leases.held(row).update(written=row.written)


def _fail(row: Export, *, code: str, message: str, only_if: Q | None = None) -> bool:
    project = row.project.slug
    with transaction.atomic():
        won = move(
            row, S.FAILED, actor=SYSTEM, project=project, only_if=only_if or leases.ours(row),
            reason_code=code, reason_message=message, leased_until=None,
        )  # fmt: skip
        if won:
            emit("export.failed", row.pk, project=project, export=row.pk, code=code)
    return won


def take_back(row: Export) -> bool:
    """Let an export be written again whose worker is gone; fail it when it was tried too often."""
    lost = leases.lost(row)
    if row.attempts >= ATTEMPTS:
        return _fail(row, code="crashed", message="Writing it ended a worker several times. Choose fewer documents.",
                     only_if=lost)  # fmt: skip
    return _again(row, only_if=lost)


def _again(row: Export, *, only_if: Q) -> bool:
    """Let an export be written once more. Return False when somebody else has moved it."""
    project = row.project.slug
    with transaction.atomic():
        won = move(row, S.WAITING, actor=SYSTEM, project=project, only_if=only_if, leased_until=None)
        if won:
            row.documents.all().delete()
            emit("export.requested", row.pk, project=project, export=row.pk)
    return won


def opened(access: Access, row: Export) -> BinaryIO:
    """Open the file of an export and note who took it. Raises Conflict before it is ready, Gone once it expired."""
    access.require(Right.READ)
    if row.state == S.EXPIRED:
        raise Gone(_("This export has expired. Make it again."), code="expired")
    if row.state != S.READY:
        raise Conflict(_("The export is not ready."), code="wrong_state", state=row.state)
    file = store().open(row.blob)
    audit.record(access.actor, "downloaded", "export", row.pk, project=access.project.slug)
    return file


def expire(row: Export, *, why: str = "") -> bool:
    """Delete the file of an export whose time is over; its row stays. why: it ends early, for people."""
    blob = row.blob
    with transaction.atomic():
        won = move(row, S.EXPIRED, actor=SYSTEM, project=row.project.slug, blob="", reason_message=why)
        if won:
            doom([blob])
            row.documents.all().delete()
    return won


def forget(document_id: int) -> int:
    """End the exports that hold a document which is erased; those being written begin anew. Return how many."""
    ended = 0
    while rows := list(queries.holding(document_id)):  # one that was being written may be ready by now
        for row in rows:
            if row.state == S.READY:
                ended += expire(row, why="A document in it was erased, and this file with it. Make the export again.")
            else:
                ended += _again(row, only_if=leases.ours(row))
    return ended


def clear_folders() -> int:
    """Delete what killed workers left behind. Return how many folders that were."""
    oldest = time.time() - ABANDONED_S
    left = [path for path in settings.TMP_DIR.glob(f"{FOLDER}*") if path.stat().st_mtime < oldest]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return len(left)


def _folder() -> tempfile.TemporaryDirectory[str]:
    settings.TMP_DIR.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix=FOLDER, dir=settings.TMP_DIR)


def _chunks_of(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk
