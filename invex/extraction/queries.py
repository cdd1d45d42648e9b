"""Reads of extraction: what was read from a document, and what waits."""

from __future__ import annotations

import datetime
from functools import partial
from typing import Any

from django.db.models import IntegerField, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone

from invex.catalog import queries as catalog
from invex.catalog.models import Template
from invex.documents.models import Document
from invex.documents.queries import untouched
from invex.documents.states import DocumentState
from invex.kernel.errors import NotNow
from invex.kernel.models import Event
from invex.kernel.queue import ask
from invex.masterdata.queries import current_versions

from .models import REOPENED, Extraction
from .pipeline import AUDIT, LACKING, lacking
from .ports import always_filled

NOT_READ_AGAIN = (REOPENED, AUDIT)  # what a person decided, or is to judge, stays as it was
READ_AS_WAIT_S = 8  # a person waits for it
BRING_UP_WAIT_S = 4  # the page is open meanwhile
# A document that waited this long without a worker lost its job; younger ones are on their way.
STALE = datetime.timedelta(seconds=30)


def current(document: Document) -> Extraction | None:
    """Return the extraction that is shown, None before the first."""
    return of(document).first()


def of(document: Document) -> QuerySet[Extraction]:
    """Return the extraction that is shown, alone; none before the first."""
    return Extraction.objects.filter(document=document, is_current=True)


def reasons(document: Document) -> list[dict[str, str]]:
    """Return all reasons why a person has to look at a document in review: {"code", "message", "field"} each.

    field: the key of a field or table, "" = the document as a whole. What is empty and never was is found out anew:
    more may have been confirmed since the document was read.
    """
    shown = current(document) if document.state == DocumentState.REVIEW else None
    if shown is None:
        return []
    if document.reason_code == REOPENED:  # what the machine doubted of it is decided
        return [{"code": REOPENED, "message": document.reason_message, "field": ""}]
    kept = [reason for reason in shown.reasons if reason["code"] != LACKING]
    row = Template.objects.filter(project=document.project_id, name=shown.template).first() if shown.template else None
    if row is None:
        return kept
    found = lacking(
        shown.prediction["fields"],
        shown.prediction["tables"],
        catalog.spec(row),
        partial(always_filled, document.project_id),
    )
    return kept + [{"code": one.name, "message": one.message, "field": one.targets[0].key} for one in found]


def stranded() -> QuerySet[Document]:
    """Return documents that wait for the predictor and that no worker holds, the oldest first."""
    now = timezone.now()
    expired = Q(leased_until__lt=now) | Q(leased_until__isnull=True, state_changed_at__lt=now - STALE)
    return Document.objects.filter(expired, state=DocumentState.EXTRACTING).order_by("state_changed_at")


def behind(project_id: int, memory: int, *, held: Document | None = None, held_key: str = "") -> QuerySet[Extraction]:
    """Return the shown extractions of waiting documents that an older memory than this one read, the oldest first.

    Not those that a person opened again or is to audit, and not those that a person is at: their turn comes when they
    are left, or when the person who holds one with `held_key` asks for it.
    """
    older = Q(checked_memory__isnull=True) | Q(checked_memory__lt=memory)
    allowed = untouched() if held is None else Q(pk=held.pk, has_draft=False, held_key=held_key)
    waiting = Document.objects.filter(allowed, project=project_id, state=DocumentState.REVIEW)
    rows = Extraction.objects.filter(older, is_current=True, document__in=waiting)
    return (
        rows.exclude(document__reason_code__in=NOT_READ_AGAIN)
        .select_related("document__project")
        .order_by("document_id")
    )


def checked_against_old_lists(project_id: int) -> QuerySet[Extraction]:
    """Return the shown extractions of waiting documents that were checked against lists that changed since.

    Not those that a person opened again or is to audit.
    """
    rows = Extraction.objects.filter(
        is_current=True, document__project=project_id, document__state=DocumentState.REVIEW
    ).exclude(document__reason_code__in=NOT_READ_AGAIN)
    changed = Q(pk__in=())
    for number, (name, version) in enumerate(current_versions(project_id).items()):
        rows = rows.annotate(**{f"list_{number}": Cast(KeyTextTransform(name, "lists"), IntegerField())})
        changed |= Q(**{f"list_{number}__isnull": False}) & ~Q(**{f"list_{number}": version})
    return rows.filter(changed).select_related("document__project").order_by("document_id")


def is_behind(document: Document) -> bool:
    """Say whether more was learned since what is shown of the document was read."""
    shown = current(document)
    learned = Event.objects.filter(name="memory.updated", project=document.project.slug).order_by("-id").first()
    newest = learned.payload.get("memory") if learned is not None else None
    return shown is not None and newest is not None and (shown.checked_memory or 0) < newest


def brought_up(document: Document, held_key: str) -> bool:
    """Have a document that a person holds read anew if more was learned since. Return True when it changed.

    A worker does it just now; when none answers at once, what is shown stays, and False is returned.
    """
    if not is_behind(document):
        return False
    try:
        job = "invex.extraction.jobs.bring_up"
        return bool(ask(job, document.pk, held_key, queue="online", timeout_s=BRING_UP_WAIT_S))
    except NotNow:
        return False


def as_template(document: Document, template: str) -> dict[str, Any]:
    """Return the fields and tables that the document has when it is of `template`, read by a worker just now.

    Raises NotNow when no worker answers in time.
    """
    found: dict[str, Any] = ask(
        "invex.extraction.jobs.read_as", document.pk, template, queue="online", timeout_s=READ_AS_WAIT_S
    )
    return found
