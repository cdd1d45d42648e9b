"""REST: retraining (docs/formats.md, section 7)."""

from __future__ import annotations

import datetime
from typing import Any, Literal

from django.http import HttpResponse
from django.urls import reverse
from ninja import Router, Schema, Status
from pydantic import Field

from invex.accounts.auth import ApiRequest
from invex.accounts.idempotency import idempotent
from invex.accounts.models import Project
from invex.accounts.roles import Right
from invex.kernel.errors import NotFound
from invex.kernel.rest.problems import Problem
from invex.kernel.rest.schemas import Body
from mlops.training.api import SelectionIn

from . import circle, queries, services
from .models import Circle
from .policy import LONGEST_COOLDOWN_H, LONGEST_TRIAL_DAYS, MOST_DOCUMENTS, MOST_RUNS, PROPOSED, Trigger
from .states import Kind

router = Router(tags=["models"])


class TriggerBody(Body):
    """threshold: a share in [0, 1]; of drift a population stability, of labels a number."""

    on: bool = False
    threshold: float = Field(ge=0, le=1_000_000, examples=[0.2])
    newest: int = Field(default=MOST_DOCUMENTS, ge=1, le=MOST_DOCUMENTS, description="Over at most so many documents.")
    least: int = Field(default=1, ge=1, le=MOST_DOCUMENTS, description="With fewer documents it does not fire.")

    @classmethod
    def of(cls, said: Trigger) -> TriggerBody:
        return cls(on=said.on, threshold=said.threshold, newest=said.newest, least=said.least)


class TriggersBody(Body):
    accuracy: TriggerBody = Field(default_factory=lambda: TriggerBody.of(PROPOSED[Kind.ACCURACY]))
    drift: TriggerBody = Field(default_factory=lambda: TriggerBody.of(PROPOSED[Kind.DRIFT]))
    unknown: TriggerBody = Field(default_factory=lambda: TriggerBody.of(PROPOSED[Kind.UNKNOWN]))
    labels: TriggerBody = Field(default_factory=lambda: TriggerBody.of(PROPOSED[Kind.LABELS]))


class ScheduleBody(Body):
    cron: str = Field(default="", max_length=200, description="Five fields; empty: none.", examples=["0 2 * * 6"])
    paused: bool = False


class BudgetBody(Body):
    """Within seven days, of what retraining started; null = no limit."""

    runs: int | None = Field(default=7, ge=1, le=MOST_RUNS)
    cpu_h: float | None = Field(default=None, ge=0, le=LONGEST_COOLDOWN_H)
    gpu_h: float | None = Field(default=None, ge=0, le=LONGEST_COOLDOWN_H)


class AutomaticBody(Body):
    """Which steps wait for no person."""

    freeze: bool = True
    train: bool = True
    deploy: bool = False
    promote: bool = True


class PolicyBody(Body):
    """When the project retrains; what is left out is as proposed."""

    triggers: TriggersBody = Field(default_factory=TriggersBody)
    schedule: ScheduleBody = Field(default_factory=ScheduleBody)
    cooldown_h: float = Field(default=24, ge=0, le=LONGEST_COOLDOWN_H)
    budget: BudgetBody = Field(default_factory=BudgetBody)
    automatic: AutomaticBody = Field(default_factory=AutomaticBody)
    mode: Literal["canary", "A/B", "single"] = "canary"
    trial_days: int = Field(default=14, ge=1, le=LONGEST_TRIAL_DAYS)
    selection: SelectionIn = Field(default_factory=SelectionIn, examples=[{}])


class FigureOut(Schema):
    """What a trigger measured now. figure: null with too few documents."""

    trigger: str = Field(examples=["unknown"])
    on: bool
    figure: float | None
    threshold: float
    documents: int
    reached: bool


class CircleOut(Schema):
    """A retraining: from the decision to a build that reads, or does not."""

    id: str = Field(examples=["3"])
    state: str = Field(examples=["training"])
    waits_for: str = Field(description="The step before which it waits for a person; empty: for nobody.")
    reason: str
    trigger: str = Field(examples=["unknown"])
    why: str = Field(examples=["41.0% unknown in 100 documents, above 20.0%"])
    figure: float | None
    threshold: float | None
    documents: list[str] = Field(description="Over which the figure was taken.")
    training_run: str | None
    build: str | None
    deployment: int | None = Field(description="Its revision.")
    created_at: datetime.datetime
    ended_at: datetime.datetime | None

    @classmethod
    def of(cls, row: Circle) -> CircleOut:
        decision = row.decision
        return cls(
            id=str(row.pk),
            state=row.state,
            waits_for=row.waits_for,
            reason=row.reason,
            trigger=decision.trigger,
            why=decision.why,
            figure=decision.figure,
            threshold=decision.threshold,
            documents=[str(pk) for pk in decision.documents],
            training_run=str(row.run_id) if row.run_id else None,
            build=row.build.name if row.build else None,
            deployment=row.deployment.revision if row.deployment else None,
            created_at=row.created_at,
            ended_at=row.ended_at,
        )


class RetrainingOut(Schema):
    """What was decided, what the triggers say, and what would happen now."""

    policy: PolicyBody
    figures: list[FigureOut]
    next_run_at: datetime.datetime | None = Field(description="Of the schedule.")
    would_fire: str | None = Field(description="The trigger that would begin a retraining now.", examples=[None])
    not_now: list[str] = Field(description="What holds one back.", examples=[["Training run 7 is under way."]])
    under_way: CircleOut | None
    last: CircleOut | None = Field(description="The newest that has ended.")


@router.get("/retraining", response=RetrainingOut, summary="When the project retrains, and what would happen now")
def get_retraining(request: ApiRequest) -> Any:
    request.auth.require(Right.READ)
    return _said(request.auth.project)


@router.put("/retraining", response=RetrainingOut, summary="Decide when the project retrains")
@idempotent
def put_retraining(request: ApiRequest, body: PolicyBody) -> Any:
    """The whole policy is replaced. Role: ml_admin or owner."""
    said = body.model_dump(mode="json")
    said["selection"] = body.selection.model_dump(mode="json", exclude_none=True)
    services.set_policy(request.auth, said)
    return _said(request.auth.project)


@router.post("/retraining/start", response={202: CircleOut, 409: Problem}, summary="Begin a retraining by hand")
@idempotent
def start_retraining(request: ApiRequest, response: HttpResponse) -> Any:
    """Neither cooldown nor budget holds it back; 409 while one is under way or nothing new was confirmed.

    Role: ml_admin or owner.
    """
    row = services.start(request.auth)
    response.headers["Location"] = reverse("api:get_retraining")
    return Status(202, CircleOut.of(row))


@router.post(
    "/retraining/continue", response={202: CircleOut, 404: Problem, 409: Problem}, summary="Let a retraining go on"
)
@idempotent
def continue_retraining(request: ApiRequest) -> Any:
    """One that waits for a person. Role: ml_admin or owner."""
    return _acted(request, circle.go_on)


@router.post("/retraining/stop", response={202: CircleOut, 404: Problem, 409: Problem}, summary="Stop a retraining")
@idempotent
def stop_retraining(request: ApiRequest) -> Any:
    """Its run is cancelled; what read before reads again. Role: ml_admin or owner."""
    return _acted(request, circle.stop)


def _acted(request: ApiRequest, action: Any) -> Any:
    request.auth.require(Right.MODELS)
    row = queries.open_circle(request.auth.project)
    if row is None:
        raise NotFound("No retraining is under way.")
    action(request.auth, row)
    return Status(202, CircleOut.of(queries.circles(request.auth.project).get(pk=row.pk)))


def _said(project: Project) -> RetrainingOut:
    found, row = queries.outlook(project), queries.policy_row(project)
    now = queries.open_circle(project)
    ended = queries.circles(project).filter(ended_at__isnull=False).order_by("-id").first()
    return RetrainingOut(
        policy=PolicyBody.model_validate(found.policy.to_json()),
        figures=[
            FigureOut(
                trigger=one.kind,
                on=one.trigger.on,
                figure=one.figure,
                threshold=one.trigger.threshold,
                documents=one.evidence,
                reached=one.is_reached,
            )
            for one in found.readings
        ],
        next_run_at=row.next_run_at if row is not None else None,
        would_fire=found.reached[0] if found.would_fire else None,
        not_now=[held.why for held in found.held],
        under_way=CircleOut.of(now) if now is not None else None,
        last=CircleOut.of(ended) if ended is not None else None,
    )
