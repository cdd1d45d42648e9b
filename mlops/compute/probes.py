"""What the GPUs of this machine are doing: a port, and its probe by NVML (package nvidia-ml-py, extra `gpu`).

Pure: no Django. A probe only looks; who may compute is decided in `gpus`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol

MB = 2**20


@dataclass(frozen=True, slots=True)
class GpuProcess:
    """A process that holds memory of a GPU. pid: of the host. memory_mb: None = the driver does not say."""

    pid: int
    memory_mb: int | None


@dataclass(frozen=True, slots=True)
class GpuFigures:
    """A GPU at one moment. uuid: the same for every host and container that sees it. utilisation: [0, 1]."""

    uuid: str
    index: int  # as INVEX_DEVICE=cuda:N counts
    name: str
    memory_mb: int
    free_mb: int
    utilisation: float
    processes: tuple[GpuProcess, ...] = ()

    def foreign(self, own_pids: Collection[int]) -> tuple[GpuProcess, ...]:
        """Return the processes that are not ours."""
        return tuple(process for process in self.processes if process.pid not in own_pids)

    def others_mb(self, own_pids: Collection[int]) -> int:
        """Return the memory that others hold: all that is used but ours, so that nobody unnamed is overlooked."""
        own = sum(process.memory_mb or 0 for process in self.processes if process.pid in own_pids)
        return max(0, self.memory_mb - self.free_mb - own)


class GpuProbe(Protocol):
    """Looks at this machine."""

    def gpus(self) -> tuple[GpuFigures, ...]:
        """Return its GPUs in the order of their index; () where there is none, or nothing that can look."""


class Nvml:
    """NVIDIA's management library; on a machine without it or without the package there is no GPU."""

    def gpus(self) -> tuple[GpuFigures, ...]:
        try:
            import pynvml
        except ImportError:
            return ()
        try:
            pynvml.nvmlInit()
        except pynvml.NVMLError:
            return ()
        try:
            return tuple(_figures(pynvml, index) for index in range(pynvml.nvmlDeviceGetCount()))
        except pynvml.NVMLError:  # a driver that is just being replaced: the next look may see more
            return ()
        finally:
            pynvml.nvmlShutdown()


def _figures(nvml: Any, index: int) -> GpuFigures:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    memory = nvml.nvmlDeviceGetMemoryInfo(handle)
    holders = [
        *nvml.nvmlDeviceGetComputeRunningProcesses(handle),
        *nvml.nvmlDeviceGetGraphicsRunningProcesses(handle),
    ]
    by_pid = {
        one.pid: GpuProcess(one.pid, None if not one.usedGpuMemory else one.usedGpuMemory // MB) for one in holders
    }
    try:
        busy = nvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100
    except nvml.NVMLError:  # a part of a divided GPU (MIG) has no figure of its own
        busy = 0.0
    return GpuFigures(
        uuid=_text(nvml.nvmlDeviceGetUUID(handle)),
        index=index,
        name=_text(nvml.nvmlDeviceGetName(handle)),
        memory_mb=memory.total // MB,
        free_mb=memory.free // MB,
        utilisation=busy,
        processes=tuple(by_pid[pid] for pid in sorted(by_pid)),
    )


def _text(said: str | bytes) -> str:
    return said.decode() if isinstance(said, bytes) else said
