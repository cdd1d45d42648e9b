"""REST: results, labels, online prediction, events, exports."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpResponse, JsonResponse
from django.urls import reverse
from ninja import File, Query, Router, Status
from ninja.files import UploadedFile

from invex.accounts.auth import ApiRequest
from invex.accounts.idempotency import idempotent, idempotent_slow
from invex.accounts.roles import Right
from invex.documents import queries as documents
from invex.documents.filters import DocumentFilter
from invex.documents.models import Document
from invex.documents.names import shown_name
from invex.documents.states import WORKING, DocumentState
from invex.kernel.errors import BadInput, Conflict
from invex.kernel.rest.pagination import Paging, page
from invex.kernel.rest.problems import Problem
from invex.kernel.rest.schemas import row_id
from invex.review import services as reviews

from . import export_queries, exports, queries, services, writers
from .models import Export
from .schemas import (
    EventFilters,
    EventPage,
    ExportIn,
    ExportOut,
    ExportPage,
    LabelIn,
    LabelOptions,
    LabelOut,
    NotYet,
    Prediction,
    ResultOptions,
    Unread,
)

router = Router(tags=["results"])

READ_COMES_IN_S = 2  # after which it is worth to ask again while a machine is on it ...
PERSON_COMES_IN_S = 30  # ... and while a person is
RETRY_AFTER = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds until it is worth to ask."}}


@router.get(
    "/documents/{id}/result",
    response={200: Prediction | Unread, 202: NotYet},
    summary="What was read",
    openapi_extra={"responses": {202: {"headers": RETRY_AFTER}, 409: {"description": "It was rejected."}}},
)
def get_result(request: ApiRequest, id: str, options: Query[ResultOptions]) -> HttpResponse:
    """`invex-prediction/1`: once the document is approved, the confirmed values; for a file that cannot be read, why.

    202 until it is read; with `approved=1` until it is approved, and 409 for a document that was rejected or split.
    """
    request.auth.require(Right.READ)
    document = _document(request, id)
    if document.state in WORKING:
        return _not_yet(document, READ_COMES_IN_S)
    if options.approved and document.state == DocumentState.REVIEW:
        return _not_yet(document, PERSON_COMES_IN_S)
    if options.approved and document.state in (DocumentState.REJECTED, DocumentState.SPLIT):
        raise Conflict(
            f"The document is {document.state}: it will not be approved.", code="wrong_state", state=document.state
        )
    return JsonResponse(queries.result(document))


@router.put("/documents/{id}/labels", response=LabelOut, summary="Confirm what a document says")
@idempotent_slow
def put_labels(request: ApiRequest, id: str, label: LabelIn, options: Query[LabelOptions]) -> LabelOut:
    """Approve the document with these values; they are learned from at once. The same label again changes nothing.

    An unknown template or field is 422, unless `create_template=1`; so is a body that says nothing. A document that is
    not read yet, or failed, is 409. Role: reviewer or more.
    """
    if not label.model_fields_set & {"template", "fields", "tables"}:
        raise BadInput("The label says nothing: give template, fields or tables.", code="empty_label")
    row = reviews.confirm(
        request.auth,
        row_id(id, what="document"),
        label.model_dump(exclude_none=True) | {"template": label.template},
        may_create_template=options.create_template,
    )
    return LabelOut.of(row)


@router.post(
    "/predict",
    response={200: Prediction, 413: Problem, 503: Problem},
    summary="Read a file, store nothing",
    openapi_extra={
        "responses": {
            413: {"description": "The file is larger than allowed; code `too_large`."},
            422: {"description": "The file cannot be read; `code` says why."},
            503: {"description": "No worker answered within 30 seconds.", "headers": RETRY_AFTER},
        }
    },
)
def predict(request: ApiRequest, file: File[UploadedFile]) -> HttpResponse:
    """One file a request. The answer waits for a worker that is reserved for this; neither file nor values are kept."""
    request.auth.require(Right.UPLOAD)
    return JsonResponse(services.predict(request.auth, file.chunks(), name=shown_name(file.name or "")))


@router.get("/events", response=EventPage, tags=["events"], summary="What happened")
def list_events(request: ApiRequest, filters: Query[EventFilters]) -> dict[str, Any]:
    """The oldest first, so that a program can follow; no text of a document is in them."""
    request.auth.require(Right.READ)
    rows = queries.events(request.auth.project, since=filters.since)
    found = page(request, rows, filters, order=("id",))
    return {**found, "items": [queries.event_object(row) for row in found["items"]]}


@router.post(
    "/exports", response={202: ExportOut, 404: Problem}, tags=["exports"], summary="Have results written to a file"
)
@idempotent
def create_export(request: ApiRequest, response: HttpResponse, body: ExportIn) -> Any:
    """A worker writes it: ask for the export until its state is `ready`, or wait for the webhook `export.ready`."""
    chosen = DocumentFilter(body.name, body.state or "", body.template or "", body.batch or "")
    row = exports.request(request.auth, format=body.format, layout=body.layout, chosen=chosen)
    response.headers["Location"] = reverse("api:get_export", args=[row.pk])
    response.headers["Retry-After"] = str(READ_COMES_IN_S)
    return Status(202, ExportOut.of(row))


@router.get("/exports", response=ExportPage, tags=["exports"], summary="List exports, the newest first")
def list_exports(request: ApiRequest, paging: Query[Paging]) -> Any:
    found = page(request, export_queries.exports(request.auth), paging, order=("-id",))
    return {**found, "items": [ExportOut.of(row) for row in found["items"]]}


@router.get("/exports/{id}", response=ExportOut, tags=["exports"], summary="How far an export is")
def get_export(request: ApiRequest, id: str) -> Any:
    return ExportOut.of(_export(request, id))


@router.get(
    "/exports/{id}/file",
    response={200: None, 409: Problem, 410: Problem},
    tags=["exports"],
    summary="The file of an export",
    openapi_extra={
        "responses": {
            200: {"content": {kind.partition(";")[0]: {} for kind in writers.CONTENT_TYPES.values()}},
            409: {"description": "It is not ready."},
            410: {"description": "It has expired; make it again."},
        }
    },
)
def get_export_file(request: ApiRequest, id: str) -> Any:
    row = _export(request, id)
    return FileResponse(
        exports.opened(request.auth, row),
        as_attachment=True,
        filename=f"export-{row.pk}.{row.format}",
        content_type=writers.CONTENT_TYPES[row.format],
    )


def _export(request: ApiRequest, id: str) -> Export:
    return export_queries.export(request.auth, row_id(id, what="export"))


def _document(request: ApiRequest, id: str) -> Document:
    return documents.document(request.auth.project, row_id(id, what="document"))


def _not_yet(document: Document, retry_after_s: int) -> HttpResponse:
    body = {"id": str(document.pk), "state": document.state}
    return JsonResponse(body, status=202, headers={"Retry-After": str(retry_after_s)})
