"""Text that goes to a spreadsheet, and must not run there.

A program that opens a CSV file may run a cell that begins with =, +, -, @, a tab or a line break (OWASP, "CSV
Injection"). Such text gets an apostrophe before it. A negative number is a number, whatever column it stands in.
"""

from __future__ import annotations

import re

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NEGATIVE = re.compile(r"-[0-9]+([.,][0-9]+)?")


def is_formula(text: str) -> bool:
    """Say whether a spreadsheet may take the text for a formula."""
    return text.startswith(DANGEROUS) and _NEGATIVE.fullmatch(text) is None


def harmless(text: str) -> str:
    """Return the text as a cell of a CSV file that is safe to open."""
    return f"'{text}" if is_formula(text) else text
