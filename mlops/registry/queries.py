"""Reads of the registry. Every project sees its own builds and the one that Invex ships."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from invex.accounts.models import Project
from invex.kernel.errors import NotFound
from invex.kernel.sent import sent_whole

from .models import Build

SCORE = "fields"  # the figure of a build's metrics by which builds are compared: share of fields that are right


def builds(project: Project) -> QuerySet[Build]:
    """Return the builds that the project may use, in no order."""
    return Build.objects.filter(Q(project=project) | Q(project=None))


def build(project: Project, name: str) -> Build:
    """Return one build by its name or number. Raises NotFound, also for another project's."""
    rows = builds(project)
    found = rows.filter(name=name).first()
    if found is None and (number := sent_whole(name)) is not None:
        found = rows.filter(number=number).order_by("-project").first()
    if found is None:
        raise NotFound(f"There is no build {name[:100]!r} in this project.")
    return found


def score_of(row: Build) -> float | None:
    """Return the share of fields that were right when the build was measured, [0, 1]; None where nobody measured it."""
    score = row.metrics.get(SCORE)
    return float(score) if isinstance(score, int | float) and not isinstance(score, bool) else None
