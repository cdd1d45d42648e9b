"""REST: lists of master data."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from ninja import Query, Router, Schema, Status
from pydantic import Field

from invex.accounts.auth import ApiRequest
from invex.accounts.idempotency import idempotent
from invex.accounts.roles import Right
from invex.kernel.rest.pagination import Paging, page
from invex.kernel.rest.schemas import Body, Text

from . import queries, services
from .csv_file import LONGEST_CELL, LONGEST_COLUMN, MOST_COLUMNS, Table
from .models import MasterList, MasterListVersion

router = Router(tags=["master data"])

MOST_AT_ONCE = 10_000  # rows of one upsert

Cell = Annotated[str, Field(max_length=LONGEST_CELL, pattern=r"^[^\x00]*$")]
Column = Annotated[str, Field(min_length=1, max_length=LONGEST_COLUMN, pattern=r"^[^\x00]*\S[^\x00]*$")]
Row = dict[Column, Cell]


class ListOut(Schema):
    name: str = Field(examples=["suppliers"])
    columns: list[str] = Field(examples=[["number", "name", "iban"]])
    key: str = Field(description="The column that tells rows apart; empty = the whole row.", examples=["number"])
    version: int = Field(examples=[3])
    rows: int = Field(description="How many it holds.", examples=[1204])
    updated_at: datetime.datetime


class ListPage(Schema):
    items: list[ListOut]
    next: str | None = Field(examples=[None])


class ListBody(Body):
    """What a list holds from now on, all of it."""

    columns: list[Column] = Field(min_length=1, max_length=MOST_COLUMNS, examples=[["number", "name", "iban"]])
    rows: list[list[Cell]] = Field(
        description="Texts in the order of the columns.", examples=[[["70001", "Acme GmbH", "DE89370400440532013000"]]]
    )
    key: str | None = Field(
        None,
        max_length=LONGEST_COLUMN,
        description='The column that tells rows apart, "" = the whole row; null = as it was, at first the first one.',
    )


class ChangeOut(Schema):
    version: int = Field(description="A new one when something changed.", examples=[4])
    rows: int
    added: int = Field(description="By this version; a changed row counts as added and as removed.")
    removed: int


class RowsBody(Body):
    rows: list[Row] = Field(
        min_length=1, max_length=MOST_AT_ONCE, examples=[[{"number": "70001", "iban": "DE89370400440532013000"}]]
    )


class RowsPage(Schema):
    items: list[dict[str, str]]
    next: str | None = Field(examples=[None])


class LookUp(Schema):
    column: Text
    q: Text = Field(description="What is printed, or typed so far.", examples=["Acme Gmbh"])
    limit: Annotated[int, Field(ge=1, le=50)] = 5


class SuggestionOut(Schema):
    value: str
    score: float = Field(description="How alike, 0 to 1.")
    row: dict[str, str]


class Suggestions(Schema):
    items: list[SuggestionOut]


def _out(row: MasterList) -> dict[str, Any]:
    return {
        "name": row.name,
        "columns": row.columns,
        "key": row.key_column,
        "version": row.version,
        "rows": row.row_count,
        "updated_at": row.updated_at,
    }


def _change(made: MasterListVersion) -> dict[str, Any]:
    return {"version": made.version, "rows": made.row_count, "added": made.added, "removed": made.removed}


@router.get("/lists", response=ListPage)
def list_lists(request: ApiRequest, filters: Query[Paging]) -> dict[str, Any]:
    """The project's lists of master data, the oldest first."""
    request.auth.require(Right.READ)
    found = page(request, queries.lists(request.auth.project), filters, order=("id",))
    return {**found, "items": [_out(row) for row in found["items"]]}


@router.get("/lists/{name}", response=ListOut)
def get_list(request: ApiRequest, name: str) -> dict[str, Any]:
    """A list: its columns, its version, how many rows it holds."""
    request.auth.require(Right.READ)
    return _out(queries.master_list(request.auth.project, name))


@router.put("/lists/{name}", response=ChangeOut)
@idempotent
def put_list(request: ApiRequest, name: str, body: ListBody) -> dict[str, Any]:
    """Make this what the list holds, at once and as a new version; the list is made when it is not there."""
    rows = tuple(tuple(" ".join(cell.split()) for cell in row) for row in body.rows)
    columns = tuple(" ".join(column.split()) for column in body.columns)
    return _change(services.replace(request.auth, name, Table(columns, rows), key_column=body.key))


@router.delete("/lists/{name}", response={204: None})
@idempotent
def delete_list(request: ApiRequest, name: str) -> Any:
    """Delete a list with its versions; 409 while a template has a rule about it."""
    services.delete(request.auth, name)
    return Status(204, None)


@router.get("/lists/{name}/rows", response=RowsPage)
def get_rows(request: ApiRequest, name: str, filters: Query[Paging]) -> dict[str, Any]:
    """What the list holds, page by page."""
    request.auth.require(Right.READ)
    row = queries.master_list(request.auth.project, name)
    found = page(request, queries.rows(row), filters, order=("id",))
    return {**found, "items": [dict(zip(row.columns, r.values, strict=True)) for r in found["items"]]}


@router.post("/lists/{name}/rows", response=ChangeOut)
@idempotent
def upsert_rows(request: ApiRequest, name: str, body: RowsBody) -> dict[str, Any]:
    """Add rows, or change those with the same key; a column that is left out keeps its value."""
    return _change(services.upsert(request.auth, name, body.rows))


@router.delete("/lists/{name}/rows/{key}", response=ChangeOut)
@idempotent
def delete_row(request: ApiRequest, name: str, key: str) -> dict[str, Any]:
    """Take a row out of the list."""
    return _change(services.remove_rows(request.auth, name, [key]))


@router.get("/lists/{name}/look-up", response=Suggestions)
def look_up(request: ApiRequest, name: str, asked: Query[LookUp]) -> dict[str, Any]:
    """The rows that a text may mean, the likeliest first: exact or not."""
    request.auth.require(Right.READ)
    found = queries.suggestions(request.auth.project, name, asked.column, asked.q, limit=asked.limit)
    return {"items": [{"value": s.value, "score": round(min(s.score, 1.0), 3), "row": dict(s.row)} for s in found]}
