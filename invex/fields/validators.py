"""Whether a value is right by the rules of those who issue it, and what a person typed as a canonical value.

The libraries (python-stdnum, babel, dateutil) are loaded when first asked: the learner does without them.
"""

from __future__ import annotations

import re
from datetime import date, datetime

from .identifiers import collapse, is_iban
from .spec import LocaleSpec
from .values import ANY_LOCALE, NUMERIC_TYPES, canonical

_DECIMAL = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")
_NUMBER_CHARACTERS = re.compile(r"[\d\s.,'’()%+−-]")
_SIGNS = re.compile(r"[+−-]")
_IBAN_SHAPE = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{8,30}")
_WHAT = {
    "date": "a date such as 2020-03-29",
    "amount": "an amount such as 5625.00",
    "number": "a number such as 5625.5",
    "percentage": "a percentage such as 19.00, without the sign",
    "currency": "a currency code of ISO 4217 such as EUR",
    "iban": "an IBAN such as DE89370400440532013000",
    "vat_id": "a VAT or tax number such as DE136695976",
    "email": "an e-mail address",
}


class BadValue(ValueError):
    """What was entered is no value of the type; the message says what one looks like."""


def problem(type: str, value: str) -> str | None:
    """Return what keeps `value` from being canonical for `type` (FORMATS.md), as a sentence; None when it is.

    A wrong check digit is no problem here: what is printed wrong is confirmed as printed, and fails its check. Nor
    are spaces or capitals in identifiers: FORMATS.md has them as printed.
    """
    if not value.strip():
        return "is empty; leave the field out, or confirm that it is not there"
    if type == "date":
        is_right = _is_iso_date(value)
    elif type in NUMERIC_TYPES:
        is_right = _DECIMAL.fullmatch(value) is not None
    elif type == "currency":
        is_right = currency_exists(value)
    elif type == "iban":
        is_right = _IBAN_SHAPE.fullmatch(value.replace(" ", "").upper()) is not None
    elif type == "email":
        is_right = canonical("email", value) == value.lower()
    else:
        return None if collapse(value) == value else "has line breaks or double spaces; write it on one line"
    return None if is_right else f"{value!r} is not {_WHAT[type]}"


def _is_iso_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def entered(type: str, text: str, locale: LocaleSpec = ANY_LOCALE) -> str:
    """Return the canonical value of what a person typed, or pasted over several lines.

    Raises BadValue with what is expected.
    """
    text = collapse(text)
    if type in ("date", "currency", *NUMERIC_TYPES) and problem(type, text) is None:
        return text
    value = canonical(type, text, locale)
    if type in NUMERIC_TYPES and not _is_number_alone(text):
        value = None  # on a page "12 pcs" says 12; who types it must not be taken for having meant that
    if value is None and type == "date":
        value = _lenient_date(text, locale)
    if value is None or problem(type, value) is not None:
        raise BadValue(f"{text!r} is not {_WHAT.get(type, 'a value')}")
    return value


def depends_on_locale(type: str, text: str) -> bool:
    """Say whether how a document writes dates and numbers may decide what `text`, typed for the type, means."""
    return type in ("date", *NUMERIC_TYPES) and problem(type, text.strip()) is not None


def _is_number_alone(text: str) -> bool:
    """Whether nothing but one number, with at most one sign and a currency, is written."""
    rest = _NUMBER_CHARACTERS.sub("", text)
    return len(_SIGNS.findall(text)) <= 1 and (not rest or bool(canonical("currency", rest)))


def _lenient_date(text: str, locale: LocaleSpec) -> str | None:
    """Return the complete date that dateutil finds in `text`; None also where it would fill in a missing part."""
    from dateutil import parser

    readings = set()
    for default in (datetime(2000, 1, 1), datetime(2001, 2, 2)):  # what is missing would come from the default
        try:
            found = parser.parse(text, default=default, dayfirst=locale.date_order != "mdy")
        except (ValueError, OverflowError):
            return None
        readings.add(found.date().isoformat())
    return readings.pop() if len(readings) == 1 else None


def iban_is_valid(value: str) -> bool:
    """Whether length, check digits and, where known, the bank's own structure are right."""
    from stdnum import iban

    return is_iban(value) and bool(iban.is_valid(value))


def vat_id_is_valid(value: str) -> bool | None:
    """Whether the check digits are right; None where nobody knows the rule for this country, or it has no prefix."""
    from stdnum import get_cc_module

    country = value[:2].lower()
    if not country.isalpha():
        return None
    module = get_cc_module({"el": "gr", "xi": "gb"}.get(country, country), "vat")
    return None if module is None else bool(module.is_valid(value))


def currency_exists(code: str) -> bool:
    """Whether `code` is a currency of ISO 4217, of today or of the past."""
    from babel.numbers import list_currencies

    return code in list_currencies()
