"""REST: what the project reads with."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal, cast

from django.http import HttpResponse
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field

from invex.accounts.auth import ApiRequest
from invex.accounts.idempotency import idempotent_slow
from invex.accounts.roles import Right
from invex.kernel.rest.pagination import Paging, page
from invex.kernel.rest.problems import Problem
from invex.kernel.rest.schemas import Body, Text

from . import queries, services
from .models import DeploymentRevision

router = Router(tags=["models"])

ModeName = Literal["single", "ensemble", "A/B", "shadow", "canary"]
Path = Annotated[
    str, Field(min_length=1, max_length=400, pattern=r"^[^\x00]*$", examples=["invex/models/Demo-0.2.0-build.7.zip"])
]
Part = Annotated[float, Field(gt=0, lt=1, examples=[0.5])]
PREPARED_IN_S = 5  # after which a caller may ask what became of it


class BestModels(Schema):
    """`single` has `model`, `ensemble` `models`, `A/B` `modelA` and `modelB`; the others add a `challenger`."""

    repository: Annotated[str, Field(max_length=64, pattern=r"^[^\x00]*$")] = Field("", description="Of the settings.")
    mode: ModeName
    model: Path | None = None
    challenger: Path | None = None
    modelA: Path | None = None
    modelB: Path | None = None
    models: list[Path] | None = None
    share: dict[str, Part] | None = Field(
        None, description="Parts of the arms, together 1.", examples=[{"A": 0.5, "B": 0.5}]
    )
    askFirst: bool = Field(
        False, description="A/B and canary: a challenger that has won waits for a person, instead of being promoted."
    )


class Deployment(Schema):
    """`invex-deployment/1`."""

    model_config = ConfigDict(extra="ignore")

    format: Literal["invex-deployment/1"]
    project: Text = Field(examples=["demo"])
    revision: int | None = Field(None, description="Given by the server; 0 = nothing was deployed yet.")
    fixedVersions: list[Text] = Field([], description="Versions whose builds are never evicted.", examples=[["0.2.0"]])
    bestModels: BestModels


class RevisionOut(Schema):
    revision: int
    state: Literal["preparing", "live", "replaced", "failed"]
    mode: ModeName
    builds: list[str]
    share: dict[str, float]
    made_by: str
    why: str
    replaced: int | None = Field(description="The revision that was live before it.")
    restores: int | None = Field(description="The revision that it goes back to.")
    reason: str = Field(description="Why it failed.")
    evidence: dict[str, Any] = Field(description="Of the test between its arms, so far.")
    created_at: datetime.datetime
    live_at: datetime.datetime | None
    ended_at: datetime.datetime | None

    @classmethod
    def of(cls, row: DeploymentRevision) -> RevisionOut:
        return cls(
            revision=row.revision,
            state=cast(Any, row.state),
            mode=cast(Any, row.mode),
            builds=[model.build.name for model in row.models.all()],
            share=row.share,
            made_by=row.made_by,
            why=row.why,
            replaced=row.replaced.revision if row.replaced else None,
            restores=row.restores.revision if row.restores else None,
            reason=row.reason_message,
            evidence=row.evidence,
            created_at=row.created_at,
            live_at=row.live_at,
            ended_at=row.ended_at,
        )


class RevisionPage(Schema):
    items: list[RevisionOut]
    next: str | None = Field(examples=[None])


class RollbackIn(Body):
    revision: int | None = Field(
        None, ge=1, le=2**31 - 1, description="Left out: what was live before.", examples=[None]
    )
    why: Text = ""


def _said(request: ApiRequest, row: DeploymentRevision | None) -> dict[str, Any]:
    return queries.as_file(request.auth.project, row).to_json()


@router.get("/deployment", response=Deployment, exclude_none=True, summary="What the project reads with")
def get_deployment(request: ApiRequest) -> Any:
    """The live revision as `invex-deployment/1`; revision 0 before the first deployment."""
    request.auth.require(Right.READ)
    return _said(request, queries.live(request.auth.project))


@router.put(
    "/deployment",
    response={200: Deployment, 404: Problem, 413: Problem, 503: Problem},
    exclude_none=True,
    summary="Deploy",
)
@idempotent_slow
def put_deployment(request: ApiRequest, response: HttpResponse, body: Deployment) -> Any:
    """Deploy what the file says; builds that are not here are pulled from its repository.

    The answer is the new revision. It goes live once its packages are checked and the memory is fitted on top of them,
    mostly within seconds: GET /deployment/revisions says so. Role: ml_admin or owner.
    """
    request.auth.require(Right.MODELS)
    row = services.deploy_file(request.auth, body.model_dump(exclude_none=True))
    response.headers["Retry-After"] = str(PREPARED_IN_S)
    return _said(request, queries.revision(request.auth.project, row.revision))


@router.get("/deployment/revisions", response=RevisionPage, summary="Deployments, the newest first")
def list_revisions(request: ApiRequest, paging: Query[Paging]) -> Any:
    """Who deployed what, when and why."""
    request.auth.require(Right.READ)
    found = page(request, queries.revisions(request.auth.project), paging, order=("-id",))
    return {**found, "items": [RevisionOut.of(row) for row in found["items"]]}


@router.post(
    "/deployment/rollback",
    response={200: Deployment, 404: Problem, 503: Problem},
    exclude_none=True,
    summary="Go back to an earlier deployment",
)
@idempotent_slow
def rollback_deployment(request: ApiRequest, response: HttpResponse, body: RollbackIn) -> Any:
    """Builds, routing and thresholds come back as a new revision; the memory knows all that was confirmed since.

    Role: ml_admin or owner.
    """
    row = services.rollback(request.auth, body.revision, why=body.why)
    response.headers["Retry-After"] = str(PREPARED_IN_S)
    return _said(request, queries.revision(request.auth.project, row.revision))
