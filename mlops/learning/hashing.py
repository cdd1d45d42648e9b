"""The hashing trick: token -> integer -> bucket, the same on every machine and in every process.

Weinberger et al., "Feature Hashing for Large Scale Multitask Learning" (ICML 2009). Python's own hash() is salted, so
texts go through CRC-32 and integers through the finaliser of SplitMix64 (Steele et al., 2014), vectorised on uint64.
"""

from __future__ import annotations

import re
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

BUCKET_BITS = 18
BUCKETS = 1 << BUCKET_BITS

_DIGIT = re.compile(r"\d")
_TRAILING = ".,;:"
# Beside what may be chosen, and beside what is: as telling as words.
EMPTY_MARKS, FILLED_MARKS = frozenset("☐□▢◻"), frozenset("☒☑▣◼✓✔✗✘")
MARKS = EMPTY_MARKS | FILLED_MARKS
# An odd base has an inverse modulo 2^64, which makes the hash of any range of words a difference of two prefix sums.
_BASE = 0x9E3779B97F4A7C15
_BASE_INVERSE = pow(_BASE, -1, 1 << 64)


@lru_cache(maxsize=1 << 16)
def fold(text: str) -> str:
    """The identity of a word as context: case folded, every digit 0, without trailing punctuation."""
    return _DIGIT.sub("0", text.casefold()).rstrip(_TRAILING) or text


def token(text: str) -> int:
    """32-bit hash of a text."""
    return zlib.crc32(text.encode())


def tokens(texts: list[str] | tuple[str, ...]) -> Hashes:
    """Hashes of texts, (n,)."""
    seen = {text: token(text) for text in set(texts)}
    return np.fromiter(map(seen.__getitem__, texts), np.uint64, len(texts))


def mix(values: Hashes) -> Hashes:
    """Scatter integers over 64 bits, elementwise (SplitMix64)."""
    z = values * np.uint64(0x9E3779B97F4A7C15)
    z ^= z >> np.uint64(30)
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(27)
    z *= np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return z


def bucket(values: Hashes) -> NDArray[np.int32]:
    """Scattered 64-bit values -> buckets 0..BUCKETS-1."""
    return (values >> np.uint64(64 - BUCKET_BITS)).astype(np.int32)


class _Scratch(threading.local):
    """All zeros between uses. Clearing what was set is cheaper than a megabyte of new zeros for every field."""

    def __init__(self) -> None:
        self.table = np.zeros(BUCKETS, np.float32)
        self.number = np.zeros(BUCKETS, np.int32)


_SCRATCH = _Scratch()


@contextmanager
def dense(buckets: NDArray[np.int32], values: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """Lend (BUCKETS,) sums of `values` at `buckets`, 0 elsewhere; not to be kept, nested or written to."""
    table = _SCRATCH.table
    np.add.at(table, buckets, values)
    try:
        yield table
    finally:
        table[buckets] = 0


@contextmanager
def numbered(buckets: NDArray[np.intp]) -> Iterator[NDArray[np.int32]]:
    """Lend (BUCKETS,) the number of each of `buckets`, from 1 on and below 1 + their count, 0 for all others.

    Not to be kept, nested or written to. Equal buckets have one number, so that some numbers are of none.
    """
    number = _SCRATCH.number
    number[buckets] = np.arange(1, len(buckets) + 1, dtype=np.int32)
    try:
        yield number
    finally:
        number[buckets] = 0


class RangeHasher:
    """Order-sensitive hash of any run of tokens in O(1): a rolling hash (Karp and Rabin, 1987), vectorised."""

    def __init__(self, hashes: Hashes) -> None:
        n = len(hashes)
        self._power = _powers(_BASE, n + 1)
        scaled = mix(hashes) * _powers(_BASE_INVERSE, n)
        self._sum = np.concatenate([np.zeros(1, np.uint64), np.cumsum(scaled, dtype=np.uint64)])

    def __call__(self, start: NDArray[np.int32], stop: NDArray[np.int32]) -> Hashes:
        """Hash of tokens start..stop-1, elementwise; 0 where the run is empty."""
        value: Hashes = (self._sum[stop] - self._sum[start]) * self._power[start]
        return value


def _powers(base: int, n: int) -> Hashes:
    return np.cumprod(
        np.concatenate([np.ones(1, np.uint64), np.full(max(n - 1, 0), base, np.uint64)]), dtype=np.uint64
    )[:n]
