"""REST: batches and documents."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django.http import FileResponse, HttpResponse
from django.urls import reverse
from ninja import File, Query, Router, Status
from ninja.files import UploadedFile

from invex.accounts.auth import ApiRequest
from invex.accounts.idempotency import idempotent, idempotent_slow
from invex.accounts.roles import Right
from invex.kernel.blobs import store
from invex.kernel.errors import Conflict
from invex.kernel.rest.pagination import Paging, page
from invex.kernel.rest.problems import Problem
from invex.kernel.rest.schemas import row_id

from . import erasure, intake, pages, queries, services
from .models import Batch
from .schemas import (
    ArchiveOut,
    BatchIn,
    BatchOut,
    BatchPage,
    DocumentDetail,
    DocumentFilters,
    DocumentOut,
    DocumentPage,
    JoinIn,
    MadeOut,
    PasswordIn,
    RejectIn,
    SplitIn,
    TurnIn,
    address,
)

router = Router(tags=["documents"])
READ_COMES_IN_S = 2  # after which a caller may ask for the state of what it uploaded


@router.post("/batches", response={201: BatchOut}, summary="Open a batch")
@idempotent
def create_batch(request: ApiRequest, response: HttpResponse, body: BatchIn) -> Any:
    """Documents come in batches. Role: reviewer or more."""
    batch = services.create_batch(request.auth, name=body.name)
    response.headers["Location"] = reverse("api:get_batch", args=[batch.pk])
    return Status(201, BatchOut.of(batch, queries.progress(batch)))


@router.get("/batches", response=BatchPage, summary="List batches, the newest first")
def list_batches(request: ApiRequest, paging: Query[Paging]) -> Any:
    request.auth.require(Right.READ)
    found = page(request, queries.batches(request.auth.project), paging, order=("-id",))
    progress = queries.progress_of(found["items"])
    return {**found, "items": [BatchOut.of(batch, progress[batch.pk]) for batch in found["items"]]}


@router.get("/batches/{id}", response=BatchOut, summary="How far a batch is")
def get_batch(request: ApiRequest, id: str) -> Any:
    """Counts by state, progress, speed."""
    batch = _batch(request, id)
    return BatchOut.of(batch, queries.progress(batch))


@router.post(
    "/batches/{id}/documents",
    response={202: DocumentOut | ArchiveOut, 413: Problem},
    summary="Upload a file, or a ZIP archive of files",
    openapi_extra={
        "responses": {
            413: {"description": "The file is larger than allowed; code `too_large`."},
            202: {
                "headers": {
                    "Location": {
                        "schema": {"type": "string"},
                        "description": "Address of the document; of the batch for an archive.",
                    },
                    "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds until it is worth to ask."},
                }
            },
        }
    },
)
@idempotent_slow
def upload_document(request: ApiRequest, response: HttpResponse, id: str, file: File[UploadedFile]) -> Any:
    """One file a request, as the part `file`: PDF, PNG, JPEG, TIFF, WebP, e-invoice XML, or a ZIP archive of these.

    It is read in the background: a file that cannot be read is accepted here and ends in the state
    `failed` with a code. The same bytes again are accepted too, and name their `twin`, unless the project refuses
    them (409, code `identical`).

    Of an archive each file becomes a document; the answer lists them in `documents`, and in `refused` what was not
    taken and why. When nothing can be taken it is 422, with `refused`. Role: reviewer or more.
    """
    request.auth.require(Right.UPLOAD)
    batch = _batch(request, id)
    taken = intake.take_in(request.auth, batch, name=file.name or "", file=cast(BinaryIO, file))
    response.headers["Retry-After"] = str(READ_COMES_IN_S)
    if taken.is_archive:
        response.headers["Location"] = reverse("api:get_batch", args=[batch.pk])
        return Status(202, ArchiveOut.of(batch, taken))
    document = taken.documents[0]
    response.headers["Location"] = address(document)
    return Status(202, DocumentOut.of(document))


@router.get("/documents", response={200: DocumentPage, 404: Problem}, summary="List documents")
def list_documents(request: ApiRequest, filters: Query[DocumentFilters]) -> Any:
    """The newest first; with `updated_since` the oldest change first, so that a program can follow all changes."""
    request.auth.require(Right.READ)
    rows = queries.documents(
        request.auth.project,
        state=filters.state,
        template=filters.template,
        batch=_batch(request, filters.batch) if filters.batch is not None else None,
        updated_since=filters.updated_since,
    )
    order = ("updated_at", "id") if filters.updated_since else ("-id",)
    found = page(request, rows, filters, order=order)
    return {**found, "items": [DocumentOut.of(document) for document in found["items"]]}


@router.get("/documents/{id}", response=DocumentDetail, summary="Where a document stands")
def get_document(request: ApiRequest, id: str) -> Any:
    """State, all reasons why a person must look, template, who approved it."""
    request.auth.require(Right.READ)
    return DocumentDetail.of(_document(request, id))


@router.delete("/documents/{id}", response={204: None}, summary="Erase a document")
@idempotent
def erase_document(request: ApiRequest, id: str) -> Any:
    """Its file, its words and pictures, what was read from it, confirmed and learned; only an audit row stays.

    409 while it is being read. Role: owner.
    """
    request.auth.require(Right.ADMIN)
    if not erasure.erase(request.auth, _document(request, id)):
        raise Conflict("Somebody else has just moved the document. Look again.", code="moved")
    return Status(204, None)


@router.post("/documents/{id}/join", response={202: MadeOut, 503: Problem}, summary="Join documents")
@idempotent_slow
def join_documents(request: ApiRequest, id: str, body: JoinIn) -> Any:
    """A new document of this one's pages and then theirs; all end in the state `split`. Role: reviewer or more."""
    request.auth.require(Right.REVIEW)
    made = pages.join(request.auth, [_document(request, one) for one in (id, *body.documents)])
    return Status(202, MadeOut(documents=[DocumentOut.of(made)]))


@router.post("/documents/{id}/split", response={202: MadeOut, 503: Problem}, summary="Split a document")
@idempotent_slow
def split_document(request: ApiRequest, id: str, body: SplitIn) -> Any:
    """A new document a part; this one ends in the state `split`. Role: reviewer or more."""
    request.auth.require(Right.REVIEW)
    made = pages.split(request.auth, _document(request, id), body.parts)
    return Status(202, MadeOut(documents=[DocumentOut.of(document) for document in made]))


@router.post("/documents/{id}/turn", response={202: DocumentOut}, summary="Turn pages")
@idempotent
def turn_pages(request: ApiRequest, id: str, body: TurnIn) -> Any:
    """The document is read again, as its pages are turned; its file stays. 409 while a person is at it, or has unsaved
    work on it. Role: reviewer or more."""
    request.auth.require(Right.REVIEW)
    turns = {row_id(page, what="page"): degrees for page, degrees in body.turns.items()}
    pages.turn(request.auth, _document(request, id), turns)
    return Status(202, DocumentOut.of(_document(request, id)))


@router.get("/documents/{id}/file", response={200: None}, summary="The file as it was received",
            openapi_extra={"responses": {200: {"content": {"application/octet-stream": {}}}}})  # fmt: skip
def get_file(request: ApiRequest, id: str) -> Any:
    request.auth.require(Right.READ)
    document = _document(request, id)
    return FileResponse(
        store().open(document.sha256),
        as_attachment=True,
        filename=document.name,
        content_type="application/octet-stream",
    )


@router.get("/documents/{id}/pages/{index}/image", response={200: None, 503: Problem}, summary="A page as a picture",
            openapi_extra={"responses": {
                200: {"content": {"image/webp": {}}},
                503: {"description": "The page is being drawn; come again after Retry-After seconds."},
            }})  # fmt: skip
def get_page_image(request: ApiRequest, id: str, index: str) -> Any:
    """WebP. Pages count from 0. A page far behind the first is drawn when it is asked for: 503 until it is there."""
    document = _document(request, id)
    image = services.page_image(request.auth, document, row_id(index, what="page"))
    return FileResponse(store().open(image.blob), content_type="image/webp")


@router.post("/documents/{id}/retry", response={202: DocumentOut}, summary="Read a document again")
@idempotent
def retry_document(request: ApiRequest, id: str) -> Any:
    """For documents that failed, were rejected, or wait for review: 409 then while a person is at it, or has unsaved
    work on it. Role: reviewer or more."""
    document = _document(request, id)
    services.retry(request.auth, document)
    return Status(202, DocumentOut.of(_document(request, id)))


@router.post("/documents/{id}/password", response={202: DocumentOut}, summary="Give the password of an encrypted file")
@idempotent
def give_password(request: ApiRequest, id: str, body: PasswordIn) -> Any:
    """For documents in the state `needs_password`. It is forgotten once the file is read. Role: reviewer or more."""
    document = _document(request, id)
    services.give_password(request.auth, document, password=body.password)
    return Status(202, DocumentOut.of(_document(request, id)))


@router.post("/documents/{id}/reject", response=DocumentOut, summary="Put a document aside")
@idempotent
def reject_document(request: ApiRequest, id: str, body: RejectIn) -> Any:
    """It is not one of ours. Role: reviewer or more."""
    document = _document(request, id)
    services.reject(request.auth, document, why=body.reason)
    return DocumentOut.of(_document(request, id))


def _batch(request: ApiRequest, id: str) -> Batch:
    return queries.batch(request.auth.project, row_id(id, what="batch"))


def _document(request: ApiRequest, id: str) -> Any:
    return queries.document(request.auth.project, row_id(id, what="document"))
