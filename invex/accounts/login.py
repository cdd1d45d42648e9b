"""Throttled login: what django-axes asks of Invex (settings AXES_*).

Failures count by name and address, and by name alone wherever the browser has never logged that person in: guessing
from many addresses ends, and cannot keep anybody out of their own browser (docs/decisions/006-throttled-login.md).
"""

from __future__ import annotations

from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username, get_cool_off
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

STATUS = 429
KNOWN = "invex-known"  # cookie: who has logged in with this browser
KNOWN_FOR_S = 365 * 24 * 3600


class LoginPage(LoginView):
    """The login page; a browser in which somebody has logged in is known to be theirs."""

    template_name = "accounts/login.html"

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        response.set_signed_cookie(
            KNOWN, form.get_user().get_username(), salt=KNOWN, max_age=KNOWN_FOR_S, httponly=True, samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip
        return response


class LoginHandler(AxesDatabaseHandler):  # type: ignore[misc]  # django-axes has no types
    """Counts failed logins."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Return the failures of this name at this address; as many as the limit when the name has too many in all."""
        failures: int = super().get_failures(request, credentials)
        name = get_client_username(request, credentials)
        if name == request.get_signed_cookie(KNOWN, default="", salt=KNOWN, max_age=KNOWN_FOR_S):
            return failures
        recent = AccessAttempt.objects.filter(username=name, attempt_time__gte=get_cool_off_threshold(request))
        in_all = recent.aggregate(n=Sum("failures_since_start"))["n"] or 0
        is_locked = in_all >= settings.LOGIN_FAILURES_BY_NAME
        return max(failures, settings.AXES_FAILURE_LIMIT) if is_locked else failures


def client_address(request: HttpRequest) -> str:
    """Return the address that the request came from.

    Behind INVEX_PROXIES reverse proxies that is what the outermost of them saw: the so many-th entry from the right of
    X-Forwarded-For. What stands further left the client may have made up, and without proxies all of it.
    """
    peer = request.META.get("REMOTE_ADDR") or "0.0.0.0"
    seen = [a.strip() for a in request.headers.get("X-Forwarded-For", "").split(",") if a.strip()]
    return seen[-settings.PROXIES] if 0 < settings.PROXIES <= len(seen) else peer


def locked_out(request: HttpRequest, answer: HttpResponse | None, credentials: Any) -> HttpResponse:
    """Return the login page that says how long to wait, and who can help sooner."""
    pause = get_cool_off(request)
    assert pause is not None
    context = {"locked_minutes": round(pause.total_seconds() / 60), "next": request.POST.get("next", "")}
    response = render(request, "accounts/login.html", context, status=STATUS)
    response.headers["Retry-After"] = str(round(pause.total_seconds()))
    return response
