"""What a form or an address sends, as values."""

from __future__ import annotations

from django.http import QueryDict
from django.utils.translation import gettext as _

from .errors import BadInput

MOST_DIGITS = 18  # more than any row's id has, and none that a database cannot compare with


def sent_whole(text: str | None, *, digits: int = MOST_DIGITS) -> int | None:
    """Return the whole number from 0 that a text says, an id mostly; None when it says none, or has more digits."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= digits else None


def sent_number(data: QueryDict, name: str, what: str) -> float | None:
    """Return the number of an entry, written with a point or a comma; None when it is empty. Raises BadInput.

    what: the entry, as the error names it.
    """
    text = data.get(name, "").strip().replace(",", ".")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) < 1e12:  # also false for what is no number
        raise BadInput(_("Give %(what)s as a number.") % {"what": what}, code="bad_number")
    return value
