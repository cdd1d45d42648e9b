"""What a webhook says: the type, and the body that is signed. The values are those of the event's time, not of now."""

from __future__ import annotations

import datetime
import json
from typing import Any

from django.urls import reverse

from invex.documents.models import Document
from invex.extraction.models import Extraction
from invex.kernel.models import Event
from invex.review.models import ConfirmedLabel

from . import queries
from .models import Export

APPROVED, CORRECTED, PING = "document.approved", "document.corrected", "ping"
# type -> the event of the outbox that it comes from.
TYPES: dict[str, str] = {
    APPROVED: APPROVED,
    CORRECTED: APPROVED,  # every approval after the first
    "document.reopened": "document.reopened",
    "document.rejected": "document.rejected",
    "document.failed": "document.failed",
    "document.needs_password": "document.needs_password",
    "export.ready": "export.ready",
    "export.failed": "export.failed",
}
EVENTS = frozenset(TYPES.values())
MAX_RESULT = 1 << 20  # bytes; a larger result is left to be fetched


def type_of(event: Event) -> str:
    """Return the type of the message about an event."""
    return CORRECTED if event.name == APPROVED and _approved_before(event) is not None else event.name


def document_of(event: Event) -> Document | None:
    """Return the document that the event is about; None when it is about something else, or was deleted."""
    if not event.name.startswith("document."):
        return None
    rows = Document.objects.filter(project__slug=event.project, pk=event.subject)
    return rows.select_related("batch").first()


def body_of(event: Event) -> str | None:
    """Return the message about an event as JSON; None when what it is about was deleted meanwhile."""
    data = _export_data(event) if event.name.startswith("export.") else _document_data(event)
    return None if data is None else envelope(type_of(event), event.created_at, {"project": event.project, **data})


def envelope(type: str, at: datetime.datetime, data: dict[str, Any]) -> str:
    """Return a message of Standard Webhooks."""
    timestamp = at.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
    return json.dumps({"type": type, "timestamp": timestamp, "data": data}, ensure_ascii=False)


def _export_data(event: Event) -> dict[str, Any] | None:
    row = Export.objects.filter(project__slug=event.project, pk=event.subject).first()
    if row is None:
        return None
    said: dict[str, Any] = {"id": str(row.pk), "format": row.format, "documents": row.written, "state": row.state}
    if row.reason_code:
        said["reason"] = {"code": row.reason_code, "message": row.reason_message}
    return {"export": said, "links": {"file": reverse("api:get_export_file", args=[row.pk])}}


def _document_data(event: Event) -> dict[str, Any] | None:
    document = document_of(event)
    if document is None:
        return None
    said: dict[str, Any] = {
        "document": {
            "id": str(document.pk),
            "name": document.name,
            "batch": {"id": str(document.batch_id), "name": document.batch.name},
        },
        "links": {"result": reverse("api:get_result", args=[document.pk])},
    }
    if event.name in ("document.rejected", "document.failed", "document.needs_password"):
        said["reason"] = {"code": document.reason_code, "message": document.reason_message}
    if event.name == APPROVED:
        label = _label_at(document, event.created_at)
        result = queries.approved_result(document, label)
        said["result"] = result if len(json.dumps(result)) <= MAX_RESULT else None
        before = _approved_before(event)
        if before is not None:
            said["changes"] = changes(_values_at(document, before.created_at), _values_at(document, event.created_at))
    return said


def _approved_before(event: Event) -> Event | None:
    """Return the last approval of the same document before this one."""
    rows = Event.objects.filter(subject=event.subject, name=APPROVED, project=event.project, pk__lt=event.pk)
    return rows.order_by("-pk").first()


def _label_at(document: Document, at: datetime.datetime) -> ConfirmedLabel | None:
    """Return what was confirmed at that time; a label is stored before its event, in the same transaction."""
    return ConfirmedLabel.objects.filter(document=document, created_at__lte=at).order_by("-revision").first()


def _values_at(document: Document, at: datetime.datetime) -> dict[str, Any]:
    """Return template, fields and tables as they were approved; without a label, as Invex itself approved them."""
    label = _label_at(document, at)
    if label is not None:
        return {"template": label.template, **label.label}
    first = ConfirmedLabel.objects.filter(document=document).order_by("revision").first()
    shown = first.extraction if first is not None else None
    if shown is None:
        shown = Extraction.objects.filter(document=document, is_current=True).first()
    return {"template": shown.template, **shown.prediction} if shown is not None else {}


def changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return what differs between two sets of approved values, as canonical values; {} when nothing does.

    {"template": {"before", "after"}, "fields": {key: {"before": [...], "after": [...]}}, "tables": {key: {"before":
    [{column: value}], "after": ...}}}; the parts in which nothing differs are left out.
    """
    found: dict[str, Any] = {}
    names = [_template_name(values) for values in (before, after)]
    if names[0] != names[1]:
        found["template"] = {"before": names[0], "after": names[1]}
    for part, plain in (("fields", _field), ("tables", _table)):
        old, new = ({k: plain(v) for k, v in values.get(part, {}).items()} for values in (before, after))
        differing = {
            key: {"before": old.get(key, []), "after": new.get(key, [])}
            for key in sorted(old.keys() | new.keys())
            if old.get(key, []) != new.get(key, [])
        }
        if differing:
            found[part] = differing
    return found


def _template_name(values: dict[str, Any]) -> str | None:
    template = values.get("template")
    name = template.get("name") if isinstance(template, dict) else template
    return name or None


def _field(values: list[dict[str, Any]]) -> list[str]:
    return [value["value"] for value in values]


def _table(rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{column: value["value"] for column, value in row.items()} for row in rows]
