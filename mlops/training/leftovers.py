"""What a run keeps on the disk of the machine that trains, and when that goes: it holds words of documents."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from invex.kernel.doomed import doom

from .models import TrainingRun
from .states import RunState

LOG = "log.txt"  # stays
CHECKPOINTS = "checkpoints"
FAILED_KEPT = datetime.timedelta(days=14)  # a run that failed may be resumed from its checkpoints for so long


def root() -> Path:
    """Where all runs keep what they need, a folder each."""
    return Path(settings.DATA_DIR) / "training"


def folder(row: TrainingRun) -> Path:
    """Where the run keeps checkpoints, log and progress, on the machine that trains."""
    return root() / str(row.pk)


def has_begun(row: TrainingRun) -> bool:
    """Say whether the run has begun to learn on this machine."""
    return (folder(row) / CHECKPOINTS).is_dir()


def size(row: TrainingRun) -> int:
    """Return the bytes that a run keeps on this machine beside its log."""
    files = (path for path in folder(row).rglob("*") if path.is_file() and path.name != LOG)
    return sum(path.stat().st_size for path in files) if folder(row).is_dir() else 0


def tidy(row: TrainingRun) -> bool:
    """Delete all that a run left but its log. Return whether there was something.

    Its package, too: once registered it is the build's, whose bytes have the build's name in them; evicting the build
    must leave none.
    """
    found = False
    for path in folder(row).iterdir() if folder(row).is_dir() else ():
        if path.name != LOG:
            found = True
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    blob = row.package_blob
    if blob:
        with transaction.atomic():
            TrainingRun.objects.filter(pk=row.pk).update(package_blob="")
            doom([blob])
        row.package_blob = ""
    return found or bool(blob)


def sweep() -> int:
    """Tidy up after runs that nobody can go on with, also on a machine that another one took them from."""
    late = timezone.now() - FAILED_KEPT
    ended = TrainingRun.objects.filter(
        Q(state__in=(RunState.DONE, RunState.CANCELLED)) | Q(state=RunState.FAILED, ended_at__lt=late)
    )
    here = [int(path.name) for path in root().iterdir() if path.name.isdigit()] if root().is_dir() else []
    return sum(tidy(row) for row in ended.filter(Q(pk__in=here) | ~Q(package_blob="")))
