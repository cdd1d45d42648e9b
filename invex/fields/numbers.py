"""Printed amounts, numbers and percentages: found in a line, and read under every convention that fits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from .currencies import BESIDE_NUMBER
from .folding import uniform
from .readings import Reading, Span

WHOLE = 100  # per cent
LONGEST = 13  # digits before the decimals; longer ones are identifiers

# Grouped by one separator (western thousands or Indian lakhs), or plain; then perhaps decimals.
_TIGHT = (
    r"(?:\d{1,3}(?:'\d{3})+(?:[.,]\d{1,4})?"
    r"|\d{1,3}(?:\.\d{3})+(?:,\d{1,4})?"
    r"|\d{1,3}(?:,\d{3})+(?:\.\d{1,4})?"
    r"|\d{1,2}(?:,\d\d)+,\d{3}(?:\.\d{1,4})?"
    r"|\d+(?:[.,]\d{1,6})?"
    r"|[.,]\d{1,4})"
)
# With white space: as a separator of groups, or where OCR saw a gap beside a decimal separator.
_LOOSE = r"(?:\d{1,3}(?:\s\d{3})+(?:\s?[.,]\s?\d{1,4})?|\d{1,3}(?:[.,]\s?\d{3})*(?:\s[.,]\s?|[.,]\s)\d\d|[.,]\s\d\d)"
# A match starts neither with white space nor inside a word, which spares trying all the rest at most characters.
_MAY_START = r"(?!\s)(?!(?<=[^\W\d_])[^\W\d_])"
_START = r"(?<!\d)(?<!\d[.,/:'-])"
_END = r"(?!\d)(?![.,/:'-]\d)"
_CURRENCY = rf"(?:(?P<before>{BESIDE_NUMBER})\s?)?"
_CURRENCY_AFTER = rf"(?:\s?(?P<after>{BESIDE_NUMBER}))?"
_NO_DECIMALS = r"(?:[.,]--?(?![\w-])|[.,]=)?"  # "5,-" and "5.--": nothing after the separator
_CREDIT = r"(?:(?P<minus_after>-)(?![\w-])|\s?(?P<credit>CR)\b)?"


def _pattern(number: str) -> re.Pattern[str]:
    return re.compile(
        rf"{_MAY_START}(?P<open>\()?(?:(?<![\w)])(?P<minus>-\s?))?{_CURRENCY}(?:(?P<minus_inside>-)\s?)?"
        rf"{_START}(?P<number>{number}){_END}{_NO_DECIMALS}{_CREDIT}{_CURRENCY_AFTER}"
        rf"(?(open)\s?(?P<close>\))?)(?:\s?(?P<percent>%))?"
    )


_PATTERNS = (_pattern(_TIGHT), _pattern(_LOOSE))
_DIGIT = re.compile(r"\d")
_GAP_AT_DIGIT = re.compile(r"\d\s[\d.,]|[.,]\s\d")  # without one, the looser pattern need not be tried
_SPACE = re.compile(r"\s")
_SPACE_GROUPS = re.compile(r"\d{1,3}\s\d{3}")
_LAST_SEPARATOR = re.compile(r"[.,](?=\d*\Z)")


def _decimal(whole: str, fraction: str, *, is_negative: bool) -> str:
    digits = whole.lstrip("0") or "0"
    return ("-" if is_negative else "") + (f"{digits}.{fraction}" if fraction else digits)


@lru_cache(maxsize=1 << 15)
def _readings(printed: str, is_negative: bool) -> tuple[Reading, ...]:
    """Return the readings of digits and separators alone, e.g. "1.234,5", likeliest first."""
    compact = _SPACE.sub("", printed)
    is_grouped = "'" in compact or _SPACE_GROUPS.match(printed) is not None
    compact = compact.replace("'", "")
    last = _LAST_SEPARATOR.search(compact)
    if last is None:
        value = _decimal(compact, "", is_negative=is_negative)
        return (Reading(value),) if len(compact) <= LONGEST else ()
    separator, other = last[0], "," if last[0] == "." else "."
    head, tail = compact[: last.start()], compact[last.end() :]
    whole = head.replace(".", "").replace(",", "")
    if len(whole) > LONGEST:
        return ()
    as_fraction = Reading(_decimal(whole, tail, is_negative=is_negative), decimal=separator)
    as_group = Reading(_decimal(whole + tail, "", is_negative=is_negative), decimal=other)
    if separator in head:  # twice the same one: it groups
        return (as_group,)
    if is_grouped or other in head or len(tail) != 3 or not 1 <= len(head) <= 3 or head.startswith("0"):
        return (as_fraction,)
    return (as_group, as_fraction)


def number_spans(line: str) -> Iterator[Span]:
    """Yield the numbers of `line`, with the signs and currencies that belong to them.

    Spans may overlap: where a space may either group digits or stand between two numbers, both are given.
    """
    for span, _ in _numbers(line):
        yield span


def percentage_spans(line: str) -> Iterator[Span]:
    """Yield the percentages of `line`: numbers with %, and plain ones up to 100 (a column may say % in its header)."""
    for span, match in _numbers(line):
        found = _as_shares(span.readings)
        is_money = match["before"] or match["after"]
        if match["percent"] or (not is_money and all(0 <= Decimal(r.value) <= WHOLE for r in found)):
            yield span._replace(readings=found)


def _numbers(line: str) -> Iterator[tuple[Span, re.Match[str]]]:
    line = uniform(line)
    if not _DIGIT.search(line):
        return
    for pattern in _PATTERNS if _GAP_AT_DIGIT.search(line) else _PATTERNS[:1]:
        for match in pattern.finditer(line):
            printed = match["number"]
            start, end = match.span()
            has_decimals = len(printed) > 3 and printed[-3] in ".,"
            is_money = has_decimals or match["before"] or match["after"]
            before = match.start("number") - 1
            if before >= 0 and line[before].isalpha() and not (is_money or match["percent"]):
                continue  # the digits of "A12" are no number, those of "Total12.50" are
            if match["open"] and not (match["close"] and is_money):  # "(5.00)" is minus five, "(1)" a footnote
                start, end = match.end("open"), match.end() - bool(match["close"])
            minus = match["minus"]
            if minus and len(minus) > 1 and line[: match.start("minus")].strip():
                start, minus = match.end("minus"), None  # "Total - 5.00": a dash between words
            is_negative = bool(
                minus
                or match["minus_inside"]
                or match["minus_after"]
                or match["credit"]
                or (match["close"] and is_money)
            )
            found = _readings(printed, is_negative)
            if found:
                yield Span(start, end, found), match


def _as_shares(found: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """Drop readings over 100 where there is another: "5.125 %" is not five thousand."""
    return tuple(r for r in found if abs(Decimal(r.value)) <= WHOLE) or found


def percentage_readings(text: str) -> tuple[Reading, ...]:
    """Return what the one number in `text` may be as a percentage."""
    return _as_shares(number_readings(text))


_AROUND = " \t:;*|=~\"'"


@lru_cache(maxsize=1 << 14)
def number_readings(text: str) -> tuple[Reading, ...]:
    """Return what the one number in `text` may be; () when there is none, or several that differ.

    Where a space may group digits, the reading that uses the whole text wins.
    """
    spans = list(number_spans(text))
    if not spans:
        return ()
    body = text.strip(_AROUND)
    whole = [s for s in spans if s.end - s.start >= len(body)]
    if whole:
        return whole[-1].readings
    longest = max(spans, key=lambda s: s.end - s.start)
    apart = {s.readings for s in spans if s.end <= longest.start or longest.end <= s.start}
    return longest.readings if apart <= {longest.readings} else ()
