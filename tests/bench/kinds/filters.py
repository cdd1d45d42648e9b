"""How the HTML of the kinds prints values: `{{ total|de }}`, `{{ letter_date|en:"d MMMM y" }}`, by Babel."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal
from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from tests.bench.kinds.draw import Lines

register = template.Library()

AMOUNT = "#,##0.00"


def spell(value: date | Decimal | int | str | None, pattern: str, language: str) -> str:
    """Return a date or a number as people of a language write it; "" where there is none."""
    if value is None or value == "":
        return ""
    if isinstance(value, date):
        return format_date(value, pattern, locale=language)
    assert not isinstance(value, str), f"{value!r} needs no filter"
    return format_decimal(value, pattern, locale=language).replace("\u202f", " ")  # French thousands


@register.filter
def de(value: date | Decimal | int | str | None, pattern: str = AMOUNT) -> str:
    return spell(value, pattern, "de")


@register.filter
def en(value: date | Decimal | int | str | None, pattern: str = AMOUNT) -> str:
    return spell(value, pattern, "en")


@register.filter
def fr(value: date | Decimal | int | str | None, pattern: str = AMOUNT) -> str:
    spelled = spell(value, pattern, "fr")
    is_first = isinstance(value, date) and value.day == 1 and pattern.startswith("d ")
    return spelled.replace("1 ", "1er ", 1) if is_first else spelled


@register.filter
def fours(value: str) -> str:
    """An IBAN in groups of four."""
    return " ".join(value[start : start + 4] for start in range(0, len(value), 4))


@register.filter
def lines(value: Lines) -> SafeString:
    return format_html_join(SafeString("<br>"), "{}", ((line,) for line in value.lines))
