"""REST schemas of builds."""

from __future__ import annotations

import datetime
from typing import Any, Literal, cast

from django.urls import reverse
from ninja import Schema
from pydantic import Field

from invex.kernel.rest.pagination import Paging

from .models import Build

State = Literal["registered", "passed", "refused", "evicted"]


class BuildFilters(Paging):
    state: State | None = Field(None, description="Only builds in this state.")


class BuildOut(Schema):
    name: str = Field(examples=["Invoices-0.18.0-build.112"])
    version: str = Field(examples=["0.18.0"])
    build: int = Field(description="Of the global sequence; it never repeats.", examples=[112])
    origin: Literal["shipped", "local", "repository"]
    state: State
    sha256: str = Field(description="Of the package.")
    size: int = Field(description="Bytes.")
    dataset: str = Field(description="Hash of the dataset version that it was learned from; empty where none is known.")
    metrics: dict[str, Any]
    report: dict[str, Any] = Field(description="What the gate found; empty before it judged.")
    override_reason: str = Field(description="Who let it through although the gate had refused it, and why.")
    made_by: str
    created_at: datetime.datetime
    links: dict[str, str]

    @classmethod
    def of(cls, row: Build) -> BuildOut:
        address = reverse("api:get_build", args=[row.name])
        return cls(
            name=row.name,
            version=row.version,
            build=row.number,
            origin=cast(Any, row.origin),
            state=cast(Any, row.state),
            sha256=row.sha256,
            size=row.size,
            dataset=row.dataset,
            metrics=row.metrics,
            report=row.report,
            override_reason=row.override_reason,
            made_by=row.made_by,
            created_at=row.created_at,
            links={"self": address, "package": f"{address}/package"},
        )


class BuildDetail(BuildOut):
    manifest: dict[str, Any] = Field(description="package.json, without its list of files.")
    card: str = Field(description="Model card, Markdown.")

    @classmethod
    def of(cls, row: Build) -> BuildDetail:
        return cls(**BuildOut.of(row).model_dump(), manifest=row.manifest, card=row.card)


class BuildPage(Schema):
    items: list[BuildOut]
    next: str | None = Field(examples=[None])
