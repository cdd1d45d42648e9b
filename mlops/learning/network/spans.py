"""Candidates as the words they are made of: what the logits of words are gathered by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..candidates import Candidates
from ..layout import Ints


@dataclass(frozen=True, slots=True)
class Spans:
    """K candidates as words. first, tail: (K,). of, word: (E,) pairs (candidate, word) of all words of each."""

    first: Ints
    tail: Ints
    of: Ints
    word: Ints

    def __len__(self) -> int:
        return len(self.first)


def spans_of(candidates: Candidates, words: int) -> tuple[Spans, Ints]:
    """Return the candidates among the first `words` words, and their numbers."""
    keep = np.flatnonzero(candidates.tail < words) if len(candidates) else np.zeros(0, np.int64)
    lists = [candidates.words(int(k)) for k in keep]
    sizes = [len(w) for w in lists]
    flat = np.array([w for ws in lists for w in ws], np.int32)
    of = np.repeat(np.arange(len(lists), dtype=np.int32), sizes)
    return Spans(candidates.first[keep], candidates.tail[keep], of, flat), keep.astype(np.int32)


def join(parts: Sequence[Spans]) -> Spans:
    offset = np.cumsum([0] + [len(p) for p in parts])
    return Spans(
        np.concatenate([p.first for p in parts]),
        np.concatenate([p.tail for p in parts]),
        np.concatenate([p.of + o for p, o in zip(parts, offset)]).astype(np.int32),
        np.concatenate([p.word for p in parts]),
    )
