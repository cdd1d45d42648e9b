"""REST: what a build did, what another one reads there, and taking documents back into review."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.urls import reverse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from invex.accounts.auth import ApiRequest
from invex.accounts.idempotency import idempotent
from invex.accounts.roles import Right
from invex.documents.queries import AUTO
from invex.extraction.models import Extraction
from invex.kernel.rest.pagination import Paging, page
from invex.kernel.rest.problems import Problem
from invex.kernel.rest.schemas import Body, Text, row_id
from mlops.registry import queries as builds

from . import blast
from .models import Reread

router = Router(tags=["models"])

DocumentId = Annotated[int, Field(ge=1, lt=2**63, examples=[17])]


class BlastFilters(Paging):
    only: Literal["auto"] | None = Field(default=None, description="What was approved as the build read it, by nobody.")


class TouchedOut(Schema):
    """A document that a build read."""

    id: str = Field(description="Of the document.", examples=["17"])
    file: str
    state: str = Field(examples=["approved"])
    by: str | None = Field(description="Who approved it; `auto` = nobody.", examples=["auto"])
    template: str = Field(description="As the build read it; empty = unknown.")
    is_current: bool = Field(description="Whether what it read is still shown.")
    read_at: datetime.datetime

    @classmethod
    def of(cls, row: Extraction) -> TouchedOut:
        return cls(
            id=str(row.document_id), file=row.document.name, state=row.document.state,
            by=row.document.approved_by or None, template=row.template, is_current=row.is_current,
            read_at=row.created_at,
        )  # fmt: skip


class TouchedPage(Schema):
    items: list[TouchedOut]
    next: str | None = Field(examples=[None])


class RereadIn(Body):
    read: Text = Field(description="The build whose work is looked at, by name or number.", examples=["112"])
    anew: Text = Field(description="The build that reads the documents again.", examples=["113"])
    documents: list[DocumentId] | None = Field(
        default=None, max_length=blast.MOST, description="Left out: the newest that the first one read, up to 500."
    )
    only: Literal["auto"] | None = Field(default=None, description="As in the list; where `documents` is left out.")


class RereadOut(Schema):
    """A re-read; what stands is not touched by it. `differences` has the documents read so far that differ."""

    id: str
    read: str
    anew: str
    state: str = Field(description="waiting, running, done or failed.", examples=["done"])
    documents: int
    read_so_far: int
    same: int = Field(description="Of those read so far.")
    differences: list[dict[str, Any]] = Field(
        examples=[
            [{"document": "17", "fields": [{"key": "total_amount", "stands": ["8.10"], "anew": ["81.00"]}]}],
        ]
    )
    reason: str = Field(description="Why it failed.")
    made_by: str
    created_at: datetime.datetime

    @classmethod
    def of(cls, row: Reread) -> RereadOut:
        return cls(
            id=str(row.pk), read=row.read.name, anew=row.anew.name, state=row.state,
            documents=len(row.documents), reason=row.reason, made_by=row.made_by, created_at=row.created_at,
            **blast.summary(row),
        )  # fmt: skip


class TakeBackIn(Body):
    documents: list[DocumentId] = Field(min_length=1, max_length=blast.MOST)


class LeftOut(Schema):
    id: str
    why: str


class TakeBackOut(Schema):
    done: list[str] = Field(description="In review now, with the new values.")
    skipped: list[LeftOut]


@router.get("/builds/{build}/documents", response=TouchedPage, summary="List what a build read, the newest first")
def list_build_documents(request: ApiRequest, build: str, filters: Query[BlastFilters]) -> Any:
    """Alone or in an ensemble; what it read beside others in shadow is left out."""
    request.auth.require(Right.READ)
    found = blast.read_by(request.auth.project, builds.build(request.auth.project, build).name)
    chosen = page(
        request, blast.approved_by_it(found) if filters.only == AUTO else found, filters, order=("-document_id",)
    )
    return {**chosen, "items": [TouchedOut.of(row) for row in chosen["items"]]}


@router.post("/rereads", response={202: RereadOut, 404: Problem, 410: Problem}, summary="Have another build read them")
@idempotent
def create_reread(request: ApiRequest, response: HttpResponse, body: RereadIn) -> Any:
    """Up to 500 documents; nothing that stands is changed. Role: ml_admin or owner."""
    request.auth.require(Right.MODELS)
    read, anew = (builds.build(request.auth.project, name) for name in (body.read, body.anew))
    chosen = body.documents
    if chosen is None:
        chosen = blast.newest(request.auth.project, read, only_auto=body.only == AUTO)
    row = blast.request(request.auth, read, anew, chosen)
    response.headers["Location"] = reverse("api:get_reread", args=[row.pk])
    return Status(202, RereadOut.of(row))


@router.get("/rereads/{id}", response=RereadOut, summary="A re-read and its differences")
def get_reread(request: ApiRequest, id: str) -> Any:
    """What stands beside what the other build reads, document by document."""
    request.auth.require(Right.READ)
    return RereadOut.of(blast.reread(request.auth.project, row_id(id, what="re-read")))


@router.post("/rereads/{id}/take-back", response=TakeBackOut, summary="Put documents into review as read anew")
@idempotent
def take_back_documents(request: ApiRequest, id: str, body: TakeBackIn) -> Any:
    """One that was approved is opened again and told to webhooks; nothing is approved. Role: ml_admin or owner."""
    request.auth.require(Right.MODELS)
    row = blast.reread(request.auth.project, row_id(id, what="re-read"))
    done, skipped = blast.take_back(request.auth, row, body.documents)
    return TakeBackOut(done=[str(pk) for pk in done], skipped=[LeftOut(id=str(pk), why=why) for pk, why in skipped])
