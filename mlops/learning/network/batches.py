"""Examples -> padded tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from .examples import Example
from .inputs import Inputs, padded


class Words(NamedTuple):
    """The arguments of Encoder.forward."""

    grams: Tensor
    word: Tensor
    form: Tensor
    cell: Tensor
    start: Tensor
    stop: Tensor
    place: Tensor
    box: Tensor

    def to(self, device: str) -> Words:
        return Words(*(t.to(device) for t in self))


class Batch(NamedTuple):
    """B documents; K candidates of all of them, E (candidate, word) pairs.

    first, tail, word: rows of the logits seen as (B * n, fields, PARTS). document, slot: (K,) where each candidate goes
    in (B, widest). size: (K,) words of it. eligible, positive: (B, widest, fields). asked: (B, fields).
    """

    words: Words
    first: Tensor
    tail: Tensor
    of: Tensor
    word: Tensor
    size: Tensor
    document: Tensor
    slot: Tensor
    eligible: Tensor
    positive: Tensor
    asked: Tensor

    def to(self, device: str) -> Batch:
        return Batch(self.words.to(device), *(t.to(device) for t in self[1:]))


def pad_words(inputs: Sequence[Inputs], buckets: int) -> Words:
    return Words(**{name: torch.from_numpy(a) for name, a in padded(inputs, buckets).items()})


def collate(examples: Sequence[Example], buckets: int) -> Batch:
    words = pad_words([e.inputs for e in examples], buckets)
    n = words.word.shape[1]
    counts = [len(e.spans) for e in examples]
    before = np.cumsum([0, *counts])
    fields = examples[0].asked.shape[0]
    eligible = np.zeros((len(examples), max(counts), fields), bool)
    positive = np.zeros_like(eligible)
    for i, e in enumerate(examples):
        eligible[i, : counts[i]], positive[i, : counts[i]] = e.eligible, e.positive

    def joined(arrays: list[np.ndarray], offsets: Sequence[int] | np.ndarray) -> Tensor:
        return torch.from_numpy(np.concatenate([a.astype(np.int64) + int(o) for a, o in zip(arrays, offsets)]))

    rows = [i * n for i in range(len(examples))]
    sizes = [np.bincount(e.spans.of, minlength=len(e.spans)) for e in examples]
    size = np.concatenate(sizes).clip(1).astype(np.float32)
    return Batch(
        words,
        joined([e.spans.first for e in examples], rows),
        joined([e.spans.tail for e in examples], rows),
        joined([e.spans.of for e in examples], before),
        joined([e.spans.word for e in examples], rows),
        torch.from_numpy(size),
        torch.from_numpy(np.repeat(np.arange(len(examples)), counts)),
        torch.from_numpy(np.concatenate([np.arange(c) for c in counts])),
        torch.from_numpy(eligible),
        torch.from_numpy(positive),
        torch.from_numpy(np.stack([e.asked for e in examples])),
    )
