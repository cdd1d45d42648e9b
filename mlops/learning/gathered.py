"""Candidates of several types, one type after the other: a question is asked once for all of them.

A document has few candidates of each type, and numpy takes as long to begin with a few as to be done with hundreds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from .candidates import Candidates
from .layout import Ints, Layout


class Gathered:
    """K candidates on one layout, all those of one type, then those of the next.

    parts: the candidates of each type, of at least one.
    """

    def __init__(self, parts: Sequence[Candidates]) -> None:
        self.parts = tuple(parts)
        self.layout: Layout = parts[0].layout
        self.sizes = [len(part) for part in parts]
        self.texts = tuple(chain.from_iterable(part.texts for part in parts))
        self.first = self.each(lambda part: part.first)
        self.last = self.each(lambda part: part.last)

    def __len__(self) -> int:
        return len(self.texts)

    def each(self, of: Callable[[Candidates], NDArray]) -> NDArray:
        """(K, ...) what is told of the candidates of one type, of all types."""
        return np.concatenate([of(part) for part in self.parts])

    @cached_property
    def start(self) -> Ints:
        return self.each(lambda part: part.start)

    @cached_property
    def end(self) -> Ints:
        return self.each(lambda part: part.end)

    @cached_property
    def tail(self) -> Ints:
        """(K,) the very last word of each candidate."""
        return self.each(lambda part: part.tail)

    @cached_property
    def part(self) -> NDArray[np.intp]:
        """(K,) which of the types each candidate is of."""
        return np.repeat(np.arange(len(self.parts)), self.sizes)

    @cached_property
    def rows(self) -> dict[str, slice]:
        """Type -> its candidates."""
        bounds = np.cumsum([0, *self.sizes]).tolist()
        return {part.kind: slice(a, b) for part, a, b in zip(self.parts, bounds, bounds[1:])}

    @cached_property
    def value(self) -> NDArray[np.intp]:
        """(K,) which value each candidate has; those of one type are no values of another."""
        numbers, known = [], 0
        for part in self.parts:
            values, of = part.distinct
            numbers.append(of + known)
            known += len(values)
        return np.concatenate(numbers)

    def within(self, unit: NDArray) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """(K,) the first and behind the last candidate of each one's type and unit; unit: (K,), falling in no type."""
        key = self.part * (int(unit.max(initial=0)) + 1) + unit
        return np.searchsorted(key, key, side="left"), np.searchsorted(key, key, side="right")
