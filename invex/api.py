"""The REST interface, /api/v1: the routers of the rooms, named in settings.API_ROUTERS, as one API."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.datastructures import MultiValueDict
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from invex.accounts import idempotency
from invex.accounts.auth import bearer_token
from invex.kernel import unkeepable
from invex.kernel.errors import BadInput
from invex.kernel.rest import problems

DESCRIPTION = """Documents in, checked data out.

Send `Authorization: Bearer TOKEN`. A token belongs to one project and has one role; an owner makes it on the page
*Tokens*, or an operator with `python manage.py token --project demo --role reviewer`.

Errors are `application/problem+json` (RFC 9457): `code` is for programs, `detail` for people. Lists are
`{"items": [...], "next": URL or null}`. A write with an `Idempotency-Key` is done once, however often it is sent.
"""
# Swagger UI styles its elements in place; nothing else of the policy is widened.
DOCS_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
# What any operation may answer besides its own; the status decides which operations say so in the OpenAPI document.
COMMON_PROBLEMS = {
    "401": "There is no valid token.",
    "403": "The role of the token may not do this.",
    "422": "A filter or the body is nonsense; `errors` says where.",
    "500": "A fault of ours; the log of the server has the `request_id`.",
}


class Docs(DocsBase):
    """Swagger UI from the installed package: no other server is asked for anything."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        swagger = {"url": self.get_openapi_url(api, kwargs), "layout": "BaseLayout", "deepLinking": True}
        response = render(request, "api/docs.html", {"title": api.title, "swagger": swagger})
        response.headers["Content-Security-Policy"] = DOCS_POLICY
        return response


class Api(NinjaAPI):
    """NinjaAPI whose OpenAPI document tells of problems and idempotency keys as well."""

    _document: OpenAPISchema | None = None

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        """Return the document, written once a process: nothing in it changes while the server runs."""
        if self._document is None:
            self._document = self._write_document(**kwargs)
        return self._document

    def _write_document(self, **kwargs: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**kwargs)
        schema["components"]["schemas"] |= _problem_schemas()
        once = {op.operation_id or self.get_openapi_operation_id(op) for op in self._operations() if _is_once(op)}
        for path, operations in schema["paths"].items():
            for operation in operations.values():
                _tell_problems(path, operation, is_once=operation["operationId"] in once)
        _close_patterns(schema)
        return schema

    def _operations(self) -> list[Operation]:
        return [
            o for _, router in self._routers for address in router.path_operations.values() for o in address.operations
        ]


def _is_once(operation: Operation) -> bool:
    """Say whether an operation takes an Idempotency-Key; online prediction, which stores nothing, has no use for it."""
    decorators = getattr(operation, "_run_decorators", ())
    return idempotency.once in decorators or idempotency.once_slow in decorators


def _close_patterns(node: Any) -> None:
    """Say of objects whose keys have a pattern that other keys are refused: pydantic does so, and does not say it."""
    if isinstance(node, dict):
        if "patternProperties" in node:
            node.setdefault("additionalProperties", False)
        for child in node.values():
            _close_patterns(child)
    elif isinstance(node, list):
        for child in node:
            _close_patterns(child)


def _problem_schemas() -> dict[str, Any]:
    schema = problems.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), "Problem": schema}


def _tell_problems(path: str, operation: dict[str, Any], *, is_once: bool) -> None:
    answers = {str(status): answer for status, answer in operation["responses"].items()}
    for status, description in COMMON_PROBLEMS.items():
        answers.setdefault(status, {"description": description})
    if "{" in path:
        answers.setdefault("404", {"description": "It is not there, or belongs to another project."})
    if is_once:
        answers.setdefault("409", {"description": "The first request is still running, or the state forbids it."})
        operation.setdefault("parameters", []).append(idempotency.PARAMETER)
    if "requestBody" in operation:
        answers.setdefault("413", {"description": "The body is larger than allowed."})
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        if media_type == "multipart/form-data":
            content["schema"]["additionalProperties"] = False
    for status, answer in answers.items():
        if int(status) >= 400:
            answer["content"] = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation["responses"] = answers


def _known(operation: Operation, *sources: str) -> set[str]:
    """The names that an operation takes from these sources: "query", "form", "file"."""
    return {
        name
        for model in operation.models
        if model.__ninja_param_source__ in sources
        for name in getattr(model, "__ninja_flatten_map__", model.model_fields)
    }


def _refuse_nonsense(operation: Operation) -> None:
    """Make an operation answer 422 to filters and parts that it does not know, and to text that no database keeps.

    A typing error must not widen a list.
    """
    filters, parts = _known(operation, "query"), _known(operation, "form", "file")
    view = operation.view_func

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        _check_names(request.GET, filters, what="filter")
        if parts:
            _check_names(request.POST, parts, what="part")
            _check_names(request.FILES, parts, what="part")
        unkeepable.check(request)
        return view(request, *args, **kwargs)

    operation.view_func = checked


def _check_names(given: MultiValueDict[str, Any], known: set[str], *, what: str) -> None:
    for name, values in given.lists():
        if name not in known:
            offer = f"Known: {', '.join(sorted(known))}." if known else "This address takes none."
            raise BadInput(f"{name[:40]!r} is no {what} here. {offer}", code=f"unknown_{what}")
        if len(values) > 1:
            raise BadInput(f"{name[:40]!r} is given {len(values)} times. Give it once.", code="invalid")


def _assemble() -> Api:
    api = Api(
        title="Invex",
        version="1",
        description=DESCRIPTION,
        urls_namespace="api",
        auth=bearer_token,
        docs=Docs(),
    )
    problems.handle_errors(api)
    for prefix, name in settings.API_ROUTERS:
        api.add_router(prefix, name)
    for operation in api._operations():
        _refuse_nonsense(operation)
    return api


api = _assemble()
