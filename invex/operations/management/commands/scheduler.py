"""`manage.py scheduler`: every few seconds, take up whatever lost its job."""

from __future__ import annotations

import logging
import signal
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections
from django.utils.module_loading import import_string

from invex.flow import SWEEPS

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Look every few seconds for rows and events whose job is gone, and wake them again."
    requires_system_checks: list[str] = []  # `run` makes them; they load all pages, for seconds

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, then stop")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        stop = threading.Event()
        if not once:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stop.set())
        due_at = dict.fromkeys(SWEEPS, 0.0)  # of time.monotonic(): all at once at the start
        while not stop.is_set():
            for name, every_s in SWEEPS.items():
                if due_at[name] <= time.monotonic():
                    self._sweep(name)
                    due_at[name] = time.monotonic() + every_s
            if once:
                break
            close_old_connections()
            stop.wait(max(0.0, min(due_at.values()) - time.monotonic()))

    def _sweep(self, name: str) -> None:
        try:
            taken_up = import_string(name)()
        except Exception:  # one broken sweep must not stop the others; the next round tries it again
            log.exception("%s failed", name)
            return
        if taken_up:
            log.info("%s took up %d", name, taken_up)
