"""Reads of training runs."""

from __future__ import annotations

from django.db.models import QuerySet

from invex.accounts.models import Project
from invex.kernel.errors import NotFound

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
