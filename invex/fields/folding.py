"""Comparing printed text without regard to accents, case and kinds of space, quote and dash."""

from __future__ import annotations

import sys
import unicodedata

_SAME = {
    **dict.fromkeys("\u00a0\u202f\u2009\u2007", " "),  # no-break, narrow no-break, thin and figure space
    **dict.fromkeys("\u2018\u2019\u00b4`\u02bc", "'"),  # quotation marks, acute, grave, modifier apostrophe
    **dict.fromkeys("\u2212\u2013\u2014\u2010\u2011", "-"),  # minus, dashes, hyphens
    "ł": "l",
    "ø": "o",
    "đ": "d",
    "ı": "i",
}


def _single_letters() -> dict[int, str]:
    """Accented letters whose decomposition is one letter and marks: folding them keeps a text's length."""
    table = {}
    for code in range(0xC0, 0x250):
        base = [c for c in unicodedata.normalize("NFKD", chr(code)) if not unicodedata.combining(c)]
        if len(base) == 1 and base[0] != chr(code):
            table[code] = base[0]
    return table


_UNIFORM = str.maketrans(_SAME)
_FOLDED = _single_letters() | _UNIFORM | {ord(k.upper()): v.upper() for k, v in _SAME.items() if k.upper() != k}


def uniform(text: str) -> str:
    """Return `text` with one kind of space, quote and dash; of the same length, so that offsets stay valid."""
    return text if text.isascii() else text.translate(_UNIFORM)


def fold(text: str) -> str:
    """Return `text` in lower case, without accents; of the same length but for the few letters that lower() widens."""
    return sys.intern(text.lower()) if text.isascii() else text.translate(_FOLDED).lower()
