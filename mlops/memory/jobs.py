"""Jobs of the memory. Each takes ids, may run twice, and ends where it would have ended.

A burst of approvals queues a job each; the first one learns from all that is confirmed by then, and those behind it
find the examples unchanged and are done after two queries.
"""

from __future__ import annotations

from invex.catalog.models import Template
from invex.documents.models import Document
from invex.review import queries as reviews

from . import services


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
