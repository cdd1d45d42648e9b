"""Jobs of the memory. Each takes ids, may run twice, and ends where it would have ended.

A burst of approvals queues a job each; the first one learns from all that is confirmed by then, and those behind it
find the examples unchanged and are done after two queries.
"""

from __future__ import annotations

from invex.catalog.models import Template
from invex.documents.models import Document
from invex.kernel.queue import is_idle, wake
from invex.review import queries as reviews

from . import queries, services
from .base import base_package

QUEUE = "default"


def refit(document_id: int | str) -> int:
    """Learn from a document that was approved or opened again. Return how many templates changed.

    Those are all that its labels ever named: a corrected template changes two.
    """
    document = Document.objects.get(pk=document_id)
    names = reviews.history(document).exclude(template="").values_list("template", flat=True)
    return sum(services.refit(document.project_id, name) is not None for name in sorted(set(names)))


def refit_template(template_id: int | str) -> int:
    """Learn a template anew whose specification changed. A deleted one was never used, so it left no memory."""
    row = Template.objects.filter(pk=template_id).first()
    return int(row is not None and services.refit(row.project_id, row.name) is not None)


def follow_build(project_id: int | str) -> int:
    """Learn a project's templates anew on top of today's build. Return how many changed."""
    return services.follow_build(int(project_id))


def sweep() -> int:
    """Have the memory follow a new build: wake a job for each project that is behind."""
    behind = queries.projects_behind(base_package().build)
    if not behind or not is_idle(QUEUE):
        return 0
    return sum(wake("mlops.memory.jobs.follow_build", project, queue=QUEUE) for project in behind)
