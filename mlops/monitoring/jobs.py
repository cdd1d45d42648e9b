"""Jobs and sweeps of the monitoring. Each may run twice, and ends where it would have ended."""

from __future__ import annotations

import datetime

from django.db.models import OuterRef
from django.utils import timezone

from invex.accounts.models import Project
from invex.kernel.models import Event
from invex.kernel.queue import is_idle, wake

from . import services
from .models import DriftReading, Observation

QUEUE = "default"
MEASURED_EVERY = datetime.timedelta(hours=1)
LONG = datetime.timedelta(minutes=1)
ROUNDS = 20  # of a job, so that others of its queue get their turn


def take_events() -> int:
    """Take the events that nobody has taken. Return how many."""
    taken = 0
    for _ in range(ROUNDS):
        some = services.take_events()
        taken += some
        if not some:
            break
    return taken


def measure_drift(project_id: int | str) -> bool:
    """Measure the drift of a project. Return False when it is gone."""
    project = Project.objects.filter(pk=int(project_id)).first()
    return project is not None and bool(services.measure_drift(project))


def sweep_events() -> int:
    """Wake a worker when events wait to be taken: behind other jobs only where they have waited for long."""
    oldest = Event.objects.filter(recorded_at__isnull=True).order_by("id").values_list("created_at", flat=True).first()
    if oldest is None or (oldest > timezone.now() - LONG and not is_idle(QUEUE)):
        return 0
    return int(wake("mlops.monitoring.jobs.take_events", queue=QUEUE))


def sweep_drift() -> int:
    """Wake a measurement for each project in which documents came since the last one, once an hour."""
    if not is_idle(QUEUE):
        return 0
    newest = DriftReading.objects.filter(project=OuterRef("pk")).order_by("-at")
    waiting = Project.objects.filter(observations__isnull=False).annotate(
        measured=newest.values("at")[:1],
    ).distinct()  # fmt: skip
    due = timezone.now() - MEASURED_EVERY
    rows = [row for row in waiting if row.measured is None or (row.measured < due and _has_news(row, row.measured))]
    return sum(wake("mlops.monitoring.jobs.measure_drift", row.pk, queue=QUEUE) for row in rows)


def _has_news(project: Project, since: datetime.datetime) -> bool:
    return Observation.objects.filter(project=project, at__gte=since).exists()
