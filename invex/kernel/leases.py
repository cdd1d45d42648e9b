"""A lease says that a worker is on a row; it is renewed while the worker lives, and runs out soon after it died.

Each attempt at a row has its number: a worker whose lease ran out finds another one, and changes nothing any more.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from django.db import DatabaseError, close_old_connections, connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from .actor import SYSTEM
from .repeating import repeated
from .states import Stateful, move

LEASE = datetime.timedelta(seconds=45)  # so long a killed worker's rows wait for the next one
RENEWED_EVERY_S = 10.0  # often enough that three renewals may fail, on a busy database


class Leased(Stateful, Protocol):
    """A model whose rows are worked on: how often it was tried, and until when a worker has it."""

    attempts: int
    leased_until: datetime.datetime | None


def until() -> datetime.datetime:
    """When a lease that is taken or renewed now runs out."""
    return timezone.now() + LEASE


def take(row: Leased, state: str, *, project: str) -> bool:
    """Move the row to a state of work, as its next attempt. Return False when somebody else has it."""
    return move(row, state, actor=SYSTEM, project=project, attempts=row.attempts + 1, leased_until=until())


def held(row: Leased) -> QuerySet[Any]:
    """Return the row, as a query that finds it as long as the caller's attempt holds it."""
    rows: QuerySet[Any] = type(row)._default_manager.filter(ours(row), pk=row.pk, state=row.state)
    return rows


def ours(row: Leased) -> Q:
    """The condition of whoever ends an attempt: nobody else has begun one."""
    return Q(attempts=row.attempts)


def lost(row: Leased) -> Q:
    """The condition of whoever takes a row back: its worker has not come to life again meanwhile."""
    return Q(leased_until=row.leased_until, attempts=row.attempts)


@contextmanager
def kept(rows: QuerySet[Any]) -> Iterator[None]:
    """Renew `leased_until` of `rows` (those that the caller holds, and only while it does) in a thread of its own."""

    def renew() -> None:
        try:
            rows.all().update(leased_until=until())
        except DatabaseError:  # busy or away: the next renewal may work, else the sweeper takes the row back
            close_old_connections()

    def hang_up() -> None:
        connection.close()  # that of the thread, which asks for it

    with repeated(renew, every_s=RENEWED_EVERY_S, name="lease", after=hang_up):
        yield
