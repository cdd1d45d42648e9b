"""How one document writes dates and numbers, told from all that is printed on it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from .dates import date_readings, date_spans
from .folding import fold
from .numbers import number_spans
from .readings import Reading
from .spec import LocaleSpec
from .values import NUMERIC_TYPES, readings

# One convention is taken as known when it has this many times the evidence of the others (a stray misread may oppose).
DECISIVE = 5
# A language is taken as known from this many of its words, and twice as many as of the next.
LEAST_STOP_WORDS = 4
CENTS = 2  # decimals of a price: "5.1" may as well be the number of a section

_STOP_WORDS = {
    "en": "the of and to for from with this your you our is are by on please not total date",
    "de": "der die das und von zu fur mit sie ihre wir ist den dem nicht bitte auf rechnung betrag datum",
    "fr": "le la les et du des pour avec vous votre nous est sur pas par facture montant date",
    "es": "el los las y del por para con su sus es en no una factura importe fecha",
    "it": "il lo gli e di del della per con non una si fattura importo data",
    "nl": "de het een en van voor met op uw u wij is niet factuur bedrag datum",
    "pt": "o os as e do da dos para com sua nao uma em fatura valor data",
    "pl": "i w z na do od za nr dla nie sie jest faktura kwota data",
    "sv": "och det att for med som er ni vi ar inte pa faktura belopp datum",
    "da": "og det at for med som de vi er ikke pa til faktura belob dato",
}
_LANGUAGES = {language: frozenset(words.split()) for language, words in _STOP_WORDS.items()}
# What people write who write in these languages, when the document itself does not say. English says neither.
_CUSTOM = {language: LocaleSpec("dmy", ",") for language in _LANGUAGES if language != "en"}
_CUSTOM["sv"] = LocaleSpec("ymd", ",")
# An American address ends in state and ZIP; where dollars are not the only money, they need not be American.
_AMERICAN_ADDRESS = re.compile(r"\b[A-Z]{2},? \d{5}(?:-\d{4})?\b")
_DIGIT = re.compile(r"\d")
_SEPARATOR = re.compile(r"[.,]\s?\d")  # a number without one says nothing about the decimal mark
_OTHER_MONEY = re.compile(r"[€£¥₹]|\b(?:RM|EUR|GBP|CAD|AUD|SGD|MYR|VAT|GST|ABN)(?![A-Za-z])|[ACS]\$")


@dataclass(frozen=True, slots=True)
class DocumentLocale:
    """What a document says about its conventions.

    guess: the likeliest convention, to choose among readings.
    known: the part of it that is sure enough for an ambiguous text to count as read.
    """

    guess: LocaleSpec
    known: LocaleSpec


def infer(texts: Iterable[str]) -> DocumentLocale:
    """Return the conventions of a document from its lines.

    Every text with a single reading votes ("31/12/2020" for dmy, "1.234,56" for a comma); where none does, the
    language of the words gives a hint; an English text with dollars alone, or with an American address, is guessed,
    not known, to be American.
    """
    orders: Counter[str] = Counter()
    decimals: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    has_dollars = has_other_money = has_american_address = False
    for said in map(_said, texts):
        languages.update(said.languages)
        orders.update(said.orders)
        decimals.update(said.decimals)
        has_dollars |= said.has_dollars
        has_other_money |= said.has_other_money
        has_american_address |= said.has_american_address
    custom = LocaleSpec()
    language = _language(languages)
    if language is not None:
        custom = _CUSTOM.get(language, custom)
    day_or_month_first = {order: n for order, n in orders.items() if order in ("dmy", "mdy")}
    order, is_order_known = _winner(day_or_month_first or orders)
    decimal, is_decimal_known = _winner(decimals)
    is_american = has_american_address or (has_dollars and not has_other_money)
    american = "mdy" if is_american and language in (None, "en") and decimal != "," else None
    guess = LocaleSpec(order or custom.date_order or american, decimal or custom.decimal)
    known = LocaleSpec(
        order if is_order_known else (custom.date_order if order is None else None),
        decimal if is_decimal_known else None,
    )
    return DocumentLocale(guess, known)


class _Said(NamedTuple):
    """What a line says of its document: a language for each of its stop words, and the conventions it votes for."""

    languages: tuple[str, ...]
    orders: tuple[str, ...]
    decimals: tuple[str, ...]
    has_dollars: bool
    has_other_money: bool
    has_american_address: bool


@lru_cache(maxsize=1 << 14)
def _said(text: str) -> _Said:
    """Documents of one kind share most lines."""
    words = fold(text).split()
    return _Said(
        tuple(name for name, stop in _LANGUAGES.items() for w in words if w in stop),
        *(_votes(text) if _DIGIT.search(text) else ((), ())),
        "$" in text,
        _OTHER_MONEY.search(text) is not None,
        _AMERICAN_ADDRESS.search(text) is not None,
    )


def _votes(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The date orders and the decimal marks that a line votes for."""
    orders = [span.readings[0].date_order for span in date_spans(text) if len(span.readings) == 1]
    decimals = [
        span.readings[0].decimal
        for span in (number_spans(text) if _SEPARATOR.search(text) else ())
        if len(span.readings) == 1 and _is_telling(span.readings[0])
    ]
    return tuple(filter(None, orders)), tuple(filter(None, decimals))


def settle(template: LocaleSpec, document: DocumentLocale) -> DocumentLocale:
    """Return the conventions for a document of a template that remembers its own.

    The template's win over a guess. Where the document is sure of another, it is read its way, but as not known:
    then an ambiguous text goes to a person.
    """
    order, known_order = _settle(template.date_order, document.guess.date_order, document.known.date_order)
    decimal, known_decimal = _settle(template.decimal, document.guess.decimal, document.known.decimal)
    return DocumentLocale(LocaleSpec(order, decimal), LocaleSpec(known_order, known_decimal))


def _settle(remembered: str | None, guess: str | None, known: str | None) -> tuple[str | None, str | None]:
    if remembered is None:
        return guess, known
    if known is None or known == remembered:
        return remembered, remembered
    return known, None


def _is_telling(reading: Reading) -> bool:
    fraction = reading.value.partition(".")[2]
    return len(fraction) in (0, CENTS)


def _winner(votes: dict[str, int]) -> tuple[str | None, bool]:
    """Return the convention with most votes, and whether that is decisive."""
    if not votes:
        return None, False
    best = max(votes, key=lambda name: (votes[name], name))
    return best, votes[best] >= DECISIVE * (sum(votes.values()) - votes[best])


def _language(stop_words: Counter[str]) -> str | None:
    hits = sorted(((stop_words[name], name) for name in _LANGUAGES), reverse=True)
    (most, language), (second, _) = hits[:2]
    return language if most >= LEAST_STOP_WORDS and most >= 2 * second else None


def is_ambiguous_date(text: str, locale: LocaleSpec) -> bool:
    """Whether day and month of the printed date could be exchanged, and `locale` does not say which is which."""
    orders = {reading.date_order for reading in date_readings(text)}
    return {"dmy", "mdy"} <= orders and locale.date_order not in orders


def is_ambiguous(type: str, text: str, locale: LocaleSpec) -> bool:
    """Whether `text` as a value of `type` means different values that `locale` does not tell apart.

    So do dates whose day and month could be exchanged, and numbers such as "1.234".
    """
    if type == "date":
        return is_ambiguous_date(text, locale)
    return type in NUMERIC_TYPES and locale.decimal is None and len(readings(type, text)) > 1
