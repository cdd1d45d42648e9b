"""Jobs of extraction. Each takes ids, may run twice, and ends where it would have ended."""

from __future__ import annotations

from typing import Any

from invex.documents.models import Document
from invex.kernel.queue import is_idle, wake
from invex.masterdata.models import MasterList

from . import online, queries, services
from .predictors import deployed

REREAD_BATCH = 50  # documents re-read by one job, so that newly received ones get their turn in between
QUEUE = "extract"


def extract_document(document_id: int | str) -> int:
    """Extract the document, and with it others of its project that wait. Return how many were finished."""
    return services.extract(services.claim(int(document_id)))


def reread_waiting(project_id: int | str) -> int:
    """Read those documents in review anew that the project's newest memory may read otherwise.

    Those are the documents of templates that it changed, and of no template. Return how many changed.
    """
    project_id = int(project_id)
    predictor = deployed(project_id)
    if predictor.memory_seen is None:
        return 0
    rows = list(queries.behind(project_id, predictor.memory_seen)[: REREAD_BATCH + 1])
    changed = sum(services.keep_up(row, predictor) for row in rows[:REREAD_BATCH])
    if len(rows) > REREAD_BATCH:
        wake("invex.extraction.jobs.reread_waiting", project_id, queue=QUEUE)
    return changed


def bring_up(document_id: int | str, held_key: str) -> bool:
    """Read a document anew for the person who looks at it, if more was learned since. Return True when it changed."""
    document = Document.objects.get(pk=document_id)
    predictor = deployed(document.project_id)
    if predictor.memory_seen is None:
        return False
    row = queries.behind(document.project_id, predictor.memory_seen, held=document, held_key=held_key).first()
    return row is not None and services.keep_up(row, predictor, held_key=held_key)


def check_list(list_id: int | str) -> int:
    """Check the waiting documents again that ask for a list of master data, which changed. Return how many changed."""
    row = MasterList.objects.filter(pk=list_id).first()
    return check_lists(row.project_id) if row is not None else 0


def check_lists(project_id: int | str) -> int:
    """Check the project's waiting documents again whose lists of master data changed. Return how many changed."""
    project_id = int(project_id)
    rows = list(queries.checked_against_old_lists(project_id)[: REREAD_BATCH + 1])
    if not rows:
        return 0
    predictor = deployed(project_id)
    changed = sum(services.check_again(row, predictor) for row in rows[:REREAD_BATCH])
    if len(rows) > REREAD_BATCH:
        wake("invex.extraction.jobs.check_lists", project_id, queue=QUEUE)
    return changed


def read_shadow(document_id: int | str) -> bool:
    """Read a document with the challenger too, which nobody is shown. Return False when there is none any more."""
    document = Document.objects.select_related("project").get(pk=document_id)
    shadow = deployed(document.project_id).shadow
    return shadow is not None and services.read_beside(document, shadow) is not None


def predict_upload(project_id: int, sha256: str, name: str) -> dict[str, Any]:
    """Return what the project's predictor reads from a file that the web process lends."""
    return online.predict_file(project_id, sha256, name=name)


def read_as(document_id: int | str, template: str) -> dict[str, Any]:
    """Return what the document says when it is of `template`."""
    return online.read_as(int(document_id), template)


def preload(project_id: int | str) -> int:
    """Load what was just deployed into the worker for which people wait. Return how many projects are ready."""
    return online.preload([int(project_id)])


def sweep_lists() -> int:
    """Wake the check of projects whose wake-up was lost. Return how many."""
    if not is_idle(QUEUE):
        return 0
    projects = MasterList.objects.values_list("project", flat=True).distinct()
    behind = [pk for pk in projects if queries.checked_against_old_lists(pk).exists()]
    return sum(wake("invex.extraction.jobs.check_lists", pk, queue=QUEUE) for pk in behind)


def sweep() -> int:
    """Wake workers for documents that lost theirs. While the queue is busy nothing is lost, only waiting."""
    online.delete_abandoned()
    if not is_idle(QUEUE):
        return 0
    stranded = queries.stranded().values_list("pk", flat=True)[: 10 * services.BATCH]
    return sum(wake("invex.extraction.jobs.extract_document", pk, queue=QUEUE) for pk in stranded)
