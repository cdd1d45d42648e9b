"""What numbers say about each other: quantity times price is the amount, and a column adds up to a printed sum.

Both hold on any invoice of any language, and nothing else tells items from sums, dates and codes as reliably.
"""

from __future__ import annotations

import numpy as np

from ..layout import Floats
from .tokens import Bools, Kind, Tokens

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
    starts = np.unique(tokens.line[numeric], return_index=True)[1]
    groups = np.split(numeric, starts[1:])
    centers = [float((tokens.y0[g] + tokens.y1[g]).mean() / 2) for g in groups]
    reach = WINDOW_HEIGHTS * tokens.height
    for k, group in enumerate(groups):
        _products(tokens, group, out[:, 0:4])
        _sums(tokens, group, out[:, 8:11])
        if k + 1 < len(groups):
            after = groups[k + 1]
            near = abs(centers[k + 1] - centers[k]) < reach and tokens.page[group[0]] == tokens.page[after[0]]
            if near and len(group) + len(after) <= MAX_NUMBERS:
                _products(tokens, np.concatenate([group, after]), out[:, 4:8])
    out[:, 11] = out[:, 2] * (tokens.kind == Kind.MONEY)
    return out


def _products(tokens: Tokens, group: np.ndarray, out: np.ndarray) -> None:
    """Mark a, b and c of every a * b = c among the numbers of `group`, c to the right or the largest."""
    if not 3 <= len(group) <= MAX_NUMBERS:
        return
    v = tokens.number[group]
    slack = PRICE_ROUNDING * 10.0 ** -tokens.decimals[group]
    product = np.abs(v[:, None] * v[None, :])  # (m, m)
    tolerance = ROUNDING + np.minimum(np.abs(v)[:, None] * np.where(tokens.decimals[group] > 0, slack, 0)[None, :], 0.5)
    hit = (
        np.abs(product[:, :, None] - np.abs(v)[None, None, :])
        <= np.minimum(tolerance, 0.02 * product + ROUNDING)[:, :, None]
    )
    m = len(group)
    index = np.arange(m)
    distinct = (index[:, None, None] < index[None, :, None]) & (index[:, None, None] != index[None, None, :])
    distinct &= index[None, :, None] != index[None, None, :]
    hit &= distinct & (np.abs(v)[None, None, :] > 0)
    a, b, c = np.nonzero(hit)
    if not len(a):
        return
    trivial = (np.abs(v[a]) == 1) | (np.abs(v[b]) == 1)
    if (~trivial).any():  # 1 * x = x is no evidence beside a real product
        a, b, c, trivial = a[~trivial], b[~trivial], c[~trivial], trivial[~trivial]
    out[group[a], 0] = 1
    out[group[b], 1] = 1
    out[group[c], 2] = 1
    for part in (a, b, c):
        out[group[part[~trivial]], 3] = 1


def _sums(tokens: Tokens, group: np.ndarray, out: np.ndarray) -> None:
    """Mark net, tax and gross where two amounts of a line add up to a third."""
    money = group[tokens.kind[group] == Kind.MONEY]
    if not 3 <= len(money) <= MAX_NUMBERS:
        return
    v = tokens.number[money]
    i, j = np.triu_indices(len(money), 1)
    total = v[i] + v[j]
    which, at = np.nonzero((np.abs(total[:, None] - v[None, :]) < CENT) & (np.abs(total[:, None]) > CENT))
    keep = (at != i[which]) & (at != j[which]) & (np.minimum(np.abs(v[i[which]]), np.abs(v[j[which]])) > 0)
    which, at = which[keep], at[keep]
    out[money[i[which]], 0] = 1
    out[money[j[which]], 1] = 1
    out[money[at], 2] = 1


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
    cents = np.round(tokens.number[money] * 100).astype(np.int64)
    order = np.argsort(tokens.x1[money], kind="stable")
    breaks = np.flatnonzero(np.diff(tokens.x1[money][order]) > ALIGN_HEIGHTS * tokens.height) + 1
    for cluster in np.split(order, breaks):
        column = np.sort(cluster)
        m = len(column)
        if not 2 <= m <= MAX_COLUMN:
            continue
        running = np.concatenate([[0], np.cumsum(cents[column])])
        best = (0, 0, 0)
        # Sums from the first amount on, or after a carry-over: a few starts are enough.
        for start in range(min(3, m - 1)):
            totals = running[start + 2 :] - running[start]
            hits = np.isin(totals, cents) & (totals != 0)
            for k in np.flatnonzero(hits)[::-1].tolist():
                stop = start + 2 + k
                after = np.flatnonzero((cents == totals[k]) & (money > money[column[stop - 1]]))
                if len(after) and stop - start > best[1] - best[0]:
                    best = (start, stop, int(after[0]))
                    break
        start, stop, total = best
        if stop - start >= 2:
            summed[money[column[start:stop]]] = True
            sums[money[cents == cents[total]]] |= ~summed[money[cents == cents[total]]]
    return summed, sums
