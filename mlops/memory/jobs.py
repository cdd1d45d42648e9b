"""Jobs of the memory. Each takes ids, may run twice, and ends where it would have ended.

A burst of approvals queues a job each; the first one learns from all that is confirmed by then, and those behind it
find the examples unchanged and are done after two queries.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.utils import timezone

from invex.accounts.models import Project
from invex.catalog.models import Template
from invex.documents.models import Document
from invex.extraction import queries as extractions
from invex.kernel.models import Event
from invex.kernel.queue import is_idle, wake
from invex.review import queries as reviews

from . import queries, services
from .base import bases
from .strangers import STRANGERS

QUEUE = "default"
REREAD_QUEUE = "extract"
# A wake-up takes milliseconds; where nothing is queued, one that is this old was lost.
LOST_AFTER = datetime.timedelta(seconds=10)
ERASED = "document.erased"
ERASURES_ARE_CHECKED_FOR = datetime.timedelta(days=1)  # a job is lost within seconds or not at all


def refit(document_id: int | str) -> int:
    """Learn from a document that was approved or opened again. Return how many templates changed.

    Those are all that its labels ever named, a corrected template changes two; and the documents of no template.
    """
    document = Document.objects.get(pk=document_id)
    history = reviews.history(document).exclude(template="").values_list("template", flat=True)
    return _refit(document.project_id, (*sorted(set(history)), STRANGERS))


def refit_template(template_id: int | str) -> int:
    """Learn a template anew whose specification changed. A deleted one was never used, so it left no memory."""
    row = Template.objects.filter(pk=template_id).first()
    return _refit(row.project_id, (row.name,)) if row is not None else 0


def catch_up(project_id: int | str) -> int:
    """Learn what the memory has missed, on top of each build that the project reads with. Return how many changed."""
    project_id = int(project_id)
    return sum(services.catch_up(project_id, load()) for load in bases(project_id).values())


def _refit(project_id: int, names: Iterable[str]) -> int:
    """Return how many templates changed; a template that two builds learned counts twice."""
    packages = [load() for load in bases(project_id).values()]
    return sum(services.refit(project_id, name, base) is not None for name in names for base in packages)


def forget(document_id: int | str) -> int:
    """Forget a document that was erased. Return how many revisions of the memory had learned from it."""
    event = Event.objects.filter(name=ERASED, subject=str(document_id)).order_by("-id").first()
    project = Project.objects.filter(slug=event.project).first() if event is not None else None
    if project is None or not queries.revisions_with(project.pk, int(document_id)):
        return 0
    return services.forget(project.pk, int(document_id), [load() for load in bases(project.pk).values()])


def sweep_erased() -> int:
    """Forget documents erased of late whose job was lost. Return how many revisions still held something."""
    since = timezone.now() - ERASURES_ARE_CHECKED_FOR
    lost = Event.objects.filter(name=ERASED, created_at__gte=since, created_at__lt=timezone.now() - LOST_AFTER)
    return sum(forget(subject) for subject in lost.values_list("subject", flat=True)) if is_idle(QUEUE) else 0


def sweep() -> int:
    """Wake what lost its job: refits, also those that a new build asks for, and re-reads. Return how many."""
    return _wake_refits() + _wake_rereads()


def _wake_refits() -> int:
    if not is_idle(QUEUE):
        return 0
    projects = Project.objects.values_list("pk", flat=True)
    behind = [p for p in projects if any(queries.out_of_date(p, build) for build in bases(p))]
    return sum(wake("mlops.memory.jobs.catch_up", project, queue=QUEUE) for project in behind)


def _wake_rereads() -> int:
    """Wake the re-read of projects where documents wait that the newest memory has not looked at."""
    if not is_idle(REREAD_QUEUE):
        return 0
    then = timezone.now() - LOST_AFTER
    rows = [queries.newest_in_use(project, bases(project)) for project in Project.objects.values_list("pk", flat=True)]
    return sum(
        wake("invex.extraction.jobs.reread_waiting", row.project_id, queue=REREAD_QUEUE)
        for row in rows
        if row is not None and row.created_at < then and extractions.behind(row.project_id, row.revision).exists()
    )
