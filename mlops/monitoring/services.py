"""Writes of the monitoring: events are counted and kept, drift is measured, old figures are forgotten."""

from __future__ import annotations

import datetime
import logging

from django.conf import settings
from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from invex.accounts.models import Project
from invex.documents.models import Document
from invex.extraction.models import Extraction
from invex.kernel.models import Event
from invex.review.models import ConfirmedLabel
from invex.review.queries import to_review

from . import event_files, tallies
from .drift import DAYS, Drift, Kind, drift
from .models import (
    Approval,
    DriftReading,
    FieldJudgement,
    HardwareSample,
    Judgement,
    Observation,
    QueueSample,
    Tally,
)
from .observing import Catalogue, judgement, observation
from .two_sample import PERMUTATIONS

log = logging.getLogger(__name__)

BATCH = 50  # events that are taken in one transaction: on SQLite nobody else writes meanwhile, also not who approves
APPROVED, AUTO_APPROVED = "document.approved", "document.auto_approved"
# What others still ask for, however old: which memory a project has.
KEPT = ("memory.updated",)
HARDWARE_DAYS = 30
HOUR_S = 3600.0
DELETED_AT_ONCE = 5000


def take_events() -> int:
    """Write the next events to the file, count them, and keep the figures of what they tell of. Return how many.

    All of it in one transaction with the mark on the events: each is taken once, by whoever comes first. 0: none waits.
    """
    while waiting := list(Event.objects.filter(recorded_at__isnull=True).order_by("id")[:BATCH]):
        if taken := _take(waiting):
            return taken
    return 0


def _take(waiting: list[Event]) -> int:
    """Take those of the events that nobody else has taken meanwhile; return how many."""
    # What takes its time is made before the transaction, and kept in it of documents that are still there.
    observations, judgements, approvals = _observations(waiting, Catalogue()), _judgements(waiting), _approvals(waiting)
    Tally.objects.get_or_create(key=tallies.ALL)
    with transaction.atomic():
        Tally.objects.select_for_update().get(key=tallies.ALL)
        mine = Event.objects.filter(pk__in=[event.pk for event in waiting], recorded_at__isnull=True)
        events = list(mine.order_by("id"))
        if not events:
            return 0
        event_files.append(events)
        tallies.count(events)
        there = set(Document.objects.filter(pk__in=_about(waiting)).values_list("pk", flat=True))
        Observation.objects.bulk_create([o for o in observations if o.document_id in there], ignore_conflicts=True)
        _judge([one for one in judgements if one[0].document_id in there])
        Approval.objects.bulk_create([a for a in approvals if a.document_id in there], ignore_conflicts=True)
        mine.update(recorded_at=timezone.now())
    return len(events)


def _about(events: list[Event], *names: str) -> list[int]:
    """Return the documents that events of these names, or of any, are about.

    A prediction of a file that is not kept has none.
    """
    said = (event.payload.get("document") for event in events if not names or event.name in names)
    return list(dict.fromkeys(int(document) for document in said if document))


def _observations(events: list[Event], catalogue: Catalogue) -> list[Observation]:
    """Return what is to be kept of the documents that were read for the first time."""
    first = Extraction.objects.filter(number=1, document__in=_about(events, tallies.PREDICTION))
    found = []
    for row in first.filter(document__observation__isnull=True).select_related("document__project"):
        try:
            found.append(observation(row, catalogue))
        except Exception:  # its words are gone, or a bug: the other events go on
            log.exception("document %s is not observed", row.document_id)
    return found


def _judgements(events: list[Event]) -> list[tuple[Judgement, list[FieldJudgement]]]:
    """Return what the first labels say of what was read."""
    labels = ConfirmedLabel.objects.filter(
        revision=1, document__in=_about(events, APPROVED), document__judgement__isnull=True
    ).select_related("document__project", "extraction")
    found = []
    for label in labels:
        try:
            judged = judgement(label)
        except Exception:  # a bug: the other events go on
            log.exception("document %s is not judged", label.document_id)
        else:
            found += [judged] if judged is not None else []
    return found


def _judge(found: list[tuple[Judgement, list[FieldJudgement]]]) -> None:
    """Keep judgements of documents that have none; one caller at a time."""
    known = Judgement.objects.filter(document__in=[row.document_id for row, _ in found])
    judged = set(known.values_list("document", flat=True))
    for row, fields in found:
        if row.document_id in judged:
            continue
        try:
            with transaction.atomic():
                row.save()
                FieldJudgement.objects.bulk_create(fields)
        except Exception:  # it cannot be kept, or a bug: the other events go on
            log.exception("document %s is not judged", row.document_id)


def _approvals(events: list[Event]) -> list[Approval]:
    """Return when documents were approved: each once, however often it is confirmed again."""
    approving = {
        int(event.payload["document"]): event
        for event in reversed(events)
        if event.name in (APPROVED, AUTO_APPROVED) and event.payload.get("document")
    }
    return [
        Approval(
            project_id=document.project_id,
            document=document,
            day=timezone.localdate(approving[document.pk].created_at),
            template=approving[document.pk].payload.get("template") or "",
            is_automatic=approving[document.pk].name == AUTO_APPROVED,
            hours=(approving[document.pk].created_at - document.created_at).total_seconds() / HOUR_S,
        )
        for document in Document.objects.filter(pk__in=approving, approval__isnull=True)
    ]


def sample_queue(project: Project) -> QueueSample:
    """Write down what waits for a person now."""
    waiting = to_review(project)
    oldest = waiting.aggregate(oldest=Min("created_at"))["oldest"]
    hours = (timezone.now() - oldest).total_seconds() / HOUR_S if oldest else 0.0
    return QueueSample.objects.create(
        project=project, day=timezone.localdate(), waiting=waiting.count(), oldest_hours=hours
    )


def measure_drift(project: Project) -> list[Drift]:
    """Measure what moved until now and write it down as today's; a second time today replaces the first."""
    found = [drift(project, kind, DAYS, permutations=PERMUTATIONS) for kind in Kind]
    for one in found:
        DriftReading.objects.update_or_create(
            project=project,
            kind=one.kind,
            day=timezone.localdate(),
            defaults={"figure": one.figure, "detail": one.to_json()},
        )
    return found


def forget() -> int:
    """Delete events and figures that are older than is kept. Return how many rows and files."""
    then = timezone.now() - datetime.timedelta(days=settings.MONITORING_DAYS)
    day = timezone.localdate(then)
    events = Event.objects.filter(created_at__lt=then, recorded_at__isnull=False, dispatched_at__isnull=False)
    old = list(events.exclude(name__in=KEPT).values_list("pk", flat=True)[:DELETED_AT_ONCE])
    gone = event_files.delete_before(then)
    gone += Event.objects.filter(pk__in=old).delete()[0]
    for model in (Observation, Judgement, Approval, QueueSample, DriftReading):
        rows = list(model.objects.filter(day__lt=day).values_list("pk", flat=True)[:DELETED_AT_ONCE])
        gone += model.objects.filter(pk__in=rows).delete()[0]
    samples = HardwareSample.objects.filter(at__lt=timezone.now() - datetime.timedelta(days=HARDWARE_DAYS))
    return gone + samples.delete()[0]
