"""A lease says that a worker is on a row; it is renewed while the worker lives, and runs out soon after it died."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, close_old_connections, connection
from django.db.models import QuerySet
from django.utils import timezone

LEASE = datetime.timedelta(seconds=45)  # so long a killed worker's rows wait for the next one
RENEWED_EVERY_S = 10.0  # often enough that three renewals may fail, on a busy database


def until() -> datetime.datetime:
    """When a lease that is taken or renewed now runs out."""
    return timezone.now() + LEASE


@contextmanager
def kept(rows: QuerySet[Any]) -> Iterator[None]:
    """Renew `leased_until` of `rows` (those that the caller holds, and only while it does) in a thread of its own."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(RENEWED_EVERY_S):
            try:
                rows.all().update(leased_until=until())
            except DatabaseError:  # busy or away: the next renewal may work, else the sweeper takes the row back
                close_old_connections()
        connection.close()

    thread = threading.Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
