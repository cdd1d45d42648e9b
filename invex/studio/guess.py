"""Pure: which type a value that somebody clicked has, and what the page calls it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from invex.extraction.lines import lines_of
from invex.fields.geometry import Box, union
from invex.fields.values import readings, spans
from invex.reading.types import Word

# The first of which the whole text is a value; what is none of them is an identifier or a text.
SURE_TYPES = ("iban", "email", "date", "percentage", "vat_id", "currency")
LONGEST_NUMBER = 4  # digits without a separator that are likelier a count than an identifier
LEAST_DIGIT_SHARE = 0.3  # of the characters of an identifier
NEAR_ABOVE = 3.0  # heights of the value, within which a caption stands over it
HEADER_WITHIN = 30.0  # heights of a cell, within which its column's header stands over it
SAME_NAME = 0.8  # heights of a word, by which the next word of a header may be away: the next column may be near
SAME_RUN = 1.5  # heights of a word, by which the next word of a caption may be away
LONGEST_CAPTION = 40  # characters

_MONEY = re.compile(r"^[^\w\d]*-?\d[\d.,' ]*[.,]\d\d\b|^\D{0,4}\d{1,3}([.,']\d{3})+\b")
_VAT_COUNTRIES = "AT BE BG CH CY CZ DE DK EE EL ES FI FR GB HR HU IE IT LT LU LV MT NL NO PL PT RO SE SI SK XI"
_ANY = re.compile("")
_SHOWS = {  # else it is an identifier: "IN 2024001" is no VAT number
    "percentage": re.compile("%"),
    "vat_id": re.compile(rf"\b(?:{_VAT_COUNTRIES.replace(' ', '|')})E?-? ?U?\d[\dA-Z .]{{6,}}$"),
}
_MARKS = " :.#*-–—\t"


def type_of_text(text: str) -> str:
    """Return the field type that a printed text seems to have; "text" when nothing speaks for another."""
    text = " ".join(text.split())
    for kind in SURE_TYPES:
        if _is_all(kind, text) and _SHOWS.get(kind, _ANY).search(text):
            return kind
    digits = sum(c.isdigit() for c in text)
    if _is_all("amount", text):
        if _MONEY.match(text) or any(c in text for c in "€$£¥"):
            return "amount"
        if digits <= LONGEST_NUMBER and not (text.startswith("0") and digits > 1):
            return "number"
    if digits and " " not in text and digits >= LEAST_DIGIT_SHARE * len(text):
        return "id"
    return "text"


def _is_all(kind: str, text: str) -> bool:
    """Whether the text as a whole is a value of the type, and not only a part of it."""
    if not readings(kind, text):
        return False
    return any(text[: s.start].strip(_MARKS) == "" and text[s.end :].strip(_MARKS) == "" for s in spans(kind, text))


def caption(words: Sequence[Word], value: Box) -> str:
    """Return what stands left of a value, else over it: how the page calls it; "" where nothing does.

    words: of the page, in reading order.
    """
    return _left_of(words, value) or _above(words, value, within=NEAR_ABOVE)


def header(words: Sequence[Word], cell: Box) -> str:
    """Return what stands over the column of a cell: the nearest words above it without digits."""
    return _above(words, cell, within=HEADER_WITHIN)


def _left_of(words: Sequence[Word], value: Box) -> str:
    beside = [w for w in words if _is_level(w.box, value) and w.box.x1 <= value.x0 + value.height / 2]
    beside = [w for w in beside if not readings("currency", w.text)]  # "Total USD 5.00" is called Total
    run: list[Word] = []
    for word in sorted(beside, key=lambda w: -w.box.x1):
        if run and run[-1].box.x0 - word.box.x1 > SAME_RUN * word.box.height:
            break
        run.append(word)
    return _named(reversed(run))


def _above(words: Sequence[Word], value: Box, *, within: float) -> str:
    """The nearest line above that shares a part of the value's width and holds no digits."""
    over = [w for w in words if w.box.y1 <= value.y0 + value.height / 3 and w.box.x0 < value.x1 and w.box.x1 > value.x0]
    over = [w for w in over if value.y0 - w.box.y1 < within * value.height and not any(c.isdigit() for c in w.text)]
    for nearest in sorted(over, key=lambda w: -w.box.y1):
        named = _run_of(words, nearest)
        if type_of_text(named) not in SURE_TYPES:  # "Sep" of "01 Sep 25"
            return named
    return ""


def _run_of(words: Sequence[Word], nearest: Word) -> str:
    line = next((line for line in lines_of(words) if nearest in line), [nearest])
    at = line.index(nearest)
    first = last = at
    while first > 0 and line[first].box.x0 - line[first - 1].box.x1 < SAME_NAME * nearest.box.height:
        first -= 1
    while last + 1 < len(line) and line[last + 1].box.x0 - line[last].box.x1 < SAME_NAME * nearest.box.height:
        last += 1
    run = line[first : last + 1]
    width = union([w.box for w in run])
    # A heading over the whole page is no column's.
    return _named(run) if width.x1 - width.x0 < 0.4 else _named([nearest])


def free_of(words: Sequence[Word], chosen: Iterable[Box]) -> list[Word]:
    """Return the words that lie in none of the boxes: a value is no name of another."""
    taken = list(chosen)
    return [w for w in words if not any(_lies_in(w.box, box) for box in taken)]


def _lies_in(word: Box, box: Box) -> bool:
    x, y = word.center
    return box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1


def _is_level(one: Box, other: Box) -> bool:
    return abs(one.center[1] - other.center[1]) <= 0.5 * max(one.height, other.height)


def _named(run: Iterable[Word]) -> str:
    text = " ".join(w.text for w in run).strip(_MARKS)
    return text if 1 < len(text) <= LONGEST_CAPTION and any(c.isalpha() for c in text) else ""
