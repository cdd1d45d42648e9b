"""Waiting for a training run on the command line: it is worked on here unless a worker has it."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from django.core.management.base import CommandError

from invex.accounts.access import Access
from mlops.training import queries, services, steps
from mlops.training.models import TrainingRun
from mlops.training.states import OPEN, RunState

from .project_command import BAD_INPUT

FAULT, REFUSED, YIELDED = 1, 3, 4  # exit codes, FORMATS section 6
POLL_S = 1.0


def finish_run(access: Access, row: TrainingRun, *, tell: Callable[[str], object]) -> TrainingRun:
    """Wait until the run has ended. Raises CommandError with the exit code of what went wrong."""
    row = wait(access, row, tell=tell)
    check(row)
    return row


def wait(access: Access, row: TrainingRun, *, tell: Callable[[str], object]) -> TrainingRun:
    """Work on the run here unless a worker has it, until it has ended. SIGTERM lets it yield."""
    signal.signal(
        signal.SIGTERM, lambda number, frame: services.ask_to_yield(access, queries.run(access.project, row.pk))
    )
    told = ""
    while True:
        row = queries.run(access.project, row.pk)
        if row.state not in OPEN or row.state == RunState.YIELDED:
            return row
        said = f"{row.state} {row.step} {row.reason}".strip()
        if said != told:
            told = said
            tell(f"run {row.pk}: {said}")
        if row.state == RunState.WAITING and (claimed := steps.claim(row.pk)) is not None:
            steps.work(claimed)
        else:
            time.sleep(POLL_S)


def check(row: TrainingRun) -> None:
    """Raise CommandError with the exit code of a run that did not end well."""
    if row.state == RunState.FAILED:
        raise CommandError(row.reason, returncode=BAD_INPUT)
    if row.state == RunState.YIELDED:
        raise CommandError(f"Run {row.pk} yielded; --resume {row.pk} goes on.", returncode=YIELDED)
    if row.state == RunState.CANCELLED:
        raise CommandError(f"Run {row.pk} was cancelled.", returncode=FAULT)
    if row.state == RunState.DONE and not row.report["passed"]:
        reasons = "; ".join(rule["reason"] for rule in row.report["rules"] if not rule["ok"])
        raise CommandError(f"The gate refused {row.build}: {reasons}", returncode=REFUSED)
