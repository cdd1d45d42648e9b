#!/usr/bin/env python
"""Invex from the command line: `python manage.py COMMAND`, see FORMATS section 6 in docs/formats.md."""

from invex.cli import main

if __name__ == "__main__":
    main()
