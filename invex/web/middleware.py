"""Response headers of every page, errors as pages, and requests that nothing can be made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from invex.kernel import unkeepable
from invex.kernel.blobs import too_large
from invex.kernel.errors import BadInput, InvexError, NotNow
from invex.kernel.rest.problems import API_PREFIX, problem
from invex.kernel.spoken import spoken

# No inline script or style anywhere: htmx runs without eval, boxes are SVG attributes.
POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; style-src 'self'; script-src 'self'; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
MULTIPART_BYTES = 1 << 16  # of a request beside its file


class ContentSecurityPolicy:
    """Set the content security policy on every answer that does not bring its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response


class ErrorPages:
    """Turn an InvexError of a page into a page that says what to do, or JSON where the page's script asked for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return error_answer(request, exception) if isinstance(exception, InvexError) else None


def error_answer(request: HttpRequest, error: InvexError) -> HttpResponse:
    """Return the page, or the JSON, that says what went wrong."""
    response: HttpResponse
    if "application/json" in request.headers.get("Accept", ""):
        answer = {"status": error.status, "code": error.code, "detail": spoken(error.message)}
        response = JsonResponse({**answer, **error.data}, status=error.status)
    else:
        headings = {
            403: _("Not allowed"),
            404: _("Not found"),
            409: _("Somebody was faster"),
            410: _("Gone"),
            503: _("Not now"),
        }
        context = {"heading": headings.get(error.status, _("That did not work")), "explanation": error.message}
        response = render(request, "shell/error.html", context, status=error.status)
    if isinstance(error, NotNow):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


class UploadLimit:
    """Refuse a request by its announced length, before a byte of it is stored, when no file of it can be accepted.

    Several files in one request, from a browser without script, share the limit of one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if not announced.isdecimal() or int(announced) <= settings.MAX_UPLOAD_BYTES + MULTIPART_BYTES:
            return self.get_response(request)
        error = too_large(settings.MAX_UPLOAD_BYTES)
        if request.path.startswith(API_PREFIX):
            return problem(request, status=error.status, code=error.code, detail=error.message)
        return error_answer(request, error)


class NoUnkeepableText:
    """Refuse what no database keeps before a page works with it; below /api every operation does so (invex.api)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        if request.path.startswith(API_PREFIX):
            return None
        try:
            unkeepable.check(request)
        except BadInput as e:
            return error_answer(request, e)
        return None
