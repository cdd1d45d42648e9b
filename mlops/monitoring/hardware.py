"""How busy this machine is, as rows: processor, memory, disk, GPUs."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psutil
from django.conf import settings

from mlops.compute.gpus import this_host
from mlops.compute.probes import GpuProbe, Nvml

from .models import HardwareSample

SHORTEST_S = 1.0  # between two looks: over less, the rates say nothing


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the counters said at a time of time.monotonic(). read, written: bytes since the machine started."""

    at: float
    read: int
    written: int


_last: _Seen | None = None


def sweep(probe: GpuProbe | None = None) -> int:
    """Write down how busy this machine was since the last look of this process; 0 rows at the first, which begins."""
    global _last
    now, before = _look(), _last
    cpu = float(psutil.cpu_percent(interval=None))  # since the last call
    _last = now
    if before is None or now.at - before.at < SHORTEST_S:
        return 0
    seconds = now.at - before.at
    HardwareSample.objects.create(
        host=this_host(),
        cpu=cpu,
        memory=float(psutil.virtual_memory().percent),
        disk=float(psutil.disk_usage(str(settings.DATA_DIR)).percent),
        read_rate=max(0, now.read - before.read) / seconds,
        write_rate=max(0, now.written - before.written) / seconds,
        gpus=[
            {
                "name": gpu.name,
                "utilisation": round(100 * gpu.utilisation, 1),
                "memory": round(100 * (gpu.memory_mb - gpu.free_mb) / max(1, gpu.memory_mb), 1),
            }
            for gpu in (probe or Nvml()).gpus()
        ],
    )
    return 1


def _look() -> _Seen:
    disks = psutil.disk_io_counters()  # None where the kernel does not say
    return _Seen(time.monotonic(), disks.read_bytes if disks else 0, disks.write_bytes if disks else 0)
