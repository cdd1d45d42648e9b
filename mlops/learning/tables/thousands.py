"""Is the "1.000" of a row a thousand, or a one with three decimals? What the row says itself, and then its column.

Quantity times price is the amount under one of the readings only. Rows that prove one speak for those of their column,
in the same document, that prove none. Where no row does, it is read as in the template's last confirmed document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from math import isnan
from typing import TYPE_CHECKING

import numpy as np

from invex.fields.labels import LabelValue
from invex.fields.spec import LocaleSpec, TableSpec
from invex.fields.values import NUMERIC_TYPES, canonical, is_same

from .locate import Located
from .tokens import Tokens, other_mark

if TYPE_CHECKING:
    from .cells import TableRow

PRODUCT_TOLERANCE = 0.011  # absolute, or ...
PRODUCT_SHARE = 0.002  # ... of the product: prices are printed rounded
THOUSAND = 1000


def multiplies(a: float, b: float, c: float) -> bool:
    """Whether a * b is c, as far as printed digits can tell."""
    return abs(abs(a * b) - abs(c)) <= max(PRODUCT_TOLERANCE, PRODUCT_SHARE * abs(c))


class Readings:
    """The readings of the numbers of one row. members: its tokens."""

    def __init__(self, tokens: Tokens, members: Iterable[int]) -> None:
        self._tokens = tokens
        members = list(members)
        self._number = dict(zip(members, tokens.number[members].tolist()))
        other = zip(members, tokens.other[members].tolist())
        self._other = {t: value for t, value in other if not isnan(value)}

    def product(self, picked: Sequence[int]) -> frozenset[int] | None:
        """Return which of the tokens (a, b, c) have to be read with the other mark for a * b = c; None: it holds not.

        Nor does it where it would in two ways, or where a thousand elsewhere in the row, or prices for a thousand,
        could be what is missing.
        """
        a, b, c = (self._number[t] for t in picked)
        if multiplies(a, b, c):
            return frozenset()
        if self._tokens.is_per_thousand or self._has_thousand_beside(picked):
            return None
        ways = self._ways(picked)
        return ways[0] if len(ways) == 1 else None

    def _ways(self, picked: Sequence[int]) -> list[frozenset[int]]:
        """Return which of the tokens (a, b, c) are read with the other mark in each of the ways in which a * b = c."""
        doubtful = [t for t in picked if t in self._other]
        return [
            otherwise
            for choice in product((False, True), repeat=len(doubtful))
            for otherwise in [frozenset(t for t, one in zip(doubtful, choice) if one)]
            if multiplies(*(self._other[t] if t in otherwise else self._number[t] for t in picked))
        ]

    def _has_thousand_beside(self, picked: Sequence[int]) -> bool:
        return any(THOUSAND in (number, self._other.get(t)) for t, number in self._number.items() if t not in picked)

    def are_decimals(self, picked: Sequence[int]) -> dict[int, bool]:
        """Return for each token of two readings whether its three digits are decimals in the product (a, b, c).

        {} where it holds under several readings, as a product of 0 does.
        """
        if len(self._ways(picked)) != 1:
            return {}
        otherwise = self.product(picked) or frozenset()
        return {t: (self._tokens.decimals[t] > 0) != (t in otherwise) for t in picked if t in self._other}


def settle(
    spec: TableSpec, tokens: Tokens, rows: Sequence[TableRow], proven: Mapping[int, bool], against: Collection[str]
) -> list[TableRow]:
    """Return the rows with each cell of two readings read as it, or else its column, says.

    proven: for tokens, whether their rows say that three digits are decimals. against: keys of columns that the
    template's last confirmed documents write with another decimal mark than the rest of the page.
    """
    votes = Counter[int]()
    for row in rows:
        for k, cell in row.items():
            if cell.tokens[0] in proven:
                votes[k] += 1 if proven[cell.tokens[0]] else -1

    def mark(k: int, t: int) -> str:
        if t in proven or votes[k]:
            are_decimals = proven.get(t, votes[k] > 0)
            return other_mark(tokens.marks[t]) if are_decimals != (tokens.decimals[t] > 0) else tokens.marks[t]
        return other_mark(tokens.decimal) if spec.columns[k].key in against else tokens.marks[t]

    out: list[TableRow] = []
    for row in rows:
        read = dict(row)
        for k, cell in row.items():
            t = cell.tokens[0]
            if spec.columns[k].type in NUMERIC_TYPES and not isnan(tokens.other[t]):
                value = canonical(spec.columns[k].type, cell.text, LocaleSpec(decimal=mark(k, t)))
                read[k] = replace(cell, value=value or cell.value)
        out.append(read)
    return out


def learn_against(
    spec: TableSpec, documents: Iterable[tuple[Tokens, Located, Sequence[Mapping[str, LabelValue]]]]
) -> frozenset[str]:
    """Return the keys of columns that are written with another decimal mark than the rest of the page.

    The last document in which numbers of two readings were confirmed decides, so that a correction counts.
    """
    found: dict[str, bool] = {}
    for tokens, located, labels in documents:
        votes, other = Counter[str](), other_mark(tokens.decimal)
        for t in np.flatnonzero((located.tags > 0) & np.isfinite(tokens.other)).tolist():
            column = spec.columns[int(located.tags[t]) - 1]
            label = labels[int(located.rows[t])].get(column.key)
            if label is None or column.type not in NUMERIC_TYPES:
                continue
            text = tokens.items[t].text
            said = {m: canonical(column.type, text, LocaleSpec(decimal=m)) for m in (tokens.decimal, other)}
            meant = [mark for mark, value in said.items() if value and is_same(column.type, value, label.value)]
            if len(meant) == 1:
                votes[column.key] += 1 if meant[0] == other else -1
        found |= {key: n > 0 for key, n in votes.items() if n}
    return frozenset(key for key, is_against in found.items() if is_against)
