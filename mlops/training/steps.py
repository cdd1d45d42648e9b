"""The work of a training run: its steps, each done once, and what stops it."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from invex.accounts.access import Access
from invex.accounts.roles import Role
from invex.kernel import leases
from invex.kernel.actor import SYSTEM
from invex.kernel.blobs import store
from invex.kernel.errors import InvexError
from invex.kernel.outbox import emit
from invex.kernel.states import move
from mlops.compute import gpus
from mlops.compute.gpus import NO_GPU, Lease
from mlops.compute.services import may_train
from mlops.datasets import folder as folders
from mlops.datasets import jobs as dataset_jobs
from mlops.datasets import services as datasets
from mlops.datasets.states import DatasetState, Side
from mlops.learning.learner import code_version
from mlops.learning.package import Package
from mlops.memory.base import base_bytes, base_package
from mlops.registry import services as registry
from mlops.registry.models import Build

from . import device, leftovers, process, queries
from .evaluation import compare
from .leftovers import folder
from .models import TrainingRun
from .states import RunState, Step, Wish, ladder

S = RunState
ATTEMPTS = 3  # of a run whose worker died
TAKEN_OVER = "Another worker has taken the run up."
SMOKE_S = 30.0  # a smoke run that takes longer proves the opposite


def claim(pk: int) -> TrainingRun | None:
    """Take a waiting run, if the machine may train now; None when somebody else has it, or when it must wait."""
    row = TrainingRun.objects.select_related("project", "dataset", "build").filter(pk=pk, state=S.WAITING).first()
    if row is None:
        return None
    verdict = may_train()
    if not verdict.ok:
        TrainingRun.objects.filter(pk=pk, state=S.WAITING).update(reason=verdict.cause)
        return None
    why = device.why_waits(row)
    if why:
        TrainingRun.objects.filter(pk=row.pk, state=S.WAITING).update(reason=why)
        return None
    if row.attempts >= ATTEMPTS:
        _end(row, S.FAILED, f"Its worker died {ATTEMPTS} times. Look into DATA/log/training.log, then resume it.")
        return None
    won = move(
        row, S.RUNNING, actor=SYSTEM, project=row.project.slug, only_if=leases.ours(row), leased_until=leases.until(),
        reason="", attempts=row.attempts + 1, started_at=row.started_at or timezone.now(), yields=_resumed(row.yields),
    )  # fmt: skip
    return row if won else None


def _resumed(yields: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Say of the last yield until when it lasted."""
    return [*yields[:-1], {"until": _now(), **yields[-1]}] if yields else []


def take_back_lost() -> int:
    """Put runs whose worker died back to waiting. Return how many."""
    lost = TrainingRun.objects.select_related("project").filter(state=S.RUNNING, leased_until__lt=timezone.now())
    return sum(
        move(
            row, S.WAITING, actor=SYSTEM, project=row.project.slug, only_if=leases.lost(row),
            reason="Its worker died; it goes on.",
        )
        for row in lost
    )  # fmt: skip


class _Stop(Exception):
    """The run stops here: to = yielded, cancelled, or waiting for the machine."""

    def __init__(self, to: RunState, cause: str) -> None:
        super().__init__(cause)
        self.to, self.cause = to, cause


class _Fail(Exception):
    """The run cannot go on; the message says what a person can do."""


def work(row: TrainingRun) -> RunState:
    """Do the steps of a claimed run that are not done, each as often as it takes. Return where it ended."""
    steps: dict[Step, Callable[[TrainingRun], dict[str, Any]]] = {
        Step.FREEZE: _freeze,
        Step.VALIDATE: _validate,
        Step.SMOKE: _smoke,
        Step.TRAIN: _train,
        Step.EVALUATE: _evaluate,
        Step.GATE: _gate,
    }
    with leases.kept(leases.held(row)):
        try:
            for name, step in steps.items():
                if name not in ladder(row.purpose) or row.is_step_done(name):
                    continue
                _check_wishes(row)
                _begin(row, name)
                _finish(row, name, step(row))
        except _Stop as e:
            return _stop(row, e)
        except (_Fail, InvexError) as e:
            return _end(row, S.FAILED, e.message if isinstance(e, InvexError) else str(e))
    state = _end(row, S.DONE, "")
    leftovers.tidy(row)
    return state


def _freeze(row: TrainingRun) -> dict[str, Any]:
    version = row.dataset
    if version.state == DatasetState.FREEZING:
        datasets.freeze(version)
        version.refresh_from_db()
    if version.state == DatasetState.FAILED and version.same_as is not None:
        row.dataset = version.same_as
        TrainingRun.objects.filter(pk=row.pk).update(dataset=version.same_as)
    if row.dataset.state == DatasetState.EVICTED:
        raise _Fail("The dataset was deleted to make room. Freeze the same documents again.")
    if row.dataset.state != DatasetState.FROZEN:
        raise _Fail(f"The dataset could not be frozen: {version.reason}")
    return {"dataset": row.dataset.hash, "distribution": row.dataset.distribution}


def _validate(row: TrainingRun) -> dict[str, Any]:
    dataset_jobs.validate(row.dataset_id)
    row.dataset.refresh_from_db()
    report = row.dataset.validation
    assert report is not None, "validate() has just written it"
    errors = sum(finding["severity"] == "error" for finding in report["findings"])
    if errors:
        raise _Fail(f"Errors that forbid training: {errors}. The page of the dataset names them, with what to do.")
    return {"documents": report["documents"], "values": report["values"], "located": report["located"]}


def _smoke(row: TrainingRun) -> dict[str, Any]:
    started = timezone.now()
    with tempfile.TemporaryDirectory(prefix="smoke-", dir=_tmp()) as scratch:
        _learn(row, Path(scratch) / "run", is_smoke=True, lease=None)  # a few documents: no GPU is taken for that
    seconds = (timezone.now() - started).total_seconds()
    return {"seconds": round(seconds, 1), "is_slow": seconds > SMOKE_S}


def _train(row: TrainingRun) -> dict[str, Any]:
    try:
        with device.held(row) as lease:
            package = _learn(row, folder(row), is_smoke=False, lease=lease)
    except device.NoDevice as e:
        raise _Stop(S.WAITING, str(e)) from e
    blob = store().put(package.read_bytes())
    TrainingRun.objects.filter(pk=row.pk).update(package_blob=blob, package_sha256=blob)
    row.package_blob = row.package_sha256 = blob
    return {"sha256": blob, "bytes": package.stat().st_size}


def _learn(row: TrainingRun, into: Path, *, is_smoke: bool, lease: Lease | None) -> Path:
    def stop() -> str:
        return _cause_to_stop(row) or (gpus.why_yield(lease) if lease is not None else "")

    def tell(steps: list[dict[str, Any]]) -> None:
        if not is_smoke:
            row.progress = _with_curves(steps, row.progress)
            TrainingRun.objects.filter(pk=row.pk).update(progress=row.progress)

    if row.base != base_package().build or row.code != code_version():
        raise _Fail(
            f"Invex was updated since the run was requested (it was to learn on top of {row.base}, code {row.code}). "
            "Request it again."
        )
    with folders.exported(row.dataset, sides=[Side.TRAIN]) as dataset:
        base = into / "base.zip"
        into.mkdir(parents=True, exist_ok=True)
        base.write_bytes(base_bytes())
        try:
            return process.learn(
                dataset, into, name=registry.project_part(row.project), version=row.version, seed=row.seed, base=base,
                is_smoke=is_smoke, pretrains=row.pretrains, stop=stop, tell=tell,
                environment=lease.environment() if lease else NO_GPU,
                stop_s=process.GPU_STOP_S if lease else process.STOP_S,
                checkpoints=f"{leftovers.CHECKPOINTS}-cpu" if row.only_cpu else leftovers.CHECKPOINTS,
            )  # fmt: skip
        except process.Stopped as e:
            _check_wishes(row)
            raise _Stop(S.WAITING, e.cause) from e
        except process.Failed as e:
            raise _Fail(f"Learning failed: {e}") from e


def _with_curves(steps: list[dict[str, Any]], before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the steps; one that a checkpoint had keeps the curve that was told when it was made."""
    known = {step["step"]: step["losses"] for step in before if step.get("losses")}
    return [{**step, "losses": step.get("losses") or known.get(step["step"], [])} for step in steps]


def _evaluate(row: TrainingRun) -> dict[str, Any]:
    blob = row.build.blob if row.judges and row.build is not None else row.package_blob
    if not blob:
        raise _Fail("The package was deleted to make room; register it again.")
    candidate = Package.from_bytes(store().path(blob).read_bytes())
    report = compare(
        candidate, row.dataset, has_compared_network=queries.is_network_made_here(row),
        look_up=lambda: _check_wishes(row),
    )  # fmt: skip
    TrainingRun.objects.filter(pk=row.pk).update(report=report)
    row.report = report
    test = report["test"]
    return {
        "candidate": test["candidate"]["f1"],
        "incumbent": test["incumbent"]["f1"],
        "documents": test["candidate"]["report"]["documents"],
    }


def _gate(row: TrainingRun) -> dict[str, Any]:
    build = row.build if row.judges else _registered(row)
    assert build is not None, "a run that judges has its build from the beginning"
    registry.judge(SYSTEM, build, passed=row.report["passed"], report={"run": row.pk, **row.report})
    TrainingRun.objects.filter(pk=row.pk).update(build=build)
    row.build = build
    return {"build": build.name, "passed": row.report["passed"]}


def _registered(row: TrainingRun) -> Build:
    """Return the build of the package that the run made, registered unless it was before."""
    build = Build.objects.filter(project=row.project, source_sha256=row.package_sha256, version=row.version).first()
    if build is not None:
        return build
    system = Access(SYSTEM, row.project, Role.OWNER)
    data = store().path(row.package_blob).read_bytes()
    return registry.register(system, data, file_name=f"run {row.pk}", version=row.version)


def _tmp() -> Path:
    settings.TMP_DIR.mkdir(parents=True, exist_ok=True)
    return Path(settings.TMP_DIR)


# --- what is written down ---------------------------------------------------------------------------------------------


def _begin(row: TrainingRun, name: Step) -> None:
    row.steps = [step for step in row.steps if step["name"] != name]
    row.steps.append({"name": str(name), "started_at": _now(), "ended_at": None, "detail": {}})
    leases.held(row).update(step=name, steps=row.steps)


def _finish(row: TrainingRun, name: Step, detail: dict[str, Any]) -> None:
    row.steps[-1] |= {"ended_at": _now(), "detail": detail}
    with transaction.atomic():
        leases.held(row).update(steps=row.steps)
        emit("training.step", row.pk, project=row.project.slug, run=row.pk, step=str(name))


def _now() -> str:
    return timezone.now().isoformat(timespec="seconds")


def _cause_to_stop(row: TrainingRun) -> str:
    """Return why the process must stop now, "" when it need not."""
    if not leases.held(row).exists():
        return TAKEN_OVER
    wish = TrainingRun.objects.filter(pk=row.pk).values_list("wish", flat=True).first()
    if wish:
        return f"asked to {wish}"
    verdict = may_train()
    return "" if verdict.ok else verdict.cause


def _check_wishes(row: TrainingRun) -> None:
    """Raise _Stop when a person wants it, or another worker has taken the run up."""
    if not leases.held(row).exists():
        raise _Stop(S.WAITING, TAKEN_OVER)
    row.refresh_from_db(fields=["wish"])
    if row.wish == Wish.CANCEL:
        raise _Stop(S.CANCELLED, "cancelled")
    if row.wish == Wish.YIELD:
        raise _Stop(S.YIELDED, "asked to yield")


def _stop(row: TrainingRun, stop: _Stop) -> RunState:
    yields = [*row.yields, {"at": _now(), "cause": stop.cause}]
    ended: datetime.datetime | None = timezone.now() if stop.to == S.CANCELLED else None
    # What somebody wished since the run looked up is not lost: one that is cancelled does not go on later, and one that
    # waits finds the wish when it does.
    done: dict[str, Any] = {} if stop.to == S.WAITING else {"wish": ""}
    uncancelled = Q() if stop.to == S.CANCELLED else ~Q(wish=Wish.CANCEL)
    with transaction.atomic():
        # A run that stopped as it should has not used up an attempt.
        won = move(
            row, stop.to, actor=SYSTEM, project=row.project.slug, only_if=leases.ours(row) & uncancelled,
            leased_until=None, reason=stop.cause, yields=yields, attempts=0, ended_at=ended, **done,
        )  # fmt: skip
        if won:
            name = "training.cancelled" if stop.to == S.CANCELLED else "training.yielded"
            emit(name, row.pk, project=row.project.slug, run=row.pk, cause=stop.cause)
    if not won and uncancelled and leases.held(row).filter(wish=Wish.CANCEL).exists():
        return _stop(row, _Stop(S.CANCELLED, "cancelled"))
    return RunState(row.state)


def _end(row: TrainingRun, to: RunState, reason: str) -> RunState:
    if row.state == S.WAITING:  # given up before it was claimed
        move(row, S.RUNNING, actor=SYSTEM, project=row.project.slug)
    with transaction.atomic():
        won = move(
            row, to, actor=SYSTEM, project=row.project.slug, only_if=leases.ours(row), leased_until=None, reason=reason,
            wish="", ended_at=timezone.now(),
        )  # fmt: skip
        if won:
            build = row.build.name if row.build else ""
            emit(f"training.{to}", row.pk, project=row.project.slug, run=row.pk, build=build)
    return RunState(row.state)
