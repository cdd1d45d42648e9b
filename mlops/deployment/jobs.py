"""Jobs of the deployment. Each takes ids, may run twice, and ends where it would have ended."""

from __future__ import annotations

import datetime

from django.utils import timezone

from invex.kernel.queue import is_idle, wake

from . import experiments, preparation
from .models import DeploymentRevision
from .states import Mode, RevisionState

QUEUE = "default"
# A wake-up takes milliseconds; a revision that waits longer while the queue is empty has lost its own.
LOST_AFTER = datetime.timedelta(seconds=10)


def prepare(revision_id: int | str) -> bool:
    """Prepare a revision and make it live. Return False when it was not to be, or failed."""
    return preparation.prepare(int(revision_id))


def sweep() -> int:
    """Wake the preparation of revisions that lost their job. Return how many."""
    if not is_idle(QUEUE):
        return 0
    lost = DeploymentRevision.objects.filter(
        state=RevisionState.PREPARING, state_changed_at__lt=timezone.now() - LOST_AFTER
    )
    return sum(wake("mlops.deployment.jobs.prepare", row.pk, queue=QUEUE) for row in lost)


def judge() -> int:
    """Weigh what the reviews say of each A/B test and canary, and do what follows. Return how many were decided."""
    rows = DeploymentRevision.objects.filter(state=RevisionState.LIVE, mode__in=(Mode.AB, Mode.CANARY)).select_related(
        "project"
    )
    return sum(experiments.judge(row) is not None for row in rows)
