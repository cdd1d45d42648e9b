"""Lists page by page, by a signed cursor: stable while rows come and go."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from django.core import signing
from django.core.exceptions import FieldDoesNotExist
from django.core.exceptions import ValidationError as BadValue
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from ninja import Schema
from pydantic import Field

from invex.kernel.errors import BadInput

SALT = "invex.cursor"
Row = TypeVar("Row", bound=Model)


class Paging(Schema):
    """Where a list goes on; base of every list's filters."""

    cursor: Annotated[
        str | None, Field(max_length=1000, description="From the `next` of the page before.", examples=[None])
    ] = None
    limit: Annotated[int, Field(ge=1, le=200, description="Items a page.")] = 50


def page(request: HttpRequest, rows: QuerySet[Row], paging: Paging, *, order: tuple[str, ...]) -> dict[str, Any]:
    """Return {"items": [rows], "next": URL or None}.

    order: field names that identify a row, e.g. ("updated_at", "id") or ("-id",); all in one direction.
    Raises BadInput for a cursor that this list did not hand out.
    """
    names = [name.lstrip("-") for name in order]
    if paging.cursor is not None:
        rows = rows.filter(_after(rows, order, _values(rows, order, paging.cursor)))
    items = list(rows.order_by(*order)[: paging.limit + 1])
    if len(items) <= paging.limit:
        return {"items": items, "next": None}
    items.pop()
    values = [getattr(items[-1], name) for name in names]
    cursor = signing.dumps(
        {"order": order, "values": [v if isinstance(v, int) else v.isoformat() for v in values]}, salt=SALT
    )
    query = urlencode({**request.GET.dict(), "cursor": cursor})
    return {"items": items, "next": request.build_absolute_uri(f"{request.path}?{query}")}


def _values(rows: QuerySet[Row], order: tuple[str, ...], cursor: str) -> list[Any]:
    try:
        saved = signing.loads(cursor, salt=SALT)
        if saved["order"] != list(order):
            raise BadInput("The cursor belongs to another list.", code="bad_cursor")
        fields = [rows.model._meta.get_field(name.lstrip("-")) for name in order]
        return [field.to_python(value) for field, value in zip(fields, saved["values"], strict=True)]  # type: ignore[union-attr]
    except (signing.BadSignature, FieldDoesNotExist, BadValue, KeyError, ValueError) as e:
        raise BadInput("The cursor is not one of ours. Start again without it.", code="bad_cursor") from e


def _after(rows: QuerySet[Row], order: tuple[str, ...], values: list[Any]) -> Q:
    beyond = Q()
    equal: dict[str, Any] = {}
    for name, value in zip(order, values, strict=True):
        key = name.lstrip("-")
        beyond |= Q(**equal, **{f"{key}__{'lt' if name.startswith('-') else 'gt'}": value})
        equal[key] = value
    return beyond
