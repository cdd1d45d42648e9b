"""Throttled login: what django-axes asks of Invex (settings AXES_*). It counts failures by user name and address."""

from __future__ import annotations

from typing import Any

from axes.helpers import get_cool_off
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

STATUS = 429


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
