"""A watched folder: complete files become documents, then they are moved away. Nothing twice, nothing lost.

Polling, not inotify: folders that scanners and mail programs fill are often network shares, where no event arrives.
A file is taken in this order: its bytes are stored; its documents and a WatchedFile row are committed together; the
file is moved to `taken`; the row is deleted. Whatever ends the process in between, the next start ends the same way.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.db import transaction
from django.utils import timezone

from invex.accounts.access import Access
from invex.documents import intake
from invex.documents import services as documents
from invex.documents.models import Batch
from invex.kernel.errors import BadInput, Conflict, InvexError

from .models import WatchedFile

log = logging.getLogger(__name__)

TAKEN, REFUSED = "taken", "refused"  # folders inside of the watched one
# Names of files that somebody is still writing: hidden ones, office locks, and what browsers and copiers use.
_UNFINISHED = re.compile(
    r"^(\.|~\$)|(~|\.(tmp|temp|part|partial|crdownload|download|filepart|swp|lock))$", re.IGNORECASE
)
_NOT_TOLD = (errno.EACCES, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOLCK, errno.EPERM, errno.ENOSYS)


@dataclass(frozen=True, slots=True)
class Stamp:
    """By which a file is recognised as the same and unchanged."""

    size: int
    mtime_ns: int
    inode: str

    @classmethod
    def of(cls, found: os.stat_result) -> Stamp:
        return cls(found.st_size, found.st_mtime_ns, str(found.st_ino))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file: the ids of its documents, or why it was refused; of an archive it may be both."""

    name: str
    documents: tuple[int, ...] = ()
    remark: str = ""


class Watcher:
    """Takes the files of one folder for one project. Only one watches a folder at a time: raises Conflict.

    settle_s: for so long a file must not have changed. Raises BadInput for a folder that cannot be used.
    """

    def __init__(self, folder: Path, access: Access, *, settle_s: float) -> None:
        self._folder = folder.resolve()
        self._key = _readable(str(self._folder))  # as rows name it
        self._access = access
        self._settle_s = settle_s
        self._seen: dict[str, Stamp] = {}
        try:
            for name in (TAKEN, REFUSED):
                (self._folder / name).mkdir(exist_ok=True)
            self._lock = os.open(self._folder, os.O_RDONLY)
        except OSError as e:
            raise BadInput(f"{folder} cannot be watched: {e.strerror}.", code="bad_folder") from e
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as e:
            os.close(self._lock)
            raise Conflict(f"{folder} is being watched already.", code="watched") from e
        self._finish_moves()

    def close(self) -> None:
        """Let others watch the folder."""
        os.close(self._lock)

    def look(self) -> Iterator[Outcome]:
        """Take every file that is complete: unchanged since the last look and for `settle_s`, and not being written."""
        found = dict(self._files())
        quiet_since_ns = time.time_ns() - int(self._settle_s * 1e9)
        for name, stamp in sorted(found.items()):
            if self._seen.get(name) != stamp or stamp.mtime_ns > quiet_since_ns:
                continue
            try:
                outcome = self._take(name, stamp)
            except OSError as e:  # gone, locked, or the disk is full: the next look tries again
                log.warning("%s/%s: %s", self._key, _readable(name), e)
                continue
            if outcome is not None:
                yield outcome
        self._seen = found

    def _files(self) -> Iterator[tuple[str, Stamp]]:
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if _UNFINISHED.search(entry.name):
                    continue
                try:
                    found = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                if stat.S_ISREG(found.st_mode):
                    yield entry.name, Stamp.of(found)

    def _take(self, name: str, stamp: Stamp) -> Outcome | None:
        """Return what became of the file; None when it changed meanwhile."""
        path = self._folder / name
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            if _is_being_written(file):
                return None
            try:
                staging = intake.stage(self._access, name=_readable(name), file=file)
                if Stamp.of(path.stat(follow_symlinks=False)) != stamp:
                    return None
                taken, row = self._commit(name, stamp, staging)
            except InvexError as e:
                return self._refuse(name, e.message)
            except ValueError as e:  # nobody expected it: the files after this one are taken all the same
                log.exception("%s/%s", self._key, _readable(name))
                return self._refuse(name, f"Invex could not take it ({type(e).__name__}). Please report this.")
        self._move(name, TAKEN, row.remark)
        row.delete()
        return Outcome(_readable(name), tuple(document.pk for document in taken.documents), row.remark)

    def _refuse(self, name: str, why: str) -> Outcome:
        self._move(name, REFUSED, why)
        return Outcome(_readable(name), remark=why)

    def _commit(self, name: str, stamp: Stamp, staging: intake.Staging) -> tuple[intake.Taken, WatchedFile]:
        with transaction.atomic():
            taken = intake.take(self._access, self._batch(), staging)
            remark = "\n".join(f"{refused.name}: {refused.message}" for refused in taken.refused)
            row = WatchedFile.objects.create(
                folder=self._key,
                name=_readable(name),
                size=stamp.size,
                mtime_ns=stamp.mtime_ns,
                inode=stamp.inode,
                remark=remark,
            )
        return taken, row

    def _batch(self) -> Batch:
        """Return the batch of this folder and day."""
        name = f"{_readable(self._folder.name)} {timezone.localdate():%Y-%m-%d}"[: documents.MAX_NAME]
        found = Batch.objects.filter(
            project=self._access.project, name=name, created_by=str(self._access.actor)
        ).first()
        return found or documents.create_batch(self._access, name=name)

    def _finish_moves(self) -> None:
        """Move what an earlier process had stored and not moved yet."""
        there = {(_readable(name), stamp): name for name, stamp in self._files()}
        for row in WatchedFile.objects.filter(folder=self._key):
            name = there.get((row.name, Stamp(row.size, row.mtime_ns, row.inode)))
            if name is not None:
                self._move(name, TAKEN, row.remark)
            row.delete()  # moved before, or another file by now, which is taken like any other

    def _move(self, name: str, to: str, remark: str) -> None:
        """Move a file away, with a text beside it that says what is to be said."""
        target = _free(self._folder / to, name)
        if remark:
            target.with_name(f"{target.name}.txt").write_text(f"{remark}\n", encoding="utf-8")
        (self._folder / name).rename(target)


def _readable(name: str) -> str:
    """Return a name as text: one that is no UTF-8 is read as Latin-1, in which every byte is a character.

    What the operating system gives for such a name can be stored in no database and printed nowhere.
    """
    raw = os.fsencode(name)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _free(folder: Path, name: str) -> Path:
    """Return a path in the folder that is not taken yet: NAME, NAME-2, ..."""
    stem, dot, extension = name.rpartition(".")
    if not stem:
        stem, dot, extension = name, "", ""
    target, number = folder / name, 1
    while target.exists():
        number += 1
        target = folder / f"{stem}-{number}{dot}{extension}"
    return target


def _is_being_written(file: BinaryIO) -> bool:
    """Say whether somebody has the file open for writing, where the kernel tells: it then gives no read lease."""
    if not hasattr(fcntl, "F_SETLEASE"):
        return False
    try:
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as e:
        return e.errno not in _NOT_TOLD  # another owner, or a network share: that it is quiet must do
    fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
