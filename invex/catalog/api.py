"""REST: templates."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.urls import reverse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from invex.accounts.auth import ApiRequest
from invex.accounts.idempotency import idempotent
from invex.accounts.roles import Right
from invex.fields.spec import FIELD_TYPES
from invex.fields.template_json import template_to_json
from invex.kernel.rest.pagination import Paging, page
from invex.kernel.rest.schemas import Body

from . import queries, services
from .models import Template

router = Router(tags=["templates"])

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$", examples=["gross_amount"])]
FieldTypeName = Annotated[str, Field(json_schema_extra={"enum": list(FIELD_TYPES)}, examples=["amount"])]


class FieldBody(Body):
    key: Key
    type: FieldTypeName
    label: str = Field("", examples=["Gross amount"])
    required: bool = False


class TableBody(Body):
    key: Key = Field(examples=["line_items"])
    columns: list[FieldBody]


class RuleBody(Body):
    kind: str = Field(examples=["order"], description="pattern, range, sum, order, list or master_data")
    fields: list[str] = Field(examples=[["invoice_date", "due_date"]])
    params: dict[str, Any] = {}


class LocaleBody(Body):
    """How documents of the template write; null = learned from them."""

    date_order: Literal["dmy", "mdy", "ymd", "ydm"] | None = None
    decimal: Literal[".", ","] | None = None


class TemplateChange(Body):
    """What a template asks for."""

    name: str | None = Field(None, examples=["ACME order"], description="Its name, or left out: a template keeps it.")
    fields: list[FieldBody] = []
    tables: list[TableBody] = []
    rules: list[RuleBody] = []
    locale: LocaleBody = LocaleBody()
    version: int | None = Field(None, ge=1, description="The version that was edited; 409 when it is not the newest.")


class TemplateBody(Body):
    name: str = Field(examples=["ACME order"])
    fields: list[FieldBody] = []
    tables: list[TableBody] = []
    rules: list[RuleBody] = []
    locale: LocaleBody = LocaleBody()


class TemplateOut(Schema):
    name: str
    version: int = Field(examples=[1])
    retired: bool = Field(description="Documents are no longer recognised as this template.")
    fields: list[FieldBody]
    tables: list[TableBody]
    rules: list[RuleBody]
    locale: LocaleBody = Field(description="As asked for; where that is open, as learned from confirmed documents.")
    created_by: str = Field(examples=["token:erp"])
    created_at: datetime.datetime
    updated_at: datetime.datetime


class TemplateList(Schema):
    items: list[TemplateOut]
    next: str | None = Field(examples=[None])


class TemplateFilters(Paging):
    retired: bool = Field(False, description="List retired templates, too.")


def _out(row: Template) -> dict[str, Any]:
    return {
        **template_to_json(queries.spec(row)),
        "version": row.version,
        "retired": row.retired_at is not None,
        "created_by": row.created_by,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


@router.get("/templates", response=TemplateList)
def list_templates(request: ApiRequest, filters: Query[TemplateFilters]) -> dict[str, Any]:
    """List the project's templates, the oldest first."""
    request.auth.require(Right.READ)
    rows = queries.templates(request.auth.project, with_retired=filters.retired)
    found = page(request, rows, filters, order=("id",))
    return {**found, "items": [_out(row) for row in found["items"]]}


@router.post("/templates", response={201: TemplateOut})
@idempotent
def create_template(request: ApiRequest, body: TemplateBody, response: HttpResponse) -> Any:
    """Create a template. 409 when the name is taken, or a key has another type in the project's vocabulary."""
    row = services.create_template(request.auth, body.model_dump())
    response.headers["Location"] = reverse("api:get_template", args=[row.name])
    return Status(201, _out(row))


@router.get("/templates/{name}", response=TemplateOut)
def get_template(request: ApiRequest, name: str) -> dict[str, Any]:
    """What a template asks for."""
    request.auth.require(Right.READ)
    return _out(queries.template(request.auth.project, name))


@router.put("/templates/{name}", response=TemplateOut)
@idempotent
def update_template(request: ApiRequest, name: str, body: TemplateChange) -> dict[str, Any]:
    """Replace what a template asks for; older versions stay. A retired template is in use again."""
    data = body.model_dump(exclude={"version"})
    return _out(services.update_template(request.auth, name, data, version=body.version))


@router.delete("/templates/{name}", response={200: TemplateOut, 204: None})
@idempotent
def delete_template(request: ApiRequest, name: str) -> Any:
    """Delete a template (204); one that documents were read with is retired instead (200)."""
    if services.remove_template(request.auth, name):
        return Status(204, None)
    return Status(200, _out(queries.template(request.auth.project, name)))
