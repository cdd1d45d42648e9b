"""Reads: batches, documents and what was read from them. Each starts from a project that the caller may see."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from invex.accounts.models import Project
from invex.fields.geometry import Box
from invex.kernel.errors import BadInput, NotFound
from invex.kernel.queue import ask
from invex.kernel.sent import sent_whole
from invex.reading import types
from invex.reading.words import LazyPages

from . import readings
from .models import Batch, Document, DocumentPolicy, PageImage
from .states import DONE, WORKING, DocumentState

RATE_WINDOW = datetime.timedelta(seconds=60)  # over which the speed of a batch is measured
REGION_WAIT_S = 15  # a person waits for it
AUTO = "auto"  # who approved, when the promise of accuracy did


def batches(project: Project) -> QuerySet[Batch]:
    """The batches of the project."""
    return Batch.objects.filter(project=project)


def batch(project: Project, batch_id: int | str) -> Batch:
    """Return one batch. Raises NotFound, also for an id of another project."""
    found = batches(project).filter(pk=_key(batch_id)).first()
    if found is None:
        raise NotFound(f"There is no batch {batch_id} in this project.")
    return found


def documents(
    project: Project,
    *,
    state: str | None = None,
    template: str | None = None,
    batch: Batch | None = None,
    updated_since: datetime.datetime | None = None,
    name: str | None = None,
) -> QuerySet[Document]:
    """The documents of the project that fit each filter given.

    template: a name, "" = unknown. updated_since: inclusive. name: a part of it, in any case.
    """
    rows = Document.objects.filter(project=project).select_related("batch", "twin")
    if state is not None:
        rows = rows.filter(state=state)
    if template is not None:
        rows = rows.filter(template=template)
    if batch is not None:
        rows = rows.filter(batch=batch)
    if updated_since is not None:
        rows = rows.filter(updated_at__gte=updated_since)
    if name:
        rows = rows.filter(name__icontains=name)
    return rows


def document(project: Project, document_id: int | str) -> Document:
    """Return one document. Raises NotFound, also for an id of another project."""
    found = Document.objects.filter(project=project, pk=_key(document_id)).first()
    if found is None:
        raise NotFound(f"There is no document {document_id} in this project.")
    found.project = project  # which the caller has: nobody asks the database for it
    return found


def _key(text: int | str) -> int:
    """The primary key that an id stands for; 0, which no row has, when it cannot be one."""
    return sent_whole(str(text)) or 0


def read_words(document: Document) -> types.Document | None:
    """Return what was read from the document: pages, words, e-invoice; None before it was read."""
    return readings.load(document)


def read_pages(document: Document) -> LazyPages | None:
    """Return the pages that were read, each made when it is asked for; None before the document was read."""
    return readings.pages(document)


def page_images(document: Document) -> dict[int, PageImage]:
    """The page images that are drawn, by page, in the usual size."""
    return {image.index: image for image in document.page_images.filter(is_sharp=False)}


def read_region(document: Document, index: int, box: Box) -> list[list[Any]]:
    """Return the words that OCR reads in a box of a page just now, each [text, x0, y0, x1, y1] of the page.

    A worker that is kept for those who wait reads them. Raises NotFound, BadInput for a box without area, and NotNow
    when no worker answers in time.
    """
    if not 0 <= index < (document.page_count or 0):
        raise NotFound(f"Document {document.pk} has no page {index}.")
    if not (0 <= box.x0 < box.x1 <= 1 and 0 <= box.y0 < box.y1 <= 1):
        raise BadInput("The box lies outside of the page, or has no area.", code="bad_box")
    corners = json.dumps(list(box))
    found: list[list[Any]] = ask(
        "invex.documents.jobs.read_region", document.pk, index, corners, queue="online", timeout_s=REGION_WAIT_S
    )
    return found


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is.

    counts: documents by state, every state named. total: their sum. working: still to be read or extracted.
    waiting: for a person (review, failed, needs_password). per_second: documents that left the machine's hands in the
    last minute, a second. eta_s: seconds until none is working at that speed; None while there is no speed.
    """

    counts: dict[str, int]
    total: int
    working: int
    waiting: int
    per_second: float
    eta_s: int | None

    @property
    def fraction(self) -> float:
        """The part that the machine is done with, [0, 1]; 1 for an empty batch."""
        return 1 - self.working / self.total if self.total else 1.0


WAITING = (DocumentState.REVIEW, DocumentState.FAILED, DocumentState.NEEDS_PASSWORD)


def progress(batch: Batch) -> Progress:
    """Return how far the batch is."""
    return progress_of([batch])[batch.pk]


def progress_of(batches: list[Batch]) -> dict[int, Progress]:
    """Return how far each batch is, by its id, in one query."""
    now = timezone.now()
    since = now - RATE_WINDOW
    # What a person moved says nothing of the machine's speed.
    by_machine = Q(state__in=WAITING) | Q(approved_by=AUTO)
    rows = (
        Document.objects.filter(batch__in=batches)
        .order_by()
        .values("batch", "state")
        .annotate(n=Count("pk"), finished=Count("pk", filter=by_machine & Q(state_changed_at__gte=since)))
    )
    counts = {batch.pk: dict.fromkeys(DocumentState.values, 0) for batch in batches}
    finished = dict.fromkeys(counts, 0)
    for row in rows:
        counts[row["batch"]][row["state"]] = row["n"]
        finished[row["batch"]] += row["finished"]
    result = {}
    for batch in batches:
        by_state = counts[batch.pk]
        working = sum(by_state[state] for state in WORKING)
        window_s = max(1.0, min(RATE_WINDOW, now - batch.created_at).total_seconds())
        per_second = finished[batch.pk] / window_s
        result[batch.pk] = Progress(
            counts=by_state,
            total=sum(by_state.values()),
            working=working,
            waiting=sum(by_state[state] for state in WAITING),
            per_second=round(per_second, 3),
            eta_s=round(working / per_second) if working and per_second else (None if working else 0),
        )
    return result


def untouched() -> Q:
    """The documents that nobody is at: neither held by a person nor with unsaved work."""
    return Q(has_draft=False) & (Q(held_until__isnull=True) | Q(held_until__lt=timezone.now()))


def free_for(actor: str) -> Q:
    """The documents without unsaved work that nobody but `actor` is at."""
    return untouched() | Q(has_draft=False, held_by=actor)


def counts_by_state(project: Project) -> dict[str, int]:
    """Return the number of documents in each state, every state named."""
    found = documents(project).order_by().values("state").annotate(n=Count("pk")).values_list("state", "n")
    return {**dict.fromkeys(DocumentState.values, 0), **dict(found)}


def policy(project: Project) -> DocumentPolicy:
    """Return what is decided about the project's documents; the defaults, not saved, before anybody did."""
    return DocumentPolicy.objects.filter(project=project).first() or DocumentPolicy(project=project)


def template_names(project: Project) -> list[str]:
    """Return the names of the templates that documents of the project were read as."""
    names = Document.objects.filter(project=project).exclude(template="").order_by("template")
    return list(names.values_list("template", flat=True).distinct())


def past_retention(project: Project, days: int) -> QuerySet[Document]:
    """The documents that were approved, rejected or split more than `days` ago, the oldest first."""
    then = timezone.now() - datetime.timedelta(days=days)
    done = Q(approved_at__lt=then) | Q(approved_at__isnull=True, state_changed_at__lt=then)
    return Document.objects.filter(done, project=project, state__in=DONE).select_related("project").order_by("id")


def first_of_its_bytes(project: Project, sha256: str) -> Document | None:
    """Return the document with these bytes that was received first."""
    return Document.objects.filter(project=project, sha256=sha256).order_by("id").first()


def same_bytes(document: Document) -> list[Document]:
    """Return the other documents of the project with the same bytes."""
    same = Document.objects.filter(project=document.project_id, sha256=document.sha256).exclude(pk=document.pk)
    return list(same.order_by("id")) if document.size else []


def stranded_reads(now: datetime.datetime) -> QuerySet[Document]:
    """Documents whose reader is gone: its lease ran out."""
    return Document.objects.filter(state=DocumentState.READING, leased_until__lt=now).select_related("project")


def unread_since(then: datetime.datetime) -> QuerySet[Document]:
    """Documents that have waited to be read since before `then`, the oldest first."""
    return Document.objects.filter(state=DocumentState.RECEIVED, state_changed_at__lt=then).order_by("id")
