"""Jobs of training. Each takes ids, may run twice, and ends where it would have ended."""

from __future__ import annotations

from invex.kernel.queue import is_idle, wake

from . import leftovers, steps
from .models import TrainingRun
from .states import RunState

QUEUE = "training"


def run(run_id: int | str) -> str:
    """Do what is left of a training run. Return the state that it ended in, "" when it was not to be had."""
    row = steps.claim(int(run_id))
    return str(steps.work(row)) if row is not None else ""


def sweep() -> int:
    """Take runs of dead workers back, and wake a worker for the oldest that waits."""
    taken = steps.take_back_lost()
    if not is_idle(QUEUE):
        return taken
    waiting = TrainingRun.objects.filter(state=RunState.WAITING).order_by("id").first()
    return taken + (wake("mlops.training.jobs.run", waiting.pk, queue=QUEUE) if waiting is not None else 0)


def sweep_leftovers() -> int:
    """Delete what runs left behind that nobody goes on with."""
    return leftovers.sweep()
