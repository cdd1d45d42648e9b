"""The console script `invex`: `invex extract FILE...` is `python manage.py extract FILE...` from anywhere."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version

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

    if "--version" in sys.argv[1:]:
        return _version(sys.argv[1:])
    try:
        execute_from_command_line(sys.argv)
    except SystemExit as e:
        if e.code == 1 and not _is_known(sys.argv[1:]):  # it is said already, with names that are near
            return BAD_INPUT
        raise
    except (OperationalError, ProgrammingError) as e:
        if not any(said in str(e) for said in NO_DATABASE):
            raise
        sys.stderr.write(
            f"error: the database in {settings.DATA_DIR} cannot be used ({str(e).strip()}). Start Invex once with "
            "`make run`, or say where its data lies: DATA=/a/folder python manage.py ...\n"
        )
        return BAD_INPUT
    return 0


def _version(given: list[str]) -> int:
    """Say which Invex this is, of the whole or of one command; with anything beside it, something else was meant."""
    if given == ["--version"] or given[1:] == ["--version"]:
        sys.stdout.write(f"Invex {version('invex')}\n")
        return 0
    sys.stderr.write(
        "error: --version alone says which Invex this is. The version of a build is --package-version, as in "
        "--package-version 0.18.0\n"
    )
    return BAD_INPUT


def _is_known(given: list[str]) -> bool:
    """Whether what is asked for, or asked to be explained, is a command."""
    from django.core.management import get_commands

    named = given[1:] if given[:1] == ["help"] else given
    return not named or named[0].startswith("-") or named[0] in get_commands()
