"""Jobs of training. Each takes ids, may run twice, and ends where it would have ended."""

from __future__ import annotations

from invex.kernel.queue import is_idle, wake
from mlops.compute.gpus import CPU

from . import leftovers, steps
from .models import TrainingRun
from .states import RunState

QUEUE = "training"


def run(run_id: int | str) -> str:
    """Do what is left of a training run. Return the state that it ended in, "" when it was not to be had."""
    row = steps.claim(int(run_id))
    return str(steps.work(row)) if row is not None else ""


def sweep() -> int:
    """Take runs of dead workers back, and wake a worker for the oldest that waits, and the oldest that needs no GPU.

    One that waits for a GPU does not hold up the others.
    """
    taken = steps.take_back_lost()
    if not is_idle(QUEUE):
        return taken
    waiting = TrainingRun.objects.filter(state=RunState.WAITING).order_by("id")
    first = {row.pk for row in (waiting.first(), waiting.filter(device=CPU).first()) if row is not None}
    return taken + sum(wake("mlops.training.jobs.run", pk, queue=QUEUE) for pk in sorted(first))


def sweep_leftovers() -> int:
    """Delete what runs left behind that nobody goes on with."""
    return leftovers.sweep()
