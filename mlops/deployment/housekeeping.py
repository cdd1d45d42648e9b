"""Builds are deleted to make room: by policy, looked at first, and never what a deployment may need."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from invex.accounts.access import Access
from invex.accounts.models import Project
from invex.accounts.roles import Right
from invex.kernel.doomed import doom
from invex.kernel.states import move
from mlops.registry.eviction import BuildFacts, Eviction, Policy, RevisionFacts, plan, protected
from mlops.registry.models import Build
from mlops.registry.queries import score_of
from mlops.registry.states import BuildState

from .models import DeploymentRevision
from .states import RevisionState


def planned(project: Project, policy: Policy) -> list[Eviction]:
    """Return what the policy would delete now; nothing is changed."""
    builds = [
        BuildFacts(row.pk, row.version, row.created_at, row.size, score_of(row))
        for row in Build.objects.filter(project=project).exclude(state=BuildState.EVICTED)
    ]
    return plan(builds, protected(builds, revisions(project)), policy, timezone.now())


def evict(access: Access, policy: Policy) -> list[Eviction]:
    """Delete the packages that the policy chooses; rows, cards and reports stay. Return what was deleted.

    Nobody can deploy one of them meanwhile: a deployment takes the same lock. Raises NotAllowed.
    """
    access.require(Right.MODELS)
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=access.project.pk)
        chosen = planned(project, policy)
        for eviction in chosen:
            row = Build.objects.get(pk=eviction.build.key)
            blob = row.blob
            detail = {"reason": eviction.reason}
            if move(row, BuildState.EVICTED, actor=access.actor, project=project.slug, detail=detail, blob=""):
                doom([blob])
    return chosen


def revisions(project: Project) -> list[RevisionFacts]:
    """Return the project's deployments as eviction sees them, the oldest first."""
    rows = DeploymentRevision.objects.filter(project=project).prefetch_related("models").order_by("revision")
    return [
        RevisionFacts(
            builds=frozenset(model.build_id for model in row.models.all()),
            is_current=row.state in (RevisionState.LIVE, RevisionState.PREPARING),
            was_live=row.live_at is not None,
            fixed_versions=frozenset(row.fixed_versions),
        )
        for row in rows
    ]
