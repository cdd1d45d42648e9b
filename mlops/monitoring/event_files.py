"""Events as JSON lines in DATA/events: `invex-event/1`, one a line, each once.

The database says how many bytes of a file count. What is beyond them was written by a process that died before its
transaction was committed; the next one cuts it off. So a line is there exactly when its event is marked as recorded.
A worker on another machine begins a file of its own, in DATA that they share or on its own disk. What is older than is
kept goes whoever wrote it: from the disk of who deletes at once, from another one when that begins its next file.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import uuid
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from invex.kernel.models import Event
from invex.results.queries import event_object

from .models import EventFile

LARGEST_BYTES = 32 * 2**20  # then the next file begins; so it does every day
SUFFIX = ".jsonl"
A_DAY = datetime.timedelta(days=1)


def folder() -> Path:
    return Path(settings.DATA_DIR) / "events"


def append(events: Sequence[Event]) -> EventFile:
    """Add a line for each event to this machine's file; in the transaction that marks them as recorded.

    The caller holds the lock that lets one process at a time do so.
    """
    row = _open_file()
    data = "".join(json.dumps(event_object(event), ensure_ascii=False) + "\n" for event in events).encode()
    path = folder() / row.name
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o640), "r+b") as file:
        file.truncate(row.size)
        file.seek(row.size)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    EventFile.objects.filter(pk=row.pk).update(size=F("size") + len(data), lines=F("lines") + len(events))
    return row


def _open_file() -> EventFile:
    """Return this machine's file of today that has room; a new one where there is none, or it was taken away."""
    now, host = timezone.now(), platform.node()
    for row in EventFile.objects.filter(host=host, closed_at__isnull=True):
        is_there = not row.size or _size(row) >= row.size
        if is_there and row.size < LARGEST_BYTES and row.created_at.date() == now.date():
            return row
        EventFile.objects.filter(pk=row.pk).update(closed_at=now)
    _delete_forgotten(now)
    name = f"{now:%Y-%m-%dT%H%M%S}-{uuid.uuid4().hex[:8]}{SUFFIX}"
    return EventFile.objects.create(name=name, host=host)


def _size(row: EventFile) -> int:
    try:
        return (folder() / row.name).stat().st_size
    except FileNotFoundError:
        return 0


def delete_before(then: datetime.datetime) -> int:
    """Delete files whose last line is older, whichever machine wrote them. Return how many."""
    # A machine that is gone closed nothing; a file takes lines of the day of its beginning only.
    abandoned = Q(closed_at__isnull=True, created_at__lt=then - A_DAY)
    old = EventFile.objects.filter(Q(closed_at__lt=then) | abandoned)
    for row in old:
        (folder() / row.name).unlink(missing_ok=True)
    return old.delete()[0]


def _delete_forgotten(now: datetime.datetime) -> None:
    """Delete files of this disk that the database knows no more: another machine deleted their rows."""
    known = set(EventFile.objects.values_list("name", flat=True))
    for path in folder().glob(f"*{SUFFIX}"):
        # A young one may belong to a transaction that is not committed yet.
        if path.name not in known and path.stat().st_mtime < (now - A_DAY).timestamp():
            path.unlink(missing_ok=True)
