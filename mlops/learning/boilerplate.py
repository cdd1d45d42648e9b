"""What a template prints on every document is no value of the next one.

Wrapper induction tells the template of a page from its data by what its pages share (Crescenzi et al., "RoadRunner",
VLDB 2001). Here one confirmed document is enough to begin: words that stand on it, and in no confirmed value, are
probably printed on the next document too. Digits count, unlike in features: `Invoice 2041` is the template, `2041` not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .candidates import Candidates
from .hashing import Hashes
from .layout import Floats
from .view import View

MOST_DOCUMENTS = 6  # confirmed last, that are compared
MOST_WORDS = 6000  # of a template, the commonest
_NONE = np.zeros(0, np.uint64)


@dataclass(frozen=True, slots=True)
class Boilerplate:
    """words: (W,) hashes, sorted. share: (W,) of the confirmed documents that print it outside of their values."""

    words: Hashes = field(default_factory=lambda: _NONE)
    share: Floats = field(default_factory=lambda: np.zeros(0, np.float32))

    @classmethod
    def of(cls, documents: Iterable[tuple[View, NDArray[np.bool_]]]) -> Boilerplate:
        """From confirmed documents, each with (n,) which of its words stand in a value."""
        last = list(documents)[-MOST_DOCUMENTS:]
        # A part of a value stands elsewhere, too: a name in the small print, a street without its country.
        printed = [np.setdiff1d(view.words[~in_value], view.words[in_value]) for view, in_value in last]
        words, count = np.unique(np.concatenate([_NONE, *printed]), return_counts=True)
        keep = np.sort(np.argsort(-count, kind="stable")[:MOST_WORDS])
        return cls(words[keep], (count[keep] / max(len(last), 1)).astype(np.float32))

    def to_arrays(self) -> dict[str, NDArray]:
        """Nothing where nothing was learned, as in the model of day zero."""
        return {"words": self.words, "share": self.share} if len(self.words) else {}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray]) -> Boilerplate:
        return cls(**arrays)

    def novelty(self, view: View, candidates: Candidates) -> Floats:
        """(K,) 1: each line says something that the confirmed documents do not print, 0: one says nothing new."""
        if not len(self.words) or not len(candidates):
            return np.ones(len(candidates), np.float32)
        at = np.minimum(np.searchsorted(self.words, view.words), len(self.words) - 1)
        new = 1 - np.where(self.words[at] == view.words, self.share[at], 0).astype(np.float32)
        # The newest word of each run counts. Even places are runs, odd ones what lies between the runs.
        bounds = np.stack([candidates.first, candidates.last + 1], axis=1).ravel()
        out: Floats = np.maximum.reduceat(np.append(new, np.float32(0)), bounds)[::2]
        if candidates.rest:
            # A line that the template prints, "NOTIFY PARTY" below an address, is none of a value's.
            line = candidates.layout.line
            of, words = zip(*((k, word) for k, words in candidates.rest.items() for word in words), strict=True)
            at, below = np.array(of), np.array(words)
            starts = np.flatnonzero(np.diff(at, prepend=-1) | np.diff(line[below], prepend=-1))
            np.minimum.at(out, at[starts], np.maximum.reduceat(new[below], starts))
        return out
