"""The console script `invex`: `invex extract FILE...` is `python manage.py extract FILE...` from anywhere."""

from __future__ import annotations

import os
import sys

from invex import terminal

BAD_INPUT = 2  # exit code, FORMATS section 6
# How SQLite and PostgreSQL say that there is none, or none of ours.
NO_DATABASE = ("no such table", "unable to open database", "does not exist", "connection failed", "could not connect")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "invex.settings")
    sys.exit(terminal.run(_command))


def _command() -> int:
    from django.conf import settings
    from django.core.management import execute_from_command_line
    from django.db import OperationalError, ProgrammingError

    try:
        execute_from_command_line(sys.argv)
    except (OperationalError, ProgrammingError) as e:
        if not any(said in str(e) for said in NO_DATABASE):
            raise
        sys.stderr.write(
            f"error: the database in {settings.DATA_DIR} cannot be used ({str(e).strip()}). Start Invex once with "
            "`make run`, or say where its data lies: DATA=/a/folder python manage.py ...\n"
        )
        return BAD_INPUT
    return 0
