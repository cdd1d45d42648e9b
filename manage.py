#!/usr/bin/env python
"""Invex from the command line: `python manage.py COMMAND`, see FORMATS section 6 in docs/formats.md."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "invex.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
