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
AUTO_APPROVED = "document.auto_approved"
APPROVALS = (APPROVED, AUTO_APPROVED)  # events of the outbox: by a person or a token, and by Invex itself
# type -> the events of the outbox that it comes from.
TYPES: dict[str, tuple[str, ...]] = {
    APPROVED: APPROVALS,
    CORRECTED: APPROVALS,  # every approval after the first
    "document.reopened": ("document.reopened",),
    "document.rejected": ("document.rejected",),
    "document.failed": ("document.failed",),
    "document.needs_password": ("document.needs_password",),
    "export.ready": ("export.ready",),
    "export.failed": ("export.failed",),
}
EVENTS = frozenset(name for names in TYPES.values() for name in names)
WITH_REASON = ("document.rejected", "document.failed", "document.needs_password")
MAX_RESULT = 1 << 20  # bytes; a larger result is left to be fetched


def type_of(event: Event) -> str:
    """Return the type of the message about an event."""
    if event.name not in APPROVALS:
        return event.name
    return APPROVED if _approved_before(event) is None else CORRECTED


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
    if event.name in WITH_REASON:
        said["reason"] = {key: event.payload.get(key, "") for key in ("code", "message")}
    if event.name in APPROVALS:
        result = queries.approved_result(document, _label_of(document, event), _shown_at(document, event))
        said["result"] = result if len(json.dumps(result)) <= MAX_RESULT else None
        before = _approved_before(event)
        if before is not None:
            said["changes"] = changes(_values_of(document, before), _values_of(document, event))
    return said


def _approved_before(event: Event) -> Event | None:
    """Return the last approval of the same document before this one."""
    rows = Event.objects.filter(subject=event.subject, name__in=APPROVALS, project=event.project, pk__lt=event.pk)
    return rows.order_by("-pk").first()


def _label_of(document: Document, approval: Event) -> ConfirmedLabel | None:
    """Return what was confirmed with an approval, stored before its event in one transaction; None: nobody did."""
    if approval.name == AUTO_APPROVED:
        return None
    rows = ConfirmedLabel.objects.filter(document=document, created_at__lte=approval.created_at)
    return rows.order_by("-revision").first()


def _shown_at(document: Document, approval: Event) -> Extraction | None:
    """Return what Invex itself approved; None: it was somebody else."""
    return Extraction.objects.filter(document=document, pk=approval.payload.get("extraction")).first()


def _values_of(document: Document, approval: Event) -> dict[str, Any]:
    """Return template, fields and tables as they were approved."""
    label = _label_of(document, approval)
    if label is not None:
        return {"template": label.template, **label.label}
    shown = _shown_at(document, approval)
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
