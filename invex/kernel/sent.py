"""What a form sends, as values."""

from __future__ import annotations

from django.http import QueryDict
from django.utils.translation import gettext as _

from .errors import BadInput


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
