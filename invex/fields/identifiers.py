"""Printed identifiers: IBANs, VAT numbers, e-mail addresses, and the numbers a business gives its papers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .folding import uniform
from .readings import Reading, Span

# Length of an IBAN by country (ISO 13616 registry); a test compares it with python-stdnum.
IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
    "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
    "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29,
    "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24,
    "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
    "YE": 30,
}  # fmt: skip

# Shape of a VAT number by its prefix; check digits are left to invex.fields.validators.
_VAT_SHAPES = {
    "AT": r"U\d{8}", "BE": r"[01]\d{9}", "BG": r"\d{9,10}", "CHE": r"\d{9}(?:MWST|TVA|IVA)?", "CY": r"\d{8}[A-Z]",
    "CZ": r"\d{8,10}", "DE": r"\d{9}", "DK": r"\d{8}", "EE": r"\d{9}", "EL": r"\d{9}", "GR": r"\d{9}",
    "ES": r"[A-Z]\d{7}[A-Z\d]|[\dKLMXYZ]\d{7}[A-Z]", "FI": r"\d{8}", "FR": r"[A-HJ-NP-Z\d]{2}\d{9}",
    "GB": r"\d{12}|\d{9}", "XI": r"\d{12}|\d{9}", "HR": r"\d{11}", "HU": r"\d{8}",
    "IE": r"\d[A-Z\d+*]\d{5}[A-W][A-IW]?",
    "IT": r"\d{11}", "LT": r"\d{12}|\d{9}", "LU": r"\d{8}", "LV": r"\d{11}", "MT": r"\d{8}", "NL": r"\d{9}B\d{2}",
    "NO": r"\d{9}(?:MVA)?", "PL": r"\d{10}", "PT": r"\d{9}", "RO": r"\d{2,10}", "SE": r"\d{12}", "SI": r"\d{8}",
    "SK": r"\d{10}", "SM": r"\d{3,5}",
}  # fmt: skip
_VAT = {prefix: re.compile(shape) for prefix, shape in _VAT_SHAPES.items()}
LEAST_IBAN_DIGITS = 12  # in an IBAN with wrong check digits, to tell it from words in capitals
LEAST_TAX_DIGITS = 7  # of a tax number that has no country prefix

_IBAN_START = re.compile(r"(?<![A-Z0-9])(?:" + "|".join(sorted(IBAN_LENGTHS)) + r")[ ]?\d\d")
_VAT_START = re.compile(
    r"(?<![A-Z0-9])(?:" + "|".join(sorted(_VAT, key=len, reverse=True)) + r")(?=[ .:-]{0,2}[A-Z0-9])"
)
# Lengths are bounded (RFC 5321), and nothing starts within a run of letters: a long run costs linear time.
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[a-z]{2,24}(?![\w@])", re.IGNORECASE)
_TOKEN = re.compile(r"[^\W_](?:[\w./+&*\\-]*[^\W_])?")
_ABBREVIATION = re.compile(r"(?:no|nr|num|n|ref|inv)\.(?=\w*\d)", re.IGNORECASE)
_PREFIX = re.compile(r"[A-Z]{1,4}")
_GLUE = re.compile(r"[ .-]")
_EDGES = " \t\r\n:;,.*|#=\"'"


def collapse(text: str) -> str:
    """Return `text` with every run of white space as one space, none at the ends."""
    return " ".join(text.split())


def is_iban(compact: str) -> bool:
    """Whether `compact` (no spaces, upper case) has its country's length and the check digits of ISO 7064 mod 97-10."""
    if IBAN_LENGTHS.get(compact[:2]) != len(compact) or not (compact.isascii() and compact.isalnum()):
        return False
    return int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1


def _take(line: str, start: int, count: int) -> int | None:
    """Return where the `count`-th letter or digit from `start` ends, single separators skipped; None if text ends."""
    taken, at = 0, start
    while at < len(line) and taken < count:
        if line[at].isalnum():
            taken += 1
        elif not _GLUE.match(line[at]) or not line[at - 1].isalnum():
            return None
        at += 1
    return at if taken == count else None


def iban_spans(line: str) -> Iterator[Span]:
    """Yield what has the shape of an IBAN in `line`: country, two digits, the country's length; spaces or none.

    Wrong check digits do not hide it: it is printed, and its check tells the reviewer.
    """
    upper = uniform(line)
    for match in _IBAN_START.finditer(upper):
        end = _take(upper, match.start(), IBAN_LENGTHS[match[0][:2]])
        compact = _GLUE.sub("", upper[match.start() : end]).upper() if end else ""
        if is_iban(compact) or sum(c.isdigit() for c in compact) >= LEAST_IBAN_DIGITS:
            assert end is not None
            yield Span(match.start(), end, (Reading(compact),))


def vat_spans(line: str) -> Iterator[Span]:
    """Yield VAT numbers by the shapes of European countries, then other tokens that may be a tax number."""
    upper = uniform(line)
    taken: list[tuple[int, int]] = []
    for match in _VAT_START.finditer(upper):
        compacted, ends = _compact(upper, match.end())
        shape = _VAT[match[0]].match(compacted)
        if shape and ends:
            end = ends[shape.end() - 1]
            if not upper[end : end + 1].isalnum():
                taken.append((match.start(), end))
                yield Span(match.start(), end, (Reading(match[0] + shape[0]),))
    for match in _TOKEN.finditer(upper):
        if any(match.start() < end and start < match.end() for start, end in taken):
            continue
        if sum(c.isdigit() for c in match[0]) >= LEAST_TAX_DIGITS:
            yield Span(*match.span(), (Reading(_compact_tax_number(match[0])),))


def _compact(line: str, start: int) -> tuple[str, list[int]]:
    """Return the letters and digits from `start`, single separators skipped, with the offset after each of them."""
    characters, ends = [], []
    for at in range(start, min(len(line), start + 24)):
        if line[at].isalnum():
            characters.append(line[at])
            ends.append(at + 1)
        elif line[at] not in " .-:":
            break
    return "".join(characters), ends


def _compact_tax_number(text: str) -> str:
    return re.sub(r"[\s.-]", "", text).upper()


def vat_readings(text: str) -> tuple[Reading, ...]:
    """Return the VAT number in `text`, compacted; any other number of enough digits is taken as it is."""
    stripped = text.strip(_EDGES)
    for span in vat_spans(stripped):
        if span.readings[0].value[:2].isalpha():
            return span.readings
    compact = _compact_tax_number(uniform(stripped))
    has_digits = sum(c.isdigit() for c in compact) >= LEAST_TAX_DIGITS
    return (Reading(compact),) if has_digits else ()


def iban_readings(text: str) -> tuple[Reading, ...]:
    """Return the IBAN in `text`, compacted."""
    return next((span.readings for span in iban_spans(text.upper())), ())


def email_spans(line: str) -> Iterator[Span]:
    for match in _EMAIL.finditer(line) if "@" in line else ():
        yield Span(*match.span(), (Reading(match[0].strip(".").lower()),))


def id_spans(line: str) -> Iterator[Span]:
    """Yield the tokens of `line` with a digit in them, and two neighbours where a space may lie inside a number."""
    previous: re.Match[str] | None = None
    for match in _TOKEN.finditer(line) if any(map(str.isdigit, line)) else ():
        if any(map(str.isdigit, match[0])):
            start = match.start()
            yield Span(start, match.end(), (Reading(match[0]),))
            abbreviation = _ABBREVIATION.match(match[0])
            if abbreviation:
                start += abbreviation.end()
                yield Span(start, match.end(), (Reading(line[start : match.end()]),))
            if previous and line[previous.end() : match.start()].isspace():
                both = line[previous.start() : match.end()]
                if _PREFIX.fullmatch(previous[0]) or (previous[0].isdigit() and match[0].isdigit()):
                    yield Span(previous.start(), match.end(), (Reading(collapse(both)),))
        previous = match


def id_readings(text: str) -> tuple[Reading, ...]:
    """Return `text` as an identifier: white space collapsed, punctuation around it dropped."""
    trimmed = collapse(text).strip(_EDGES)
    if trimmed.startswith("(") and trimmed.endswith(")"):
        trimmed = trimmed[1:-1].strip()
    return (Reading(trimmed),) if trimmed else ()


def text_readings(text: str) -> tuple[Reading, ...]:
    """Return `text` with white space collapsed and without the punctuation that ends a label or a list item.

    A final point stays: it may belong to an abbreviation ("SDN. BHD.", "Inc.").
    """
    trimmed = collapse(text).strip(" :;,|*=").strip()
    return (Reading(trimmed),) if trimmed else ()
