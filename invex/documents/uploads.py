"""Uploads that are too large are refused by their announced length, before a byte of them is stored."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja.decorators import decorate_view

from invex.kernel.blobs import too_large
from invex.kernel.rest.problems import problem

MULTIPART_BYTES = 1 << 16  # of a request beside its file


def _limited(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if announced.isdecimal() and int(announced) > settings.MAX_UPLOAD_BYTES + MULTIPART_BYTES:
            error = too_large(settings.MAX_UPLOAD_BYTES)
            return problem(request, status=error.status, code=error.code, detail=error.message)
        return view(request, *args, **kwargs)

    return answer


limited_upload = decorate_view(_limited)
"""Put between an operation's @router.post and its other decorators."""
