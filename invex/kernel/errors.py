"""Errors by who can act. Anything else is a bug and propagates."""

from __future__ import annotations

from typing import Any


class InvexError(Exception):
    """An error with a sentence for people, a code for programs, and data."""

    code = "error"
    status = 500  # of the HTTP answer

    def __init__(self, message: str, *, code: str | None = None, **data: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.data = data


class BadInput(InvexError):
    """The user can act: the message says what to change."""

    code = "bad_input"
    status = 422


class TooLarge(BadInput):
    """More bytes than allowed."""

    code = "too_large"
    status = 413


class NotAllowed(InvexError):
    """The actor's role may not do this."""

    code = "not_allowed"
    status = 403


class NotFound(InvexError):
    """There is no such thing, or it belongs to another project: outsiders cannot tell which."""

    code = "not_found"
    status = 404


class Gone(InvexError):
    """It was there once: its bytes were erased, or lost."""

    code = "gone"
    status = 410


class Conflict(InvexError):
    """Somebody else was first, or the name is taken."""

    code = "conflict"
    status = 409


class NotNow(InvexError):
    """Try again later; `retry_after_s` says when."""

    code = "not_now"
    status = 503

    def __init__(self, message: str, *, retry_after_s: int = 5, **data: Any) -> None:
        super().__init__(message, **data)
        self.retry_after_s = retry_after_s
