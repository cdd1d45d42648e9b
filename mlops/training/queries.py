"""Reads of training runs."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.db.models import Exists, Max, OuterRef, QuerySet
from django.utils import timezone

from invex.accounts.models import Project
from invex.kernel.errors import NotFound
from invex.kernel.models import AuditEntry
from mlops.datasets.models import DatasetVersion

from .models import TrainingRun
from .states import RunState


def runs(project: Project) -> QuerySet[TrainingRun]:
    """Return the project's runs, in no order."""
    return TrainingRun.objects.filter(project=project).select_related("dataset", "build", "project")


def run(project: Project, pk: int) -> TrainingRun:
    """Return one run. Raises NotFound."""
    found = runs(project).filter(pk=pk).first()
    if found is None:
        raise NotFound(f"There is no training run {pk} in this project.")
    return found


def running() -> QuerySet[TrainingRun]:
    """Return what trains now on this installation, of every project: only to be counted by who may not see them."""
    return TrainingRun.objects.filter(state=RunState.RUNNING)


def learned_until(project: Project) -> datetime.datetime | None:
    """Return when the newest dataset of this project's documents was asked for that a build was learned from.

    None: nothing was learned from any. A version that equals one of these counts as well.
    """
    learned = Exists(_learned(OuterRef("pk"))) | Exists(_learned(OuterRef("same_as")))
    versions = DatasetVersion.objects.filter(learned, project=project).exclude(selection__has_key="imported")
    newest: datetime.datetime | None = versions.aggregate(at=Max("created_at"))["at"]
    return newest


def was_learned(dataset: DatasetVersion) -> bool:
    """Say whether a build was learned from the version, whatever the gate said of it."""
    return _learned(dataset).exists()


def _learned(dataset: DatasetVersion | OuterRef) -> QuerySet[TrainingRun]:
    # A run that only judged a build has trained no package.
    return TrainingRun.objects.filter(dataset=dataset, state=RunState.DONE).exclude(package_sha256="")


def is_network_made_here(row: TrainingRun) -> bool:
    """Say whether the network of what the run evaluates was trained by a run here, by this one or its build's."""
    if not row.judges:
        return row.pretrains
    return TrainingRun.objects.filter(build=row.build, pretrains=True).exclude(package_sha256="").exists()


def busy_s(rows: Iterable[TrainingRun]) -> dict[int, float]:
    """Return how long a worker was on each run, in seconds, up to now: by the times of its moves in the audit log.

    So what a run waited, yielded or lay failed does not count.
    """
    found = {row.pk: 0.0 for row in rows}
    begun: dict[int, datetime.datetime] = {}
    moves = AuditEntry.objects.filter(subject_type="trainingrun", subject__in=[str(pk) for pk in found])
    for subject, action, at in moves.order_by("id").values_list("subject", "action", "at"):
        pk = int(subject)
        if action.endswith(f"-> {RunState.RUNNING}"):
            begun[pk] = at
        elif pk in begun:
            found[pk] += (at - begun.pop(pk)).total_seconds()
    now = timezone.now()
    for pk, at in begun.items():
        found[pk] += (now - at).total_seconds()
    return found
