"""Tokens: what a table's cells are made of. A number printed as "12 160,00" is one token, a glued "TVA5,5%" is two.

Everything is numbered in layout order and kept as numpy arrays, so that features are array expressions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property, lru_cache
from itertools import pairwise, permutations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from invex.fields.currencies import BESIDE_NUMBER
from invex.fields.numbers import number_readings
from invex.fields.spec import LocaleSpec
from invex.fields.values import choose

from ..layout import Floats, Ints, Layout
from . import lexicon

JOIN_HEIGHTS = 0.75  # digit groups of one number are closer than this many heights ...
JOIN_MEDIANS = 1.5  # ... or than this many median gaps between the words, without digits, of a letter-spaced page
SIDEWAYS_TALLER = 2.0  # a word this much taller than wide is printed sideways ...
SIDEWAYS_LETTERS = 3  # ... when it has so many letters, or fewer and is one of a pile of
PILE = 8  # words ...
MARGIN = 0.07  # ... in the margin, as share of the page's width, ...
APART = 1.0  # ... so many heights from the other words of its line: "3 x Lamp" begins a line of a narrow receipt
FACTOR_ROUNDING = 0.011  # of an amount that is a quantity times a price
LONG_DIGITS = 7  # as many digits without a separator are a code, not a count

Bools = NDArray[np.bool_]
Doubles = NDArray[np.float64]


class Kind(IntEnum):
    """What a token looks like."""

    WORD = 0
    CAPITALISED = 1
    CAPITALS = 2
    CODE = 3  # letters and digits
    INTEGER = 4
    MONEY = 5  # two decimals
    DECIMAL = 6  # any other number of decimals
    PERCENT = 7
    CURRENCY = 8
    DATE = 9
    SYMBOL = 10
    LONG = 11  # many digits: an article number, a barcode


NUMBERS = (Kind.INTEGER, Kind.MONEY, Kind.DECIMAL, Kind.PERCENT)

_PIECES = re.compile(
    r"^[-+(]?[€$£]?[-+]?\d+(?:[.,'’]\d+)*[€$£]?%?(?=[A-Za-zÀ-ÿµ²³]{1,6}\.?$)"  # "20Stk."
    r"|(?<=[A-Za-zÀ-ÿ:(])\d+(?:[.,]\d+)?%\)?$"  # "TVA5,5%"
)
_CURRENCY = rf"(?:{BESIDE_NUMBER})?"
_IS_MONEY = re.compile(r"\d[.,'’ ]\d|[$.]\d")  # beside letters: "RM33.00" and "Rs.50" are amounts, "RS232" is a cable
_GROUP_HEAD = re.compile(rf"[-+(]?{_CURRENCY}[-+]?\d{{1,3}}")
_GROUP_NEXT = re.compile(rf"\d{{3}}(?:[.,]\d{{1,4}})?(?:{BESIDE_NUMBER}|-)?\)?")
# A plus behind decimals is a credit: "403,60+"; "18+" is an age.
_NUMBER = re.compile(rf"[-+(]?{_CURRENCY}[-+]?(?:\d+(?:[.,'’ ]\d+)*|[.,]\d+){_CURRENCY}(?:-|(?<=[.,]\d\d)\+)?\)?(%)?")
_ORDINAL = re.compile(r"\d{1,3}\.")  # "1.", a position
_DIGIT = re.compile(r"\d")
_THOUSAND = {",": re.compile(r"\d{1,3}\.\d{3}"), ".": re.compile(r"\d{1,3},\d{3}")}  # by the decimal mark
_THREE = re.compile(r"(?<![\d.,'’])\d{1,3}[.,]\d{3}(?![\d.,'’])")  # decimals, or a thousand
# A price for a thousand: "je 1.000 Stk", "/1000".
_PER_THOUSAND = re.compile(r"(?:\b(?:per|pro|je|par|por|pour|voor|pr|cada|ogni)\b\.?|/)\s?1[.,' ]?000(?!\d)", re.I)
_DATE = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{2,4}|\d{1,2}:\d{2}")
# The mark stands once: "49.362.61" is an article, "24.10.25" a date.
_TWO_DECIMALS = re.compile(
    rf"(?<!\d)(?<!\d[.,])(?:\d[\d']*|\d[\d.']*(?=,)|\d[\d,']*(?=\.))([.,])\d\d(?!\d){_CURRENCY}[-+]?\)?$"
)


class Token(NamedTuple):
    """words[first:last + 1] of the layout; of a split word only the characters start:stop."""

    text: str
    first: int
    last: int
    start: int
    stop: int


class Runs(NamedTuple):
    """Neighbours that have something in common, r runs. start, stop: (r,) members. of: (n,) the run of each member."""

    start: NDArray[np.intp]
    stop: NDArray[np.intp]
    of: NDArray[np.intp]

    @classmethod
    def by(cls, values: NDArray) -> Runs:
        """values: (n,) what neighbours have in common."""
        n = len(values)
        begins = np.ones(n, bool)
        begins[1:] = values[1:] != values[:-1]
        start = np.flatnonzero(begins)
        return cls(start, np.append(start[1:], n), np.cumsum(begins) - 1)


@dataclass(frozen=True)
class Tokens:
    """n tokens of a document.

    x0, x1, y0, y1: (n,) in heights of the page, so that distances in x and in y compare. height: (n,) likewise.
    relative: (n, 4) boxes relative to the page. kind: (n,) of Kind. number: (n,) its value, nan for no number.
    decimals: (n,) printed digits after the decimal mark. line, cell, page: (n,) of the layout.
    decimal: the document's decimal mark, "." or ",". marks: (n,) how each token is read; see `decimal_marks`.
    other: (n,) the value of "1.000" with the other mark, nan where there is but one reading.
    """

    layout: Layout
    items: tuple[Token, ...]
    x0: Floats
    x1: Floats
    y0: Floats
    y1: Floats
    relative: Floats
    kind: Ints
    number: Doubles
    decimals: Ints
    line: Ints
    cell: Ints
    page: Ints
    decimal: str
    marks: tuple[str, ...]
    other: Doubles

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def height(self) -> float:
        """Median height of a token, in page heights."""
        return float(np.median(self.y1 - self.y0)) if len(self.items) else 0.01

    @cached_property
    def is_number(self) -> Bools:
        """(n,)"""
        return np.isfinite(self.number)

    @cached_property
    def by_line(self) -> Runs:
        return Runs.by(self.line)

    @cached_property
    def by_cell(self) -> Runs:
        return Runs.by(self.cell)

    @cached_property
    def is_per_thousand(self) -> bool:
        """Whether prices are said to be for a thousand: then quantity times price is not the amount."""
        lines = zip(self.by_line.start.tolist(), self.by_line.stop.tolist())
        return any(_PER_THOUSAND.search(" ".join(t.text for t in self.items[a:b])) for a, b in lines)


def other_mark(decimal: str) -> str:
    return "." if decimal == "," else ","


def decimal_mark(texts: tuple[str, ...]) -> str:
    """The decimal mark that most numbers with two decimals use; a point when nothing speaks for either."""
    votes = [m[1] for m in map(_TWO_DECIMALS.search, texts) if m]
    return "," if votes.count(",") > votes.count(".") else "."


def decimal_marks(lines: Sequence[Sequence[str]], decimal: str) -> list[str]:
    """Return the decimal mark of every token: `decimal`, or the other one in "1.000" that proves to be one.

    lines: the texts of the tokens, by line. A document whose amounts are written "12,50" may still count "1.000", with
    three decimals: it does where that times a price is an amount of its line, and a thousand of them is none. One time
    a price proves nothing before it is known which of them is the quantity (`thousands`), since a price may be for a
    thousand, and neither do numbers that are written in the same way.
    """
    thousand, other = _THOUSAND[decimal], other_mark(decimal)
    votes = 0
    for texts in lines:
        grouped = {i for i, text in enumerate(texts) if thousand.fullmatch(text)}
        numbers = [parse_number(text, decimal) for text in texts] if grouped else []
        for i in grouped:
            value = float(re.sub(r"\D", "", texts[i]))
            others = [number for j, number in enumerate(numbers) if number and j not in grouped]
            votes += _is_factor(value / 1000, others) - _is_factor(value, others)
    return [other if votes > 0 and thousand.fullmatch(text) else decimal for texts in lines for text in texts]


def _is_factor(value: float, others: Sequence[tuple[float, int, bool]]) -> bool:
    """Is it, times one of the others, a third with printed decimals? others: as parse_number returns."""
    products = ((b[0], c[0]) for b, c in permutations(others, 2) if c[0] and c[1])
    return value != 1 and any(abs(value * b - c) <= FACTOR_ROUNDING for b, c in products)


@lru_cache(maxsize=1 << 17)
def parse_number(text: str, decimal: str) -> tuple[float, int, bool] | None:
    """Return value, printed decimals and whether it is a percentage, or None for no number.

    `decimal` decides "1.234"; "12.50" and "1.234,5" are read as what they can only be.
    Unlike invex.fields.numbers it wants the whole text to be the number.
    """
    text = text[:-1] if _ORDINAL.fullmatch(text) else text
    match = _NUMBER.fullmatch(text) if _DIGIT.search(text) else None
    if match and any(map(str.isalpha, text)) and not _IS_MONEY.search(text):
        return None
    found = number_readings(text) if match else ()
    if not match or not found:
        return None
    value = choose(found, LocaleSpec(decimal=decimal)).value
    return float(value), len(value.partition(".")[2]), bool(match[1])


@lru_cache(maxsize=1 << 17)
def kind_of(text: str, decimal: str) -> int:
    if _DATE.fullmatch(text.strip("(),;")):
        return Kind.DATE
    number = parse_number(text, decimal)
    if number is not None:
        if number[2]:
            return Kind.PERCENT
        if number[1] == 2:
            return Kind.MONEY
        if number[1]:
            return Kind.DECIMAL
        return Kind.LONG if len(re.sub(r"\D", "", text)) >= LONG_DIGITS and text.isdigit() else Kind.INTEGER
    if lexicon.is_currency(text):
        return Kind.CURRENCY
    letters = sum(c.isalpha() for c in text)
    if not letters:
        return Kind.LONG if sum(c.isdigit() for c in text) >= LONG_DIGITS else Kind.SYMBOL
    if any(c.isdigit() for c in text):
        return Kind.CODE
    if text.isupper() and letters > 1:
        return Kind.CAPITALS
    return Kind.CAPITALISED if text[0].isupper() else Kind.WORD


def tokenize(layout: Layout) -> Tokens:
    """Return the tokens of a laid-out document."""
    items = _items(layout)
    decimal = decimal_mark(layout.texts)
    n = len(items)
    first = np.array([t.first for t in items], np.int64)
    last = np.array([t.last for t in items], np.int64)
    relative = np.zeros((n, 4), np.float32)
    if n:
        relative[:, 0], relative[:, 2] = layout.box[first, 0], layout.box[last, 2]
        relative[:, 1] = np.minimum(layout.box[first, 1], layout.box[last, 1])
        relative[:, 3] = np.maximum(layout.box[first, 3], layout.box[last, 3])
        for i, t in enumerate(items):
            size = len(layout.texts[t.first])
            if t.first == t.last and (t.start or t.stop < size):
                left, right = layout.box[t.first, 0], layout.box[t.first, 2]
                relative[i, 0] = left + (right - left) * t.start / size
                relative[i, 2] = left + (right - left) * t.stop / size
    page = layout.page[first] if n else np.zeros(0, np.int32)
    aspect = (layout.pixel[:, 0] / layout.pixel[:, 1])[page] if n else np.zeros(0, np.float32)
    line = layout.line[first] if n else np.zeros(0, np.int32)
    by_line = Runs.by(line)
    texts = [[t.text for t in items[a:b]] for a, b in zip(by_line.start.tolist(), by_line.stop.tolist())]
    marks = decimal_marks(texts, decimal)
    kind = np.array([kind_of(t.text, mark) for t, mark in zip(items, marks)], np.int32)
    parsed = [parse_number(t.text, mark) if k in NUMBERS else None for t, mark, k in zip(items, marks, kind.tolist())]
    return Tokens(
        layout=layout,
        items=items,
        x0=relative[:, 0] * aspect,
        x1=relative[:, 2] * aspect,
        y0=relative[:, 1],
        y1=relative[:, 3],
        relative=relative,
        kind=kind,
        number=np.array([np.nan if p is None else p[0] for p in parsed], np.float64),
        decimals=np.array([0 if p is None else p[1] for p in parsed], np.int32),
        line=line,
        cell=layout.cell[first] if n else np.zeros(0, np.int32),
        page=page,
        decimal=decimal,
        marks=tuple(marks),
        other=np.array([_read_otherwise(t.text, mark, p) for t, mark, p in zip(items, marks, parsed)], np.float64),
    )


def _read_otherwise(text: str, mark: str, parsed: tuple[float, int, bool] | None) -> float:
    """Return the value with the other decimal mark; nan where that is the same, or the text is no number."""
    found = parse_number(text, other_mark(mark)) if parsed is not None and _THREE.search(text) else None
    return found[0] if found is not None and parsed is not None and found[0] != parsed[0] else np.nan


def _items(layout: Layout) -> tuple[Token, ...]:
    texts = layout.texts
    joins = _joins(layout)
    sideways = _sideways(layout).tolist()
    items: list[Token] = []
    i = 0
    while i < len(texts):
        last = i
        while last + 1 < len(texts) and joins[last + 1]:
            last += 1
        if sideways[i]:
            last = i
        elif last > i:
            items.append(Token(" ".join(texts[i : last + 1]), i, last, 0, len(texts[last])))
        else:
            items.extend(Token(texts[i][a:b], i, i, a, b) for a, b in split_points(texts[i]))
        i = last + 1
    return tuple(items)


def _sideways(layout: Layout) -> Bools:
    """Words printed sideways in the margin, as wholes or letter by letter: they would tear rows apart."""
    box, page = layout.box, layout.page
    size = (box[:, 2:] - box[:, :2]) * layout.pixel[page]
    letters = np.array([len(t) for t in layout.texts])
    tall = size[:, 1] > SIDEWAYS_TALLER * size[:, 0]
    center = (box[:, 0] + box[:, 2]) / 2
    margin = (letters < SIDEWAYS_LETTERS) & ((center < MARGIN) | (center > 1 - MARGIN)) & ~_has_neighbour(layout)
    result = tall & (letters >= SIDEWAYS_LETTERS)
    for number in np.unique(page[margin]):
        for is_left in (True, False):
            pile = margin & (page == number) & ((center < 0.5) == is_left)
            result |= pile & (pile.sum() >= PILE)
    return result


def _has_neighbour(layout: Layout) -> Bools:
    """Words that stand close beside another word of their line."""
    gap = (layout.box[1:, 0] - layout.box[:-1, 2]) * (layout.pixel[:, 0] / layout.pixel[:, 1])[layout.page[1:]]
    close = (layout.line[1:] == layout.line[:-1]) & (gap < APART * np.minimum(layout.height[1:], layout.height[:-1]))
    result = np.zeros(len(layout.texts), bool)
    result[1:] |= close
    result[:-1] |= close
    return result


def _joins(layout: Layout) -> list[bool]:
    """For each word, whether it continues the number that the word before it began."""
    texts, box, line = layout.texts, layout.box, layout.line
    n = len(texts)
    joins = [False] * n
    if n < 2:
        return joins
    aspect = (layout.pixel[:, 0] / layout.pixel[:, 1])[layout.page]
    gap = (box[1:, 0] - box[:-1, 2]) * aspect[1:]
    same = line[1:] == line[:-1]
    words = ~np.array([_DIGIT.search(text) is not None for text in texts])
    spaced = same & (gap > 0) & words[1:] & words[:-1] & (layout.cell[1:] == layout.cell[:-1])
    median = float(np.median(gap[spaced])) if spaced.any() else 0.0
    limit = np.maximum(JOIN_HEIGHTS * np.minimum(layout.height[1:], layout.height[:-1]), JOIN_MEDIANS * median)
    close = (same & (gap < limit) & (layout.cell[1:] == layout.cell[:-1])).tolist()
    open_number = _opens_number(texts[0])
    for i in range(1, n):
        if open_number and close[i - 1] and _GROUP_NEXT.fullmatch(texts[i]):
            joins[i] = True
            open_number = texts[i].isdigit()
        else:
            open_number = _opens_number(texts[i])
    return joins


@lru_cache(maxsize=1 << 16)
def _opens_number(text: str) -> bool:
    return _GROUP_HEAD.fullmatch(text) is not None


@lru_cache(maxsize=1 << 17)
def split_points(text: str) -> tuple[tuple[int, int], ...]:
    """Character ranges of the tokens of one word: "TVA5,5%" -> TVA | 5,5%, "20Stk." -> 20 | Stk."""
    m = _PIECES.search(text)
    if not m or (m.start() == 0 and m.end() == len(text)):
        return ((0, len(text)),)
    cuts = [0, m.start(), m.end(), len(text)]
    return tuple((a, b) for a, b in pairwise(cuts) if b > a)
