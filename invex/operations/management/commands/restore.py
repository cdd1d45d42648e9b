"""`manage.py restore BACKUP`: a backup into an empty installation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from invex.kernel.errors import BadInput
from invex.operations import backup

BAD_INPUT = 2


class Command(BaseCommand):
    help = "Put a backup into this installation, which must be empty. Stop Invex before, start it afterwards."
    requires_system_checks: list[str] = []  # `run` makes them; they load all pages, for seconds

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backup", type=Path, metavar="BACKUP", help="a folder that `manage.py backup` printed")
        parser.add_argument("--verify", action="store_true", help="read all of it and compare hashes; restore nothing")

    def handle(self, *args: Any, verify: bool, **options: Any) -> None:
        try:
            if verify:
                manifest = backup.verify(options["backup"])
            else:
                call_command("migrate", interactive=False, verbosity=0)
                manifest = backup.restore(options["backup"])
        except BadInput as e:
            raise CommandError(e.message, returncode=BAD_INPUT) from e
        self.stdout.write(json.dumps(backup.summary(manifest)))
