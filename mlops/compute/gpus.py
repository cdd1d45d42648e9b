"""Who has which GPU: leases in the database, taken by compare-and-swap, so that no two hosts ever train on one.

A lease is renewed while its holder lives (invex.kernel.leases) and runs out soon after the holder died. Others come
first: a GPU on which they hold memory is not taken, and is given back when they come.
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psutil
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from invex.kernel import leases

from .models import ComputePolicy, Gpu
from .probes import GpuFigures, GpuProbe, Nvml

BUSY_FROM = 0.2  # utilisation by others from which on a GPU is not taken
WRITTEN_AFTER = timedelta(seconds=5)  # a holder looks twice a second; figures are written down less often
SEEN_WITHIN = timedelta(minutes=10)  # GPUs that were not seen for longer do not count for the share
CPU, AUTO = "cpu", "auto"


@dataclass(frozen=True, slots=True)
class Lease:
    """A GPU that the caller may compute on. device: as INVEX_DEVICE says it on this host."""

    uuid: str
    holder: str
    device: str

    def rows(self) -> QuerySet[Gpu]:
        """Return the leased row, while the caller still holds it: what leases.kept() renews."""
        return Gpu.objects.filter(uuid=self.uuid, holder=self.holder)

    def environment(self) -> dict[str, str]:
        """Return what a child process needs to see this GPU alone; there it is the first one."""
        return {"CUDA_VISIBLE_DEVICES": self.uuid, "INVEX_DEVICE": "cuda:0"}


NO_GPU = {"CUDA_VISIBLE_DEVICES": "", "INVEX_DEVICE": CPU}  # environment of a process that has no lease


def this_host() -> str:
    return socket.gethostname()


def look(probe: GpuProbe | None = None, *, host: str = "") -> tuple[GpuFigures, ...]:
    """Return how the GPUs of this host are, and write down what has changed: at once where others came or went."""
    found = (probe or Nvml()).gpus()
    own = _own_pids()
    kept = {row.uuid: row for row in Gpu.objects.filter(uuid__in=[gpu.uuid for gpu in found])}
    for gpu in found:
        figures = {
            "host": host or this_host(),
            "index": gpu.index,
            "name": gpu.name,
            "memory_mb": gpu.memory_mb,
            "free_mb": gpu.free_mb,
            "utilisation": gpu.utilisation,
            "others_mb": gpu.others_mb(own),
            "others": len(gpu.foreign(own)),
        }
        _write(kept.get(gpu.uuid), gpu.uuid, figures)
    return found


def _write(row: Gpu | None, uuid: str, figures: dict[str, Any]) -> None:
    now = timezone.now()
    if row is None:
        Gpu.objects.update_or_create(uuid=uuid, defaults={**figures, "seen_at": now})
        return
    changed = {name: value for name, value in figures.items() if getattr(row, name) != value}
    if now - row.seen_at >= WRITTEN_AFTER or changed.keys() & {"host", "index", "others"}:
        Gpu.objects.filter(pk=row.pk).update(**changed, seen_at=now)


def take(run: int, project: str, *, probe: GpuProbe | None = None, host: str = "") -> Lease | None:
    """Lease a GPU of this host on which nobody else computes, the one with the most free memory; None = there is none.

    At most the policy's share of all GPUs is leased at once, but one where the share is above zero.
    """
    policy = _policy()
    for gpu in _free(policy, probe, host):
        lease = Lease(gpu.uuid, secrets.token_hex(16), f"cuda:{gpu.index}")
        if _take(lease, policy.gpu_share, run=run, project=project, host=host or this_host()):
            return lease
    return None


def why_none(probe: GpuProbe | None = None) -> str:
    """Return why training cannot take a GPU of this host now, "" when it can. A person may have to change something."""
    policy = _policy()
    if policy.gpu_share <= 0:
        return "Training may use no GPU: Compute says a share of 0 %."
    if settings.DEVICE == CPU:
        return f"INVEX_DEVICE says that {this_host()} computes on the CPU."
    seen = [gpu for gpu in look(probe) if settings.DEVICE in (AUTO, f"cuda:{gpu.index}")]
    if not seen:
        return f"No GPU is seen on {this_host()}."
    leased = _leased()
    if leased.count() >= _most(policy.gpu_share):
        return "Training holds as many GPUs as it may."
    taken = set(leased.values_list("uuid", flat=True))
    found = []
    for gpu in seen:
        why = f"Another run computes on {gpu.name}." if gpu.uuid in taken else why_not(gpu, policy)
        found.append(why)
    return "" if "" in found else found[0]


def why_not(gpu: GpuFigures, policy: ComputePolicy, own_pids: Collection[int] = ()) -> str:
    """Return why training may not compute on a GPU, "" when it may. own_pids: on it already, by a lease."""
    others = gpu.others_mb(own_pids)
    if others > policy.gpu_others_mb:
        n = len(gpu.foreign(own_pids))
        return f"{n} other processes hold {others} MB of {gpu.name}; training leaves it to them."
    if not own_pids and gpu.free_mb < policy.gpu_free_mb:
        return f"{gpu.name} has {gpu.free_mb} MB free; training takes it from {policy.gpu_free_mb} MB."
    if not own_pids and gpu.utilisation > BUSY_FROM:
        return f"Others use {gpu.utilisation:.0%} of {gpu.name}."
    return ""


def why_yield(lease: Lease, *, probe: GpuProbe | None = None) -> str:
    """Return why the holder must give its GPU back now, "" when it need not. Ours: this process and its children."""
    row = lease.rows().first()
    if row is None or row.leased_until is None or row.leased_until < timezone.now():
        return "The lease of its GPU was lost."
    policy = _policy()
    if policy.gpu_share <= 0:
        return "Training may not use a GPU any more."
    figures = next((gpu for gpu in look(probe, host=row.host) if gpu.uuid == lease.uuid), None)
    return "Its GPU is gone." if figures is None else why_not(figures, policy, _own_pids())


def give_back(lease: Lease) -> bool:
    """Free the GPU. Return False when the lease was lost before."""
    return bool(lease.rows().update(holder="", holder_host="", run=None, project="", leased_until=None, leased_at=None))


def known() -> QuerySet[Gpu]:
    """Return the GPUs that were seen lately, by host and index."""
    return Gpu.objects.filter(seen_at__gte=timezone.now() - SEEN_WITHIN).order_by("host", "index")


def _take(lease: Lease, share: float, *, run: int, project: str, host: str) -> bool:
    now = timezone.now()
    is_free = Q(holder="") | Q(leased_until__isnull=True) | Q(leased_until__lt=now)
    with transaction.atomic():
        # One at a time: two hosts that each take another GPU must not exceed the share together.
        ComputePolicy.objects.get_or_create(pk=1)
        ComputePolicy.objects.select_for_update().get(pk=1)
        if _leased().count() >= _most(share):
            return False
        return bool(
            Gpu.objects.filter(is_free, uuid=lease.uuid).update(
                holder=lease.holder, holder_host=host, run=run, project=project, leased_until=leases.until(),
                leased_at=now,
            )
        )  # fmt: skip


def _leased() -> QuerySet[Gpu]:
    return Gpu.objects.exclude(holder="").filter(leased_until__gte=timezone.now())


def _most(share: float) -> int:
    """Return how many GPUs training may hold at once, one at least."""
    return max(1, int(share * known().count()))


def _free(policy: ComputePolicy, probe: GpuProbe | None, host: str) -> list[GpuFigures]:
    """Return the GPUs of this host on which nobody else computes, those with the most free memory first."""
    if settings.DEVICE == CPU or policy.gpu_share <= 0:
        return []
    allowed = [gpu for gpu in look(probe, host=host) if settings.DEVICE in (AUTO, f"cuda:{gpu.index}")]
    return sorted((gpu for gpu in allowed if not why_not(gpu, policy)), key=lambda gpu: (-gpu.free_mb, gpu.index))


def _policy() -> ComputePolicy:
    return ComputePolicy.objects.filter(pk=1).first() or ComputePolicy(pk=1)


def _own_pids() -> frozenset[int]:
    me = psutil.Process()
    return frozenset({me.pid, *(child.pid for child in me.children(recursive=True))})
