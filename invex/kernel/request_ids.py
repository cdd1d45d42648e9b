"""One id a request: in the answer's X-Request-ID, in the log, in events and in the audit log."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"
_SANE = re.compile(r"[A-Za-z0-9_.-]{8,64}")
_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """The id of the request being answered; "" in jobs and commands."""
    return _current.get()


class RequestIds:
    """Take over the caller's X-Request-ID when it is sane, else make one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        request_id = given if _SANE.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        token = _current.set(request_id)
        try:
            response = self.get_response(request)
        finally:
            _current.reset(token)
        response.headers[HEADER] = request_id
        return response


class RequestIdFilter(logging.Filter):
    """Give every log record a `request_id`."""

    def filter(self, record: logging.LogRecord) -> bool:
        # Django logs the answer after the request has left us; the record then has the request.
        record.request_id = current() or getattr(getattr(record, "request", None), "request_id", "-")
        return True
