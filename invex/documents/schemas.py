"""What the REST interface says about batches and documents."""

from __future__ import annotations

import datetime
from typing import Annotated

from django.urls import reverse
from ninja import Schema
from pydantic import Field

from invex.kernel.rest.pagination import Paging
from invex.kernel.rest.schemas import Body, Text, Timestamp

from . import ports
from .intake import Taken
from .models import Batch, Document
from .queries import Progress
from .states import WORKING, DocumentState

Id = Annotated[str, Field(description="An id: a string, which says nothing.", examples=["1207"])]


class BatchIn(Body):
    name: Text = Field("", description="What people call it; its time when empty.", examples=["Invoices of March"])


class BatchOut(Schema):
    id: Id
    name: str = Field(examples=["Invoices of March"])
    created_by: str = Field(examples=["token:erp"])
    created_at: datetime.datetime
    total: int = Field(description="Documents in it.", examples=[120])
    counts: dict[str, int] = Field(
        description="Documents by state; every state is named.",
        examples=[{"received": 0, "review": 87, "approved": 33}],
    )
    progress: float = Field(ge=0, le=1, description="The part that the machine is done with.", examples=[0.93])
    documents_per_second: float = Field(ge=0, description="Over the last minute.", examples=[4.2])
    eta_s: int | None = Field(description="Seconds until all are read; null while nobody knows.", examples=[31])

    @classmethod
    def of(cls, batch: Batch, progress: Progress) -> BatchOut:
        return cls(
            id=str(batch.pk),
            name=batch.name,
            created_by=batch.created_by,
            created_at=batch.created_at,
            total=progress.total,
            counts=progress.counts,
            progress=round(progress.fraction, 4),
            documents_per_second=progress.per_second,
            eta_s=progress.eta_s,
        )


class BatchPage(Schema):
    items: list[BatchOut]
    next: str | None = Field(description="Address of the next page; null on the last.", examples=[None])


class Reason(Schema):
    """Why a document failed, or why a person must look."""

    code: str = Field(examples=["encrypted"])
    message: str = Field(
        examples=["The file is protected by a password. Enter the password, or upload a copy without."]
    )


class Twin(Schema):
    """A document with the same bytes that was received before."""

    id: Id
    name: str = Field(examples=["invoice.pdf"])
    batch: Id


class Links(Schema):
    self: str = Field(examples=["/api/v1/documents/1207"])
    batch: str = Field(examples=["/api/v1/batches/31"])
    result: str = Field(examples=["/api/v1/documents/1207/result"])


class DocumentOut(Schema):
    id: Id
    name: str = Field(examples=["invoice.pdf"])
    batch: Id
    state: DocumentState
    reason: Reason | None = Field(description="Null when there is nothing to say.")
    template: str | None = Field(description="Null: unknown, or not read yet.", examples=["ACME invoice"])
    by: str | None = Field(description='Who approved it: a person, "token:NAME" or "auto".', examples=["token:erp"])
    pages: int | None = Field(description="Null until it is read.", examples=[2])
    size: int = Field(description="Bytes.", examples=[48213])
    sha256: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
    twin: Twin | None = Field(description="The same bytes, received before.")
    uploaded_by: str = Field(examples=["token:erp"])
    created_at: datetime.datetime
    updated_at: datetime.datetime
    links: Links

    @classmethod
    def of(cls, document: Document) -> DocumentOut:
        """`document` as queries.documents() loads it, with its twin."""
        twin = document.twin
        is_told = bool(document.reason_code) and document.state not in WORKING
        return cls(
            id=str(document.pk),
            name=document.name,
            batch=str(document.batch_id),
            state=DocumentState(document.state),
            reason=Reason(code=document.reason_code, message=document.reason_message) if is_told else None,
            template=document.template or None,
            by=document.approved_by or None,
            pages=document.page_count,
            size=document.size,
            sha256=document.sha256,
            twin=Twin(id=str(twin.pk), name=twin.name, batch=str(twin.batch_id)) if twin else None,
            uploaded_by=document.uploaded_by,
            created_at=document.created_at,
            updated_at=document.updated_at,
            links=Links(
                self=address(document),
                batch=reverse("api:get_batch", args=[document.batch_id]),
                result=f"{address(document)}/result",
            ),
        )


class ReviewReason(Reason):
    """One of the reasons why a person must look."""

    field: str | None = Field(
        description="Key of the field or table; null: the document as a whole.", examples=["due_date"]
    )


class DocumentDetail(DocumentOut):
    reasons: list[ReviewReason] = Field(
        description="All reasons why a person must look, while it is in review. `lacking`: empty, though every "
        "confirmed document of its template has it. Whoever approves it by a label is not asked about them."
    )

    @classmethod
    def of(cls, document: Document) -> DocumentDetail:
        """`document` as queries.documents() loads it, with its twin."""
        found = [
            ReviewReason(code=one["code"], message=one["message"], field=one["field"] or None)
            for one in ports.reasons(document)
        ]
        return cls(**dict(DocumentOut.of(document)), reasons=found)


class RefusedFile(Schema):
    """A file of an archive that was not taken."""

    name: str = Field(examples=["contract.pdf"])
    code: str = Field(examples=["encrypted"])
    message: str = Field(examples=["It is protected by a password. Send the file itself, or pack it without one."])


class ArchiveOut(Schema):
    """What became of a ZIP archive: at least one document."""

    batch: Id
    documents: list[DocumentOut]
    refused: list[RefusedFile]

    @classmethod
    def of(cls, batch: Batch, taken: Taken) -> ArchiveOut:
        return cls(
            batch=str(batch.pk),
            documents=[DocumentOut.of(document) for document in taken.documents],
            refused=[RefusedFile(name=r.name, code=r.code, message=r.message) for r in taken.refused],
        )


class DocumentPage(Schema):
    items: list[DocumentOut]
    next: str | None = Field(description="Address of the next page; null on the last.", examples=[None])


class DocumentFilters(Paging):
    state: Annotated[DocumentState | None, Field(description="Only this state.", examples=["review"])] = None
    template: Annotated[Text | None, Field(description="Only this template, by name; empty: unknown ones.")] = None
    batch: Annotated[Text | None, Field(description="Only this batch, by id.", examples=["31"])] = None
    updated_since: Annotated[
        Timestamp | None,
        Field(
            description="Only what changed at this time or later, the oldest change first.",
            examples=["2026-11-21T08:00:00Z"],
        ),
    ] = None


class PasswordIn(Body):
    password: Text = Field(min_length=1, examples=["s3cret"])


class SplitIn(Body):
    parts: list[Annotated[list[Annotated[int, Field(ge=0, le=10**5)]], Field(max_length=10_000)]] = Field(
        max_length=1000,
        description="The pages of each new document, from 0; every page once.",
        examples=[[[0, 1], [2]]],
    )


class TurnIn(Body):
    turns: dict[str, int] = Field(
        description="Degrees clockwise, 90, 180 or 270, by page, from 0, from how it is shown.", examples=[{"0": 90}]
    )


class JoinIn(Body):
    documents: list[Text] = Field(
        max_length=1000, description="Ids of those that come after, in order.", examples=[["8"]]
    )


class MadeOut(Schema):
    """The documents that were made; they are being read."""

    documents: list[DocumentOut]


class RejectIn(Body):
    reason: Text = Field("", examples=["An advertisement."])


def address(document: Document) -> str:
    """Where the interface shows the document."""
    return reverse("api:get_document", args=[document.pk])
