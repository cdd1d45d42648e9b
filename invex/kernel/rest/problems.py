"""Errors as application/problem+json (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import Field

from invex.kernel import request_ids
from invex.kernel.errors import InvexError, NotNow

MEDIA_TYPE = "application/problem+json"
API_PREFIX = "/api/"


class FieldProblem(Schema):
    """One place of a request that is wrong."""

    where: list[str | int] = Field(examples=[["query", "state"]])
    message: str = Field(examples=["Input should be 'received', 'reading' or 'review'"])


class Problem(Schema):
    """An error (RFC 9457). `code` is for programs, `detail` for people."""

    type: str = Field(examples=["urn:invex:problem:not_found"])
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no document '7' in this project."])
    instance: str = Field(examples=["/api/v1/documents/7"])
    code: str = Field(examples=["not_found"])
    request_id: str = Field(examples=["5f3c0c9e8b2e4b0c9d3a6c1f7b9e2d10"])
    errors: list[FieldProblem] | None = Field(None, description="Each place that is wrong; of invalid requests only.")


def problem(
    request: HttpRequest,
    *,
    status: int,
    code: str,
    detail: str,
    errors: list[dict[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
    **data: Any,
) -> HttpResponse:
    """Return the answer that says what went wrong; `data` are further members of the object."""
    body: dict[str, Any] = {
        **data,
        "type": f"urn:invex:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "detail": detail,
        "instance": request.path,
        "code": code,
        "request_id": request_ids.current(),
    }
    if errors is not None:
        body["errors"] = errors
    return HttpResponse(json.dumps(body, default=str), status=status, content_type=MEDIA_TYPE, headers=headers)


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    """Return 422 for a request that the schema refuses; the error lists its places as pydantic does."""
    found = [{"where": _place(list(e["loc"])), "message": e["msg"]} for e in error.errors]
    first = f"{'.'.join(map(str, found[0]['where']))}: {found[0]['message']}" if found else "The request is not valid."
    return problem(request, status=422, code="invalid", detail=first, errors=found)


def _place(loc: list[Any]) -> list[Any]:
    """Return where something is wrong; a parameter that is named like the part of the request is said once."""
    return loc[1:] if loc[:1] == loc[1:2] else loc


def _known(request: HttpRequest, error: Any) -> HttpResponse:
    headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, NotNow) else {}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="invex", error="invalid_token"'
    return problem(request, status=error.status, code=error.code, detail=error.message, headers=headers, **error.data)


def _http(request: HttpRequest, error: Any) -> HttpResponse:
    if isinstance(error, AuthenticationError):
        return problem(
            request,
            status=401,
            code="unauthorized",
            detail="Send a token of the project: Authorization: Bearer TOKEN",
            headers={"WWW-Authenticate": 'Bearer realm="invex"'},
        )
    if error.status_code == HTTPStatus.BAD_REQUEST:  # ninja's word for a body that is no JSON
        return problem(request, status=422, code="invalid", detail="The body is not valid JSON.")
    return problem(request, status=error.status_code, code="error", detail=str(error))


# What Django raises while it takes a body apart.
UNUSABLE_BODY = (MultiPartParserError, SuspiciousOperation)


def unusable_body(request: HttpRequest, error: Any) -> HttpResponse:
    """Return the answer to a body that Django could not, or would not, take apart."""
    if isinstance(error, RequestDataTooBig):
        return problem(request, status=413, code="too_large", detail="The body is larger than allowed.")
    return problem(request, status=422, code="invalid", detail="The body could not be taken apart.")


def handle_errors(api: NinjaAPI) -> None:
    """Answer every expected error of an operation with a problem. The unexpected ones are left to Django's log."""
    api.add_exception_handler(InvexError, _known)
    api.add_exception_handler(HttpError, _http)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(
        Http404, lambda request, _: problem(request, status=404, code="not_found", detail="There is no such thing.")
    )
    for unusable in UNUSABLE_BODY:
        api.add_exception_handler(unusable, unusable_body)


_SENTENCES = {
    400: "The request could not be understood.",
    404: "There is nothing at this address.",
    405: "This address does not take this method; the Allow header says which it takes.",
    500: "Something went wrong on our side. The log of the server has the request id.",
}


class ProblemAnswers:
    """Below /api every error is a problem, also those that Django answers itself: 404, 405, 500."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if (
            response.status_code < HTTPStatus.BAD_REQUEST
            or not request.path.startswith(API_PREFIX)
            or response.headers.get("Content-Type") == MEDIA_TYPE
        ):
            return response
        status = HTTPStatus(response.status_code)
        return problem(
            request,
            status=status,
            code=status.phrase.lower().replace(" ", "_"),
            detail=_SENTENCES.get(status, f"{status.phrase}."),
            headers={k: v for k, v in response.headers.items() if k == "Allow"},
        )
