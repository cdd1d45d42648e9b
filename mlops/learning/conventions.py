"""How a document writes dates and numbers, as far as a confirmed value tells: 03/04 is in March, 1.000 is one."""

from __future__ import annotations

from collections.abc import Iterable

from invex.fields.readings import Reading
from invex.fields.values import NUMERIC_TYPES, is_same


def convention_of(type: str) -> str | None:
    """Return the part of a locale that says what a value of this field type means; None where none does."""
    if type == "date":
        return "date_order"
    return "decimal" if type in NUMERIC_TYPES else None


def convention_told(type: str, readings: Iterable[Reading], value: str) -> str | None:
    """Return the only convention under which a printed text means `value`, None where several or none do.

    10-10-18 is the same day in either order. readings: of the text, as a value of `type`.
    """
    kind = convention_of(type)
    told = {getattr(r, kind) for r in readings if is_same(type, r.value, value)} if kind is not None else set()
    told.discard(None)
    return told.pop() if len(told) == 1 else None
