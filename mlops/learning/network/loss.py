"""Candidates scored by the logits of their words, and the listwise loss of mlops.learning.scorer over them."""

from __future__ import annotations

import torch
from torch import Tensor

from .batches import Batch

NEVER = -1e4


def scores(logits: Tensor, batch: Batch) -> Tensor:
    """logits: (B, n, fields, 3) -> (B, widest, fields): starts at its first word, ends at its last, mean in between."""
    flat = logits.reshape(-1, *logits.shape[2:])
    through = logits.new_zeros(len(batch.first), logits.shape[2])
    through = through.index_add(0, batch.of, flat[batch.word, :, 2]) / batch.size[:, None]
    score = flat[batch.first, :, 0] + flat[batch.tail, :, 1] + through
    out = logits.new_full(batch.eligible.shape, NEVER)
    return out.index_put((batch.document, batch.slot), score)


def listwise(score: Tensor, absent: Tensor, batch: Batch, absence: float) -> Tensor:
    """-log of the probability of what was meant, mean over the questions that were answered.

    score: (B, widest, fields). absent: (B, fields). absence: weight of the same documents without their values.
    """
    every = torch.where(batch.eligible, score, NEVER)
    good = torch.where(batch.positive, score, NEVER)
    rest = torch.where(batch.eligible & ~batch.positive, score, NEVER)
    has = batch.positive.any(dim=1)
    total = torch.logaddexp(torch.logsumexp(every, dim=1), absent)
    left = torch.logaddexp(torch.logsumexp(rest, dim=1), absent)
    present = total - torch.logsumexp(good, dim=1) + absence * (left - absent)
    lost = torch.where(has, present, total - absent)
    asked = batch.asked.to(score.dtype)
    return (lost * asked).sum() / asked.sum().clamp(min=1)
