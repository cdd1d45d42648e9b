"""Jobs of datasets. Each takes ids, may run twice, and ends where it would have ended."""

from __future__ import annotations

import datetime

from django.utils import timezone

from invex.kernel.models import Event
from invex.kernel.queue import is_idle, wake
from mlops.memory.base import base_package

from . import services, validation
from .models import DatasetVersion
from .states import DatasetState

QUEUE = "training"
STALE = datetime.timedelta(minutes=2)  # without its job; a younger one is on its way


def freeze(version_id: int | str) -> bool:
    """Freeze the requested version."""
    return services.freeze(DatasetVersion.objects.select_related("project").get(pk=int(version_id)))


def validate(version_id: int | str) -> bool:
    """Write the report of a frozen version, once."""
    row = DatasetVersion.objects.select_related("project").get(pk=int(version_id))
    if row.state != DatasetState.FROZEN or row.validation is not None:
        return False
    found = validation.report(row, base_package())
    return bool(DatasetVersion.objects.filter(pk=row.pk, validation__isnull=True).update(validation=found.to_json()))


def forget(document_id: int | str) -> int:
    """Take the bytes of an erased document out of all versions of its project."""
    event = Event.objects.filter(name="document.erased", subject=str(document_id)).order_by("-id").first()
    if event is None:
        return 0
    versions = DatasetVersion.objects.filter(project__slug=event.project, documents__document=int(document_id))
    row = versions.select_related("project").first()
    return services.forget(row.project, int(document_id)) if row is not None else 0


def sweep() -> int:
    """Wake workers for versions whose job is gone: to be frozen, or frozen and without a report."""
    if not is_idle(QUEUE):
        return 0
    late = DatasetVersion.objects.filter(state_changed_at__lt=timezone.now() - STALE)
    woken = sum(
        wake("mlops.datasets.jobs.freeze", row.pk, queue=QUEUE) for row in late.filter(state=DatasetState.FREEZING)
    )
    unread = late.filter(state=DatasetState.FROZEN, validation__isnull=True)
    return woken + sum(wake("mlops.datasets.jobs.validate", row.pk, queue=QUEUE) for row in unread[:5])
