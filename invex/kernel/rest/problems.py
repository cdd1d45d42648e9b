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

# What is expected where pydantic says that something else is there, by its type of error.
_EXPECTED = {
    "missing": "is missing",
    "extra_forbidden": "there is no such key here",
    "string_type": "a text is expected",
    "bool_type": "true or false is expected",
    "bool_parsing": "true or false is expected",
    "int_type": "a whole number is expected",
    "int_parsing": "a whole number is expected",
    "int_parsing_size": "a smaller number is expected",
    "int_from_float": "a whole number is expected",
    "float_type": "a number is expected",
    "float_parsing": "a number is expected",
    "finite_number": "a number is expected",
    "list_type": "a list is expected",
    "dict_type": "an object is expected",
    "model_type": "an object is expected",
    "model_attributes_type": "an object is expected",
    "literal_error": "{expected} is expected",
    "enum": "{expected} is expected",
    "greater_than_equal": "at least {ge} is expected",
    "greater_than": "more than {gt} is expected",
    "less_than_equal": "at most {le} is expected",
    "less_than": "less than {lt} is expected",
    "string_too_short": "characters are expected, at least {min_length}",
    "string_too_long": "at most {max_length} characters are expected",
    "too_short": "more items are expected, at least {min_length}",
    "too_long": "fewer items are expected, at most {max_length}",
    "datetime_type": "give date, time and offset, for example 2026-11-21T08:00:00Z",
    "datetime_parsing": "give date, time and offset, for example 2026-11-21T08:00:00Z",
    "datetime_from_date_parsing": "give date, time and offset, for example 2026-11-21T08:00:00Z",
}
_PATTERNS = {
    r"^[^\x00]*$": "a text without NUL characters is expected",
    r"^[a-z][a-z0-9_]{0,63}$": "lower-case letters, digits and _ are expected, a letter first, at most 64",
    r"^\d{1,6}\.\d{1,6}\.\d{1,6}$": "Major.Minor.Patch is expected, as in 0.18.0",
}

MEDIA_TYPE = "application/problem+json"
API_PREFIX = "/api/"


class FieldProblem(Schema):
    """One place of a request that is wrong."""

    where: list[str | int] = Field(examples=[["query", "state"]])
    message: str = Field(examples=["'received', 'reading' or 'review' is expected"])


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
    """Return 422 for a request that the schema refuses; the error lists its places."""
    found = [{"where": _place(list(e["loc"])), "message": expected(e)} for e in error.errors]
    first = f"{'.'.join(map(str, found[0]['where']))}: {found[0]['message']}" if found else "The request is not valid."
    return problem(request, status=422, code="invalid", detail=first, errors=found)


def expected(error: Mapping[str, Any]) -> str:
    """Return what is expected at a place that pydantic refuses, as a sentence without its Python."""
    kind, context = str(error["type"]), error.get("ctx", {})
    if kind == "missing" and tuple(error["loc"][-1:]) == ("file",):
        return "is missing; send the file as a part of that name, in multipart/form-data"
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(context.get("pattern", ""), f"a text that matches {context.get('pattern')} is expected")
    sentence = _EXPECTED.get(kind)
    if sentence is None:
        return str(error["msg"]).removeprefix("Value error, ")
    return sentence.format_map({name: shown_limit(value) for name, value in context.items()})


def shown_limit(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


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
        return problem(request, status=422, code="invalid", detail=f"The body is no JSON{_where(error.__cause__)}.")
    return problem(request, status=error.status_code, code="error", detail=str(error))


def _where(cause: BaseException | None) -> str:
    """Say where a body stops being JSON, and why, as far as that is known."""
    if isinstance(cause, json.JSONDecodeError):
        return f": line {cause.lineno}, column {cause.colno}: {cause.msg.lower()}"
    return " in UTF-8" if isinstance(cause, UnicodeDecodeError) else ""


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
