"""Response headers of every page, and errors as pages."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from invex.kernel.errors import InvexError

# No inline script or style anywhere: htmx runs without eval, boxes are SVG attributes.
POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; style-src 'self'; script-src 'self'; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)


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
        if not isinstance(exception, InvexError):
            return None
        if "application/json" in request.headers.get("Accept", ""):
            answer = {"status": exception.status, "code": exception.code, "detail": exception.message}
            return JsonResponse({**answer, **exception.data}, status=exception.status)
        headings = {403: _("Not allowed"), 404: _("Not found"), 409: _("Somebody was faster"), 503: _("Not now")}
        context = {
            "heading": headings.get(exception.status, _("That did not work")),
            "explanation": exception.message,
        }
        return render(request, "shell/error.html", context, status=exception.status)
