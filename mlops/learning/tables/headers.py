"""Header rows of tables, and which header stands above a token.

A line of several cells that name columns (lexicon.HEADER_STEMS) is a header; lines close to it join, since headers wrap
("Unit / price"). A table that goes on without a header of its own on the next page keeps the last one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..layout import Floats, Ints
from . import lexicon
from .tokens import Kind, Tokens

MIN_CELLS = 2  # cells with a hint that make a header line
MIN_GROUPS = 2
JOIN_HEIGHTS = 1.9  # a further header line is at most so many token heights away, centre to centre
MAX_JOINED = 2  # further lines above and below each
ALIGN_HEIGHTS = 0.6  # edges closer than so many heights are aligned
NO_BLOCK = -1
GROUP_COUNT = len(lexicon.GROUPS)


@dataclass(frozen=True, slots=True)
class Headers:
    """The header blocks of a document, b blocks.

    block: (n,) the block that rules a token, NO_BLOCK for none. is_header: (n,) the token is part of a header.
    masks: (n,) header groups that each token's word hints at, bits over lexicon.GROUPS.
    tokens: for each block its token numbers.
    """

    block: Ints
    is_header: np.ndarray
    masks: np.ndarray
    tokens: tuple[np.ndarray, ...]


def find_headers(tokens: Tokens) -> Headers:
    """Return the header blocks of all pages."""
    n = len(tokens)
    masks = np.array([lexicon.header_groups(t.text) for t in tokens.items], np.int64)
    letters = np.isin(tokens.kind, (Kind.WORD, Kind.CAPITALISED, Kind.CAPITALS, Kind.CODE, Kind.SYMBOL))
    masks[~letters] = 0
    starts, ends, _ = tokens.by_line
    is_begin, loose = _header_lines(tokens, masks, letters)
    block = np.full(n, NO_BLOCK, np.int32)
    is_header = np.zeros(n, bool)
    centers = ((tokens.y0[starts] + tokens.y1[starts]) / 2).astype(np.float64)
    pages = tokens.page[starts]
    found: list[np.ndarray] = []
    reach = JOIN_HEIGHTS * tokens.height
    k = 0
    for line in np.flatnonzero(is_begin).tolist():
        if line < k:
            continue  # joined already
        k = line
        low = high = k
        while low > 0 and k - low < MAX_JOINED and _joins(low - 1, low, loose, centers, pages, reach):
            if is_header[starts[low - 1]]:
                break
            low -= 1
        while high + 1 < len(starts) and high - k < MAX_JOINED and _joins(high + 1, high, loose, centers, pages, reach):
            high += 1
        if found and _continues(tokens, found[-1], int(starts[low]), 2 * reach):
            low = int(np.searchsorted(starts, found[-1][0]))
            block[ends[high] :] = len(found) - 1
            found[-1] = np.arange(starts[low], ends[high])
            is_header[found[-1]] = True
            k = high + 1
            continue
        members = np.arange(starts[low], ends[high])
        is_header[members] = True
        block[ends[high] :] = len(found)
        found.append(members)
        k = high + 1
    return Headers(block, is_header, masks, tuple(found))


def _header_lines(tokens: Tokens, masks: np.ndarray, letters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(k,) lines that are headers by themselves; those that may join one. masks, letters: (n,) of the tokens."""
    starts, _, line = tokens.by_line
    if not len(starts):
        return np.zeros(0, bool), np.zeros(0, bool)
    hints = masks > 0
    sized = np.isin(tokens.kind, (Kind.MONEY, Kind.DECIMAL, Kind.DATE, Kind.LONG))
    hinted = np.add.reduceat(hints, starts, dtype=np.int64)
    others = np.add.reduceat(~hints & letters & (tokens.kind != Kind.SYMBOL), starts, dtype=np.int64)
    groups = np.bitwise_count(np.bitwise_or.reduceat(masks, starts))
    cell_start = tokens.by_cell.start
    cells = np.bincount(line[cell_start], np.logical_or.reduceat(hints, cell_start), minlength=len(starts))
    is_possible = (hinted > 0) & ~np.logical_or.reduceat(sized, starts)
    is_header = is_possible & (cells >= MIN_CELLS) & (groups >= MIN_GROUPS) & (others <= hinted)
    return is_header, is_possible & (others <= hinted + 1)


def _continues(tokens: Tokens, block: np.ndarray, start: int, reach: float) -> bool:
    """Whether a header that starts at token `start` is the rest of the block above: near, with no amounts between."""
    last = int(block[-1])
    between = tokens.kind[last + 1 : start]
    near = tokens.page[last] == tokens.page[start] and tokens.y0[start] - tokens.y1[last] < reach
    return bool(near and not np.isin(between, (Kind.MONEY, Kind.DECIMAL)).any())


def _joins(line: int, to: int, loose: np.ndarray, centers: np.ndarray, pages: np.ndarray, reach: float) -> bool:
    return bool(loose[line] and pages[line] == pages[to] and abs(centers[line] - centers[to]) < reach)


def _bits(masks: np.ndarray) -> Floats:
    return ((masks[:, None] >> np.arange(GROUP_COUNT)) & 1).astype(np.float32)


WIDTH = 6 * GROUP_COUNT + 9


def header_features(tokens: Tokens, headers: Headers) -> Floats:
    """Return (n, WIDTH): groups above by overlap, of the overlapping cell, aligned, left and right, of the block."""
    n = len(tokens)
    out = np.zeros((n, WIDTH), np.float32)
    height = tokens.height
    g = GROUP_COUNT
    for number, members in enumerate(headers.tokens):
        mine = np.flatnonzero(headers.block == number)
        if not len(mine):
            continue
        bits = _bits(headers.masks[members])  # (h, g)
        x0, x1 = tokens.x0[mine, None], tokens.x1[mine, None]
        h0, h1 = tokens.x0[None, members], tokens.x1[None, members]
        over = ((np.minimum(x1, h1) - np.maximum(x0, h0)) > 0).astype(np.float32)
        out[mine, :g] = np.minimum(over @ bits, 1)
        # Header cells: words of a cell of one header line, as one column title.
        cells, of_cell = np.unique(tokens.cell[members], return_inverse=True)
        member_of = np.zeros((len(cells), len(members)), np.float32)
        member_of[of_cell, np.arange(len(members))] = 1
        cell_bits = np.minimum(member_of @ bits, 1)
        c0 = np.full(len(cells), np.inf)
        c1 = np.full(len(cells), -np.inf)
        np.minimum.at(c0, of_cell, tokens.x0[members])
        np.maximum.at(c1, of_cell, tokens.x1[members])
        cell_over = (np.minimum(x1, c1) - np.maximum(x0, c0)) > 0
        edge = np.minimum(np.abs(x1 - c1), np.minimum(np.abs(x0 - c0), np.abs(x0 + x1 - c0 - c1) / 2))
        aligned = edge < ALIGN_HEIGHTS * height
        out[mine, g : 2 * g] = np.minimum(cell_over.astype(np.float32) @ cell_bits, 1)
        out[mine, 2 * g : 3 * g] = np.minimum(aligned.astype(np.float32) @ cell_bits, 1)
        gap = np.where(c1 <= x0, x0 - c1, np.inf)
        _nearest(out[:, 3 * g : 4 * g], mine, gap, cell_bits)
        gap = np.where(c0 >= x1, c0 - x1, np.inf)
        _nearest(out[:, 4 * g : 5 * g], mine, gap, cell_bits)
        out[mine, 5 * g : 6 * g] = _bits(np.array([np.bitwise_or.reduce(headers.masks[members])]))
        tail = 6 * g
        same_page = tokens.page[mine] == tokens.page[members[-1]]
        lines_down = tokens.line[mine] - tokens.line[members[-1]]
        out[mine, tail] = 1
        out[mine, tail + 1] = same_page
        for bit, limit in enumerate((1, 2, 4, 8, 16, 32)):
            out[mine, tail + 2 + bit] = same_page & (lines_down <= limit)
        out[mine, tail + 8] = cell_over.any(axis=1)
    return out


def _nearest(out: np.ndarray, mine: np.ndarray, gap: np.ndarray, bits: Floats) -> None:
    best = gap.argmin(axis=1)
    found = np.isfinite(gap[np.arange(len(mine)), best])
    out[mine[found]] = bits[best[found]]
