"""What a candidate says: its words and form, and its part among the values of its type on the document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby

import numpy as np

from .context import Context
from .feature_groups import Columns
from .gathered import Gathered
from .hashing import fold, tokens
from .surroundings import Surroundings

VALUE_CHARS_WEIGHT = 0.2
MOST_ORDER = 12  # orders and ranks beyond it are one feature
MOST_SUMMANDS = 80  # largest amounts of a document that are tried in sums
VAT_RATES = (
    np.array([4, 5, 5.5, 6, 7, 7.7, 8, 8.1, 9, 10, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 27]) / 100
)
COIN = 5  # hundredths: the smallest coin, to which sums are rounded where smaller ones are gone
LEAST_DOMAIN_LETTERS = 4
_LETTERS = re.compile(r"[^\W\d_]+")
NUMERIC_TYPES = ("amount", "number", "percentage")
TEXT_WORDS = 4  # words of the value that are features of their own


def add_form(columns: Columns, around: Surroundings, candidates: Gathered) -> None:
    """The form of the value, and its number of lines."""
    columns.add("shape", tokens([_shape(t) for t in candidates.texts]))
    columns.add("shape", np.minimum(np.fromiter(map(len, candidates.texts), np.int64, len(candidates)), 40), 0.5)
    line = candidates.layout.line
    lines = np.minimum(line[candidates.tail] - line[candidates.first], 6)
    columns.add("shape", 1000 + np.minimum(candidates.last - candidates.first + 1, 8) * 10 + lines, 0.5)
    columns.add("lines", lines)


def add_text(columns: Columns, around: Surroundings, candidates: Gathered) -> None:
    """The first words of a run of words and its last one."""
    context = around.context
    count = candidates.last - candidates.first + 1
    for i in range(TEXT_WORDS):
        at = np.where(i < count, np.minimum(candidates.first + i, candidates.last), candidates.layout.words)
        columns.add("words", context.word[at], 0.5 * (i < count))
    columns.add("words", context.word[candidates.tail] + np.uint64(1), 0.7)
    columns.add("domain", _in_domain(context, candidates.texts))
    grams = context.trigrams[candidates.tail]
    columns.add("chars", grams, VALUE_CHARS_WEIGHT * (grams > 0))


def add_goes_on(columns: Columns, around: Surroundings, candidates: Gathered) -> None:
    """Whether its block goes on: of addresses alone, names may have any number of lines of their block."""
    columns.take(around.goes_on, candidates.tail)


def add_words(columns: Columns, around: Surroundings, candidates: Gathered) -> None:
    """The value as it is printed, and how it begins."""
    folded = [fold(t) for t in candidates.texts]
    columns.add("words", tokens(folded), 0.5)
    columns.add("chars", tokens(["^" + t[:2] for t in candidates.texts]), 0.5)
    columns.add("chars", tokens(["^" + t[:4] for t in folded]), 0.5)


class _Kinds(dict[int, str]):
    """For str.translate: digits 0, capitals A, other letters a; all else stays."""

    def __missing__(self, code: int) -> str:
        c = chr(code)
        kind = self[code] = "0" if c.isdigit() else ("A" if c.isupper() else "a") if c.isalpha() else c
        return kind


_KINDS = _Kinds()


@lru_cache(maxsize=1 << 15)
def _shape(text: str) -> str:
    """Runs of digits, capitals and small letters: `INV-2020/11` -> `A-0/0`."""
    return "".join(kind for kind, _ in groupby(text[:30].translate(_KINDS)))


def add_order(columns: Columns, around: Surroundings, candidates: Gathered) -> None:
    """Order of the candidate, and of its value, among the candidates of its type."""
    size = len(candidates)
    layout = candidates.layout
    k = np.arange(size)
    most = MOST_ORDER
    begin, finish = candidates.within(np.zeros(size, np.intp))
    columns.add("order", np.minimum(k - begin, most))
    columns.add("order", 100 + np.minimum(finish - 1 - k, most))
    units = {"order_page": layout.page[candidates.first], "line_order": layout.line[candidates.first]}
    for group, unit in units.items():
        begin, finish = candidates.within(unit)
        columns.add(group, np.minimum(k - begin, most))
        columns.add(group, 100 + np.minimum(finish - 1 - k, most))
        if group == "line_order":
            columns.add(group, 200 + np.minimum(k - begin, most) * 20 + np.minimum(finish - begin, most), 0.7)
    ranked = [_ranks(*part.distinct, part.kind) for part in candidates.parts]
    ascending = np.concatenate([rank for rank, _ in ranked])
    ranks = np.repeat([ranks for _, ranks in ranked], candidates.sizes)
    columns.add("rank", np.minimum(ascending, most), 1.0 * (ranks > 0))
    columns.add("rank", 100 + np.minimum(ranks - 1 - ascending, most), 1.0 * (ranks > 0))


def _in_domain(context: Context, texts: Sequence[str]) -> np.ndarray:
    """(K,) 0: no web address on the document; 1: none with its words; 2: one with its first word, 3: all."""
    out = np.full(len(texts), int(bool(context.domains)))
    if context.domains:
        for k, words in enumerate(map(_long_words, texts)):
            if words and any(words[0] in d for d in context.domains):
                out[k] = 3 if any(all(w in d for w in words[:2]) for d in context.domains) and len(words) > 1 else 2
    return out


@lru_cache(maxsize=1 << 15)
def _long_words(text: str) -> tuple[str, ...]:
    return tuple(w for w in _LETTERS.findall(text.casefold()) if len(w) >= LEAST_DOMAIN_LETTERS)


def add_sums(columns: Columns, around: Surroundings, candidates: Gathered) -> None:
    """Roles of an amount in a + b = c with other amounts of the document, apart from sums where b may be a tax on a.

    In c rounded to the smallest coin, too, where the difference is printed.
    """
    amounts, which = candidates.parts[0].distinct
    cents = np.abs(np.round(np.array([float(v) for v in amounts]) * 100).astype(np.int64))
    values = np.unique(cents)
    values = values[values > 0][-MOST_SUMMANDS:]
    roles = np.zeros((len(values) + 1, 8), bool)  # the last row: of all other amounts
    if len(values):
        a, b = _pairs(len(values))
        total = values[a] + values[b]
        c = np.minimum(np.searchsorted(values, total), len(values) - 1)
        is_sum = values[c] == total
        a, b, c = a[is_sum], b[is_sum], c[is_sum]
        small, large = values[a], values[b]
        is_tax = (np.abs((small / large)[:, None] - VAT_RATES) * large[:, None] < 1.5).any(axis=1)
        for i, (kind, part) in enumerate((k, p) for k in (is_tax, ~is_tax) for p in (c, b, a)):
            roles[part[kind], i] = True
        for exact, rounded in _rounded(values, cents[which]):
            roles[rounded, :6] |= roles[exact, :6]  # the sum that is paid takes the part of the exact one
            roles[exact, :6] = False
            roles[[rounded, exact], [6, 7]] = True
        at = np.minimum(np.searchsorted(values, cents), len(values) - 1)
        roles = roles[np.where(values[at] == cents, at, -1)]
    roles = roles[which]
    columns.add("sums", np.arange(8) + 10 * np.ones((len(candidates), 1), int), 1.0 * roles)
    columns.add("sums", 100 + roles[:, :3] @ np.array([1, 2, 4]))


def _rounded(values: np.ndarray, printed: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield the numbers of an exact sum and of the same rounded to the smallest coin.

    values: ascending. printed: (K,) of all candidates, as they stand: the exact sum, the difference, what is paid. Cash
    and change stand the other way round.
    """
    after = (values + COIN // 2) // COIN * COIN
    at = np.minimum(np.searchsorted(values, after), len(values) - 1)
    for exact in np.flatnonzero((values != after) & (values[at] == after)).tolist():
        by = abs(int(after[exact] - values[exact]))
        first, differences, last = (np.flatnonzero(printed == cents) for cents in (values[exact], by, after[exact]))
        if ((differences > first[0]) & (differences < last[-1])).any():
            yield exact, int(at[exact])


@lru_cache(maxsize=MOST_SUMMANDS)
def _pairs(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers a <= b below `size`."""
    a, b = np.triu_indices(size)
    return a, b


def add_repeats(columns: Columns, around: Surroundings, candidates: Gathered) -> None:
    """How often the value is printed, and how often before."""
    size = len(candidates)
    which = candidates.value
    count = np.bincount(which, minlength=1)
    earlier = np.zeros(size, int)
    by_value = np.argsort(which, kind="stable")
    starts = np.concatenate([[0], np.cumsum(count)])
    earlier[by_value] = np.arange(size) - starts[which[by_value]]
    columns.add("repeats", np.minimum(count[which], 6))
    columns.add("repeats", 100 + np.minimum(earlier, 3))
    columns.add("repeats", 200 + (earlier + 1 == count[which]), 0.5)


def _ranks(values: list[str], which: np.ndarray, kind: str) -> tuple[np.ndarray, int]:
    """(K,) the rank of the value that each candidate has; number of ranks, 0 where values have no order."""
    if kind in NUMERIC_TYPES:
        order = np.unique(np.array([float(v) for v in values]), return_inverse=True)[1]
    elif kind == "date":
        order = np.unique(np.array(values, str), return_inverse=True)[1]  # ISO dates sort as text
    else:
        return np.zeros(len(which), int), 0
    return order[which], int(order.max()) + 1 if len(order) else 0
