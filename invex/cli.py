"""The console script `invex`: `invex extract FILE...` is `python manage.py extract FILE...` from anywhere."""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "invex.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
