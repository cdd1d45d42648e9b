"""`manage.py backup FOLDER`: a consistent copy of rows and files, while everything runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from invex.kernel.errors import BadInput, InvexError
from invex.operations import backup

BAD_INPUT = 2


class Command(BaseCommand):
    help = "Back up rows and files of one moment below FOLDER, while everything runs. Prints the new backup's folder."
    requires_system_checks: list[str] = []  # `run` makes them; they load all pages, for seconds

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER", help="holds all backups; their files are shared")
        parser.add_argument("--keep", type=int, metavar="N", help="delete all but the newest N backups afterwards")

    def handle(self, *args: Any, folder: Path, keep: int | None, **options: Any) -> None:
        try:
            if keep is not None and keep < 1:
                raise BadInput("--keep: give at least 1.")
            made = backup.make(folder, keep=keep)
            self.stderr.write(json.dumps(backup.summary(backup.verify(made))))
        except InvexError as e:
            raise CommandError(e.message, returncode=BAD_INPUT if isinstance(e, BadInput) else 1) from e
        self.stdout.write(str(made))
