"""What numbers say about each other: quantity times price is the amount, and a column adds up to a printed sum.

Both hold on any invoice of any language, and nothing else tells items from sums, dates and codes as reliably.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, chain, combinations
from typing import NamedTuple

import numpy as np

from ..layout import Floats
from .tokens import Bools, Kind, Runs, Tokens

CENT = 0.01
ROUNDING = 0.006  # of a product, before tolerance of a rounded price
PRICE_ROUNDING = 0.5  # a price printed with d decimals is off by up to this times 10**-d
MAX_NUMBERS = 9  # numbers looked at in a window of lines
WINDOW_HEIGHTS = 2.2  # a second line belongs to the window when its centre is closer than this
ALIGN_HEIGHTS = 0.45  # right edges of one column of numbers differ by less
MAX_COLUMN = 250  # longer columns are not searched for sums
ARITHMETIC_WIDTH = 12
COLUMN_WIDTH = 15


def arithmetic_features(tokens: Tokens) -> Floats:
    """Return (n, 12): left and right factor, product, non-trivial product; the same over two lines; net, tax, gross."""
    out = np.zeros((len(tokens), ARITHMETIC_WIDTH), np.float32)
    numeric = np.flatnonzero(tokens.is_number & (tokens.kind != Kind.LONG))
    if not len(numeric):
        return out
    starts, stops, _ = Runs.by(tokens.line[numeric])
    centers = np.add.reduceat(tokens.y0[numeric] + tokens.y1[numeric], starts) / (stops - starts) / 2
    # A line has a handful of numbers: Python's own are faster than arrays of them.
    slack = np.where(tokens.decimals > 0, PRICE_ROUNDING * 10.0**-tokens.decimals, 0)
    about = (tokens.number, slack, tokens.kind == Kind.MONEY)
    numbers = list(map(_Number, numeric.tolist(), *(column[numeric].tolist() for column in about)))
    groups = [numbers[start:stop] for start, stop in zip(starts.tolist(), stops.tolist())]
    reach = WINDOW_HEIGHTS * tokens.height
    near = (np.abs(np.diff(centers)) < reach) & (np.diff(tokens.page[numeric[starts]]) == 0)
    for k, group in enumerate(groups):
        _mark(out[:, 0:4], _products(group))
        _mark(out[:, 8:11], _sums(group))
        if k + 1 < len(groups) and near[k] and len(group) + len(groups[k + 1]) <= MAX_NUMBERS:
            _mark(out[:, 4:8], _products(group + groups[k + 1]))
    out[:, 11] = out[:, 2] * (tokens.kind == Kind.MONEY)
    return out


class _Number(NamedTuple):
    """A printed number. token: whose. slack: by how much it may be rounded, as a price."""

    token: int
    value: float
    slack: float
    is_money: bool


def _mark(out: np.ndarray, columns: Sequence[Iterable[int]]) -> None:
    """Set 1 for the tokens of each column."""
    for column, found in enumerate(columns):
        for token in found:
            out[token, column] = 1


def _products(group: Sequence[_Number]) -> Sequence[set[int]]:
    """The tokens that are a, b or c of an a * b = c among the numbers of `group`; those of one with neither factor 1.

    a stands left of b. 1 * x = x is no evidence beside a real product.
    """
    found: list[tuple[int, int, int]] = []
    telling: list[tuple[int, int, int]] = []
    for a, b in combinations(group, 2) if 3 <= len(group) <= MAX_NUMBERS else ():
        product = abs(a.value * b.value)
        tolerance = min(ROUNDING + min(abs(a.value) * b.slack, 0.5), 0.02 * product + ROUNDING)
        for c in group:
            if c is not a and c is not b and c.value and abs(product - abs(c.value)) <= tolerance:
                is_trivial = abs(a.value) == 1 or abs(b.value) == 1
                (found if is_trivial else telling).append((a.token, b.token, c.token))
    if not found and not telling:
        return ()
    return (*map(set, zip(*(telling or found), strict=True)), set(chain.from_iterable(telling)))


def _sums(group: Sequence[_Number]) -> Sequence[set[int]]:
    """The tokens that are net, tax or gross where two amounts of a line add up to a third."""
    money = [number for number in group if number.is_money]
    found: list[tuple[int, int, int]] = []
    for a, b in combinations(money, 2) if 3 <= len(money) <= MAX_NUMBERS else ():
        total = a.value + b.value
        if a.value and b.value and abs(total) > CENT:
            found += [
                (a.token, b.token, c.token) for c in money if c is not a and c is not b and abs(total - c.value) < CENT
            ]
    return tuple(map(set, zip(*found, strict=True)))


def column_features(tokens: Tokens) -> tuple[Floats, Bools]:
    """Return (n, 15) about the column a token stands in, and which amounts are part of a printed sum."""
    n = len(tokens)
    out = np.zeros((n, COLUMN_WIDTH), np.float32)
    near = ALIGN_HEIGHTS * tokens.height
    first = np.ones(n, bool)
    first[1:] = tokens.cell[1:] != tokens.cell[:-1]
    for page in np.unique(tokens.page):
        for column, members, edge in (
            (0, np.flatnonzero((tokens.page == page) & tokens.is_number), tokens.x1),
            (4, np.flatnonzero((tokens.page == page) & first), tokens.x0),
        ):
            if not len(members):
                continue
            x, line, kind = edge[members], tokens.line[members], tokens.kind[members]
            aligned = (np.abs(x[:, None] - x[None, :]) < near) & (line[:, None] != line[None, :])
            alike = aligned & (kind[:, None] == kind[None, :])
            count = alike.sum(axis=1)
            out[members, column] = count >= 1
            out[members, column + 1] = count >= 3
            out[members, column + 2] = count / np.maximum(aligned.sum(axis=1), 1)
            if column == 0:
                v = tokens.number[members]
                step = aligned & (v[:, None] - v[None, :] == 1)
                out[members, column + 3] = step.any(axis=1) & (kind == Kind.INTEGER)
            else:
                below = aligned & (line[None, :] == line[:, None] + 1)
                out[members, column + 3] = below.any(axis=1)
    summed, sums = _printed_sums(tokens)
    out[summed, 8] = 1
    out[sums, 9] = 1
    money = np.flatnonzero(tokens.kind == Kind.MONEY)
    if len(money):
        cents = np.abs(np.round(tokens.number[money] * 100)).astype(np.int64)
        _, inverse, counts = np.unique(cents, return_inverse=True, return_counts=True)
        out[money, 10] = counts[inverse] > 1
        order = np.searchsorted(np.sort(cents), cents) / len(cents)
        for bit, limit in enumerate((0.25, 0.5, 0.75, 0.9)):
            out[money, 11 + bit] = order >= limit
    return out, summed


def _printed_sums(tokens: Tokens) -> tuple[Bools, Bools]:
    """Runs of right-aligned amounts that add up to an amount printed after them, over all pages."""
    n = len(tokens)
    summed, sums = np.zeros(n, bool), np.zeros(n, bool)
    money = np.flatnonzero((tokens.kind == Kind.MONEY) & (np.abs(tokens.number) > 0))
    if len(money) < 3:
        return summed, sums
    cents = np.round(tokens.number[money] * 100).astype(np.int64).tolist()
    printed: dict[int, list[int]] = {}  # cents -> where among the amounts
    for i, amount in enumerate(cents):
        printed.setdefault(amount, []).append(i)
    right = tokens.x1[money]
    order = np.argsort(right, kind="stable")
    breaks = np.flatnonzero(np.diff(right[order]) > ALIGN_HEIGHTS * tokens.height) + 1
    for cluster in np.split(order, breaks):
        if not 2 <= len(cluster) <= MAX_COLUMN:
            continue
        column = np.sort(cluster).tolist()
        run = _longest_sum([cents[i] for i in column], column, printed)
        if run is not None:
            start, stop, total = run
            summed[money[column[start:stop]]] = True
            same = money[printed[total]]
            sums[same] |= ~summed[same]
    return summed, sums


def _longest_sum(
    cents: Sequence[int], column: Sequence[int], printed: Mapping[int, Sequence[int]]
) -> tuple[int, int, int] | None:
    """Return start and stop of the longest run of a column that adds up to an amount printed after it, and the amount.

    Sums from the first amount on, or after a carry-over: a few starts are enough. column: where among the amounts.
    """
    best: tuple[int, int, int] | None = None
    running = list(accumulate(cents, initial=0))
    for start in range(min(3, len(column) - 1)):
        for stop in range(len(column), start + (best[1] - best[0] if best else 1), -1):
            total = running[stop] - running[start]
            if total and printed.get(total, (-1,))[-1] > column[stop - 1]:
                best = start, stop, total
                break
    return best
