"""What a feature is: a bucket and a weight, in a group of context that a person has a name for.

A document's candidates of one type become two arrays (K, F): bucket and weight. Each of the F columns belongs to a
*group*, a kind of context ("word to the left", "header above", ...), hashed with the group's own seed. Groups are what
the field-agnostic prior weighs (mlops.learning.matching) and what a person is told as the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .hashing import Hashes, bucket, mix, token
from .layout import Floats, Ints

# Group -> what a person reads as the reason.
GROUPS: dict[str, str] = {
    "left1": "the word to the left",
    "left2": "the second word to the left",
    "left3": "the third word to the left",
    "left12": "the two words to the left",
    "label_left": "the label to the left",
    "label": "a label beside or above",
    "label_word": "a word of a label beside or above",
    "inside": "characters of the same word",
    "right1": "the word to the right",
    "right2": "the second word to the right",
    "above": "a word above",
    "above_cell": "the text above",
    "above2_cell": "the text two lines above",
    "header": "the heading of the column",
    "section": "the heading of the block",
    "column_text": "a text further up",
    "below_cell": "the text below",
    "around": "the form of the lines above and below",
    "line_head": "the beginning of the line",
    "line_above": "the beginning of the line above",
    "chars_left": "letters of the label to the left",
    "chars_above": "letters of the label above",
    "x0": "the left edge",
    "x1": "the right edge",
    "y0": "the height on the page",
    "place": "the place on the page",
    "page": "the page",
    "shape": "the form of the value",
    "lines": "its number of lines",
    "size": "the size of the print",
    "order": "its order among values of this type",
    "order_page": "its order on the page",
    "line_order": "its order in the line",
    "column_end": "the first or last value below its heading",
    "repeats": "how often the value is printed",
    "rank": "its rank by value",
    "sums": "its part in a sum",
    "domain": "a web address with the same name",
    "words": "words of the value",
    "chars": "letters of the value",
    "edges": "where it stands in its cell",
    "line_shape": "the shape of the line",
    "goes_on": "whether its block goes on below it",
}
SEEDS: dict[str, np.uint64] = {
    name: mix(np.array([token("group:" + name) + i], np.uint64))[0] for i, name in enumerate(GROUPS)
}
# Hashing the group's name after the type once sent every feature into shared buckets; nothing else would notice.
assert len(set(SEEDS.values())) == len(GROUPS)
GROUP_INDEX = {name: i for i, name in enumerate(GROUPS)}
_SEED_OF_GROUP: Hashes = np.array(list(SEEDS.values()), np.uint64)
ONE_HOT = np.eye(len(GROUPS), dtype=np.float32)


@dataclass(frozen=True)
class Features:
    """K candidates x F features. bucket: int32 (K, F). weight: float32 (K, F), 0 = no feature. group: int32 (F,)."""

    bucket: NDArray[np.int32]
    weight: Floats
    group: Ints
    _only: dict[tuple[int, ...], Features] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def at(self) -> NDArray[np.intp]:
        """`bucket` as numpy wants an index to be; else it converts for every look-up."""
        return self.bucket.astype(np.intp)

    @cached_property
    def norms(self) -> Floats:
        """(K, G) length of what each candidate has in each group."""
        out: Floats = np.sqrt((self.weight.astype(np.float32) ** 2) @ ONE_HOT[self.group])
        return out

    @cached_property
    def unit(self) -> Floats:
        """(K, F) `weight`, of unit length in each group."""
        lengths: Floats = np.maximum(self.norms, 1e-6)
        out: Floats = self.weight / lengths[:, self.group]
        return out

    def only(self, groups: tuple[int, ...]) -> Features:
        """The columns of these groups (see GROUP_INDEX), which are kept: each field asks for the same."""
        if groups not in self._only:
            columns = np.isin(self.group, groups)
            self._only[groups] = Features(self.bucket[:, columns], self.weight[:, columns], self.group[columns])
        return self._only[groups]

    def rows(self, keep: np.ndarray | slice) -> Features:
        return Features(self.bucket[keep], self.weight[keep], self.group)


def beside(parts: Sequence[Features]) -> Features:
    """The columns of all parts, which are of the same candidates."""
    return Features(
        np.concatenate([part.bucket for part in parts], axis=1),
        np.concatenate([part.weight for part in parts], axis=1),
        np.concatenate([part.group for part in parts]),
    )


@dataclass(frozen=True, slots=True)
class Part:
    """Some columns of a table of features."""

    table: Features
    columns: slice


class Columns:
    """Feature columns while they are collected; they are hashed all at once, which is what makes it fast."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._values: list[np.ndarray] = []
        self._weights: list[np.ndarray | float] = []
        self._groups: list[int] = []
        self._plain: list[int] = []  # columns of `_values`
        self._taken: list[tuple[int, Part, np.ndarray]] = []

    def add(self, group: str, values: np.ndarray, weights: np.ndarray | float = 1.0) -> None:
        """values: (K,) or (K, c) integers; weights: a number or of the same shape."""
        columns = values.shape[1] if values.ndim == 2 else 1  # not -1: a document may have no candidate of a type
        self._values.append(values.reshape(self.size, columns))
        is_column = isinstance(weights, np.ndarray) and weights.ndim == 1
        self._weights.append(np.reshape(weights, (-1, 1)) if is_column else weights)
        self._plain.extend(range(len(self._groups), len(self._groups) + columns))
        self._groups.extend([GROUP_INDEX[group]] * columns)

    def add_soft(self, group: str, position: np.ndarray, bins: int, salt: int = 0) -> None:
        """position: (K,) in [0, 1]; two neighbouring bins share the weight 1."""
        at = np.clip(position, 0, 1) * bins
        low = np.floor(at)
        share = (at - low).astype(np.float32)
        base = low.astype(np.uint64) + np.uint64(salt * 1000)
        self.add(group, np.stack([base, base + np.uint64(1)], axis=1), np.stack([1 - share, share], axis=1))

    def take(self, part: Part, rows: np.ndarray) -> None:
        """rows: (K,) of a table whose columns are hashed already."""
        self._taken.append((len(self._groups), part, rows))
        self._groups.extend(part.table.group[part.columns].tolist())

    def done(self) -> Features:
        group = np.array(self._groups, np.int32)
        values = np.empty((self.size, len(self._plain)), np.uint64)
        own = np.empty(values.shape, np.float32)
        at = 0
        for value, weight in zip(self._values, self._weights):
            here = slice(at, at + value.shape[1])
            values[:, here], own[:, here] = value, weight
            at = here.stop
        values ^= _SEED_OF_GROUP[group[self._plain]]
        hashed = bucket(mix(values))
        if not self._taken:
            return Features(hashed, own, group)
        buckets, weights = np.empty((self.size, len(group)), np.int32), np.empty((self.size, len(group)), np.float32)
        buckets[:, self._plain], weights[:, self._plain] = hashed, own
        rows_of: dict[tuple[int, int], Features] = {}
        for at, part, rows in self._taken:
            key = (id(part.table), id(rows))
            if key not in rows_of:
                rows_of[key] = part.table.rows(rows)
            table = rows_of[key]
            here = slice(at, at + part.columns.stop - part.columns.start)
            buckets[:, here], weights[:, here] = table.bucket[:, part.columns], table.weight[:, part.columns]
        return Features(buckets, weights, group)


def together(*collected: Columns) -> list[Part]:
    """The columns of several, all of the same rows, hashed at once: a part for each."""
    whole = Columns(collected[0].size)
    bounds = [0]
    for columns in collected:
        whole._values.extend(columns._values)
        whole._weights.extend(columns._weights)
        whole._groups.extend(columns._groups)
        bounds.append(len(whole._groups))
    whole._plain = list(range(bounds[-1]))
    table = whole.done()
    return [Part(table, slice(*pair)) for pair in pairwise(bounds)]
