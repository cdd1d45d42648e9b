"""Jobs and sweeps of the monitoring. Each may run twice, and ends where it would have ended."""

from __future__ import annotations

import datetime
import time

from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from invex.accounts.models import Project
from invex.kernel.models import Event
from invex.kernel.queue import is_idle, wake

from . import services
from .models import DriftReading, Observation, QueueSample

QUEUE = "default"
MEASURED_EVERY = datetime.timedelta(hours=1)
LONG = datetime.timedelta(minutes=1)
BUSY_S = 2.0  # of a job, so that others of its queue get their turn: people wait for what is learned there


def take_events() -> int:
    """Take events that nobody has taken, for a moment; the sweep sees to the rest. Return how many."""
    taken, until = 0, time.monotonic() + BUSY_S
    while (some := services.take_events()) and time.monotonic() < until:
        taken += some
    return taken + some


def measure(project_id: int | str) -> bool:
    """Measure what moved in a project, and what waits there. Return False when it is gone."""
    project = Project.objects.filter(pk=int(project_id)).first()
    if project is None:
        return False
    if not QueueSample.objects.filter(project=project, at__gte=timezone.now() - MEASURED_EVERY / 2).exists():
        services.sample_queue(project)
    return bool(services.measure_drift(project))


def sweep_events() -> int:
    """Wake a worker when events wait to be taken: behind other jobs only where they have waited for long."""
    oldest = Event.objects.filter(recorded_at__isnull=True).order_by("id").values_list("created_at", flat=True).first()
    if oldest is None or (oldest > timezone.now() - LONG and not is_idle(QUEUE)):
        return 0
    return int(wake("mlops.monitoring.jobs.take_events", queue=QUEUE))


def sweep() -> int:
    """Wake a measurement of each project that has documents, once an hour."""
    if not is_idle(QUEUE):
        return 0
    newest = DriftReading.objects.filter(project=OuterRef("pk")).order_by("-at").values("at")[:1]
    projects = Project.objects.filter(Exists(Observation.objects.filter(project=OuterRef("pk"))))
    due = projects.annotate(measured=Subquery(newest)).filter(
        Q(measured__isnull=True) | Q(measured__lt=timezone.now() - MEASURED_EVERY)
    )
    return sum(wake("mlops.monitoring.jobs.measure", row.pk, queue=QUEUE) for row in due)
