"""Writes of the deployment: every switch is a new revision, which says who, when, why and what it replaced."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from invex.accounts.access import Access
from invex.accounts.models import Project
from invex.accounts.roles import Right
from invex.kernel import audit, writes
from invex.kernel.actor import SYSTEM, Actor
from invex.kernel.errors import BadInput, Conflict, NotFound
from invex.kernel.outbox import emit
from invex.kernel.states import move
from mlops.registry import repositories
from mlops.registry import services as registry
from mlops.registry.models import Build
from mlops.registry.queries import builds as builds_of
from mlops.registry.states import BuildState

from . import admission, file, queries
from .file import DeploymentFile
from .models import DeployedModel, DeploymentRevision
from .routing import DIVIDED
from .states import Mode, ModelRole, RevisionState

S = RevisionState
MOST_WHY = 2000  # characters
FIRST_WHY = "What Invex ships"


@dataclass(frozen=True, slots=True)
class Model:
    """A build in a wanted deployment, and what it is for. path: where a deployment file says that it lies."""

    role: str
    build: Build
    path: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a revision shall be. thresholds, fixed_versions: None = as they are now. salt: "" = a new experiment.

    asks_first: a challenger of an A/B test or canary that has won waits for a person, instead of being promoted.
    """

    mode: str
    models: tuple[Model, ...]
    share: Mapping[str, float] = field(default_factory=dict)
    salt: str = ""
    thresholds: Mapping[str, Any] | None = None
    fixed_versions: tuple[str, ...] | None = None
    repository: str = ""
    asks_first: bool = False


def deploy(
    access: Access, wanted: Wanted, *, why: str = "", restores: DeploymentRevision | None = None
) -> DeploymentRevision:
    """Ask for a new revision; it goes live once its packages are checked and the memory is fitted on top of them.

    Where the live revision reads with the same builds there is nothing to prepare, and it is live at once. `restores`:
    the revision that is rolled back to. Raises NotAllowed, BadInput, and Conflict for a build that may not be deployed.
    """
    access.require(Right.MODELS)
    _check(access.project, wanted)
    if len(why) > MOST_WHY:
        raise BadInput(f"Say why in at most {MOST_WHY} characters.", code="too_long")
    writes.begin()
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=access.project.pk)
        live = queries.live(project)
        admission.check((m.build for m in wanted.models), live=live, restores=restores)
        before = live or _first(project)
        row = _create(project, access.actor, wanted, before, why=" ".join(why.split()), restores=restores)
        _write_models(row, wanted.models)
        audit.record(
            access.actor, "deploy", "deployment", row.revision, project=project.slug, mode=row.mode, why=row.why,
            builds=[model.build.name for model in wanted.models],
        )  # fmt: skip
        if {m.build.pk for m in wanted.models} <= set(before.models.values_list("build", flat=True)):
            activate(row, actor=access.actor)
        else:
            emit("deployment.requested", row.pk, project=project.slug, deployment=row.revision)
    return row


def deploy_file(access: Access, data: Any, *, why: str = "") -> DeploymentRevision:
    """Deploy what a deployment file says; builds that are not here are pulled from its repository.

    Raises NotAllowed, BadInput, Conflict, and NotNow when the repository cannot be reached.
    """
    access.require(Right.MODELS)
    wanted = file.parse(data)
    if wanted.project != access.project.slug:
        raise BadInput(
            f"The file deploys project {wanted.project[:80]!r}, this is {access.project.slug!r}.", code="bad_deployment"
        )
    models = tuple(Model(m.role, _fetched(access, wanted, m), m.path) for m in wanted.models)
    return deploy(
        access,
        Wanted(
            mode=wanted.mode,
            models=models,
            share=wanted.share,
            fixed_versions=wanted.fixed_versions,
            repository=wanted.repository,
            asks_first=wanted.asks_first,
        ),
        why=why,
    )


def rollback(access: Access, number: int | None = None, *, why: str = "") -> DeploymentRevision:
    """Restore builds, routing and thresholds of a revision, as a new one. number: None = what was live before.

    The memory is refitted on today's labels; versions that are fixed now stay fixed. Raises NotAllowed, NotFound, and
    Conflict when it is live, was never live, or its builds are gone.
    """
    access.require(Right.MODELS)
    live = queries.live(access.project)
    if number is None:
        if live is None or live.replaced is None:
            raise Conflict("There is no earlier deployment to go back to.", code="nothing_before")
        number = live.replaced.revision
    target = queries.revision(access.project, number)
    if live is not None and target.pk == live.pk:
        raise Conflict(f"Deployment {number} is live now.", code="is_live")
    if target.live_at is None:
        raise Conflict(f"Deployment {number} was never live: there is nothing to go back to.", code="never_live")
    models = tuple(Model(m.role, m.build, m.path) for m in target.models.all())
    for model in models:
        if model.build.state == BuildState.EVICTED:
            _pull_again(access, target, model)
    wanted = Wanted(
        mode=target.mode,
        models=models,
        share=target.share,
        thresholds=target.thresholds,
        repository=target.repository,
        asks_first=target.asks_first,
    )
    return deploy(access, wanted, why=why or f"Back to deployment {number}", restores=target)


def same_as(row: DeploymentRevision, **changes: Any) -> Wanted:
    """Return a wanted deployment that is as `row` but for `changes`; its documents keep their arms."""
    models = tuple(Model(m.role, m.build, m.path) for m in row.models.all())
    as_it_is = {"mode": row.mode, "models": models, "share": row.share, "salt": row.salt, "repository": row.repository,
               "asks_first": row.asks_first}  # fmt: skip
    return Wanted(**{**as_it_is, **changes})


def beside(access: Access, build: Build, mode: str, *, part: float | None = None) -> Wanted:
    """Return the wanted deployment in which `build` reads beside what is live, or in mode single in its place.

    part: of the documents, for the build; None = as the mode begins. Raises Conflict when several builds are live.
    """
    if mode == Mode.SINGLE:
        return Wanted(mode=mode, models=(Model(ModelRole.MODEL, build),))
    live = queries.live(access.project)
    models = list(live.models.all()) if live is not None else []
    if len(models) > 1 and mode != Mode.ENSEMBLE:
        raise Conflict("Several builds read now. Let one of them read alone first.", code="several_live")
    incumbents = [Model(ModelRole.MEMBER, m.build, m.path) for m in models] or [
        Model(ModelRole.MEMBER, registry.shipped())
    ]
    if mode == Mode.ENSEMBLE:
        return Wanted(mode=mode, models=(*incumbents, Model(ModelRole.MEMBER, build)))
    arms = DIVIDED.get(Mode(mode), (ModelRole.MODEL, ModelRole.CHALLENGER))
    return Wanted(
        mode=mode,
        models=(Model(arms[0], incumbents[0].build, incumbents[0].path), Model(arms[1], build)),
        share=file.share_of(mode, part),
    )


def set_thresholds(access: Access, thresholds: Mapping[str, Any], *, why: str = "") -> DeploymentRevision:
    """Deploy what is live with other thresholds, by template; {} = a person looks at everything. Raises NotAllowed."""
    access.require(Right.MODELS)
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=access.project.pk)
        live = queries.live(project) or _first(project)
        return deploy(access, same_as(live, thresholds=dict(thresholds)), why=why)


def end_experiment(access: Access, row: DeploymentRevision, winner: str, *, why: str) -> DeploymentRevision:
    """Let one arm of an A/B test or canary read everything from now on. Raises Conflict when `row` is not live.

    winner: the role of the arm, of a shadow MODEL or CHALLENGER.
    """
    access.require(Right.MODELS)
    arms = DIVIDED.get(Mode(row.mode), (ModelRole.MODEL, ModelRole.CHALLENGER))
    if row.mode in (Mode.SINGLE, Mode.ENSEMBLE) or winner not in arms:
        raise BadInput(f"Deployment {row.revision} has no arm {winner[:20]!r} to choose.", code="no_such_arm")
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=access.project.pk)
        live = queries.live(project)
        if live is None or live.pk != row.pk:
            raise Conflict(f"Deployment {row.revision} is no longer live. Look again.", code="not_live")
        chosen = next(m for m in live.models.all() if m.role == winner)
        wanted = Wanted(
            mode=Mode.SINGLE, models=(Model(ModelRole.MODEL, chosen.build, chosen.path),), repository=live.repository
        )
        return deploy(access, wanted, why=why)


def activate(row: DeploymentRevision, *, actor: Actor) -> bool:
    """Make a prepared revision the live one. Return False when a later one was asked for meanwhile.

    Two may have prepared the same one, a worker and a command: the second finds it as the first left it.
    """
    now = timezone.now()
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=row.project_id)
        row.refresh_from_db(fields=["state"])
        if row.state != S.PREPARING:
            return row.state == S.LIVE
        later = DeploymentRevision.objects.filter(project=project, revision__gt=row.revision).exclude(state=S.FAILED)
        if later.exists():
            move(row, S.REPLACED, actor=actor, project=project.slug, ended_at=now)
            return False
        before = queries.live(project)
        for overtaken in DeploymentRevision.objects.filter(
            project=project, state=S.PREPARING, revision__lt=row.revision
        ):
            move(overtaken, S.REPLACED, actor=actor, project=project.slug, ended_at=now)
        if before is not None:
            move(before, S.REPLACED, actor=actor, project=project.slug, ended_at=now)
        if not move(row, S.LIVE, actor=actor, project=project.slug, live_at=now, replaced=before):
            raise Conflict(f"Deployment {row.revision} was moved by somebody else.", code="moved")
        emit(
            "model.deployed", project.pk, project=project.slug, deployment=row.revision, mode=row.mode,
            build=queries.describe(m.build for m in row.models.all()),
        )  # fmt: skip
    return True


def _first(project: Project) -> DeploymentRevision:
    """Write down what the project has read with so far, so that one can go back to it."""
    wanted = Wanted(mode=Mode.SINGLE, models=(Model(ModelRole.MODEL, registry.shipped()),))
    row = _create(project, SYSTEM, wanted, None, why=FIRST_WHY, restores=None)
    _write_models(row, wanted.models)
    activate(row, actor=SYSTEM)
    return row


def _create(
    project: Project, actor: Actor, wanted: Wanted, before: DeploymentRevision | None, *, why: str,
    restores: DeploymentRevision | None,
) -> DeploymentRevision:  # fmt: skip
    last: int | None = DeploymentRevision.objects.filter(project=project).aggregate(n=Max("revision"))["n"]
    thresholds = wanted.thresholds if wanted.thresholds is not None else before.thresholds if before else {}
    fixed = wanted.fixed_versions if wanted.fixed_versions is not None else before.fixed_versions if before else ()
    return DeploymentRevision.objects.create(
        project=project,
        revision=(last or 0) + 1,
        mode=wanted.mode,
        share=dict(wanted.share),
        salt=wanted.salt or secrets.token_hex(8),
        thresholds=dict(thresholds),
        fixed_versions=list(fixed),
        repository=wanted.repository,
        asks_first=wanted.asks_first,
        made_by=str(actor),
        why=why,
        restores=restores,
    )


def _write_models(row: DeploymentRevision, models: tuple[Model, ...]) -> None:
    for model in models:
        DeployedModel.objects.create(deployment=row, role=model.role, build=model.build, path=model.path)


def _check(project: Project, wanted: Wanted) -> None:
    for model in wanted.models:
        if model.build.project_id not in (None, project.pk):
            raise NotFound(f"There is no build {model.build.name} in this project.")
    as_file = DeploymentFile(
        project=project.slug,
        mode=wanted.mode,
        models=tuple(file.Placed(m.role, m.path or f"{m.build.name}.zip") for m in wanted.models),
        share=wanted.share,
        fixed_versions=tuple(wanted.fixed_versions or ()),
        repository=wanted.repository,
    )
    try:
        said = file.parse(as_file.to_json())
    except KeyError as e:
        raise BadInput(f"Mode {wanted.mode} needs a model as {e}.", code="bad_deployment") from e
    if {(m.role, m.name) for m in said.models} != {(m.role, m.build.name) for m in wanted.models}:
        raise BadInput(f"Mode {wanted.mode} has no place for some of the builds.", code="bad_deployment")


def _fetched(access: Access, wanted: DeploymentFile, placed: file.Placed) -> Build:
    """Return the build that the file names, pulled when it is not here."""
    found = builds_of(access.project).filter(name=placed.name).first()
    if found is None and placed.name == registry.shipped_package_name():
        found = registry.shipped()
    if found is not None and found.state != BuildState.EVICTED:
        return found
    if not wanted.repository:
        raise BadInput(f"There is no build {placed.name} here, and no repository to pull it from.", code="no_build")
    return registry.pull(access, wanted.repository, placed.path, name=placed.name)


def _pull_again(access: Access, target: DeploymentRevision, model: Model) -> None:
    pushed = {**model.build.pushed_to, **({target.repository: model.path} if target.repository else {})}
    for name, path in pushed.items():
        if name in repositories.names():
            registry.pull(access, name, path, name=model.build.name)
            return
    raise Conflict(
        f"{model.build.name} was evicted and lies in no repository: deployment {target.revision} cannot come back.",
        code="evicted",
    )
