"""Printed dates: found in a line, and read under every convention that fits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from .folding import fold
from .month_names import MONTH_NAMES
from .readings import Reading, Span

FIRST_YEAR, LAST_YEAR = 1900, 2099  # what a document may plausibly be about
CENTURY_PIVOT = 70  # as POSIX: 69 is 2069, 70 is 1970 (strptime uses 68/69)

# Day, month and year may be glued to a time by OCR ("30/04/201719:44"): four digits before ":mm" are no year.
_YEAR = r"(?:'?(?:(?:19|20)\d\d(?!:\d\d)|\d\d)(?:(?!\d)|(?=\d?\d:\d\d)))"
_START = r"(?<![\d])(?<!\d[.,/:-])"
_END = r"(?![./-]\d)"
# Grouped by their initial, the engine tries a dozen branches at a letter, not two hundred.
_MONTHS = "|".join(
    f"{initial}(?:{'|'.join(sorted((name[1:] for name in names), key=len, reverse=True))})"
    for initial, names in groupby(sorted(MONTH_NAMES), key=itemgetter(0))
)
_MONTH = rf"(?P<name>{_MONTHS})(?![^\W\d_])\.?"
_ORDINAL = r"(?:st|nd|rd|th|er|ere|re|[ºª°o]|\.)?"
_OF = r"(?:(?:day\sof|of|de|den|del|di|do|d')\s?)?"  # "this 3rd day of May, 2025"

_DAY_MONTH_YEAR = rf"{_START}(?P<d>\d\d?){_ORDINAL}[\s,./-]{{0,3}}{_OF}{_MONTH}[\s,./-]{{0,3}}{_OF}(?P<y>{_YEAR})"
_MONTH_DAY_YEAR = rf"\b{_MONTH}[\s./-]{{0,2}}(?P<d>\d\d?){_ORDINAL}(?:\s?[,./-]\s?|\s)(?P<y>{_YEAR})"
_YEAR_MONTH_DAY = rf"{_START}(?P<y>(?:19|20)\d\d)[\s.,/-]{{0,2}}{_MONTH}[\s,./-]{{0,2}}(?P<d>\d\d?)(?!\d)"
_WRITTEN = tuple(re.compile(p) for p in (_DAY_MONTH_YEAR, _MONTH_DAY_YEAR, _YEAR_MONTH_DAY))

_NUMERIC_YEAR_FIRST = re.compile(
    rf"{_START}(?P<a>(?:19|20)\d\d)(?:\s?(?P<sep>[./-])\s?|(?P<gap>\s))(?P<b>\d\d?)(?(sep)\s?(?P=sep)\s?|\s)"
    rf"(?P<c>\d\d?)(?:(?!\d)|(?=\d\d?:\d\d)){_END}"
)
_NUMERIC_YEAR_LAST = re.compile(
    rf"{_START}(?P<a>\d\d?)(?:\s?(?P<sep>[./-])\s?|(?P<gap>\s))(?P<b>\d\d?)(?(sep)\s?(?P=sep)\s?|\s)"
    rf"(?P<c>(?(sep){_YEAR}|(?:19|20)\d\d(?!\d))){_END}"
)
_COMPACT = re.compile(r"(?<![\d.,/-])(?P<a>(?:19|20)\d\d)(?P<b>[01]\d)(?P<c>[0-3]\d)(?![\d.,/-])")
_IDEOGRAPHIC = re.compile(r"(?P<a>(?:19|20)\d\d)\s?[年년]\s?(?P<b>\d\d?)\s?[月월]\s?(?P<c>\d\d?)\s?[日일]")
_MONTH_NEARBY = re.compile(_MONTH)


def _iso(year: str, month: str | int, day: str) -> str | None:
    """Return yyyy-mm-dd, or None where there is no such plausible day."""
    y = int(year.lstrip("'"))
    if y < 100:
        y += 2000 if y < CENTURY_PIVOT else 1900
    if not FIRST_YEAR <= y <= LAST_YEAR:
        return None
    try:
        return date(y, int(month), int(day)).isoformat()
    except ValueError:
        return None


@lru_cache(maxsize=1 << 14)
def _numeric(a: str, b: str, c: str, sep: str | None) -> tuple[Reading, ...]:
    """Return the readings of three numbers as they are printed from left to right, likeliest first."""
    if len(a) == 4:
        orders = [("ymd", _iso(a, b, c)), ("ydm", _iso(a, c, b))]
    else:
        orders = [("dmy", _iso(c, b, a)), ("mdy", _iso(c, a, b))]
        if sep == "." and orders[0][1]:
            orders.pop()  # who writes dots writes the day first
        if sep == "-" and len(a) == len(b) == len(c) == 2:
            orders.append(("ymd", _iso(a, b, c)))
    found = [(order, iso) for order, iso in orders if iso]
    if len({iso for _, iso in found}) == 1:  # 05/05/2020: says nothing about the order
        return (Reading(found[0][1]) if len(found) > 1 else Reading(found[0][1], date_order=found[0][0]),)
    return tuple(Reading(iso, date_order=order) for order, iso in found)


def date_spans(line: str) -> Iterator[Span]:
    """Yield the dates in `line`, numeric ones first; spans of written-out dates do not overlap them."""
    if sum(map(str.isdigit, line)) < 3:
        return
    taken: list[tuple[int, int]] = []
    folded = fold(line)
    if len(folded) != len(line):  # a letter that lower() widens: offsets would not fit
        folded = line.lower() if len(line.lower()) == len(line) else line
    if _MONTH_NEARBY.search(folded):
        for pattern in _WRITTEN:
            for match in pattern.finditer(folded):
                iso = _iso(match["y"], MONTH_NAMES[match["name"]], match["d"])
                if iso and not _overlaps(match.span(), taken):
                    taken.append(match.span())
                    yield Span(*match.span(), (Reading(iso),))
    for pattern in (_NUMERIC_YEAR_FIRST, _NUMERIC_YEAR_LAST):
        for match in pattern.finditer(folded):
            found = _numeric(match["a"], match["b"], match["c"], match["sep"])
            if found and not _overlaps(match.span(), taken):
                taken.append(match.span())
                yield Span(*match.span(), found)
    for pattern in (_COMPACT, _IDEOGRAPHIC):
        for match in pattern.finditer(folded):
            iso = _iso(match["a"], match["b"], match["c"])
            if iso and not _overlaps(match.span(), taken):
                yield Span(*match.span(), (Reading(iso),))


def _overlaps(span: tuple[int, int], taken: list[tuple[int, int]]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in taken)


@lru_cache(maxsize=1 << 14)
def date_readings(text: str) -> tuple[Reading, ...]:
    """Return what the one date in `text` may be; () when there is none, or several that differ."""
    found = {span.readings for span in date_spans(text)}
    return found.pop() if len(found) == 1 else ()
