"""The web server wakes jobs when its answer is sent: nobody waits for Redis, nor for the note that it was done.

A process that dies in between loses nothing: the sweeper dispatches what was committed (outbox).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from . import outbox
from .models import Event

log = logging.getLogger(__name__)
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class AfterAnswer:
    """Wrap a WSGI application: the events of a request are dispatched after its answer."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with outbox.held_back() as events:
            answer = self.application(environ, start_response)
        return _Answer(answer, events) if events else answer


class _Answer:
    """An answer that the server closes once it is sent."""

    def __init__(self, answer: Iterable[bytes], events: list[Event]) -> None:
        self._answer, self._events = answer, events

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._answer)

    def close(self) -> None:
        if close := getattr(self._answer, "close", None):
            close()
        for event in self._events:
            try:
                outbox.dispatch(event)
            except Exception:  # the sweeper comes by
                log.exception("The jobs of %s %s are not woken now", event.name, event.subject)
