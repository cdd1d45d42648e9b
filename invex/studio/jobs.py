"""Jobs of the studio. Each takes ids, may run twice, and ends where it would have ended."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from invex.accounts.models import Project
from invex.documents.models import Document
from invex.kernel.queue import is_idle, wake

from . import grouping, trying

QUEUE = "default"


def group(project_id: int | str) -> int:
    """Find out which of the project's unknown documents look alike. Return how many were compared."""
    return grouping.keep_up(int(project_id))


def sweep() -> int:
    """Wake the grouping of projects where unknown documents came or went: a batch costs a few of them, not one each."""
    if not is_idle(QUEUE):
        return 0
    projects = Project.objects.values_list("pk", flat=True)
    return sum(wake("invex.studio.jobs.group", pk, queue=QUEUE) for pk in projects if grouping.is_behind(pk))


def try_on(document_id: int | str, asked: str, others: str) -> dict[str, Any]:
    """Return what a template that is not saved would read; asked: JSON, others: ids by commas (trying.try_on)."""
    document = Document.objects.get(pk=document_id)
    return asdict(trying.try_on(document, asked, [int(pk) for pk in others.split(",") if pk]))
