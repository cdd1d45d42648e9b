"""Printed currencies: ISO 4217 codes, symbols and names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from .folding import fold
from .readings import Reading, Span

# Currencies in circulation (ISO 4217, without funds and metals); a test compares them with CLDR.
_CIRCULATING = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY
COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR
IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR
MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD
SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF
XPF YER ZAR ZMW
"""
CODES = frozenset(_CIRCULATING.split())
# Codes that are also words in capitals: in running text they count only next to a digit.
_ALSO_WORDS = "ALL ANG BAM CUP DOP GEL LAK MAD MOP MUR NAD PAB PEN SOS TOP TRY"
_WORDS = frozenset(_ALSO_WORDS.split())

# Folded symbol or name -> codes, the most common first.
_SIGNS: dict[str, tuple[str, ...]] = {
    "€": ("EUR",), "euro": ("EUR",), "euros": ("EUR",),
    "$": ("USD", "CAD", "AUD", "SGD", "HKD", "NZD", "MXN"), "us$": ("USD",), "u$s": ("USD",),
    "a$": ("AUD",), "au$": ("AUD",), "c$": ("CAD",), "ca$": ("CAD",), "s$": ("SGD",), "hk$": ("HKD",),
    "nz$": ("NZD",), "nt$": ("TWD",), "mx$": ("MXN",), "r$": ("BRL",),
    "dollar": ("USD", "CAD", "AUD"), "dollars": ("USD", "CAD", "AUD"),
    "£": ("GBP",), "pound": ("GBP",), "pounds": ("GBP",), "¥": ("JPY", "CNY"), "rmb": ("CNY",),
    "fr.": ("CHF",), "sfr": ("CHF",), "sfr.": ("CHF",), "franken": ("CHF",),
    "kr": ("SEK", "NOK", "DKK", "ISK"), "kr.": ("DKK", "SEK", "NOK", "ISK"),
    "rm": ("MYR",), "rp": ("IDR",), "rs": ("INR", "PKR"), "rs.": ("INR", "PKR"), "₹": ("INR",),
    "zl": ("PLN",), "kc": ("CZK",), "ft": ("HUF",), "lei": ("RON",),
    "₩": ("KRW",), "₺": ("TRY",), "₽": ("RUB",), "₪": ("ILS",), "฿": ("THB",), "₫": ("VND",), "₱": ("PHP",),
    "₴": ("UAH",), "₦": ("NGN",),
}  # fmt: skip

_BY_LENGTH = sorted(_SIGNS, key=len, reverse=True)
_ALPHABETIC = [re.escape(s) for s in _BY_LENGTH if s[0].isalpha()]
_SYMBOLIC = [re.escape(s) for s in _BY_LENGTH if not s[0].isalpha()]
# Grouped by their initial, the engine tries 26 branches at a word, not 150.
_CODE = "|".join(
    f"{initial}(?:{'|'.join(code[1:] for code in codes)})"
    for initial, codes in groupby(sorted(CODES), key=itemgetter(0))
)
# To be embedded in the pattern of an amount: a currency glued to, or one space away from, its number.
BESIDE_NUMBER = rf"(?:(?<![^\W\d_])(?:{_CODE}|(?i:{'|'.join(_ALPHABETIC)}))(?![^\W\d_])|{'|'.join(_SYMBOLIC)})"
_ANYWHERE = re.compile(BESIDE_NUMBER)
_DIGIT_BESIDE = re.compile(r"\d\s?\Z|\A\s?\d")


@lru_cache(maxsize=1 << 10)
def currency_readings(text: str) -> tuple[Reading, ...]:
    """Return the ISO 4217 codes that `text`, a code, symbol or name, may stand for; () when it is none."""
    stripped = text.strip().strip(":;,()[]")
    if stripped.upper() in CODES:
        return (Reading(stripped.upper()),)
    sign = fold(stripped)
    return tuple(Reading(code) for code in _SIGNS.get(sign) or _SIGNS.get(sign.rstrip("."), ()))


def currency_spans(line: str) -> Iterator[Span]:
    """Yield the currencies in `line`, also those glued to a number."""
    for match in _ANYWHERE.finditer(line):
        found, (start, end) = currency_readings(match[0]), match.span()
        is_word = match[0] in _WORDS or (match[0][0].isalpha() and match[0].upper() not in CODES and len(match[0]) < 4)
        beside = _DIGIT_BESIDE.search(line[max(0, start - 2) : start]) or _DIGIT_BESIDE.match(line[end : end + 2])
        if found and (beside or not is_word):
            yield Span(start, end, found)
