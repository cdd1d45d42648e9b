"""Pure: has a figure of the documents moved between two windows, by how much, and could chance have done it?

The size is the population stability index (PSI) over bins, sum of (c - r) * ln(c / r) over the shares r of the
reference and c of the current window. Its convention: below 0.1 nothing, to 0.25 some, above much. On small windows the
PSI is large by chance: without any drift its mean is about (bins - 1) * (1 / n + 1 / m) (B. Yurdakul, Statistical
properties of population stability index, 2018), 0.36 for ten bins and fifty documents on each side. So that mean is
taken off, and whether chance explains the rest is asked of Pearson's chi-square test of the same counts.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_BINS = 10
PER_BIN = 10  # documents of the smaller window, at least, where bins are made; rarer categories share one
PSEUDO_COUNT = 0.5  # in each bin: the share of an empty one has no logarithm
OTHER = "…"  # label of the bin of rare categories


@dataclass(frozen=True, slots=True)
class Bin:
    """A range or category, and the share of the documents of each window in it, [0, 1]."""

    label: str
    reference: float
    current: float


@dataclass(frozen=True, slots=True)
class Shift:
    """How far one figure moved. psi: as it is; size: without what chance adds, >= 0; p: of the chi-square test."""

    psi: float
    size: float
    p: float
    bins: tuple[Bin, ...]


def numeric_shift(reference: Sequence[float], current: Sequence[float]) -> Shift:
    """Compare numbers, in bins between the quantiles of both windows together. Both need at least one."""
    before, now = np.asarray(reference, float), np.asarray(current, float)
    wanted = max(2, min(MOST_BINS, min(len(before), len(now)) // PER_BIN))
    both = np.concatenate([before, now])
    inner = np.quantile(both, np.linspace(0, 1, wanted + 1)[1:-1], method="lower")
    below = both[both < both.max()]
    inner = np.unique(np.minimum(inner, below.max() if len(below) else both.max()))  # the last bin has the largest
    labels = _ranges(inner)
    counts = np.stack(
        [np.bincount(np.searchsorted(inner, v, side="left"), minlength=len(labels)) for v in (before, now)]
    )
    return _shift(labels, counts.astype(float))


def category_shift(reference: Sequence[str], current: Sequence[str]) -> Shift:
    """Compare categories, also such as only one window has. Both need at least one document."""
    before, now = Counter(reference), Counter(current)
    both = before + now
    common = [name for name, count in sorted(both.items(), key=lambda item: (-item[1], item[0])) if count >= PER_BIN]
    rows = [[float(window[name]) for name in common] for window in (before, now)]
    if len(common) < len(both):
        for row, window in zip(rows, (before, now)):
            row.append(sum(window.values()) - sum(row))
        common.append(OTHER)
    return _shift(common, np.array(rows))


def _ranges(inner: NDArray[np.float64]) -> list[str]:
    edges = [f"{edge:.3g}" for edge in inner]
    return [f"≤ {edges[0]}", *(f"{a} – {b}" for a, b in itertools.pairwise(edges)), f"> {edges[-1]}"]


def _shift(labels: Sequence[str], counts: NDArray[np.float64]) -> Shift:
    """counts: float [2, bins], of the reference and the current window."""
    n, m = counts.sum(axis=1)
    shares = counts / counts.sum(axis=1, keepdims=True)
    bins = tuple(Bin(label, round(float(r), 4), round(float(c), 4)) for label, r, c in zip(labels, *shares))
    used = counts[:, counts.sum(axis=0) > 0]
    freedom = used.shape[1] - 1
    if freedom == 0:
        return Shift(0.0, 0.0, 1.0, bins)
    smooth = used + PSEUDO_COUNT
    smooth /= smooth.sum(axis=1, keepdims=True)
    psi = float(((smooth[1] - smooth[0]) * np.log(smooth[1] / smooth[0])).sum())
    expected = np.outer(used.sum(axis=1), used.sum(axis=0)) / used.sum()
    from scipy.special import chdtrc  # here: a process that only shows pages computes none

    p = float(chdtrc(freedom, ((used - expected) ** 2 / expected).sum()))
    return Shift(psi, max(0.0, psi - freedom * (1 / n + 1 / m)), p, bins)


def holm(ps: Sequence[float]) -> list[float]:
    """Return p-values of several tests such that the chance of one false alarm among them is what they say (Holm)."""
    order = sorted(range(len(ps)), key=lambda i: ps[i])
    found, highest = [1.0] * len(ps), 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[i]))
        found[i] = highest
    return found
