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

from .candidates import TEXT_TYPES, Candidates
from .hashing import Hashes
from .layout import Floats, Ints
from .view import View

MOST_DOCUMENTS = 6  # confirmed last, that are compared
RUN = 4  # words in running text, half of them in small letters, that are a line's worth
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
        of, start, stop = _lines(candidates)
        out = np.ones(len(candidates), np.float32)
        # The newest word of each line counts. Even places are lines, odd ones what lies between them.
        bounds = np.stack([start, stop], axis=1).ravel()
        np.minimum.at(out, of, np.maximum.reduceat(np.append(new, np.float32(0)), bounds)[::2])
        if candidates.kind in TEXT_TYPES:
            is_long = stop - start >= RUN
            bounds = np.stack([start[is_long], stop[is_long] - RUN + 1], axis=1).ravel()
            if len(bounds):
                np.minimum.at(out, of[is_long], np.minimum.reduceat(_newest_of_runs(candidates, new), bounds)[::2])
        return out


def _lines(candidates: Candidates) -> tuple[Ints, Ints, Ints]:
    """Return the candidate, the first word and the end of each line of each candidate."""
    of, start, stop = np.arange(len(candidates), dtype=np.int32), candidates.first, candidates.last + 1
    if not candidates.rest:
        return of, start, stop
    following = [(k, word) for k, words in candidates.rest.items() for word in words]
    k, word = np.array(following, np.int32).T
    begins = np.flatnonzero(np.diff(k, prepend=-1) | np.diff(candidates.layout.line[word], prepend=-1))
    ends = np.append(begins[1:], len(word)) - 1
    return np.append(of, k[begins]), np.append(start, word[begins]), np.append(stop, word[ends] + 1)


def _newest_of_runs(candidates: Candidates, new: Floats) -> Floats:
    """(n - RUN + 2,) of the RUN words from each one on the newest, in running text; elsewhere, and at the end, 1."""
    is_small = np.array([text[:1].islower() for text in candidates.layout.texts])
    runs = np.lib.stride_tricks.sliding_window_view
    is_prose = runs(is_small, RUN).sum(axis=1) >= RUN / 2
    return np.append(np.where(is_prose, runs(new, RUN).max(axis=1), 1), 1).astype(np.float32)
