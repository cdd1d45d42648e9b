"""When is a predicted value right? The rules by which this project is measured, by field type.

date                      the same ISO date
amount number percentage  no further apart than 0.01
id iban vat_id text       the same letters and digits, capitals alike
currency email            the same, capitals alike
address                   at most three letters or digits apart

A label's text is a second accepted reading where it disagrees with the label's value: there the words that were given
are wrong (OCR), and a prediction that is faithful to them is right too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from invex.fields.labels import LabelValue
from invex.fields.values import NUMERIC_TYPES

NUMERIC_TOLERANCE = Decimal("0.01")
ADDRESS_EDITS = 3

_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
_DECIMAL = re.compile(r"[+-]?\d+(\.\d+)?")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_YEAR_FIRST = re.compile(r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})")
_POINT_DECIMAL = re.compile(r"\d+(,\d{3})*(\.\d+)?")
_COMMA_DECIMAL = re.compile(r"\d+(\.\d{3})*(,\d+)?")


def same(type: str, a: str, b: str) -> bool:
    """Are two canonical values of `type` the same?"""
    return _SAME.get(type, _same_text)(a, b)


def matches(type: str, predicted: str, label: LabelValue) -> bool:
    """Is a predicted value right, given what was confirmed?"""
    if same(type, predicted, label.value):
        return True
    if not label.text:
        return False
    readings = _printed_readings(type, label.text)
    text_agrees = any(same(type, reading, label.value) for reading in readings)
    return not text_agrees and any(same(type, predicted, reading) for reading in readings)


def is_canonical(type: str, value: str) -> bool:
    """Has `value` the form in which values of `type` are compared? A value in another form is never right."""
    if type in NUMERIC_TYPES:
        return _decimal(value) is not None
    if type == "date":
        return _date(value) is not None
    if type == "currency":
        return _CURRENCY.fullmatch(value) is not None
    return True


def edit_distance(a: str, b: str) -> int:
    """Return how many insertions, deletions and substitutions turn `a` into `b` (Levenshtein, 1966)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (x != y))
    return row[-1]


def _flat(text: str) -> str:
    return _NOT_ALPHANUMERIC.sub("", text.casefold())


def _decimal(value: str) -> Decimal | None:
    return Decimal(value.strip()) if _DECIMAL.fullmatch(value.strip()) else None


def _date(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if _ISO_DATE.fullmatch(value) else None
    except ValueError:
        return None


def _same_number(a: str, b: str) -> bool:
    x, y = _decimal(a), _decimal(b)
    return x is not None and y is not None and abs(x - y) <= NUMERIC_TOLERANCE


def _same_date(a: str, b: str) -> bool:
    x = _date(a)
    return x is not None and x == _date(b)


def _same_currency(a: str, b: str) -> bool:
    return a.strip().upper() == b.strip().upper()


def _same_email(a: str, b: str) -> bool:
    return a.strip().casefold() == b.strip().casefold()


def _same_address(a: str, b: str) -> bool:
    x, y = _flat(a), _flat(b)
    return abs(len(x) - len(y)) <= ADDRESS_EDITS and edit_distance(x, y) <= ADDRESS_EDITS


def _same_text(a: str, b: str) -> bool:
    x, y = _flat(a), _flat(b)
    return x == y and (x != "" or a.strip() == b.strip())  # "--" and "//" have no letters, and differ


_SAME: dict[str, Callable[[str, str], bool]] = {
    **dict.fromkeys(NUMERIC_TYPES, _same_number),
    "date": _same_date,
    "currency": _same_currency,
    "email": _same_email,
    "address": _same_address,
}


def _printed_readings(type: str, text: str) -> set[str]:
    """Return the canonical values that a printed text may stand for, whatever the locale."""
    collapsed = re.sub(r"\s+", " ", text).strip()
    if type in NUMERIC_TYPES:
        return _number_readings(collapsed)
    if type == "date":
        return _date_readings(collapsed)
    return {collapsed}


def _number_readings(text: str) -> set[str]:
    kept = re.sub(r"[^\d.,()-]", "", text)
    is_negative = kept.startswith("-") or re.fullmatch(r"\(.*\)", kept) is not None
    digits = re.sub(r"[()-]", "", kept).strip(".,")
    found = set()
    if _POINT_DECIMAL.fullmatch(digits):
        found.add(digits.replace(",", ""))
    if _COMMA_DECIMAL.fullmatch(digits):
        found.add(digits.replace(".", "").replace(",", "."))
    return {"-" + value if is_negative else value for value in found}


def _date_readings(text: str) -> set[str]:
    if parts := _YEAR_FIRST.fullmatch(text):
        year, a, b = parts.groups()
    elif parts := _YEAR_LAST.fullmatch(text):
        a, b, year = parts.groups()
        year = year if len(year) == 4 else "20" + year
    else:
        return set()
    both = {f"{int(year):04d}-{int(m):02d}-{int(d):02d}" for m, d in ((a, b), (b, a))}
    return {value for value in both if _date(value) is not None}
