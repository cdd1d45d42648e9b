"""What the REST interface says about results, labels and events (FORMATS.md, sections 1, 2 and 5)."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from django.urls import reverse
from ninja import Schema
from pydantic import Field

from invex.documents.states import DocumentState
from invex.extraction import duplicates
from invex.kernel.rest.pagination import Paging
from invex.kernel.rest.schemas import Body, Text, Timestamp
from invex.review.models import ConfirmedLabel

from .models import Export
from .states import ExportState

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
LongText = Annotated[str, Field(max_length=10_000, pattern=r"^[^\x00]*$")]  # an address or a description
Fraction = Annotated[float, Field(ge=0, le=1)]


class PageBox(Schema):
    page: int = Field(ge=0, examples=[0])
    box: Annotated[list[Fraction], Field(min_length=4, max_length=4)] = Field(
        description="x0, y0, x1, y1, relative to the page, origin at the top left.", examples=[[0.61, 0.72, 0.74, 0.74]]
    )


class Template(Schema):
    name: str | None = Field(description="null = unknown", examples=["ACME order"])
    confidence: Fraction = Field(examples=[0.99])


class Check(Schema):
    name: str = Field(examples=["sum_of_lines"])
    ok: bool
    message: str = ""


class Alternative(Schema):
    value: str = Field(examples=["94580.00"])
    confidence: Fraction
    text: str = Field("", description="As printed.")
    boxes: list[PageBox] = []


class Why(Schema):
    """What spoke for a value: docs/why.md."""

    evidence: str = Field(examples=["the word to the left"])
    weight: float = Field(description="Added to its log-odds.", examples=[0.461])


class Value(Schema):
    value: str = Field(description="Canonical.", examples=["94850.00"])
    text: str = Field(description="As printed.", examples=["$94,850.00"])
    confidence: Fraction = Field(examples=[0.98])
    source: Literal["model", "xml", "person"]
    boxes: list[PageBox]
    checks: list[Check] = []
    alternatives: list[Alternative] = []
    why: list[Why] = Field([], description="Of values that a model read in fields: at most four, strongest first.")


class Prediction(Schema):
    """`invex-prediction/1`: what was read from a document; once it is approved, what was confirmed."""

    format: Literal["invex-prediction/1"]
    id: str = Field(examples=["1207"])
    file: str = Field(examples=["invoice.pdf"])
    pages: int
    template: Template
    fields: dict[str, list[Value]]
    tables: dict[str, list[dict[str, Value]]]
    model: dict[str, Any] = Field(
        examples=[{"build": "Invoices-0.18.0-build.112", "memory": 431, "reader": "2+rapidocr-3.10"}]
    )
    state: str | None = Field(None, examples=["approved"])
    by: str | None = Field(None, examples=["token:erp"])
    seconds: float
    warnings: list[str]


class ReadError(Schema):
    code: str = Field(examples=["encrypted"])
    message: str = Field(examples=["The file is protected by a password."])


class Unread(Schema):
    """`invex-prediction/1` of a file that could not be read."""

    format: Literal["invex-prediction/1"]
    id: str
    file: str
    error: ReadError


class NotYet(Schema):
    """The result is not there yet; ask again after Retry-After seconds."""

    id: str
    state: str = Field(examples=["reading"])


class LabelValueIn(Schema):
    value: LongText = Field(description="Canonical.", examples=["94850.00"])
    text: LongText | None = Field(None, description="As printed, where it is known.")
    boxes: list[PageBox] = Field([], description="Left out: it is located on the page.")


class LabelIn(Schema):
    """What is confirmed about a document, as labels/ID.json of a dataset folder."""

    template: Text | None = Field(None, description="null: it belongs to no template.", examples=["ACME order"])
    source: Literal["person", "token", "bulk", "xml"] | None = Field(
        None, description="bulk and xml say that nobody looked at each value; otherwise the token is the source."
    )
    fields: dict[Key, Annotated[list[LabelValueIn], Field(max_length=1000)]] = Field(
        {},
        description="[] = confirmed that it is not there; an absent key = nobody said.",
        examples=[{"gross_amount": [{"value": "94850.00"}], "po_number": []}],
    )
    tables: dict[Key, Annotated[list[dict[Key, LabelValueIn | None]], Field(max_length=10_000)]] = Field(
        {}, examples=[{"line_items": [{"quantity": {"value": "4"}, "price": {"value": "25.50"}}]}]
    )


class LabelOptions(Schema):
    create_template: bool = Field(
        False, description="Create the template, or add to it what the label has and it lacks. Role: author."
    )


class LabelOut(Schema):
    """A label that was stored; the document is approved."""

    id: str = Field(description="Of the document.", examples=["1207"])
    revision: int = Field(description="Counts the document's labels from 1.", examples=[1])
    template: str | None = Field(examples=["ACME order"])
    source: str = Field(examples=["token"])
    by: str = Field(examples=["token:erp"])
    corrected: list[str] = Field(
        description="Fields and tables that differ from what was shown.", examples=[["gross_amount"]]
    )
    label: dict[str, Any] = Field(description="As stored: with the boxes that were found.")
    duplicates: list[str] = Field(
        description="Ids of other documents with the same supplier, number and amount.", examples=[[]]
    )

    @classmethod
    def of(cls, row: ConfirmedLabel) -> LabelOut:
        return cls(
            id=str(row.document_id),
            revision=row.revision,
            template=row.template or None,
            source=row.source,
            by=row.actor,
            corrected=row.corrected,
            label=row.label,
            duplicates=[str(other.pk) for other in duplicates.of(row.document)],
        )


class ResultOptions(Schema):
    approved: bool = Field(False, description="Only what is approved: 202 until it is, 409 when it was rejected.")


class EventFilters(Paging):
    since: Annotated[
        Timestamp | None, Field(description="From this time on, inclusive.", examples=["2026-11-21T08:00:00Z"])
    ] = None


class EventPage(Schema):
    """`invex-event/1` objects, the oldest first; keys that an event has nothing to say to are left out."""

    items: list[dict[str, Any]] = Field(
        examples=[[{"ts": "2026-11-21T08:00:00Z", "event": "document.approved", "project": "demo", "document": "1207"}]]
    )
    next: str | None = Field(description="Address of the next page; null on the last.", examples=[None])


class ExportIn(Body):
    """Which documents, and how they are written."""

    format: Literal["csv", "xlsx", "jsonl"] = Field(description="jsonl: `invex-prediction/1`, one a line.")
    layout: Text = Field(
        "", description="Name of a saved layout; `lines:TABLE`: a line item a row; empty: every field."
    )
    state: DocumentState | None = Field(DocumentState.APPROVED, strict=False, description="null: any.")
    template: Text | None = Field(None, description='Only this template, by name; "-": unknown ones.')
    batch: Text | None = Field(None, description="Only this batch, by id.", examples=["31"])
    name: Text = Field("", description="How the document's name begins.")


class ExportOut(Schema):
    id: str = Field(examples=["12"])
    format: str = Field(examples=["csv"])
    layout: str
    state: ExportState
    reason: ReadError | None = Field(description="Why it failed.")
    total: int = Field(description="Documents.", examples=[4200])
    written: int = Field(description="Documents so far.", examples=[1250])
    size: int | None = Field(description="Bytes; null until it is ready.")
    created_by: str = Field(examples=["token:erp"])
    created_at: datetime.datetime
    expires_at: datetime.datetime = Field(description="After which the file is deleted.")
    file: str = Field(examples=["/api/v1/exports/12/file"])

    @classmethod
    def of(cls, row: Export) -> ExportOut:
        return cls(
            id=str(row.pk),
            format=row.format,
            layout=row.layout,
            state=ExportState(row.state),
            reason=ReadError(code=row.reason_code, message=row.reason_message) if row.reason_code else None,
            total=row.total,
            written=row.written,
            size=row.size,
            created_by=row.created_by,
            created_at=row.created_at,
            expires_at=row.expires_at,
            file=reverse("api:get_export_file", args=[row.pk]),
        )


class ExportPage(Schema):
    items: list[ExportOut]
    next: str | None = Field(description="Address of the next page; null on the last.", examples=[None])
