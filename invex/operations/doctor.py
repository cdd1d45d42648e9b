"""What is wrong with an installation: services, files, states that cannot be, and the limits of the sandbox here."""

from __future__ import annotations

import datetime
import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from invex.documents.models import Document
from invex.documents.states import WORKING, DocumentState
from invex.extraction.models import Extraction
from invex.kernel import blob_references, doomed, liveness
from invex.kernel.blobs import store
from invex.kernel.models import Event
from invex.review.models import ConfirmedLabel

STUCK = datetime.timedelta(minutes=10)  # without progress, although a worker lives
LEAST_FREE_BYTES = 2 * 2**30
SHOWN = 5  # examples in a finding
CHUNK = 1 << 20
S = DocumentState


class Level(StrEnum):
    """How bad it is: `bad` makes the command exit with 1."""

    OK = "ok"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. remedy: what to do, "" where there is nothing to do."""

    level: Level
    name: str
    message: str
    remedy: str = ""


def examine(*, is_deep: bool) -> Iterator[Finding]:
    """Yield what was found, part by part. is_deep: read every blob and compare its hash."""
    usable = True
    for finding in _database():
        usable = usable and finding.level != Level.BAD
        yield finding
    parts: list[Callable[[], Iterator[Finding]]] = [_redis_and_workers, _disk, _sandbox]
    if usable:
        parts += [lambda: _blobs(is_deep=is_deep), _states, _events]
    for part in parts:
        yield from part()


def _database() -> Iterator[Finding]:
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as e:
        yield Finding(Level.BAD, "database", f"cannot be reached: {e}", "Check DATABASE_URL and that it runs.")
        return
    if missing:
        names = ", ".join(str(migration) for migration, _ in missing[:SHOWN])
        yield Finding(Level.BAD, "database", f"tables are of an older version; not applied: {names}",
                      "python manage.py migrate")  # fmt: skip
    else:
        yield Finding(Level.OK, "database", f"{connection.vendor}, all migrations applied")


def _redis_and_workers() -> Iterator[Finding]:
    try:
        live = liveness.live_queues()
    except redis.RedisError as e:
        yield Finding(Level.BAD, "redis", f"cannot be reached: {e}",
                      "Nothing is lost; documents wait. Start Invex (make run), or check REDIS_URL.")  # fmt: skip
        return
    yield Finding(Level.OK, "redis", "answers")
    idle = [queue for queue in settings.QUEUES if queue != "extract-gpu" and not live.get(queue)]
    if idle:
        yield Finding(Level.BAD, "workers", f"no live worker for {', '.join(idle)}",
                      "Look into DATA/log, or start one: python manage.py worker QUEUE")  # fmt: skip
    else:
        yield Finding(Level.OK, "workers", ", ".join(f"{queue}: {n}" for queue, n in sorted(live.items())))


def _disk() -> Iterator[Finding]:
    free = shutil.disk_usage(settings.DATA_DIR).free
    message = f"{free / 2**30:.1f} GiB free where {settings.DATA_DIR} lies"
    if free < LEAST_FREE_BYTES:
        yield Finding(Level.BAD, "disk", message, "Free some space: uploads will soon fail.")
    else:
        yield Finding(Level.OK, "disk", message)


def _sandbox() -> Iterator[Finding]:
    from invex.reading.pool import ReaderPool

    with ReaderPool(1) as pool:
        report = pool.sandbox_report()
    for limit, state in sorted(report.items()):
        is_open = state.startswith(("open", "not limited"))
        yield Finding(
            Level.NOTE if is_open else Level.OK,
            f"sandbox: {limit}",
            state,
            "Allow user namespaces (kernel.unprivileged_userns_clone=1), or run the readers in a container "
            "without network." if is_open else "",
        )  # fmt: skip


def _blobs(*, is_deep: bool) -> Iterator[Finding]:
    stored = dict(store().names())
    needed = {reference.sha256: str(reference) for reference in blob_references.references()}
    lost = sorted(needed.keys() - stored.keys())
    if lost:
        yield Finding(Level.BAD, "blobs: missing", f"{len(lost)}: {_some(f'{s} ({needed[s]})' for s in lost)}",
                      "Copy them from a backup (its folder blobs/), or upload the files again.")  # fmt: skip
    changed = [sha256 for sha256 in sorted(stored) if is_deep and _is_changed(sha256)]
    if changed:
        told = _some(f"{s} ({needed.get(s, 'needed by no row')})" for s in changed)
        yield Finding(Level.BAD, "blobs: changed", f"{len(changed)} have other bytes than their name says: {told}",
                      "Replace them from a backup (its folder blobs/), and check the disk.")  # fmt: skip
    before = time.time() - doomed.GRACE.total_seconds()
    orphans = sorted(sha256 for sha256, at in stored.items() if sha256 not in needed and at < before)
    if orphans:
        yield Finding(Level.NOTE, "blobs: orphaned", f"{len(orphans)} that no row needs: {_some(orphans)}",
                      "python manage.py doctor --delete-orphans")  # fmt: skip
    if not lost and not changed:
        read = "and their bytes are right" if is_deep else "(--deep also reads their bytes)"
        yield Finding(Level.OK, "blobs", f"{len(needed)} are needed, all are there {read}")


def delete_orphans() -> int:
    """Delete blobs that no row needs, except what was stored within doomed.GRACE. Return how many."""
    before = time.time() - doomed.GRACE.total_seconds()
    candidates = {sha256 for sha256, at in store().names() if at < before}
    return doomed.delete(candidates - {reference.sha256 for reference in blob_references.references()})


def _is_changed(sha256: str) -> bool:
    digest = hashlib.sha256()
    try:
        with store().open(sha256) as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    except FileNotFoundError:  # deleted meanwhile
        return False
    return digest.hexdigest() != sha256


def _states() -> Iterator[Finding]:
    """Yield the states that nothing should lead to; each is a bug, or somebody wrote into the database by hand."""
    now = timezone.now()
    shown = Extraction.objects.filter(document=OuterRef("pk"), is_current=True)
    labelled = ConfirmedLabel.objects.filter(document=OuterRef("pk"), is_current=True)
    impossible = {
        "to review or approved without anything read": Q(state__in=(S.REVIEW, S.APPROVED)) & ~Exists(shown),
        "approved by nobody": Q(state=S.APPROVED, approved_by=""),
        "approved by a person without a label": Q(state=S.APPROVED) & ~Q(approved_by="auto") & ~Exists(labelled),
        "failed without a reason": Q(state=S.FAILED, reason_code=""),
        "read without words": Q(state__in=(S.EXTRACTING, S.REVIEW, S.APPROVED), words_blob=""),
        "keeps a password that it no longer needs": ~Q(password="") & ~Q(state__in=WORKING),
    }
    found = 0
    for what, condition in impossible.items():
        rows = Document.objects.filter(condition)
        if number := rows.count():
            found += number
            which = _some(str(pk) for pk in rows.order_by("pk").values_list("pk", flat=True)[: SHOWN + 1])
            yield Finding(Level.BAD, "states", f"{number} documents {what}: {which}",
                          "Have them read again (Read again on the document's page), and report it.")  # fmt: skip
    held = Q(leased_until__gt=now)
    stuck = Document.objects.filter(~held, state__in=WORKING, state_changed_at__lt=now - STUCK)
    if number := stuck.count():
        yield Finding(Level.NOTE, "states", f"{number} documents have waited for more than {STUCK} without a worker",
                      "With live workers the sweeper takes them up; look into DATA/log/scheduler.log.")  # fmt: skip
    if not found:
        yield Finding(Level.OK, "states", f"{Document.objects.count()} documents, none in an impossible state")


def _events() -> Iterator[Finding]:
    late = Event.objects.filter(dispatched_at__isnull=True, created_at__lt=timezone.now() - STUCK).count()
    if late:
        yield Finding(Level.BAD, "events", f"{late} wait for their jobs since more than {STUCK}",
                      "The scheduler sends them once Redis can be reached; is it alive?")  # fmt: skip
    else:
        yield Finding(Level.OK, "events", "none is overdue")


def _some(names: Iterator[str] | list[str]) -> str:
    found = list(names)
    return ", ".join(found[:SHOWN]) + (", ..." if len(found) > SHOWN else "")
