"""Events: written with the change that caused them, dispatched to jobs after the commit, again until it worked."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from . import request_ids
from .models import Event
from .queue import wake_all

# An event this old that is still not dispatched lost its process; younger ones are on their way.
STALE = datetime.timedelta(seconds=10)
_held_back: ContextVar[list[Event] | None] = ContextVar("held_back_events", default=None)


def emit(name: str, subject: object, *, project: str = "", request_id: str = "", **payload: Any) -> Event:
    """Write the event `name` about `subject` (a primary key), and wake its jobs once the transaction commits.

    The jobs of a name are listed in invex/flow.py. `payload` holds ids and figures, never document text; as `message`
    why something happened, in words, which an erasure takes out.
    request_id: of the request that caused it; "" = the one being answered, if any.
    """
    event = Event.objects.create(
        name=name,
        subject=str(subject),
        project=project,
        payload=payload,
        request_id=request_id or request_ids.current(),
    )
    transaction.on_commit(partial(_committed, event))
    return event


def _committed(event: Event) -> None:
    held_back = _held_back.get()
    if held_back is None:
        dispatch(event)
    else:
        held_back.append(event)


@contextmanager
def held_back() -> Iterator[list[Event]]:
    """Yield a list of what is committed inside the block, for the caller to dispatch when there is time for it."""
    events: list[Event] = []
    token = _held_back.set(events)
    try:
        yield events
    finally:
        _held_back.reset(token)


def request_of(name: str, subject: object, *, project: str) -> str:
    """Return the request that caused the last event `name` about `subject`; "" when none is known."""
    rows = Event.objects.filter(name=name, subject=str(subject), project=project).order_by("-id")
    return rows.values_list("request_id", flat=True).first() or ""


def forget_words(subject: object, *, project: str, of: str) -> None:
    """Take the messages out of the events about an erased subject. of: how their names begin, as "document."."""
    said = Event.objects.filter(subject=str(subject), project=project, name__startswith=of, payload__has_key="message")
    for event in said:
        del event.payload["message"]
        event.save(update_fields=["payload"])


def dispatch(event: Event) -> bool:
    """Wake every job of the event. Return False when Redis was away; the sweeper tries again."""
    jobs = import_string(settings.FLOW)
    if not wake_all(jobs.get(event.name, ()), event.subject):
        return False
    Event.objects.filter(pk=event.pk, dispatched_at__isnull=True).update(dispatched_at=timezone.now())
    return True


def dispatch_stale() -> int:
    """Dispatch events whose process died before it could. Return how many went out."""
    waiting = Event.objects.filter(dispatched_at__isnull=True, created_at__lt=timezone.now() - STALE).order_by("id")
    return sum(dispatch(event) for event in waiting[:1000])
