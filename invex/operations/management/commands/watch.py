"""`manage.py watch DIR --project P`: files that are put into a folder become documents."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, close_old_connections

from invex.accounts.queries import system_access
from invex.kernel.errors import InvexError
from invex.operations.watching import Watcher

log = logging.getLogger(__name__)

BAD_INPUT, NOTHING_TO_DO = 2, 5  # exit codes, FORMATS section 6
LOOKS_EVERY_S = 2.0


class Command(BaseCommand):
    help = (
        "Take the files of a folder as documents, and move them to its folder `taken`, or to `refused` with the reason "
        "beside them. Files that are still being written wait."
    )
    requires_system_checks: list[str] = []  # `run` makes them; they load all pages, for seconds

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--project", required=True, help="short name of the project, e.g. demo")
        parser.add_argument("--once", action="store_true", help="take what is there, then stop")
        parser.add_argument("--settle", type=float, default=3.0, metavar="S",
                            help="seconds for which a file must not have changed (default: %(default)s)")  # fmt: skip

    def handle(self, *args: Any, folder: Path, project: str, once: bool, settle: float, **options: Any) -> None:
        if settle < 0:
            raise CommandError("--settle: give 0 or more seconds", returncode=BAD_INPUT)
        try:
            watcher = Watcher(folder, system_access(project), settle_s=settle)
        except InvexError as e:
            raise CommandError(e.message, returncode=BAD_INPUT) from e
        stop = threading.Event()
        signal.signal(signal.SIGIO, signal.SIG_IGN)  # somebody opens a file that is being looked at
        if not once:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stop.set())
        with contextlib.closing(watcher):
            if once:
                self._look(watcher)  # the first look only remembers
                stop.wait(settle)
                if not self._look(watcher):
                    raise CommandError("Nothing to take.", returncode=NOTHING_TO_DO)
                return
            while not stop.is_set():
                try:
                    self._look(watcher)
                except DatabaseError:
                    log.exception("the database cannot be used; the files wait")
                close_old_connections()
                stop.wait(LOOKS_EVERY_S)

    def _look(self, watcher: Watcher) -> int:
        """Print a line a file. Return how many were taken or refused."""
        count = 0
        for outcome in watcher.look():
            count += 1
            ids = " ".join(map(str, outcome.documents))
            self.stdout.write(f"{outcome.name}: {f'documents {ids}' if ids else 'refused'}")
            if outcome.remark:
                self.stderr.write(f"{outcome.name}: {outcome.remark}")
        self.stdout.flush()
        return count
