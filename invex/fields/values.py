"""From printed text to canonical values (FORMATS.md), by field type.

Three questions, asked millions of times, so with the standard library alone:
`canonical` what a text means under a locale, `readings` all it may mean, `spans` where in a line such values stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation

from .currencies import currency_readings, currency_spans
from .dates import date_readings, date_spans
from .identifiers import (
    email_spans,
    iban_readings,
    iban_spans,
    id_readings,
    id_spans,
    text_readings,
    vat_readings,
    vat_spans,
)
from .numbers import number_readings, number_spans, percentage_readings, percentage_spans
from .readings import Reading, Span
from .spec import LocaleSpec

__all__ = ["ANY_LOCALE", "NUMERIC_TYPES", "Reading", "Span", "canonical", "choose", "is_same", "readings", "spans"]

ANY_LOCALE = LocaleSpec()
NUMERIC_TYPES = frozenset({"amount", "number", "percentage"})
UNSPACED_TYPES = frozenset({"iban", "vat_id"})  # blanks in these mean nothing


def _email_readings(text: str) -> tuple[Reading, ...]:
    return next((span.readings for span in email_spans(text)), ())


def _text_spans(line: str) -> Iterator[Span]:
    found = text_readings(line)
    if found:
        start = len(line) - len(line.lstrip())
        yield Span(start, len(line.rstrip()), found)


_READINGS: Mapping[str, Callable[[str], tuple[Reading, ...]]] = {
    "date": date_readings,
    "amount": number_readings,
    "number": number_readings,
    "percentage": percentage_readings,
    "currency": currency_readings,
    "iban": iban_readings,
    "vat_id": vat_readings,
    "email": _email_readings,
    "id": id_readings,
    "text": text_readings,
    "address": text_readings,
}
_SPANS: Mapping[str, Callable[[str], Iterator[Span]]] = {
    "date": date_spans,
    "amount": number_spans,
    "number": number_spans,
    "percentage": percentage_spans,
    "currency": currency_spans,
    "iban": iban_spans,
    "vat_id": vat_spans,
    "email": email_spans,
    "id": id_spans,
    "text": _text_spans,
    "address": _text_spans,
}


def readings(type: str, text: str) -> tuple[Reading, ...]:
    """Return all canonical values that `text` may stand for as a value of `type`, likeliest first; () if none.

    "03/04/2020" is two dates and "1.234" two numbers. Raises KeyError for an unknown type.
    """
    return _READINGS[type](text)


def spans(type: str, line: str) -> Iterator[Span]:
    """Yield the parts of `line`, words joined by single spaces, that read as values of `type`.

    They may overlap ("12 160,00" may be one amount or two). Types text and address give the whole line.
    Raises KeyError for an unknown type.
    """
    return _SPANS[type](line)


def choose(found: tuple[Reading, ...], locale: LocaleSpec) -> Reading:
    """Return the reading that `locale` favours, else the likeliest. `found` must not be empty."""
    for reading in found:
        if reading.date_order is not None and reading.date_order == locale.date_order:
            return reading
        if reading.decimal is not None and reading.decimal == locale.decimal:
            return reading
    return found[0]


def canonical(type: str, text: str, locale: LocaleSpec = ANY_LOCALE) -> str | None:
    """Return the canonical value that `text` stands for as a value of `type` under `locale`; None if it is none.

    A locale decides between readings, it forbids none: "3/23/2020" is a date under day-first too.
    """
    found = readings(type, text)
    return choose(found, locale).value if found else None


def is_same(type: str, a: str, b: str) -> bool:
    """Whether two canonical values of a type mean the same: 5.0 is 5.00, blanks in an IBAN say nothing."""
    if a == b:
        return True
    if type in UNSPACED_TYPES:
        return a.replace(" ", "") == b.replace(" ", "")
    if type in NUMERIC_TYPES:
        try:
            return Decimal(a) == Decimal(b)
        except InvalidOperation:
            return False
    return False
