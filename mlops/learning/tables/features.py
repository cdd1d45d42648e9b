"""Dense features of tokens, float32, all of them independent of a template: kinds, places, headers, arithmetic.

No word is a feature by itself. Word identity hardly helps on known templates and hurts on unknown ones; what a word
*is* (a unit, a currency, a hint of a header, a word of sum lines) does help, see lexicon.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..layout import NO_CELL, Floats, Ints
from . import lexicon
from .headers import WIDTH as HEADER_WIDTH
from .headers import Headers, find_headers, header_features
from .relations import ARITHMETIC_WIDTH, COLUMN_WIDTH, arithmetic_features, column_features
from .tokens import Bools, Kind, Tokens

TAX_RATES = np.array(
    [0, 2.1, 4, 5, 5.5, 6, 7, 7.6, 7.7, 8, 8.1, 9, 10, 12, 13, 15, 18, 19, 20, 21, 22, 23, 25, 25.5, 28]
)
KINDS = len(Kind)
NO_KIND = KINDS
SIZES = (1, 2, 10, 100, 1000, 10000)  # magnitudes of numbers
GAPS = (0.3, 0.9, 2.0, 5.0, 12.0)  # in heights
OWN_WIDTH = KINDS + len(SIZES) + 14
LINE_WIDTH = 41
NEIGHBOUR_WIDTH = 5 * (KINDS + 1) + 2 * (len(GAPS) + 1)
PRODUCT = OWN_WIDTH + LINE_WIDTH + NEIGHBOUR_WIDTH + HEADER_WIDTH + 2  # the feature "is a product of its line"
WIDTH = OWN_WIDTH + LINE_WIDTH + NEIGHBOUR_WIDTH + HEADER_WIDTH + ARITHMETIC_WIDTH + COLUMN_WIDTH


@dataclass(frozen=True, slots=True)
class TableView:
    """A document as the tagger sees it.

    dense: (n, WIDTH). is_sum_word, is_note_word: (n,). summed: (n,) amounts that add up to a printed sum.
    """

    tokens: Tokens
    headers: Headers
    dense: Floats
    is_sum_word: Bools
    is_note_word: Bools
    summed: Bools


def view(tokens: Tokens) -> TableView:
    """Return all features of a document's tokens."""
    headers = find_headers(tokens)
    is_sum = np.array([lexicon.is_sum_word(t.text) for t in tokens.items], bool)
    is_note = np.array([lexicon.is_note_word(t.text) for t in tokens.items], bool)
    column, summed = column_features(tokens)
    dense = np.concatenate(
        [
            _own(tokens, headers, is_sum, is_note),
            _line(tokens, is_sum),
            _neighbours(tokens),
            header_features(tokens, headers),
            arithmetic_features(tokens),
            column,
        ],
        axis=1,
    )
    return TableView(tokens, headers, dense, is_sum, is_note, summed)


def one_hot(values: np.ndarray, size: int) -> Floats:
    """(n,) of 0..size-1 -> (n, size)."""
    result: Floats = (values[:, None] == np.arange(size)).astype(np.float32)
    return result


def _own(tokens: Tokens, headers: Headers, is_sum: Bools, is_note: Bools) -> Floats:
    texts = [t.text for t in tokens.items]
    number = np.nan_to_num(np.abs(tokens.number))
    sizes = ((number[:, None] >= np.array(SIZES)) & tokens.is_number[:, None]).astype(np.float32)
    rate = np.isin(number, TAX_RATES) & tokens.is_number
    flags = np.array([_flags(t) for t in texts], np.float32).reshape(-1, 7)
    split = np.array([t.stop - t.start for t in tokens.items]) < [
        len(tokens.layout.texts[t.first]) if t.first == t.last else 0 for t in tokens.items
    ]
    others = np.stack(
        [
            tokens.number < 0,
            number == 0,
            rate,
            is_sum,
            is_note,
            split if len(tokens) else np.zeros(0, bool),
            headers.is_header,
        ],
        axis=1,
    ).astype(np.float32)
    return np.concatenate([one_hot(tokens.kind, KINDS), sizes, flags, others], axis=1)


@lru_cache(maxsize=1 << 16)
def _flags(text: str) -> tuple[bool, ...]:
    return (
        lexicon.is_unit(text),
        text.endswith(":"),
        text[:1] in "-•*·(",
        len(text) <= 2,
        len(text) > 12,
        any(c in "€$£" for c in text),
        any(map(str.isdigit, text)),
    )


def _line(tokens: Tokens, is_sum: Bools) -> Floats:
    """Place of a token in its cell and line, and what the line consists of."""
    n = len(tokens)
    if not n:
        return np.zeros((0, LINE_WIDTH), np.float32)
    start, stop, line = tokens.by_line
    first_cell = tokens.cell[start][line]
    from_left = tokens.cell - first_cell
    cells = tokens.cell[stop - 1][line] - first_cell + 1
    from_right = cells - 1 - from_left
    cell_start, cell_stop, cell = tokens.by_cell
    size = (cell_stop - cell_start)[cell]
    in_cell = np.arange(n) - cell_start[cell]
    numeric = (tokens.is_number & (tokens.kind != Kind.LONG)).astype(np.int64)
    before = np.cumsum(numeric) - numeric
    rank = before - before[start][line]
    count = np.add.reduceat(numeric, start)[line]
    money = np.add.reduceat((tokens.kind == Kind.MONEY).astype(np.int64), start)[line]
    sums = np.add.reduceat(is_sum.astype(np.int64), start)[line] > 0
    colon = np.add.reduceat(np.array([t.text.endswith(":") for t in tokens.items], np.int64), start)[line] > 0
    x = (tokens.relative[:, 0] + tokens.relative[:, 2]) / 2
    y = (tokens.relative[:, 1] + tokens.relative[:, 3]) / 2
    is_number = numeric > 0
    return np.concatenate(
        [
            one_hot(np.minimum(from_left, 3), 4),
            one_hot(np.minimum(from_right, 3), 4),
            one_hot(np.minimum(cells, 6), 7)[:, 1:],
            (one_hot(np.minimum(rank, 4), 5) * is_number[:, None]),
            (one_hot(np.minimum(count - 1 - rank, 4), 5) * is_number[:, None]),
            one_hot(np.minimum(count, 5), 6)[:, 1:],
            np.stack(
                [
                    in_cell == 0,
                    in_cell == size - 1,
                    np.log1p(size) / 3,
                    money >= 1,
                    money >= 2,
                    sums,
                    colon,
                    x,
                    np.abs(x - 0.5),
                    y,
                    (y > 0.2) & (y < 0.75),
                    tokens.page > 0,
                ],
                axis=1,
            ).astype(np.float32),
        ],
        axis=1,
    )


def _neighbours(tokens: Tokens) -> Floats:
    """Kinds and distances of the tokens before and after in the line, and of the cells above and below."""
    n = len(tokens)
    if not n:
        return np.zeros((0, NEIGHBOUR_WIDTH), np.float32)
    same = tokens.line[1:] == tokens.line[:-1]
    left, right = np.full(n, NO_KIND), np.full(n, NO_KIND)
    left[1:] = np.where(same, tokens.kind[:-1], NO_KIND)
    right[:-1] = np.where(same, tokens.kind[1:], NO_KIND)
    left2 = np.full(n, NO_KIND)
    left2[2:] = np.where(tokens.line[2:] == tokens.line[:-2], tokens.kind[:-2], NO_KIND)
    gap = np.where(same, tokens.x0[1:] - tokens.x1[:-1], 1.0) / tokens.height
    gap_left, gap_right = np.full(n, np.inf), np.full(n, np.inf)
    gap_left[1:], gap_right[:-1] = gap, gap
    return np.concatenate(
        [
            one_hot(left, KINDS + 1),
            one_hot(right, KINDS + 1),
            one_hot(left2, KINDS + 1),
            one_hot(_vertical(tokens, tokens.layout.above), KINDS + 1),
            one_hot(_vertical(tokens, tokens.layout.below), KINDS + 1),
            one_hot(np.searchsorted(GAPS, gap_left), len(GAPS) + 1),
            one_hot(np.searchsorted(GAPS, gap_right), len(GAPS) + 1),
        ],
        axis=1,
    )


def _vertical(tokens: Tokens, pointer: Ints) -> Ints:
    """Kind of the last token of the cell above or below each token's cell: numbers end their cells."""
    last = np.zeros(tokens.layout.cells, np.int64)
    last[tokens.cell] = np.arange(len(tokens))  # later tokens overwrite earlier ones
    cell = pointer[tokens.cell]
    return np.where(cell == NO_CELL, NO_KIND, tokens.kind[last[cell]]).astype(np.int32)
