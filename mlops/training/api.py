"""REST: training runs (FORMATS.md, section 7)."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from django.http import HttpResponse
from django.urls import reverse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from invex.accounts.auth import ApiRequest
from invex.accounts.idempotency import idempotent
from invex.accounts.roles import Right
from invex.kernel.rest.pagination import Paging, page
from invex.kernel.rest.problems import Problem
from invex.kernel.rest.schemas import Body, Day, row_id
from mlops.datasets import queries as dataset_queries
from mlops.datasets import services as datasets
from mlops.datasets.selection import Selection
from mlops.registry import queries as builds

from . import queries, services
from .models import TrainingRun

router = Router(tags=["models"])


class SelectionIn(Body):
    """Which confirmed documents: all of them, less what the entries leave out."""

    since: Day | None = Field(default=None, examples=["2026-01-01"])
    templates: list[str] | None = Field(default=None, examples=[["Acme order"]])
    with_held: bool | None = Field(
        default=None,
        description="Also those that are held back because others of their template contradict them.",
        examples=[False],
    )
    without_suspects: bool | None = Field(default=None, examples=[True])
    share: float | None = Field(default=None, gt=0, le=1, examples=[0.5])
    newest: int | None = Field(default=None, ge=1, examples=[500])
    per_template: int | None = Field(default=None, ge=1, examples=[200])


class TrainingRunIn(Body):
    version: Annotated[str, Field(pattern=r"^\d{1,6}\.\d{1,6}\.\d{1,6}$", examples=["0.18.0"])]
    dataset: str | SelectionIn = Field(
        default_factory=SelectionIn,
        description="The hash of a dataset version, or a selection that is frozen now.",
        examples=[{}],
    )
    seed: int = Field(default=0, ge=0, lt=2**31, examples=[0])
    pretrain: bool = Field(
        default=False,
        description="Train the network anew, after it has read the documents without their labels: half an hour on a "
        "CPU. The machine that trains needs torch.",
        examples=[False],
    )


class StepOut(Schema):
    name: str = Field(examples=["train"])
    started_at: str = Field(examples=["2026-11-21T03:12:00+00:00"])
    ended_at: str | None
    detail: dict[str, Any]


class TrainingRunOut(Schema):
    """A training run. `build` is there once it is done; whether the gate let it through says the build's state."""

    id: str = Field(examples=["12"])
    purpose: str = Field(description="train, or judge a build that exists.", examples=["train"])
    version: str = Field(examples=["0.18.0"])
    state: str = Field(examples=["running"])
    step: str = Field(examples=["train"])
    steps: list[StepOut]
    reason: str = Field(examples=[""])
    dataset: str = Field(description="Its hash; empty until it is frozen.")
    base: str = Field(examples=["Invex-0.1.0-build.1"])
    code: str
    seed: int
    pretrain: bool
    device: str = Field(examples=["cpu"])
    trigger: dict[str, Any] = Field(examples=[{"kind": "rest"}])
    progress: list[dict[str, Any]] = Field(
        description="Of learning: each template with its documents, seconds, and `losses`, the objective a document "
        "before the first step of optimisation and after each. Before them the networks of a run that pretrains, with "
        "`curve`, the mean loss of every `curve_steps` steps; and before these the synthetic documents that are made "
        "for them, of `wanted` ones.",
        examples=[[{"step": "Acme order", "documents": 12, "seconds": 0.4, "losses": [2.1, 0.7, 0.2]}]],
    )
    yields: list[dict[str, Any]]
    build: str | None = Field(examples=["Demo-0.18.0-build.112"])
    passed: bool | None = Field(description="What the gate said; null until it has.")
    rules: list[dict[str, Any]] = Field(description="Of the gate, each with its reason.")
    made_by: str
    created_at: datetime.datetime
    ended_at: datetime.datetime | None

    @classmethod
    def of(cls, row: TrainingRun) -> TrainingRunOut:
        copied = ("purpose", "version", "state", "step", "reason", "base", "code", "seed", "device", "trigger",
                  "progress", "yields", "made_by", "created_at", "ended_at")  # fmt: skip
        return cls(
            id=str(row.pk),
            steps=[StepOut(**step) for step in row.steps],
            dataset=row.dataset.hash,
            pretrain=row.pretrains,
            build=row.build.name if row.build else None,
            passed=row.report.get("passed"),
            rules=row.report.get("rules", []),
            **{name: getattr(row, name) for name in copied},
        )


class JudgementIn(Schema):
    dataset: str | None = Field(
        default=None, description="The hash of a dataset version; left out: what is confirmed today.", examples=[None]
    )


class TrainingRunPage(Schema):
    items: list[TrainingRunOut]
    next: str | None = Field(examples=[None])


@router.post("/training-runs", response={202: TrainingRunOut, 404: Problem}, summary="Train a build")
@idempotent
def create_training_run(request: ApiRequest, response: HttpResponse, body: TrainingRunIn) -> Any:
    """Freeze, validate, smoke, train, evaluate, gate: each step is visible. Role: ml_admin or owner."""
    request.auth.require(Right.MODELS)
    if isinstance(body.dataset, str):
        dataset = dataset_queries.version(request.auth.project, body.dataset)
    else:
        said = body.dataset.model_dump(mode="json", exclude_none=True)
        dataset = datasets.request(request.auth, Selection.from_json(said))
    row = services.request(
        request.auth, dataset, version=body.version, seed=body.seed, pretrains=body.pretrain, trigger={"kind": "rest"}
    )
    response.headers["Location"] = reverse("api:get_training_run", args=[row.pk])
    return Status(202, TrainingRunOut.of(row))


@router.post(
    "/builds/{build}/judgement", response={202: TrainingRunOut, 404: Problem, 410: Problem}, summary="Judge a build"
)
@idempotent
def judge_build(request: ApiRequest, response: HttpResponse, build: str, body: JudgementIn) -> Any:
    """Evaluate a build that exists beside what reads now, and let the gate decide. Role: ml_admin or owner."""
    request.auth.require(Right.MODELS)
    chosen = dataset_queries.version(request.auth.project, body.dataset) if body.dataset else None
    found = builds.build(request.auth.project, build)
    row = services.request_judgement(request.auth, found, chosen, trigger={"kind": "rest"})
    response.headers["Location"] = reverse("api:get_training_run", args=[row.pk])
    return Status(202, TrainingRunOut.of(row))


@router.get("/training-runs", response=TrainingRunPage, summary="List training runs, the newest first")
def list_training_runs(request: ApiRequest, paging: Query[Paging]) -> Any:
    request.auth.require(Right.READ)
    found = page(request, queries.runs(request.auth.project), paging, order=("-id",))
    return {**found, "items": [TrainingRunOut.of(row) for row in found["items"]]}


@router.get("/training-runs/{id}", response=TrainingRunOut, summary="A training run")
def get_training_run(request: ApiRequest, id: str) -> Any:
    """Its steps, and once it is done the build and what the gate said."""
    request.auth.require(Right.READ)
    return TrainingRunOut.of(_run(request, id))


@router.post("/training-runs/{id}/yield", response={202: TrainingRunOut}, summary="Let a run stop at its next step")
@idempotent
def yield_training_run(request: ApiRequest, id: str) -> Any:
    """It keeps its checkpoints and goes on when it is resumed. Role: ml_admin or owner."""
    services.ask_to_yield(request.auth, _run(request, id))
    return Status(202, TrainingRunOut.of(_run(request, id)))


@router.post("/training-runs/{id}/resume", response={202: TrainingRunOut}, summary="Let a run go on")
@idempotent
def resume_training_run(request: ApiRequest, id: str) -> Any:
    """One that yielded, or failed and may work now. Role: ml_admin or owner."""
    services.resume(request.auth, _run(request, id))
    return Status(202, TrainingRunOut.of(_run(request, id)))


@router.post(
    "/training-runs/{id}/start-on-cpu",
    response={202: TrainingRunOut},
    summary="Have a run that began on a GPU train again on the CPU",
)
@idempotent
def start_training_run_on_cpu(request: ApiRequest, id: str) -> Any:
    """One that waits for a GPU, yielded or failed; it trains from nothing. Role: ml_admin or owner."""
    services.start_on_cpu(request.auth, _run(request, id))
    return Status(202, TrainingRunOut.of(_run(request, id)))


@router.post("/training-runs/{id}/cancel", response={202: TrainingRunOut}, summary="End a run for good")
@idempotent
def cancel_training_run(request: ApiRequest, id: str) -> Any:
    """Role: ml_admin or owner."""
    services.cancel(request.auth, _run(request, id))
    return Status(202, TrainingRunOut.of(_run(request, id)))


def _run(request: ApiRequest, id: str) -> TrainingRun:
    return queries.run(request.auth.project, row_id(id, what="training run"))
