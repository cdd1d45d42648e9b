"""`manage.py demo`: the administrator and the sample project of the first start."""

from __future__ import annotations

import logging
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from invex.operations import demo

INTERRUPTED = 130  # exit code, as shells say it


class Command(BaseCommand):
    help = "Make the project demo with sample documents. Needs no Redis; the workers read them once they run."
    requires_system_checks: list[str] = []  # `run` makes them; they load all pages, for seconds

    def handle(self, *args: Any, **options: Any) -> None:
        if not demo.is_missing():
            raise CommandError("There are projects already; the demo is made in an empty installation only.")
        is_first = not demo.has_administrator()
        password = demo.ensure_administrator()
        if is_first:
            self.stderr.write(f"{demo.ADMINISTRATOR} {password}")
        # Redis is not there yet on a first start; the scheduler finds the events.
        logging.getLogger("invex.kernel.queue").setLevel(logging.ERROR)

        def say(text: str) -> None:
            self.stdout.write(text)
            self.stdout.flush()

        try:
            demo.create(say=say)
        except KeyboardInterrupt:
            raise CommandError("Stopped in the middle of the demo.", returncode=INTERRUPTED) from None
