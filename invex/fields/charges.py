"""What a document prints that stands between its line items and its sums: charges, allowances, discounts of a row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cached_property
from itertools import combinations, islice

from .folding import fold
from .numbers import WHOLE, number_spans, percentage_spans
from .readings import Span
from .stems import Stems

# Stems, in the languages of the standard fields: English, German, French, Spanish, Italian, Dutch, Portuguese, Swedish
# and Danish; folded.
DISCOUNT_STEMS = """
disc discount rab rabat rabais rbt remise ristourne rem descuento dto desconto bonificac bonificat sconto sconti sc
korting krt nachlass skonto ermassig rebate
"""
CHARGE_STEMS = """
shipping shipment freight postage packing packaging carriage deliver handling courier surcharge charge charges fee
fees fuel insurance gratuity tip
versand porto verpack fracht liefer zustell maut zuschl aufschlag gebuhr pauschal spesen nebenkosten bearbeitung
frais livraison expedition transport emball affranch participation supplement majoration timbre
portes envio gastos embala flete recargo frete despesas
spese spediz trasport imball bollo incasso
verzend vracht bezorg verpakking toeslag statiegeld
frakt leverans avgift tillagg
fragt levering gebyr tillaeg forsendelse ekspedition
"""
# Compounds put the telling part last: "Sonderrabatt", "Mindermengenzuschlag", "Fakturaavgift".
_DISCOUNT_ENDINGS = ("rabat", "rabatt", "nachlass", "nachlasse", "abschlag", "abschlage", "korting")
_CHARGE_ENDINGS = ("kosten", "zuschlag", "zuschlage", "fracht", "gebuhr", "gebuhren", "toeslag", "avgift", "gebyr")
_DISCOUNT, _CHARGE = 1, 2
_KINDS = Stems({**dict.fromkeys(CHARGE_STEMS.split(), _CHARGE), **dict.fromkeys(DISCOUNT_STEMS.split(), _DISCOUNT)})
_WORD = re.compile(r"[a-z]+")
_NO_DIGIT = re.compile(r"\D+")
CENT = Decimal("0.01")
MOST = 24  # amounts of charges on one document; where there are more, they are those of its line items
TOGETHER = 2  # charges and allowances that one document has at most


class Charges:
    """The charges, allowances and percentages of a document, from its printed lines.

    lines: in reading order, each as one text; they are looked at once a check asks.
    """

    def __init__(self, lines: Iterable[str] = ()) -> None:
        self._texts = lines

    def changes(self, amounts: Iterable[Decimal], sums: Iterable[Decimal]) -> frozenset[Decimal]:
        """Return what a positive sum of `amounts`, of line items, may have to be changed by to get one of `sums`.

        An allowance is below 0, a charge above it, none is 0; each is printed beside a word for it, below the line
        items and not below the sums, where terms have fees of their own; it stands for itself or together with another
        one.
        """
        last = max((next(self._printing(amount), -1) for amount in amounts), default=-1)
        end = max((line for number in sums for line in self._printing(number)), default=len(self._lines))
        single = {change for line, change in self._foot if last < line <= end}
        if len(single) > MOST:
            return frozenset()
        sums = (sum(some, Decimal(0)) for n in range(1, TOGETHER + 1) for some in combinations(single, n))
        return frozenset(change for change in sums if change)

    def lie_between(self, total: Decimal, due: Decimal) -> bool:
        """Say whether what makes `due` of `total` is printed: an amount, or a percentage taken off.

        Of a document without lines that is not known: True.
        """
        between = abs(total - due)
        if not self._lines or self.prints(between):
            return True
        shares = {share for line, _ in self._lines for share in _percentages(line)}
        return any(abs(total * (1 - share / WHOLE) - due) < CENT for share in shares)

    def prints(self, amount: Decimal, besides: Iterable[Decimal] = ()) -> bool:
        """Say whether `amount`, of either sign, is printed, in more lines than there are equal ones among `besides`."""
        known = sum(abs(other) == abs(amount) for other in besides)
        return any(True for _ in islice(self._printing(amount), known, None))

    def percentages(self, amount: Decimal, others: Iterable[Decimal]) -> frozenset[Decimal]:
        """Return the numbers above 0 and below 100 that are printed in one line with `amount`, but for the `others`.

        Those with a per cent sign also from the line above it and from the one below, where a row takes several.
        others: what else the row says; a number that is printed twice is left where it is one of them.
        """
        found: set[Decimal] = set()
        for index in self._printing(amount):
            numbers = Counter(abs(Decimal(span.readings[0].value)) for span in number_spans(self._lines[index][0]))
            beside = (*self._lines[max(index - 1, 0) : index], *self._lines[index + 1 : index + 2])
            numbers.update(share for line, _ in beside for share in _percentages(line))
            found.update(numbers - Counter(others))
        return frozenset(number for number in found if 0 < number < WHOLE)

    def _printing(self, amount: Decimal) -> Iterator[int]:
        """Yield the indices of the lines that print `amount`, of either sign: never 0, nor 10.00 as 10 or 10 %."""
        size, is_whole = abs(amount), amount.as_tuple().exponent == 0
        digits = f"{size:f}".replace(".", "").strip("0")
        for index, (line, its_digits) in enumerate(self._lines):
            if digits and digits in its_digits:
                printed = {reading.value.lstrip("-") for span in _amounts(line) for reading in span.readings}
                if any(Decimal(value) == size and (is_whole or "." in value) for value in printed):
                    yield index

    @cached_property
    def _lines(self) -> tuple[tuple[str, str], ...]:
        """The printed lines, and their digits alone."""
        return tuple((line, _NO_DIGIT.sub("", line)) for line in self._texts)

    @cached_property
    def _foot(self) -> tuple[tuple[int, Decimal], ...]:
        """The index of its line and the amount of each charge, and of each allowance, below 0."""
        return tuple(self._changes())

    def _changes(self) -> Iterator[tuple[int, Decimal]]:
        above = 0  # kinds of a line above without amounts: they stand below its words, where those are alone in a line
        for index, (line, digits) in enumerate(self._lines):
            spans = list(_amounts(line)) if digits else []
            start = _start(line)
            if start >= 0 and not spans:
                above = _kinds(fold(line[start:]))
            elif start >= 0:
                above = 0
                charged = _charged(line, [span for span in spans if span.start >= start])
                yield from ((index, change) for change in _signed(charged, _kinds(fold(line[start:]))))
            elif spans:
                if above and not _WORD.search(_beside(line, spans)):
                    yield from ((index, change) for change in _signed(spans, above))
                above = 0


def _start(line: str) -> int:
    """Return where the first word for a charge or an allowance begins; -1 = there is none."""
    folded = fold(line)
    return next((match.start() for match in _WORD.finditer(folded) if _kinds(match[0])), -1)


def _kinds(folded: str) -> int:
    bits = _KINDS(folded)
    for word in _WORD.findall(folded):
        bits |= _DISCOUNT * word.endswith(_DISCOUNT_ENDINGS) | _CHARGE * word.endswith(_CHARGE_ENDINGS)
    return bits


def _amounts(line: str) -> Iterator[Span]:
    """Yield the numbers of a line that are no percentages."""
    for span in number_spans(line):
        if not line[span.start : span.end].endswith("%"):
            yield span


def _charged(line: str, spans: list[Span]) -> list[Span]:
    """Return that of `spans`, behind a word for a charge, which is its amount; [] where they are those of a line item.

    A tax code may stand behind it, and before it what it is a percentage of.
    """
    longest = [s for s in spans if not any(o != s and o.start <= s.start and s.end <= o.end for o in spans)]
    money = [span for span in longest if "." in span.readings[0].value]
    shares = set(_percentages(line)) if len(money) == 2 else ()
    if len(money) == 2 and any(_is_share(share, *money) for share in shares):
        return money[1:]
    if len(money) == 1 and longest[0] == money[0]:
        return money
    return longest if len(longest) == 1 else []


def _is_share(share: Decimal, base: Span, part: Span) -> bool:
    """Say whether `part` is `share` per cent of `base`, to a cent."""
    whole, amount = (abs(Decimal(span.readings[0].value)) for span in (base, part))
    return abs(whole * share / WHOLE - amount) < CENT


def _percentages(line: str) -> Iterator[Decimal]:
    """Yield the numbers of a line that have a per cent sign."""
    if "%" in line:
        for span in percentage_spans(line):
            if line[span.start : span.end].endswith("%"):
                yield from (abs(Decimal(reading.value)) for reading in span.readings)


def _beside(line: str, spans: Iterable[Span]) -> str:
    """Return the line without the numbers `spans` and without percentages, folded."""
    kept = list(line)
    for span in (*spans, *percentage_spans(line)):
        kept[span.start : span.end] = " " * (span.end - span.start)
    return fold("".join(kept))


def _signed(spans: Iterable[Span], kinds: int) -> Iterator[Decimal]:
    for span in spans:
        for reading in span.readings:
            size = abs(Decimal(reading.value))
            if size and kinds & _DISCOUNT:
                yield -size
            if size and kinds & _CHARGE:
                yield size
