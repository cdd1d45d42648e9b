"""The circle that follows a decision: dataset, run, gate, deployment, and what became of it.

`advance` does what can be done now and returns; the rest is work of other rooms, whose events call it again, and a
sweep does where an event was lost. Each move is one transaction under the lock of the row, so a job may run twice, or
die anywhere: what it had not committed did not happen.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from invex.accounts.access import Access
from invex.accounts.models import Project
from invex.accounts.roles import Right, Role
from invex.kernel import audit
from invex.kernel.actor import SYSTEM
from invex.kernel.errors import BadInput, Conflict
from invex.kernel.outbox import emit
from invex.kernel.states import move
from mlops.datasets import services as datasets
from mlops.datasets.states import DatasetState
from mlops.deployment import queries as deployments
from mlops.deployment import services as deployment
from mlops.deployment.models import DeploymentRevision
from mlops.deployment.routing import DIVIDED
from mlops.deployment.states import Mode, ModelRole, RevisionState
from mlops.registry.models import Build
from mlops.registry.states import DEPLOYABLE, BuildState
from mlops.training import queries as runs
from mlops.training import services as training
from mlops.training.states import OPEN as OPEN_RUNS
from mlops.training.states import RunState

from . import queries
from .models import Circle
from .policy import Policy
from .states import NEXT_STEP, OPEN, TRIED, CircleState, Step

S = CircleState


def advance(circle_id: int) -> str:
    """Do for a circle what can be done now. Return its state then; "" when there is no such circle."""
    while True:
        with transaction.atomic():
            row = _locked(circle_id)
            if row is None or row.state not in OPEN or not _step(row, queries.policy(row.project)):
                return row.state if row is not None else ""


def go_on(access: Access, row: Circle) -> None:
    """Let a circle that stopped for a person do its next step. Raises NotAllowed, Conflict."""
    access.require(Right.MODELS)
    with transaction.atomic():
        now = _locked(row.pk)
        if now is None or not now.waits_for:
            raise Conflict("This retraining does not wait for anybody. Look again.", code="not_waiting")
        now.allowed, step, now.waits_for = [*now.allowed, now.waits_for], now.waits_for, ""
        now.save(update_fields=["allowed", "waits_for"])
        audit.record(access.actor, "continued", "retraining", now.pk, project=now.project.slug, step=step)
        emit("retraining.continued", now.pk, project=now.project.slug, circle=now.pk, step=step)


def stop(access: Access, row: Circle) -> None:
    """End a circle: its run is cancelled, and what read before reads again. Raises NotAllowed, Conflict.

    A build that reads everything already is nothing that is tried: going back from it is a rollback.
    """
    access.require(Right.MODELS)
    with transaction.atomic():
        now = _locked(row.pk)
        if now is None or now.state not in OPEN:
            raise Conflict("This retraining has ended. Look again.", code="has_ended")
        if now.state == S.TRAINING and now.run is not None and now.run.state in OPEN_RUNS:
            training.cancel(access, now.run)
        if now.state == S.TRYING:
            _take_back(access, now, why=f"Retraining {now.pk} was stopped")
        _end(now, S.STOPPED, f"{access.actor} stopped it", access=access)


def waits(row: Circle, policy: Policy) -> bool:
    """Say whether a circle can do nothing before a person or another room has done something."""
    match CircleState(row.state):
        case S.FREEZING:
            return row.dataset is not None and row.dataset.state == DatasetState.FREEZING
        case S.TRAINING:
            return row.run is not None and row.run.state in OPEN_RUNS
        case S.TRYING:
            return row.deployment is not None and _is_tried_on(row, row.deployment, policy)
        case _:
            return bool(row.waits_for) and row.waits_for not in policy.automatic


def _locked(circle_id: int) -> Circle | None:
    rows = Circle.objects.select_related("project", "decision", "dataset__same_as", "run__build", "build", "deployment")
    return rows.select_for_update(of=("self",)).filter(pk=circle_id).first()


def _step(row: Circle, policy: Policy) -> bool:
    """Make the next move. Return False when there is none now."""
    if row.state == S.GATE and (live := _reads(row)) is not None:
        return _overtaken(row, live)
    if row.state == S.TRYING:
        return _tried(row, policy)
    if not _may_go_on(row, policy, NEXT_STEP.get(row.state)):
        return False
    match CircleState(row.state):
        case S.FIRED:
            return _freeze(row, policy)
        case S.FREEZING:
            return _frozen(row)
        case S.FROZEN:
            return _train(row)
        case S.TRAINING:
            return _trained(row)
        case _:
            return _deploy(row, policy)


def _may_go_on(row: Circle, policy: Policy, step: Step | None) -> bool:
    """Say whether a step needs nobody, or somebody let it go on; else note that it waits for a person."""
    may = step is None or step in policy.automatic or step.value in row.allowed
    waits_for = "" if may or step is None else step.value
    if row.waits_for != waits_for:
        Circle.objects.filter(pk=row.pk).update(waits_for=waits_for)
        row.waits_for = waits_for
        if waits_for:
            emit("retraining.waits", row.pk, project=row.project.slug, circle=row.pk, step=waits_for)
    return may


def _freeze(row: Circle, policy: Policy) -> bool:
    try:
        dataset = datasets.request(_system(row), policy.selection, name=f"Retraining {row.pk}")
    except BadInput as e:
        return _end(row, S.STOPPED, e.message)
    return _move(row, S.FREEZING, dataset=dataset)


def _frozen(row: Circle) -> bool:
    dataset = row.dataset
    if dataset is None:
        return _end(row, S.STOPPED, "Its dataset was deleted.")
    if dataset.state == DatasetState.FREEZING:
        return False
    if dataset.state == DatasetState.FROZEN:
        return _move(row, S.FROZEN)
    same = dataset.same_as
    if same is None or runs.was_learned(same):
        return _end(row, S.STOPPED, dataset.reason)
    return _move(row, S.FROZEN, dataset=same)


def _train(row: Circle) -> bool:
    assert row.dataset is not None, "a frozen dataset is never deleted"
    decision = row.decision
    trigger = {"kind": decision.trigger, "circle": row.pk, "why": decision.why}
    if decision.figure is not None:
        trigger |= {"figure": decision.figure, "threshold": decision.threshold, "documents": decision.evidence}
    run = training.request(_system(row), row.dataset, version=_next_version(row.project), trigger=trigger)
    return _move(row, S.TRAINING, run=run)


def _trained(row: Circle) -> bool:
    run = row.run
    if run is None:
        return _end(row, S.STOPPED, "Its training run was deleted.")
    if run.state in OPEN_RUNS:
        return False
    if run.state != RunState.DONE or run.build is None:
        return _end(row, S.STOPPED, f"Training run {run.pk} ended without a build: {run.reason or run.state}")
    if run.build.state == BuildState.REFUSED:
        refusals = [rule["reason"] for rule in run.report.get("rules", []) if not rule["ok"]]
        return _end(row, S.REFUSED, "; ".join(refusals), build=run.build)
    return _move(row, S.GATE, build=run.build)


def _deploy(row: Circle, policy: Policy) -> bool:
    build, live = row.build, deployments.live(row.project)
    if build is None or build.state not in DEPLOYABLE:
        return _end(row, S.STOPPED, "Its build may no longer be deployed.")
    if live is not None and live.mode == Mode.ENSEMBLE:
        why = f"An ensemble reads now: deploy {build.name} under Models as it shall read, or stop this retraining."
        return _wait(row, why, for_person=True)
    if live is not None and live.mode in TRIED:
        return _wait(row, f"Several builds read now, in mode {live.mode}: it waits.")
    asks = policy.mode in DIVIDED and Step.PROMOTE not in policy.automatic
    wanted = replace(deployment.beside(_system(row), build, policy.mode), asks_first=asks)
    revision = deployment.deploy(_system(row), wanted, why=f"Retraining {row.pk}: {row.decision.why}")
    return _move(row, S.TRYING, deployment=revision, reason="")


def _wait(row: Circle, why: str, *, for_person: bool = False) -> bool:
    """Say why it is not deployed now, and once to the outside where a person has to decide. Return False."""
    if row.reason != why:
        Circle.objects.filter(pk=row.pk).update(reason=why)
        if for_person:
            emit("retraining.waits", row.pk, project=row.project.slug, circle=row.pk, step=Step.DEPLOY.value)
    return False


def _overtaken(row: Circle, live: DeploymentRevision) -> bool:
    """Go on where the build reads before the circle deployed it: a person did, or learning led to the same build."""
    if live.created_at > row.state_changed_at:
        return _move(row, S.TRYING, deployment=live, waits_for="", reason="")
    assert row.build is not None, "it reads"
    return _end(row, S.STOPPED, f"{row.build.name} reads already: learning again changed nothing.")


def _tried(row: Circle, policy: Policy) -> bool:
    revision, build = row.deployment, row.build
    if revision is None or build is None:
        return _end(row, S.STOPPED, "Its deployment was deleted.")
    if revision.state == RevisionState.PREPARING:
        return False
    if revision.state == RevisionState.FAILED:
        return _end(row, S.STOPPED, revision.reason_message)
    live = deployments.live(row.project)
    if live is None or _reads(row) is None:
        return _end(row, S.RETURNED, _why(live))
    if live.mode not in TRIED:
        return _end(row, S.PROMOTED, _why(live))
    if live.pk != revision.pk:  # the share of a canary grew
        Circle.objects.filter(pk=row.pk).update(deployment=live)
    asks = _asks(live)
    if _may_go_on(row, policy, Step.PROMOTE if asks else None) and asks:
        why = f"Retraining {row.pk}: {live.evidence['sentence']}"
        deployment.end_experiment(_system(row), live, DIVIDED[Mode(live.mode)][1], why=why)
        return _end(row, S.PROMOTED, _why(deployments.live(row.project)))
    if not _is_overdue(row, policy):
        return False
    why = f"Nothing was decided within {policy.trial_days} days"
    return _take_back(_system(row), row, why=why) and _end(row, S.RETURNED, why)


def _is_tried_on(row: Circle, revision: DeploymentRevision, policy: Policy) -> bool:
    """Say whether nothing is to be done about a trial but to wait for reviews, or for a person."""
    is_tried = revision.state == RevisionState.LIVE and revision.mode in TRIED
    if _is_overdue(row, policy) or not (is_tried or revision.state == RevisionState.PREPARING):
        return False
    return not _asks(revision) or (row.waits_for == Step.PROMOTE and Step.PROMOTE not in policy.automatic)


def _asks(revision: DeploymentRevision) -> bool:
    """Say whether the reviews have shown that the challenger may read everything, and a person shall say so."""
    return bool(revision.evidence.get("asks"))


def _is_overdue(row: Circle, policy: Policy) -> bool:
    return row.state_changed_at <= timezone.now() - datetime.timedelta(days=policy.trial_days)


def _take_back(access: Access, row: Circle, *, why: str) -> bool:
    """Let what read before read alone again. Return False when the build does not read any more."""
    if row.deployment is not None and row.deployment.state == RevisionState.PREPARING:
        raise Conflict("Its deployment is being prepared. Try again in a moment.", code="preparing")
    live = _reads(row)
    if live is None:
        return False
    if live.mode not in TRIED:
        raise Conflict("Its build reads everything already. Roll back under Models instead.", code="reads_already")
    incumbent = DIVIDED.get(Mode(live.mode), (ModelRole.MODEL, ModelRole.CHALLENGER))[0]
    deployment.end_experiment(access, live, incumbent, why=why)
    return True


def _reads(row: Circle) -> DeploymentRevision | None:
    """Return the live deployment when the circle's build reads in it."""
    live = deployments.live(row.project)
    return live if live is not None and live.models.filter(build=row.build).exists() else None


def _why(live: DeploymentRevision | None) -> str:
    return f"Deployment {live.revision} by {live.made_by}: {live.why}" if live is not None else "Nothing is deployed."


def _next_version(project: Project) -> str:
    """Return the version after the project's newest build: a person says major and minor, this counts the patch."""
    newest = Build.objects.filter(project=project).order_by("-id").first()
    if newest is None:
        return "0.1.0"
    major, minor, patch = newest.version.split(".")
    return f"{major}.{minor}.{int(patch) + 1}"


def _system(row: Circle) -> Access:
    return Access(SYSTEM, row.project, Role.OWNER)


def _move(row: Circle, to: CircleState, *, access: Access | None = None, **updates: Any) -> bool:
    actor = access.actor if access is not None else SYSTEM
    return move(row, to, actor=actor, project=row.project.slug, **updates)


def _end(row: Circle, to: CircleState, reason: str, *, access: Access | None = None, **updates: Any) -> bool:
    won = _move(row, to, access=access, reason=reason, waits_for="", ended_at=timezone.now(), **updates)
    if won:
        emit(
            "retraining.ended", row.pk, project=row.project.slug, circle=row.pk, state=row.state,
            build=row.build.name if row.build else "",
        )  # fmt: skip
    return won
