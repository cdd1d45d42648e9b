"""Writes of retraining: the policy, and what is decided by it. What follows a decision is in circle.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from invex.accounts.access import Access
from invex.accounts.models import Project
from invex.accounts.queries import system_access
from invex.accounts.roles import Right
from invex.kernel import audit
from invex.kernel.actor import Actor
from invex.kernel.errors import Conflict
from invex.kernel.outbox import emit

from . import queries, schedule
from .evidence import Reading
from .models import Circle, DailyFigure, Decision, RetrainingPolicy
from .policy import MOST_DOCUMENTS, Policy
from .queries import Held, Outlook
from .states import Kind, Outcome


def set_policy(access: Access, data: Mapping[str, Any]) -> RetrainingPolicy:
    """Decide when the project retrains; what `data` leaves out is as proposed. Raises NotAllowed, BadInput."""
    access.require(Right.MODELS)
    said = Policy.from_json(data)
    with transaction.atomic():
        project = Project.objects.select_for_update(no_key=True).get(pk=access.project.pk)
        row = queries.policy_row(project) or RetrainingPolicy(project=project)
        before = Policy.from_json(row.policy)
        if (before.cron, before.paused) != (said.cron, said.paused) or row.next_run_at is None:
            row.next_run_at = None if said.paused else schedule.next_time(said.cron, timezone.now())
        row.policy, row.changed_by = said.to_json(), str(access.actor)
        row.save()
        audit.record(
            access.actor, "changed", "retraining policy", project.slug, project=project.slug, policy=row.policy
        )
    return row


def set_paused(access: Access, *, paused: bool) -> RetrainingPolicy:
    """Hold the schedule, or let it go on with its next time. Raises NotAllowed."""
    access.require(Right.MODELS)
    with transaction.atomic():
        project = Project.objects.select_for_update(no_key=True).get(pk=access.project.pk)
        said = queries.policy(project).to_json()
        return set_policy(access, {**said, "schedule": {**said["schedule"], "paused": paused}})


def start(access: Access) -> Circle:
    """Begin a retraining by hand: neither cooldown nor budget holds a person back. Raises NotAllowed, Conflict."""
    access.require(Right.MODELS)
    with transaction.atomic():
        project = Project.objects.select_for_update(no_key=True).get(pk=access.project.pk)
        held = [one for one in queries.held(project) if one.holds_people]
        if held:
            raise Conflict(held[0].why, code=held[0].hold.value)
        return _fire(project, access.actor, Kind.BUTTON, None, why="Somebody asked for it")


def consider(row: RetrainingPolicy) -> Decision | None:
    """Look at all triggers of a project: note their figures, and begin a retraining or say why not now.

    Return the decision; None when no trigger is reached, or somebody changed what it depends on meanwhile. May run at
    any time, and twice. It measures before it takes the lock of the project, which others wait for.
    """
    measured = queries.outlook(row.project)
    with transaction.atomic():
        project = Project.objects.select_for_update(no_key=True).get(pk=row.project_id)
        row.refresh_from_db()
        found = queries.again(project, measured)
        if found is None:
            return None
        _note(project, found.readings)
        row.considered_at = timezone.now()
        if found.is_due and not found.waits_for_cooldown:
            row.next_run_at = schedule.next_time(found.policy.cron, row.considered_at)
        row.save(update_fields=["considered_at", "next_run_at"])
        if not found.reached:
            return None
        actor = system_access(project.slug).actor
        kind = found.reached[0]
        reading = found.reading(kind)
        if found.held:
            return _refuse(project, actor, kind, reading, found.held[0])
        return _fire(project, actor, kind, reading, why=said(found, kind)).decision


def said(found: Outlook, kind: Kind) -> str:
    """Return what a trigger says now, as a sentence."""
    reading = found.reading(kind)
    if reading is None or reading.figure is None:
        why = "The schedule says so"
    elif kind == Kind.LABELS:
        why = f"{reading.figure:.0f} new labels, from {reading.trigger.threshold:.0f} on it retrains"
    elif kind == Kind.ACCURACY:
        why = f"{reading.figure:.1%} right in {reading.evidence} documents, below {reading.trigger.threshold:.1%}"
    elif kind == Kind.DRIFT:
        why = f"Drift of {reading.figure:.2f} in {reading.evidence} documents, above {reading.trigger.threshold:.2f}"
    else:
        why = f"{reading.figure:.1%} unknown in {reading.evidence} documents, above {reading.trigger.threshold:.1%}"
    return why


def _fire(project: Project, actor: Actor, kind: Kind, reading: Reading | None, *, why: str) -> Circle:
    decision = _decided(project, actor, kind, reading, Outcome.FIRED, why=why)
    circle = Circle.objects.create(project=project, decision=decision)
    audit.record(
        actor, "fired", "retraining", circle.pk, project=project.slug, trigger=kind.value, why=why,
        figure=decision.figure, threshold=decision.threshold, evidence=decision.evidence,
    )  # fmt: skip
    emit(
        "retraining.fired", circle.pk, project=project.slug, circle=circle.pk, trigger=kind.value,
        figure=decision.figure, threshold=decision.threshold, documents=decision.evidence,
    )  # fmt: skip
    return circle


def _refuse(project: Project, actor: Actor, kind: Kind, reading: Reading | None, held: Held) -> Decision:
    """Write down why a reached trigger starts nothing now; the same as the last time is counted there."""
    last = queries.decisions(project).filter(trigger=kind).order_by("-id").first()
    if last is None or last.outcome != Outcome.NOT_NOW or last.hold != held.hold:
        return _decided(project, actor, kind, reading, Outcome.NOT_NOW, why=held.why, hold=held.hold)
    Decision.objects.filter(pk=last.pk).update(
        times=F("times") + 1, last_at=timezone.now(), why=held.why, **_figures(reading)
    )
    last.refresh_from_db()
    return last


def _decided(
    project: Project, actor: Actor, kind: Kind, reading: Reading | None, outcome: Outcome, **more: Any
) -> Decision:
    return Decision.objects.create(
        project=project, outcome=outcome, trigger=kind, made_by=str(actor), **_figures(reading), **more
    )


def _figures(reading: Reading | None) -> dict[str, Any]:
    if reading is None:
        return {}
    return {
        "figure": reading.figure,
        "threshold": reading.trigger.threshold,
        "evidence": reading.evidence,
        "documents": list(reading.documents[:MOST_DOCUMENTS]),
    }


def _note(project: Project, readings: tuple[Reading, ...]) -> None:
    """Keep what was measured, one figure a day."""
    for reading in readings:
        if reading.figure is not None:
            DailyFigure.objects.update_or_create(
                project=project,
                trigger=reading.kind,
                day=timezone.localdate(),
                defaults={"figure": reading.figure, "evidence": reading.evidence},
            )
