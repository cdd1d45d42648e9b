"""Lines -> rows: every line begins a row, continues one, or lies outside; the best sequence by Viterbi (1967).

This is the begin / inside / outside scheme of Ramshaw and Marcus (1995) over lines instead of words: it holds rows
whose numbers stand on the first, a middle or the last line, and notes below an item, without an anchor column.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..layout import Floats, Ints
from .features import PRODUCT, TableView, one_hot
from .headers import NO_BLOCK
from .locate import NO_ROW
from .tokens import Bools, Kind

OUTSIDE, BEGIN, INSIDE = 0, 1, 2
STATES = 3
GAPS = (1.15, 1.5, 2.0, 3.0, 5.0)  # centre to centre, in token heights
TRANSITION_WEIGHT = 0.5  # the line classifier sees the neighbours, so transitions say part of it twice
NEAR_HEIGHTS = 0.6  # between the left edges of lines
FLAGS = 22
BESIDE_USUAL = 13  # of the flags: starts where described lines usually start; the next one: starts right of it
AROUND = 8  # flags that are looked at in the lines above and below, too
LOOKS = 2 * (len(GAPS) + 1) + FLAGS + 2 * AROUND
IMPOSSIBLE = -1e9


@dataclass(frozen=True, slots=True)
class Lines:
    """start, stop: (k,) tokens of each line. of_token: (n,) the line's position. page, y: (k,).

    looks: (k, LOOKS) what a line looks like, whatever its tokens are tagged with.
    """

    start: NDArray[np.intp]
    stop: NDArray[np.intp]
    of_token: NDArray[np.intp]
    page: Ints
    y: Floats
    looks: Floats = field(default_factory=lambda: np.zeros((0, LOOKS), np.float32))


def lines_of(view: TableView) -> Lines:
    tokens = view.tokens
    start, stop, of_token = tokens.by_line
    center = (tokens.y0 + tokens.y1) / 2
    y = np.add.reduceat(center, start) / (stop - start) if len(start) else np.zeros(0)
    page = tokens.page[start]
    lines = Lines(start, stop, of_token, page, y.astype(np.float32))
    return replace(lines, looks=_looks(view, lines)) if len(start) else lines


def line_width(classes: int) -> int:
    return 6 * classes + LOOKS


def line_features(view: TableView, lines: Lines, probabilities: Floats) -> Floats:
    """Return (k, line_width): the columns present in the line and around it, gaps, edges, what kind of line it is."""
    k, classes = len(lines.start), probabilities.shape[1]
    if not k:
        return np.zeros((0, line_width(classes)), np.float32)
    best = np.maximum.reduceat(probabilities, lines.start, axis=0)
    mean = np.add.reduceat(probabilities, lines.start, axis=0) / (lines.stop - lines.start)[:, None]
    same = lines.page[1:] == lines.page[:-1]
    before, above, below, after = (np.zeros_like(best) for _ in range(4))
    above[1:] = best[:-1] * same[:, None]
    below[:-1] = best[1:] * same[:, None]
    far = (lines.page[2:] == lines.page[:-2])[:, None]
    before[2:] = best[:-2] * far
    after[:-2] = best[2:] * far
    out: Floats = np.concatenate([best, mean, before, above, below, after, lines.looks], axis=1).astype(np.float32)
    # Where text of earlier rows starts: notes are often indented, sums stand elsewhere.
    x0 = view.tokens.x0[lines.start]
    near = NEAR_HEIGHTS * view.tokens.height
    described = best[:, 1:].max(axis=1, initial=0) > 0.5
    usual = float(np.median(x0[described])) if described.any() else np.inf
    at = 6 * classes + 2 * (len(GAPS) + 1) + BESIDE_USUAL
    out[:, at] = np.abs(x0 - usual) < near
    out[:, at + 1] = x0 > usual + near
    return out


def _looks(view: TableView, lines: Lines) -> Floats:
    """(k, LOOKS) gaps above and below, flags, and the first of them of the lines above and below."""
    same = lines.page[1:] == lines.page[:-1]
    gap = np.full(len(lines.start) + 1, np.inf)
    gap[1:-1] = np.where(same, np.diff(lines.y), np.inf) / view.tokens.height
    gap_bins = one_hot(np.searchsorted(GAPS, gap), len(GAPS) + 1)
    flags = _flags(view, lines)
    around = flags[:, :AROUND]
    up, down = np.zeros_like(around), np.zeros_like(around)
    up[1:] = around[:-1] * same[:, None]
    down[:-1] = around[1:] * same[:, None]
    return np.concatenate([gap_bins[:-1], gap_bins[1:], flags, up, down], axis=1)


def _flags(view: TableView, lines: Lines) -> Floats:
    """(k, FLAGS), 0 at BESIDE_USUAL and behind it: these take the tags."""
    tokens = view.tokens
    counted = [
        tokens.kind == Kind.MONEY,
        tokens.is_number,
        tokens.kind <= Kind.CAPITALS,
        view.is_sum_word,
        view.headers.is_header,
        view.is_note_word,
        view.summed,
        view.dense[:, PRODUCT] > 0,
    ]
    counts = np.add.reduceat(np.array(counted), lines.start, axis=1, dtype=np.int64)
    money, numbers, letters, sums, headers, notes, summed, products = counts
    x0 = tokens.x0[lines.start]
    near = NEAR_HEIGHTS * tokens.height
    previous = np.concatenate([[np.inf], x0[:-1]])
    following = np.concatenate([x0[1:], [np.inf]])
    aligned = np.abs(x0[:, None] - x0[None, :]) < near
    unknown = np.zeros(len(x0), bool)
    flags = [
        money > 0,
        money > 1,
        numbers >= 3,
        sums > 0,
        view.is_sum_word[lines.start],
        headers > 0,
        notes > 0,
        letters == 0,
        letters > 8,
        lines.stop - lines.start == 1,
        np.abs(x0 - previous) < near,
        x0 > previous + near,
        np.abs(x0 - following) < near,
        unknown,
        unknown,
        aligned.sum(axis=1) > 3,
        view.headers.block[lines.start] != NO_BLOCK,
        summed > 0,
        products > 0,
        lines.y > 0.9,
        lines.y < 0.25,
        lines.page > 0,
    ]
    return np.array(flags, np.float32).T


def line_states(lines: Lines, rows: Ints) -> Ints:
    """The true state of every line: a row goes from its first tagged line to its last. rows: (n,) row of each token."""
    states = np.full(len(lines.start), OUTSIDE, np.int32)
    for row in np.unique(rows[rows != NO_ROW]):
        members = lines.of_token[rows == row]
        first, last = int(members.min()), int(members.max())
        inner = states[first + 1 : last + 1]
        inner[inner == OUTSIDE] = INSIDE  # interleaved rows keep their beginnings
        states[first] = BEGIN
    return states


def count_transitions(sequences: list[Ints]) -> Floats:
    """(3, 3): how much likelier, in logs, a state is after another than anyhow; a row cannot go on where none began.

    The classifier already knows how frequent a state is, so transitions only say what the state before adds (the
    scaled likelihoods of hybrid models, Bourlard and Morgan 1994). Counts are smoothed by adding one.
    """
    counts = np.ones((STATES, STATES))
    for states in sequences:
        np.add.at(counts, (states[:-1], states[1:]), 1)
    anyhow = counts.sum(axis=0) / counts.sum()
    result: Floats = np.log(counts / counts.sum(axis=1, keepdims=True) / anyhow).astype(np.float32)
    result[OUTSIDE, INSIDE] = IMPOSSIBLE
    return result


def decode(emissions: Floats, transitions: Floats) -> Ints:
    """Return the best states (k,) for log-probabilities (k, 3)."""
    k = len(emissions)
    if not k:
        return np.zeros(0, np.int32)
    step = np.where(transitions <= IMPOSSIBLE, IMPOSSIBLE, TRANSITION_WEIGHT * transitions).T.tolist()
    first, *others = emissions.tolist()  # three states: Python's own numbers are faster than arrays of them
    score = [IMPOSSIBLE if state == INSIDE else p for state, p in enumerate(first)]
    back: list[list[int]] = []
    for said in others:
        reach = [[p + s for p, s in zip(score, into)] for into in step]
        score = [max(r) + p for r, p in zip(reach, said)]
        back.append([r.index(max(r)) for r in reach])
    states = [score.index(max(score))]
    for came_from in reversed(back):
        states.append(came_from[states[-1]])
    return np.array(states[::-1], np.int32)


def spans(states: Ints) -> list[tuple[int, int]]:
    """Rows as (first line, behind the last line)."""
    result: list[tuple[int, int]] = []
    for t, state in enumerate(states.tolist()):
        if state == BEGIN:
            result.append((t, t + 1))
        elif state == INSIDE and result and result[-1][1] == t:
            result[-1] = (result[-1][0], t + 1)
    return result


def split_repeats(rows: list[tuple[int, int]], columns: Bools) -> list[tuple[int, int]]:
    """Split rows at lines that repeat their numbers: an item has one price.

    columns: (lines, c) which numeric columns a line has.
    One repeated number of several is a detail of the same item; two, or all that the row has, are another item.
    """
    result = []
    for first, stop in rows:
        start = first
        have = columns[first].copy()
        for line in range(first + 1, stop):
            again = int((have & columns[line]).sum())
            if again >= 2 or (again and again == have.sum()):
                result.append((start, line))
                start = line
                have = columns[line].copy()
            else:
                have |= columns[line]
        result.append((start, stop))
    return result
