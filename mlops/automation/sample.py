"""The random sample of documents by which promises are made and judged.

Which documents belong to it was drawn before anybody looked: `draw < sampled` of the extraction, whatever was read.
A document is right when a person confirmed its template and every field and table of it as they were read. Those that
wait end the sample, so that nobody can choose which of them count; what waits longer than OVERDUE, was rejected or was
split counts as wrong. A document that was approved in bulk, from an e-invoice, or by a label that does not speak of
every field was not judged, and is left out.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from django.db.models import F, QuerySet
from django.utils import timezone

from invex.catalog import queries as catalog
from invex.catalog.models import Template
from invex.documents import queries as documents
from invex.documents.states import DocumentState
from invex.extraction.models import Extraction
from invex.extraction.pipeline import APPROVAL_OFF, AUDIT
from invex.fields.labels import label_from_json
from invex.fields.spec import TemplateSpec
from invex.review.labels import corrections, shape_of
from invex.review.models import ConfirmedLabel
from mlops.learning.calibration import Confirmation

OVERDUE = datetime.timedelta(days=14)
NEWEST = 1000  # documents of a template that a sample takes
PASSES = frozenset({"low_confidence", APPROVAL_OFF, AUDIT})  # reasons that a lower threshold, or none, takes away
JUDGED_BY = ("person", "token")


class Verdict(Enum):
    """What became of a document of the sample."""

    RIGHT = auto()
    WRONG = auto()
    WAITING = auto()
    NOT_JUDGED = auto()


@dataclass(frozen=True, slots=True)
class Sample:
    """What the sample says, and what it waits for.

    evidence: a confirmation a document, in the order of their arrival. waiting: documents that a person has to decide.
    """

    evidence: tuple[Confirmation, ...]
    waiting: tuple[int, ...]


def sample(template: Template, builds: list[str]) -> Sample:
    """Return the evidence for what these builds read of the template as it is now."""
    rows = _drawn(template).filter(build__in=builds, template_version=template.version)
    judged: list[Confirmation] = []
    waiting: list[int] = []
    for row, verdict in _verdicts(template, rows):
        if not _may_pass(row):
            continue
        if verdict is Verdict.WAITING:
            waiting.append(row.document_id)
        elif verdict is not Verdict.NOT_JUDGED and not waiting:
            judged.append(Confirmation(template.name, score(row), verdict is Verdict.RIGHT))
    return Sample(tuple(judged), tuple(waiting))


def audits(template: Template, since: datetime.datetime) -> Sample:
    """Return what audits found since then, and which wait."""
    rows = _drawn(template).filter(created_at__gte=since)
    found: list[Confirmation] = []
    waiting: list[int] = []
    for row, verdict in _verdicts(template, rows):
        if not _is_audit(row):
            continue
        if verdict is Verdict.WAITING:
            waiting.append(row.document_id)
        elif verdict is not Verdict.NOT_JUDGED:
            found.append(Confirmation(template.name, score(row), verdict is Verdict.RIGHT))
    return Sample(tuple(found), tuple(waiting))


def score(row: Extraction) -> float:
    """Return the document's least confidence: of its template, its values and its cells."""
    fields, tables = row.prediction["fields"], row.prediction["tables"]
    values = [v["confidence"] for values in fields.values() for v in values]
    cells = [cell["confidence"] for lines in tables.values() for line in lines for cell in line.values()]
    return float(min([row.template_confidence, *values, *cells]))


def _drawn(template: Template) -> QuerySet[Extraction]:
    return Extraction.objects.filter(
        is_current=True, document__project=template.project_id, template=template.name, draw__lt=F("sampled")
    ).select_related("document")


def _verdicts(template: Template, rows: QuerySet[Extraction]) -> Iterator[tuple[Extraction, Verdict]]:
    newest = list(rows.order_by("-document_id")[:NEWEST])[::-1]
    spec = catalog.spec(template)
    labels = ConfirmedLabel.objects.filter(is_current=True, document__in=[row.document_id for row in newest])
    by_document = {label.document_id: label for label in labels}
    now = timezone.now()
    for row in newest:
        yield row, _verdict(spec, row, by_document.get(row.document_id), now)


def _verdict(spec: TemplateSpec, row: Extraction, label: ConfirmedLabel | None, now: datetime.datetime) -> Verdict:
    state = row.document.state
    if state == DocumentState.REVIEW:
        return Verdict.WRONG if row.created_at < now - OVERDUE else Verdict.WAITING
    if state in (DocumentState.REJECTED, DocumentState.SPLIT):
        return Verdict.WRONG
    is_by_person = state == DocumentState.APPROVED and row.document.approved_by != documents.AUTO
    if not is_by_person or label is None or label.source not in JUDGED_BY or label.extraction_id != row.pk:
        return Verdict.NOT_JUDGED
    said = label_from_json(label.label)
    if (said.template or "") != row.template:
        return Verdict.WRONG
    shape = shape_of(spec)
    if not (set(shape.fields) <= set(said.fields) and set(shape.tables) <= set(said.tables)):
        return Verdict.NOT_JUDGED
    if not (set(said.fields) <= set(shape.fields) and set(said.tables) <= set(shape.tables)):
        return Verdict.NOT_JUDGED  # confirmed with another version of the template
    return Verdict.WRONG if corrections(said, row.prediction, shape) else Verdict.RIGHT


def _codes(row: Extraction) -> set[str]:
    return {str(reason["code"]) for reason in row.reasons}


def _may_pass(row: Extraction) -> bool:
    return _codes(row) <= PASSES


def _is_audit(row: Extraction) -> bool:
    return _codes(row) == {AUDIT}
