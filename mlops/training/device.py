"""On what a run computes: a GPU that it has leased, else the CPU; and what goes on there stays on that kind of device.

The bytes of a package are promised for one class of device (rule 12 of docs/design.md), so a run that yielded does not
go on elsewhere by itself: a person may have it start again on the CPU, from nothing (services.start_on_cpu).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from invex.kernel import leases
from mlops.compute import gpus
from mlops.compute.gpus import CPU, Lease

from . import leftovers
from .models import TrainingRun
from .states import Step


class NoDevice(Exception):
    """The run began on a GPU, and none is free now."""


@contextmanager
def held(row: TrainingRun) -> Iterator[Lease | None]:
    """Hold a GPU for the run, and renew its lease until the caller is done; None = it computes on the CPU.

    Raises NoDevice.
    """
    lease = None if row.only_cpu or _began_on_cpu(row) else gpus.take(row.pk, row.project.slug)
    if lease is None:
        if row.device != CPU:
            why = "It began on a GPU, and another run has just taken that."
            raise NoDevice(why_waits(row) or why)
        yield None
        return
    TrainingRun.objects.filter(pk=row.pk).update(device=lease.device)
    row.device = lease.device
    try:
        with leases.kept(lease.rows()):
            yield lease
    finally:
        gpus.give_back(lease)


def why_waits(row: TrainingRun) -> str:
    """Return why the run waits for a GPU, "" when it need not: it began on one, is not trained, and none can be had."""
    if row.device == CPU or row.is_step_done(Step.TRAIN):
        return ""
    why = gpus.why_none()
    return f"It began on a GPU and goes on when one can be had, or starts again on the CPU. {why}" if why else ""


def _began_on_cpu(row: TrainingRun) -> bool:
    """Does it go on with what the CPU made? Progress is told late; checkpoints are there from the beginning."""
    return row.device == CPU and (bool(row.progress) or leftovers.has_begun(row))
