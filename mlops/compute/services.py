"""When training may run on this machine: windows in time, and the load that others make. GPUs: `gpus`."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psutil
from django.utils import timezone

from invex.accounts.access import Access
from invex.accounts.roles import Right
from invex.kernel import audit
from invex.kernel.errors import BadInput

from .models import ComputePolicy
from .windows import Window, is_open, next_opening

MEASURED_S = 1.0  # over which load is measured
MOST_WINDOWS = 50
MOST_MB = 2**20  # of a GPU's memory


@dataclass(frozen=True, slots=True)
class Verdict:
    """May training run now? cause: why not, for a person. again_at: when it is worth asking again, None = unknown."""

    ok: bool
    cause: str = ""
    again_at: datetime.datetime | None = None


def policy() -> ComputePolicy:
    """Return the installation's policy; before somebody sets one, training may always run."""
    return ComputePolicy.objects.filter(pk=1).first() or ComputePolicy(pk=1)


def others_load(pids: frozenset[int] = frozenset()) -> float:
    """Return which share of this machine's cores others use, [0, 1]; `pids` and what they started do not count."""
    mine = _processes(pids | {os.getpid()})
    before = sum(_cpu_s(process) for process in mine)
    busy = float(psutil.cpu_percent(interval=MEASURED_S)) / 100
    own = (sum(_cpu_s(process) for process in mine) - before) / MEASURED_S / float(psutil.cpu_count() or 1)
    return min(1.0, max(0.0, busy - own))


def may_train(load: Callable[[], float] = others_load) -> Verdict:
    """Say whether training may run on this machine now."""
    row = policy()
    windows = [Window.from_json(window) for window in row.windows]
    now = timezone.localtime()
    if not is_open(windows, now):
        again = next_opening(windows, now)
        why = "Outside of the hours in which training is allowed; there are none this week."
        if again is not None:
            why = f"Outside of the hours in which training is allowed; they begin at {again:%Y-%m-%d %H:%M}."
        return Verdict(False, why, again)
    if row.most_load < 1:
        measured = load()
        if measured > row.most_load:
            return Verdict(
                False, f"Others use {measured:.0%} of the machine; training waits above {row.most_load:.0%}."
            )
    return Verdict(True)


def set_policy(
    access: Access, *, windows: list[Any], most_load: float, gpu_share: float = 0.0, gpu_free_mb: int = 4096,
    gpu_others_mb: int = 1024,
) -> ComputePolicy:  # fmt: skip
    """Change when and on what training may run, for all projects. Raises NotAllowed, BadInput."""
    access.require(Right.MODELS)
    if len(windows) > MOST_WINDOWS:
        raise BadInput(f"At most {MOST_WINDOWS} windows.")
    if not 0 < most_load <= 1:
        raise BadInput("The load of others above which training waits: above 0 %, at most 100 %.")
    if not 0 <= gpu_share <= 1:
        raise BadInput("The share of GPUs that training may hold: from 0 % (none) to 100 %.")
    if not (0 <= gpu_free_mb <= MOST_MB and 0 <= gpu_others_mb <= MOST_MB):
        raise BadInput(f"Memory of a GPU: 0 to {MOST_MB} MB.")
    said = [Window.from_json(window).to_json() for window in windows]
    values = {
        "windows": said,
        "most_load": most_load,
        "gpu_share": gpu_share,
        "gpu_free_mb": gpu_free_mb,
        "gpu_others_mb": gpu_others_mb,
        "changed_by": str(access.actor),
    }
    row, _ = ComputePolicy.objects.update_or_create(pk=1, defaults=values)
    audit.record(access.actor, "changed", "compute", "policy", project=access.project.slug, **values)
    return row


def _processes(pids: frozenset[int]) -> list[psutil.Process]:
    found = []
    for pid in pids:
        try:
            process = psutil.Process(pid)
            found += [process, *process.children(recursive=True)]
        except psutil.Error:
            continue
    return found


def _cpu_s(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)
