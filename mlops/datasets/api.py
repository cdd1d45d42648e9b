"""REST: dataset versions (FORMATS.md, section 7)."""

from __future__ import annotations

import datetime
from typing import Any

from ninja import Query, Router, Schema
from pydantic import Field

from invex.accounts.auth import ApiRequest
from invex.accounts.roles import Right
from invex.kernel.rest.pagination import Paging, page

from . import queries
from .models import DatasetVersion
from .states import DatasetState

router = Router(tags=["models"])
HASH = "7c1f0d8a6d1b2f7e9c4a5b3d2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f"


class DatasetOut(Schema):
    """A frozen dataset version."""

    hash: str = Field(examples=[HASH])
    name: str = Field(examples=["demo 2026-11-21 06:00"])
    selection: dict[str, Any] = Field(examples=[{"per_template": 200}])
    distribution: dict[str, dict[str, int]] = Field(
        examples=[{"Acme order": {"train": 31, "test": 8, "blind": 4}}], description="template -> side -> documents"
    )
    documents: int = Field(examples=[43])
    held_back: int = Field(
        description="Confirmed documents left out because others of their template contradict them.", examples=[1]
    )
    is_whole: bool = Field(description="False when documents were erased since.", examples=[True])
    is_fit: bool | None = Field(description="What validation said; null until it has.", examples=[True])
    made_by: str = Field(examples=["ann"])
    created_at: datetime.datetime

    @classmethod
    def of(cls, row: DatasetVersion, whole: queries.Wholeness) -> DatasetOut:
        return cls(
            hash=row.hash,
            name=row.name,
            selection=row.selection,
            distribution=row.distribution,
            documents=whole.documents,
            held_back=len(row.held_back),
            is_whole=whole.is_whole,
            is_fit=row.validation["is_fit"] if row.validation is not None else None,
            made_by=row.made_by,
            created_at=row.created_at,
        )


class DatasetDetail(DatasetOut):
    """With what validation found."""

    validation: dict[str, Any] | None = Field(
        examples=[{"is_fit": True, "documents": 43, "values": 301, "located": 297, "findings": []}]
    )


class DatasetPage(Schema):
    items: list[DatasetOut]
    next: str | None = Field(examples=[None])


@router.get("/datasets", response=DatasetPage, summary="List dataset versions, the newest first")
def list_datasets(request: ApiRequest, paging: Query[Paging]) -> Any:
    request.auth.require(Right.READ)
    rows = queries.versions(request.auth.project).filter(state=DatasetState.FROZEN)
    found = page(request, rows, paging, order=("-id",))
    whole = queries.wholeness_of(found["items"])
    return {**found, "items": [DatasetOut.of(row, whole[row.pk]) for row in found["items"]]}


@router.get("/datasets/{hash}", response=DatasetDetail, summary="A dataset version")
def get_dataset(request: ApiRequest, hash: str) -> Any:
    """By its hash, or by at least six of its first characters. What is in it, and what validation found."""
    request.auth.require(Right.READ)
    row = queries.version(request.auth.project, hash)
    return DatasetDetail(**DatasetOut.of(row, queries.wholeness(row)).model_dump(), validation=row.validation)
