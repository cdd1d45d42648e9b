"""Jobs of the automation. Each takes ids, may run twice, and ends where it would have ended."""

from __future__ import annotations

from invex.documents.models import Document
from invex.kernel.queue import is_idle, wake

from . import queries, services
from .models import Promise

QUEUE = "default"


def consider_document(document_id: int | str) -> bool:
    """Look at what a decided document says of the promise for its template. Return True when that changed something.

    The template is the one that it was read as: a person may have said another.
    """
    document = Document.objects.filter(pk=document_id).first()
    if document is None:
        return False
    names = document.extractions.values_list("template", flat=True)
    rows = Promise.objects.filter(project=document.project_id, template__in=set(names), is_wanted=True)
    return sum(services.consider(row) for row in rows) > 0


def consider(promise_id: int | str) -> bool:
    """Look at one promise. Return True when what is deployed for it changed."""
    row = Promise.objects.filter(pk=promise_id).first()
    return row is not None and services.consider(row)


def sweep() -> int:
    """Wake a look at each promise since whose last one something happened, or may be overdue. Return how many."""
    if not is_idle(QUEUE):
        return 0
    return sum(wake("mlops.automation.jobs.consider", row.pk, queue=QUEUE) for row in queries.to_consider())
