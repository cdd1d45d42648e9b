"""On what a run computes: a GPU that it has leased, else the CPU; and what goes on there stays on that kind of device.

The bytes of a package are promised for one class of device (rule 12 of docs/design.md), so a run that yielded does not
go on elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from invex.kernel import leases
from mlops.compute import gpus
from mlops.compute.gpus import CPU, Lease

from .models import TrainingRun


class NoDevice(Exception):
    """The run began on a GPU, and none is free now."""


@contextmanager
def held(row: TrainingRun) -> Iterator[Lease | None]:
    """Hold a GPU for the run, and renew its lease until the caller is done; None = it computes on the CPU.

    Raises NoDevice.
    """
    lease = None if _began_on_cpu(row) else gpus.take(row.pk, row.project.slug)
    if lease is None:
        if row.device != CPU:
            raise NoDevice("It began on a GPU, and none is free now.")
        yield None
        return
    TrainingRun.objects.filter(pk=row.pk).update(device=lease.device)
    row.device = lease.device
    try:
        with leases.kept(lease.rows()):
            yield lease
    finally:
        gpus.give_back(lease)


def must_wait(row: TrainingRun) -> bool:
    """Say whether the run waits for a GPU: it began on one, and none of this host is free."""
    return row.device != CPU and not gpus.any_free()


def _began_on_cpu(row: TrainingRun) -> bool:
    return row.device == CPU and bool(row.progress)
