"""What the triggers measure, and over which documents.

Evidence that led to a retraining is used up: documents count that came after it, labels that it did not learn from.
Drift is not: its days are the monitoring's, and it lasts until a build is deployed that was made from what comes now.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db.models import F, Q
from django.utils import timezone

from invex.accounts.models import Project
from invex.documents.states import DocumentState
from invex.extraction.models import Extraction
from invex.review import queries as reviews
from invex.review.models import ConfirmedLabel
from mlops.automation.queries import serving_builds
from mlops.automation.sample import OVERDUE
from mlops.deployment.experiments import GONE, JUDGES
from mlops.monitoring.accuracy import Judged, estimate
from mlops.monitoring.drift import Kind as DriftKind
from mlops.monitoring.drift import input_drift
from mlops.monitoring.models import DriftReading
from mlops.training import queries as training

from .policy import Trigger
from .states import Kind

FRESH = datetime.timedelta(days=1)  # of a measurement of drift; monitoring makes one an hour while documents come


@dataclass(frozen=True, slots=True)
class Reading:
    """What a trigger measured. figure: None while there are fewer documents than it needs.

    evidence: documents that the figure is taken over. documents: their primary keys, the newest first; of drift only
    once it is reached.
    """

    kind: Kind
    trigger: Trigger
    figure: float | None
    evidence: int
    documents: tuple[int, ...]

    @property
    def is_reached(self) -> bool:
        """Whether the figure is beyond the threshold: accuracy below, others above, a number of labels at it."""
        if self.figure is None:
            return False
        match self.kind:
            case Kind.ACCURACY:
                return self.figure < self.trigger.threshold
            case Kind.LABELS:
                return self.figure >= self.trigger.threshold
            case _:
                return self.figure > self.trigger.threshold


def read(project: Project, kind: Kind, trigger: Trigger, since: datetime.datetime | None) -> Reading:
    """Measure one trigger now. since: documents that came after it count, but for drift; None = all."""
    match kind:
        case Kind.ACCURACY:
            figure, documents = _accuracy(project, trigger, since)
        case Kind.DRIFT:
            return _drift(project, trigger)
        case Kind.UNKNOWN:
            figure, documents = _unknown(project, trigger, since)
        case _:
            documents = new_labels(project)
            return Reading(kind, trigger, float(len(documents)), len(documents), tuple(documents))
    figure = figure if len(documents) >= trigger.least else None
    return Reading(kind, trigger, figure, len(documents), tuple(documents))


def new_labels(project: Project) -> list[int]:
    """Return the documents that were confirmed since a build was learned from what there was, the newest first."""
    rows = reviews.confirmed(project).exclude(document__words_blob="")
    until = training.learned_until(project)
    if until is not None:
        rows = rows.filter(created_at__gt=until)
    return list(rows.values_list("document_id", flat=True))


def _unknown(project: Project, trigger: Trigger, since: datetime.datetime | None) -> tuple[float | None, list[int]]:
    """The share of documents for which no template was found when they arrived; a re-read changes nothing."""
    rows = Extraction.objects.filter(document__project=project, number=1).exclude(document__state__in=GONE)
    if since is not None:
        rows = rows.filter(document__created_at__gt=since)
    found = list(rows.order_by("-document_id").values_list("document_id", "template")[: trigger.newest])
    share = sum(not template for _document, template in found) / len(found) if found else None
    return share, [document for document, _template in found]


def _accuracy(project: Project, trigger: Trigger, since: datetime.datetime | None) -> tuple[float | None, list[int]]:
    """The share of what was asked that nobody had to correct, over documents drawn at random, weighted by their draw.

    They count in the order of their arrival up to the first that waits for a person: those that are decided first were
    chosen by their doubt. One that waits longer than OVERDUE is left out. Only what the builds read that read now
    counts.
    """
    drawn = Extraction.objects.filter(
        document__project=project, is_current=True, draw__lt=F("sampled"), build__in=serving_builds(project.pk)
    )
    if since is not None:
        drawn = drawn.filter(document__created_at__gt=since)
    waiting = drawn.filter(
        document__state=DocumentState.REVIEW, document__labels__isnull=True, created_at__gte=timezone.now() - OVERDUE
    )
    first = waiting.order_by("document_id").values_list("document_id", flat=True).first()
    judged = ConfirmedLabel.objects.filter(
        Q(document_id__lt=first) if first is not None else Q(), revision=1, source__in=JUDGES, extraction__in=drawn
    ).exclude(document__state__in=GONE)
    rows = list(judged.select_related("extraction").order_by("-document_id")[: trigger.newest])
    return estimate(_judged(row) for row in rows).share, [row.document_id for row in rows]


def _judged(label: ConfirmedLabel) -> Judged:
    assert label.extraction is not None, "labels of drawn extractions are asked for"
    asked = {*label.label.get("fields", {}), *label.label.get("tables", {}), *label.corrected}
    return Judged(len(asked - set(label.corrected)), len(asked), label.extraction.sampled)


def _drift(project: Project, trigger: Trigger) -> Reading:
    """The monitoring's last measurement; where it is beyond the threshold, measured anew with its documents."""
    rows = DriftReading.objects.filter(project=project, kind=DriftKind.INPUT)
    last = rows.filter(day__gte=timezone.localdate() - FRESH, figure__isnull=False).order_by("-day").first()
    evidence = last.detail["current_count"] if last is not None else 0
    figure = last.figure if last is not None and evidence >= trigger.least else None
    found = Reading(Kind.DRIFT, trigger, figure, evidence, ())
    if not found.is_reached:
        return found
    now = input_drift(project)
    return Reading(Kind.DRIFT, trigger, now.figure, now.current_count, now.current_documents)
