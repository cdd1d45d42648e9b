"""Jobs of the deployment. Each takes ids, may run twice, and ends where it would have ended."""

from __future__ import annotations

import datetime

from django.utils import timezone

from invex.kernel.queue import is_idle, wake

from . import blast, experiments, preparation, replay
from .models import CodeReplay, DeploymentRevision, Reread
from .reading_code import reading_code
from .states import Mode, ReplayState, RereadState, RevisionState

QUEUE = "default"
LONG = "training"  # what reads many documents: on the other queue everybody waits to see what was learned
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


def replay_code(replay_id: int | str) -> bool:
    """Try the present code on a frozen set. Return False when it was not to be had, or failed."""
    return replay.run(int(replay_id))


def sweep_code() -> int:
    """Ask for replays of builds that the present code has not read with, and wake those that lost their job."""
    count = replay.take_back_lost() + len(replay.wanted())
    if count or not is_idle(LONG):
        return count
    waiting = CodeReplay.objects.filter(state=ReplayState.WAITING, code=reading_code()).order_by("pk").first()
    return int(waiting is not None and wake("mlops.deployment.jobs.replay_code", waiting.pk, queue=LONG))


def reread(reread_id: int | str) -> bool:
    """Read documents with another build, for comparison. Return False when it was not to be had, or failed."""
    return blast.run(int(reread_id))


def sweep_rereads() -> int:
    """Wake re-reads that lost their job or their worker. Return how many."""
    taken = blast.take_back_lost()
    if not is_idle(LONG):
        return taken
    waiting = Reread.objects.filter(state=RereadState.WAITING).order_by("pk").first()
    return taken + int(waiting is not None and wake("mlops.deployment.jobs.reread", waiting.pk, queue=LONG))
