"""What the triggers measure, and over which documents.

Evidence that led to a retraining is used up: documents count that came after it, labels that it did not learn from.
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
from mlops.deployment.experiments import GONE, JUDGES, loss_of
from mlops.training import queries as training

from .policy import Trigger
from .states import Kind


@dataclass(frozen=True, slots=True)
class Reading:
    """What a trigger measured. figure: None while there are fewer documents than it needs.

    documents: primary keys of those that it is taken over, the newest first.
    """

    kind: Kind
    trigger: Trigger
    figure: float | None
    documents: tuple[int, ...]

    @property
    def is_reached(self) -> bool:
        """Whether the figure is beyond the threshold: accuracy below, a share above, a number of labels at it."""
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
    """Measure one trigger now. since: documents that came after it count; None = all."""
    measure = {Kind.ACCURACY: _accuracy, Kind.UNKNOWN: _unknown, Kind.LABELS: _labels}[kind]
    figure, documents = measure(project, trigger, since)
    if len(documents) < trigger.least and kind != Kind.LABELS:
        figure = None
    return Reading(kind, trigger, figure, tuple(documents))


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
    """The share of what was asked that nobody had to correct, over documents drawn at random.

    Each counts by the inverse of the probability with which it was drawn, and they count in the order of their arrival
    up to the first that waits for a person: those that are decided first were chosen by their doubt. One that waits
    longer than OVERDUE is left out. Only what the builds read that read now counts.
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
    weights = [1 / row.extraction.sampled for row in rows if row.extraction is not None]
    if not weights:
        return None, []
    losses = [loss_of(row) for row in rows]
    share = 1 - sum(w * loss for w, loss in zip(weights, losses, strict=True)) / sum(weights)
    return share, [row.document_id for row in rows]


def _labels(project: Project, trigger: Trigger, since: datetime.datetime | None) -> tuple[float | None, list[int]]:
    """The number of labels that nothing was learned from yet."""
    found = new_labels(project)
    return float(len(found)), found
