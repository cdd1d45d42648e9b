"""Reads of the deployment: what a project reads with, what it read with before, and where that file says so."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from invex.accounts.models import Project
from invex.extraction.pipeline import Thresholds
from invex.kernel.errors import NotFound
from mlops.registry.models import Build
from mlops.registry.services import shipped_package_name

from .file import DeploymentFile, Placed
from .models import DeploymentRevision
from .routing import Routing
from .states import Mode, ModelRole, RevisionState


def live(project: Project | int) -> DeploymentRevision | None:
    """Return the revision that documents are read with; None before the first: the shipped package is used then."""
    rows = DeploymentRevision.objects.filter(project=project, state=RevisionState.LIVE)
    return rows.prefetch_related("models__build").first()


def revisions(project: Project) -> QuerySet[DeploymentRevision]:
    """Return all revisions of the project."""
    rows = DeploymentRevision.objects.filter(project=project)
    return rows.select_related("project", "replaced", "restores").prefetch_related("models__build")


def revision(project: Project, number: int) -> DeploymentRevision:
    """Return one revision by its number. Raises NotFound."""
    found = revisions(project).filter(revision=number).first()
    if found is None:
        raise NotFound(f"There is no deployment {number} in this project.")
    return found


def waiting(project: Project) -> DeploymentRevision | None:
    """Return the newest revision that is being prepared."""
    return revisions(project).filter(state=RevisionState.PREPARING).order_by("-revision").first()


def routing(row: DeploymentRevision | None) -> Routing:
    return Routing() if row is None else Routing(row.mode, row.share, row.salt)


def thresholds(row: DeploymentRevision | None) -> dict[str, Thresholds]:
    """Return, by template, what a value needs to pass without a person; a person looks at all of the others."""
    return {template: Thresholds(**said) for template, said in row.thresholds.items()} if row is not None else {}


def builds(row: DeploymentRevision) -> dict[str, list[Build]]:
    """Return the builds of a revision by their role."""
    found: dict[str, list[Build]] = {}
    for model in row.models.all():
        found.setdefault(model.role, []).append(model.build)
    return found


def as_file(project: Project, row: DeploymentRevision | None) -> DeploymentFile:
    """Return a revision as its file says it; None: what is read with before the first one, as revision 0."""
    if row is None:
        placed = Placed(ModelRole.MODEL, f"{shipped_package_name()}.zip")
        return DeploymentFile(project.slug, Mode.SINGLE, (placed,), revision=0)
    return DeploymentFile(
        project=project.slug,
        mode=row.mode,
        models=tuple(Placed(m.role, m.path or f"{m.build.name}.zip") for m in row.models.all()),
        share=row.share,
        fixed_versions=tuple(row.fixed_versions),
        repository=row.repository,
        revision=row.revision,
        asks_first=row.asks_first,
    )


def describe(models: Iterable[Build]) -> str:
    """Return the name under which predictions know several builds that read together."""
    return "+".join(build.name for build in models)
