"""What people want of training runs: request, yield, resume, cancel. The work itself is in steps.py."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from invex.accounts.access import Access
from invex.accounts.roles import Right
from invex.kernel import audit
from invex.kernel.errors import BadInput, Conflict
from invex.kernel.outbox import emit
from invex.kernel.states import move
from mlops.compute.gpus import CPU
from mlops.datasets import services as datasets
from mlops.datasets.models import DatasetVersion
from mlops.datasets.selection import Selection
from mlops.learning.learner import code_version
from mlops.memory.base import base_package
from mlops.registry import services as registry
from mlops.registry.models import Build
from mlops.registry.verification import checked_version

from .models import TrainingRun
from .states import Purpose, RunState, Step, Wish

S = RunState


def request(
    access: Access, dataset: DatasetVersion, *, version: str, seed: int = 0, pretrains: bool = False,
    trigger: dict[str, Any] | None = None,
) -> TrainingRun:  # fmt: skip
    """Ask for a build learned from `dataset`, which may still be freezing. Raises NotAllowed, BadInput.

    pretrains: its network is trained anew, after it has read the dataset's documents without their labels.
    """
    access.require(Right.MODELS)
    version = checked_version(version)
    if not 0 <= seed < 2**31:
        raise BadInput("seed: a whole number from 0 to 2147483647.")
    with transaction.atomic():
        row = TrainingRun.objects.create(
            project=access.project,
            version=version,
            dataset=dataset,
            seed=seed,
            pretrains=pretrains,
            base=base_package().build,
            code=code_version(),
            trigger=trigger or {"kind": "button"},
            made_by=str(access.actor),
        )
        audit.record(
            access.actor, "requested", "training run", row.pk, project=access.project.slug, version=version,
            dataset=dataset.hash, seed=seed, pretrains=pretrains, trigger=row.trigger,
        )  # fmt: skip
        emit("training.requested", row.pk, project=access.project.slug, run=row.pk, trigger=row.trigger["kind"])
    return row


def request_judgement(
    access: Access, build: Build, dataset: DatasetVersion | None = None, *, trigger: dict[str, Any] | None = None
) -> TrainingRun:
    """Ask the gate about a build beside what reads now. dataset: None = what is confirmed today, frozen now.

    Raises NotAllowed, BadInput when nothing is confirmed, Conflict for the shipped build, which is judged by nobody.
    """
    access.require(Right.MODELS)
    if build.project_id != access.project.pk:
        raise Conflict(f"{build.name} comes with Invex; it is what others are judged against.", code="shipped")
    registry.with_bytes(build)
    with transaction.atomic():
        row = TrainingRun.objects.create(
            project=access.project,
            purpose=Purpose.JUDGE,
            version=build.version,
            dataset=dataset or datasets.request(access, Selection()),
            build=build,
            base=str(build.manifest.get("base", "")),
            code=str(build.manifest.get("code", ""))[:64],
            trigger=trigger or {"kind": "button"},
            made_by=str(access.actor),
        )
        audit.record(access.actor, "judge", "build", build.name, project=access.project.slug, run=row.pk)
        emit("training.requested", row.pk, project=access.project.slug, run=row.pk, trigger=row.trigger["kind"])
    return row


def ask_to_yield(access: Access, row: TrainingRun) -> None:
    """Have a run stop at its next step, to go on later. Raises NotAllowed, Conflict."""
    _wish(access, row, Wish.YIELD, at_once=S.YIELDED)


def cancel(access: Access, row: TrainingRun) -> None:
    """End a run for good. Raises NotAllowed, Conflict."""
    _wish(access, row, Wish.CANCEL, at_once=S.CANCELLED)


def resume(access: Access, row: TrainingRun) -> None:
    """Let a run that yielded or failed go on where it was. Raises NotAllowed, Conflict."""
    access.require(Right.MODELS)
    if S.WAITING not in row.MOVES[row.state] or row.state == S.RUNNING:
        raise Conflict(f"The run is {row.state}; only one that yielded or failed can go on.", code="wrong_state")
    with transaction.atomic():
        won = move(
            row, S.WAITING, actor=access.actor, project=row.project.slug, wish="", attempts=0, reason="", ended_at=None
        )
        if not won:
            raise Conflict("Somebody else has just moved the run. Look again.", code="moved")
        emit("training.requested", row.pk, project=row.project.slug, run=row.pk, trigger="resumed")


def start_on_cpu(access: Access, row: TrainingRun) -> None:
    """Have a run that began on a GPU train again on the CPU, from nothing: other devices make other bytes.

    Raises NotAllowed, Conflict.
    """
    access.require(Right.MODELS)
    if row.device == CPU or row.is_step_done(Step.TRAIN):
        raise Conflict("The run needs no GPU.", code="needs_no_gpu")
    if row.state not in (S.WAITING, S.YIELDED, S.FAILED):
        raise Conflict(f"The run is {row.state}; let it yield first.", code="wrong_state")
    steps = [step for step in row.steps if step["name"] != Step.TRAIN]
    with transaction.atomic():
        found = TrainingRun.objects.filter(pk=row.pk, state=row.state)
        if not found.update(device=CPU, only_cpu=True, progress=[], steps=steps, reason=""):
            raise Conflict("Somebody else has just moved the run. Look again.", code="moved")
        audit.record(
            access.actor, "started on the CPU", "training run", row.pk, project=row.project.slug, instead_of=row.device
        )
        if row.state == S.WAITING:
            emit("training.requested", row.pk, project=row.project.slug, run=row.pk, trigger="on the CPU")
        else:
            resume(access, row)


def _wish(access: Access, row: TrainingRun, wish: Wish, *, at_once: RunState) -> None:
    access.require(Right.MODELS)
    if row.state == S.RUNNING:
        running = TrainingRun.objects.filter(pk=row.pk, state=S.RUNNING)
        if wish == Wish.YIELD:
            running = running.exclude(wish=Wish.CANCEL)  # which is for good
        with transaction.atomic():
            if not running.update(wish=wish):
                raise Conflict("Somebody else has just moved the run. Look again.", code="moved")
            audit.record(access.actor, f"asked to {wish}", "training run", row.pk, project=row.project.slug)
        return
    if at_once not in row.MOVES[row.state]:
        raise Conflict(f"The run is {row.state}.", code="wrong_state")
    if not move(row, at_once, actor=access.actor, project=row.project.slug, reason=f"{access.actor} asked for it"):
        raise Conflict("Somebody else has just moved the run. Look again.", code="moved")
