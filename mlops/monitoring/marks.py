"""What happened meanwhile: deployments and training runs, as marks on every curve."""

from __future__ import annotations

import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from invex.accounts.models import Project
from mlops.deployment.queries import describe, revisions
from mlops.training.queries import runs

from .chart import Mark


def marks(project: Project, since: datetime.date) -> tuple[Mark, ...]:
    """Return the deployments that went live, and the training runs that began, from that day on; the oldest first."""
    start = timezone.make_aware(datetime.datetime.combine(since, datetime.time.min))
    found = [
        Mark(
            timezone.localtime(row.live_at),
            _("deployment %(n)d: %(build)s")
            % {"n": row.revision, "build": describe(model.build for model in row.models.all())},
            reverse("models", args=[project.slug]),
            "deployment",
        )
        for row in revisions(project).filter(live_at__gte=start)
        if row.live_at is not None
    ]
    for run in runs(project).filter(created_at__gte=start):
        label = _("training run %(n)d: %(version)s, %(state)s") % {
            "n": run.pk,
            "version": run.version,
            "state": run.get_state_display(),
        }
        url = reverse("run", args=[project.slug, run.pk])
        found.append(Mark(timezone.localtime(run.started_at or run.created_at), label, url, "training"))
    return tuple(sorted(found, key=lambda mark: mark.at))
