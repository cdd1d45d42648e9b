"""What a printed text may mean: the result type of every finder of this room."""

from __future__ import annotations

from typing import NamedTuple


class Reading(NamedTuple):
    """One canonical value that a text may stand for.

    date_order, decimal: the convention under which it does; None where every convention says the same.
    """

    value: str
    date_order: str | None = None
    decimal: str | None = None


class Span(NamedTuple):
    """A part line[start:end] that reads as a value of some type; `readings` has at least one, likeliest first."""

    start: int
    end: int
    readings: tuple[Reading, ...]
