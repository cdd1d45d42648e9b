"""What comes in: a file becomes a document, a ZIP archive becomes one document a member.

First the bytes are stored (stage), then all rows are written in one transaction (take): whatever ends the process in
between has taken nothing, and what is taken is taken with its rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from django.conf import settings
from django.db import transaction

from invex.accounts.access import Access
from invex.accounts.roles import Right
from invex.kernel import audit, writes
from invex.kernel.blobs import store, too_large
from invex.kernel.doomed import doom
from invex.kernel.errors import BadInput, Conflict, TooLarge

from . import services
from .archives import CHUNK, Archive, ArchiveLimits, BadArchive, BadMember, open_archive
from .models import Batch, Document
from .names import shown_name

SHOWN_REFUSALS = 3  # in the sentence of an error; its data has them all


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file whose bytes are stored and that has no row yet. name: as it will be shown. size: in bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A member of an archive that was not taken: its shown name, a code for programs, a sentence for people."""

    name: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Staging:
    """What an upload brought: files to be taken, and members that cannot be. name: of the upload itself, as shown."""

    name: str
    is_archive: bool
    files: tuple[StagedFile, ...]
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an upload; at least one document. Only an archive can have refused members."""

    is_archive: bool
    documents: tuple[Document, ...]
    refused: tuple[Refused, ...] = ()


def take_in(access: Access, batch: Batch, *, name: str, file: BinaryIO) -> Taken:
    """Take an upload into the batch. Raises as stage and take do."""
    return take(access, batch, stage(access, name=name, file=file))


def stage(access: Access, *, name: str, file: BinaryIO) -> Staging:
    """Store the bytes of a file, or of each member of an archive; the content decides which it is.

    Raises TooLarge for the file, BadInput for an archive that is damaged or beyond its limits.
    """
    access.require(Right.UPLOAD)
    shown = shown_name(name)
    try:
        archive = open_archive(file, _limits())
        if archive is not None:
            return _stage_members(archive, shown)
    except BadArchive as e:
        raise BadInput(e.message, code=e.code) from e
    file.seek(0)
    sha256, size = store().put_stream(iter(lambda: file.read(CHUNK), b""), max_bytes=settings.MAX_UPLOAD_BYTES)
    return Staging(shown, False, (StagedFile(shown, sha256, size),))


def take(access: Access, batch: Batch, staging: Staging) -> Taken:
    """Make documents of staged files, all or none. Raises NotFound, Conflict, and BadInput when nothing can be taken.

    A member of an archive that the project's policy refuses is named among the refused.
    """
    writes.begin()
    if not staging.is_archive:
        (file,) = staging.files
        return Taken(False, (_add(access, batch, file),))
    documents: list[Document] = []
    refused = list(staging.refused)
    with transaction.atomic():
        for file in staging.files:
            try:
                documents.append(_add(access, batch, file))
            except Conflict as e:
                refused.append(Refused(file.name, e.code, e.message))
        if not documents:
            raise _nothing(staging.name, refused)
        audit.record(
            access.actor, "unpacked", "batch", batch.pk, project=access.project.slug,
            archive=staging.name, taken=len(documents), refused=len(refused),
        )  # fmt: skip
    return Taken(True, tuple(documents), tuple(refused))


def _add(access: Access, batch: Batch, file: StagedFile) -> Document:
    return services.add(access, batch, name=file.name, sha256=file.sha256, size=file.size)


def _limits() -> ArchiveLimits:
    return ArchiveLimits(
        members=settings.MAX_ARCHIVE_FILES,
        unpacked_bytes=settings.MAX_ARCHIVE_BYTES,
        member_bytes=settings.MAX_UPLOAD_BYTES,
    )


def _stage_members(archive: Archive, name: str) -> Staging:
    files, refused = [], []
    try:
        for member in archive.members:
            shown = shown_name(member.filename)
            try:
                sha256, size = store().put_stream(archive.chunks(member), max_bytes=settings.MAX_UPLOAD_BYTES)
            except BadMember as e:
                refused.append(Refused(shown, e.code, e.message))
            except TooLarge:
                refused.append(Refused(shown, "too_large", too_large(settings.MAX_UPLOAD_BYTES).message))
            else:
                files.append(StagedFile(shown, sha256, size))
    finally:
        doom(file.sha256 for file in files)  # unless they become documents, which then need them
    return Staging(name, True, tuple(files), tuple(refused))


def _nothing(name: str, refused: list[Refused]) -> BadInput:
    told = "; ".join(f"{r.name}: {r.message}" for r in refused[:SHOWN_REFUSALS])
    more = f" And {len(refused) - SHOWN_REFUSALS} more." if len(refused) > SHOWN_REFUSALS else ""
    why = f"Nothing of {name} could be taken. {told}{more}" if refused else f"{name} has no files in it."
    data = [{"name": r.name, "code": r.code, "message": r.message} for r in refused]
    return BadInput(why, code="nothing_taken", refused=data)
