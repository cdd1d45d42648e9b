"""Candidates as the words they are made of: what the logits of words are gathered by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

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


def spans_of(candidates: Candidates, at: Ints) -> tuple[Spans, Ints]:
    """Return the candidates of which every word was read, and their numbers. at: (n,) those words of the layout."""
    number = np.full(candidates.layout.words, -1, np.int32)
    number[at] = np.arange(len(at), dtype=np.int32)
    lists = [candidates.words(k) for k in range(len(candidates))]
    of = np.repeat(np.arange(len(lists), dtype=np.int32), [len(words) for words in lists])
    word = number[np.fromiter(chain.from_iterable(lists), np.int32, len(of))]
    is_read = np.bincount(of, word < 0, minlength=len(lists)) == 0
    keep = np.flatnonzero(is_read).astype(np.int32)
    renumbered = (np.cumsum(is_read, dtype=np.int32) - 1)[of]
    mine = is_read[of]
    return Spans(number[candidates.first[keep]], number[candidates.tail[keep]], renumbered[mine], word[mine]), keep


def join(parts: Sequence[Spans]) -> Spans:
    offset = np.cumsum([0] + [len(p) for p in parts])
    return Spans(
        np.concatenate([p.first for p in parts]),
        np.concatenate([p.tail for p in parts]),
        np.concatenate([p.of + o for p, o in zip(parts, offset)]).astype(np.int32),
        np.concatenate([p.word for p in parts]),
    )
