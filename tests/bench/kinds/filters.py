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
THOUSANDS = str.maketrans(dict.fromkeys("\u202f\xa0", " "))  # what French and Polish put between them


def spell(value: date | Decimal | int | str | None, pattern: str, language: str) -> str:
    """Return a date or a number as people of a language write it; "" where there is none."""
    if value is None or value == "":
        return ""
    if isinstance(value, date):
        return format_date(value, pattern, locale=language)
    assert not isinstance(value, str), f"{value!r} needs no filter"
    return format_decimal(value, pattern, locale=language).translate(THOUSANDS)


@register.filter
def de(value: date | Decimal | int | str | None, pattern: str = AMOUNT) -> str:
    return spell(value, pattern, "de")


@register.filter
def en(value: date | Decimal | int | str | None, pattern: str = AMOUNT) -> str:
    return spell(value, pattern, "en")


@register.filter
def es(value: date | Decimal | int | str | None, pattern: str = AMOUNT) -> str:
    return spell(value, pattern, "es")


@register.filter
def fr(value: date | Decimal | int | str | None, pattern: str = AMOUNT) -> str:
    spelled = spell(value, pattern, "fr")
    is_first = isinstance(value, date) and value.day == 1 and pattern.startswith("d ")
    return spelled.replace("1 ", "1er ", 1) if is_first else spelled


@register.filter
def it(value: date | Decimal | int | str | None, pattern: str = AMOUNT) -> str:
    return spell(value, pattern, "it")


@register.filter
def nl(value: date | Decimal | int | str | None, pattern: str = AMOUNT) -> str:
    return spell(value, pattern, "nl")


@register.filter
def pl(value: date | Decimal | int | str | None, pattern: str = AMOUNT) -> str:
    return spell(value, pattern, "pl")


@register.filter
def ordinal(value: int) -> str:
    """An English ordinal: 1st, 12th, 23rd."""
    ending = "th" if value in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    return f"{value}{ending}"


@register.filter(name="is")
def is_(value: str, other: str) -> bool:
    return value == other


@register.filter
def crossed(value: object) -> str:
    """A box as a letter, crossed where the value is true."""
    return "☒" if value else "☐"


@register.filter
def boxed(value: object) -> SafeString:
    """An X in a box where the value is true, the box alone otherwise; its border is the style's."""
    return SafeString(f'<span class="box">{"X" if value else "&nbsp;"}</span>')


@register.filter
def fours(value: str) -> str:
    """An IBAN in groups of four."""
    return " ".join(value[start : start + 4] for start in range(0, len(value), 4))


@register.filter
def lines(value: Lines) -> SafeString:
    return format_html_join(SafeString("<br>"), "{}", ((line,) for line in value.lines))
