"""Jobs of the memory. Each takes ids, may run twice, and ends where it would have ended.

A burst of approvals queues a job each; the first one learns from all that is confirmed by then, and those behind it
find the examples unchanged and are done after two queries.
"""

from __future__ import annotations

import datetime

from django.utils import timezone

from invex.accounts.models import Project
from invex.catalog.models import Template
from invex.documents.models import Document
from invex.extraction import queries as extractions
from invex.kernel.queue import is_idle, wake
from invex.review import queries as reviews

from . import queries, services
from .base import base_package
from .strangers import STRANGERS

QUEUE = "default"
REREAD_QUEUE = "extract"
# A wake-up takes milliseconds; where nothing is queued, one that is this old was lost.
LOST_AFTER = datetime.timedelta(seconds=10)


def refit(document_id: int | str) -> int:
    """Learn from a document that was approved or opened again. Return how many templates changed.

    Those are all that its labels ever named, a corrected template changes two; and the documents of no template.
    """
    document = Document.objects.get(pk=document_id)
    names = reviews.history(document).exclude(template="").values_list("template", flat=True)
    return sum(services.refit(document.project_id, name) is not None for name in (*sorted(set(names)), STRANGERS))


def refit_template(template_id: int | str) -> int:
    """Learn a template anew whose specification changed. A deleted one was never used, so it left no memory."""
    row = Template.objects.filter(pk=template_id).first()
    return int(row is not None and services.refit(row.project_id, row.name) is not None)


def follow_build(project_id: int | str) -> int:
    """Learn a project's templates anew on top of today's build. Return how many changed."""
    return services.follow_build(int(project_id))


def sweep() -> int:
    """Wake what lost its job: refits, also those that a new build asks for, and re-reads. Return how many."""
    return _wake_refits() + _wake_rereads()


def _wake_refits() -> int:
    if not is_idle(QUEUE):
        return 0
    behind = queries.projects_behind(base_package().build)
    woken = sum(wake("mlops.memory.jobs.follow_build", project, queue=QUEUE) for project in behind)
    for project in Project.objects.exclude(pk__in=behind):
        stale = Template.objects.filter(project=project, name__in=queries.out_of_date(project.pk))
        woken += sum(wake("mlops.memory.jobs.refit_template", row.pk, queue=QUEUE) for row in stale)
    return woken


def _wake_rereads() -> int:
    """Wake the re-read of projects where documents wait that the newest memory has not looked at."""
    if not is_idle(REREAD_QUEUE):
        return 0
    then = timezone.now() - LOST_AFTER
    newest = [row for project in Project.objects.all() if (row := queries.newest(project.pk)) and row.created_at < then]
    return sum(
        wake("invex.extraction.jobs.reread_waiting", row.project_id, queue=REREAD_QUEUE)
        for row in newest
        if extractions.behind(row.project_id, row.revision).exists()
    )
