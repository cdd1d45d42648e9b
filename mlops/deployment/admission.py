"""Which builds may read documents: what the gate let through, and what a person let through with a reason."""

from __future__ import annotations

from collections.abc import Iterable

from invex.kernel.errors import Conflict
from mlops.datasets.models import DatasetVersion
from mlops.datasets.states import DatasetState
from mlops.registry.models import Build
from mlops.registry.states import DEPLOYABLE, BuildState

from .models import DeploymentRevision

REMEDIES = {
    BuildState.REGISTERED: "have the gate judge it, or let it through with a written reason",
    BuildState.REFUSED: "an ML admin may override that with a written reason",
    BuildState.EVICTED: "register it again, or pull it from a repository",
}
CODES = dict.fromkeys(BuildState.values, "not_deployable") | {BuildState.REGISTERED: "not_judged"}


def check(
    builds: Iterable[Build], *, live: DeploymentRevision | None, restores: DeploymentRevision | None = None
) -> None:
    """Raise Conflict unless every build may read. Its state is looked up anew: call it with the project locked.

    What the gate let through may read; what reads already, or is gone back to, may go on; and so may what Invex ships.
    One that nobody judged may be the first where there is nothing to judge by: a site that begins, or only serves.
    """
    known = {model.build_id for row in (live, restores) if row is not None for model in row.models.all()}
    wanted = {build.pk for build in builds}
    for build in Build.objects.filter(pk__in=wanted):
        state = BuildState(build.state)
        if state in DEPLOYABLE or (build.project_id is None and state != BuildState.EVICTED):
            continue
        is_first = live is None and not _can_be_judged(build)
        if state == BuildState.REGISTERED and (build.pk in known or is_first):
            continue
        raise Conflict(f"{build.name} is {state.label}: {REMEDIES[state]}.", code=CODES[state])


def _can_be_judged(build: Build) -> bool:
    return DatasetVersion.objects.filter(project=build.project_id, state=DatasetState.FROZEN).exists()
