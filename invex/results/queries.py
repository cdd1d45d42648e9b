"""Reads of results: a document as `invex-prediction/1`, what happened as `invex-event/1` (FORMATS.md)."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from invex.accounts.models import Project
from invex.documents.models import Document
from invex.documents.queries import AUTO
from invex.documents.states import DocumentState
from invex.extraction.models import Extraction
from invex.fields.prediction import PREDICTION_FORMAT, error_to_json
from invex.kernel.models import Event
from invex.review.models import ConfirmedLabel

# What a payload may hold and an event object says, in the order of FORMATS section 5.
EVENT_KEYS = ("document", "template", "build", "dataset", "field", "confidence", "corrected", "seconds")
S = DocumentState


def result(document: Document) -> dict[str, Any]:
    """Return what is known of a document that the machine is done with.

    Confirmed values once somebody approved it, else those of the current extraction; for a file that could not be
    read, the error object.
    """
    return results([document])[0]


def results(documents: Sequence[Document]) -> list[dict[str, Any]]:
    """Return the result of each document, in two queries."""
    shown = {e.document_id: e for e in Extraction.objects.filter(document__in=documents, is_current=True)}
    confirmed = {row.document_id: row for row in ConfirmedLabel.objects.filter(document__in=documents, is_current=True)}
    return [_result(document, shown.get(document.pk), confirmed.get(document.pk)) for document in documents]


def approved_result(document: Document, label: ConfirmedLabel | None, approved: Extraction | None) -> dict[str, Any]:
    """Return the result as it was approved: with the values of one label, or what Invex itself `approved`.

    Neither need be the current one.
    """
    extraction = approved or Extraction.objects.filter(document=document, is_current=True).first()
    return _object(document, extraction, label) | {"state": str(S.APPROVED), "by": label.actor if label else AUTO}


def _result(document: Document, extraction: Extraction | None, label: ConfirmedLabel | None) -> dict[str, Any]:
    if document.state == S.FAILED:
        return error_to_json(
            id=str(document.pk), file=document.name, code=document.reason_code, message=document.reason_message
        )
    if document.state == S.NEEDS_PASSWORD:
        return error_to_json(id=str(document.pk), file=document.name, code="encrypted", message=document.reason_message)
    return _object(document, extraction, label if document.state == S.APPROVED else None)


def _object(document: Document, extraction: Extraction | None, label: ConfirmedLabel | None) -> dict[str, Any]:
    read = extraction.prediction["warnings"] if extraction else document.warnings
    return {
        "format": PREDICTION_FORMAT,
        "id": str(document.pk),
        "file": document.name,
        "pages": document.page_count or 0,
        **(_confirmed(label) if label else _extracted(extraction)),
        "model": _model(document, extraction),
        "state": document.state,
        "by": document.approved_by or None,
        "seconds": round((document.read_seconds or 0.0) + (extraction.seconds if extraction else 0.0), 4),
        "warnings": [*read, *(label.failed if label else ())],
    }


def _extracted(extraction: Extraction | None) -> dict[str, Any]:
    if extraction is None:  # rejected before it was read
        return {"template": {"name": None, "confidence": 0.0}, "fields": {}, "tables": {}}
    return {key: extraction.prediction[key] for key in ("template", "fields", "tables")}


def _confirmed(row: ConfirmedLabel) -> dict[str, Any]:
    fields, tables = row.label["fields"], row.label["tables"]
    return {
        "template": {"name": row.template or None, "confidence": 1.0},
        "fields": {key: [_person(value) for value in values] for key, values in fields.items()},
        "tables": {key: [{c: _person(v) for c, v in line.items()} for line in lines] for key, lines in tables.items()},
    }


def _person(value: dict[str, Any]) -> dict[str, Any]:
    return {
        "value": value["value"],
        "text": value.get("text", ""),
        "confidence": 1.0,
        "source": "person",
        "boxes": value.get("boxes", []),
    }


def _model(document: Document, extraction: Extraction | None) -> dict[str, Any]:
    """Return which build, memory, deployment and reader it was; those that do not apply are left out."""
    found: dict[str, Any] = {"reader": document.reader}
    if extraction is not None:
        found = {
            "build": extraction.build,
            "memory": extraction.memory,
            "deployment": extraction.deployment,
            "reader": extraction.reader,
        }
    return {key: value for key, value in found.items() if value is not None}


def events(project: Project, *, since: datetime.datetime | None = None) -> QuerySet[Event]:
    """Return what happened in the project, from `since` (inclusive) on."""
    rows = Event.objects.filter(project=project.slug)
    return rows.filter(created_at__gte=since) if since is not None else rows


def event_object(row: Event) -> dict[str, Any]:
    """Return the event as `invex-event/1`; keys that it has nothing to say to are left out."""
    said = {key: row.payload[key] for key in EVENT_KEYS if row.payload.get(key) not in (None, "")}
    if "document" in said:
        said["document"] = str(said["document"])
    return {
        "ts": row.created_at.isoformat().replace("+00:00", "Z"),
        "event": row.name,
        "project": row.project,
        **said,
        **({"request_id": row.request_id} if row.request_id else {}),
    }
