"""Pretraining without labels: words that are hidden are guessed from what stands around them.

Masked language modelling (Devlin et al., 2019) over words and boxes, as in LayoutLM (Xu et al., 2020). Whole cells are
hidden besides single words, as spans are in SpanBERT (Joshi et al., 2020), so that it takes the layout to guess them.
What is guessed is the row of the encoder's own table of words (tied weights, Press and Wolf, 2017).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..devices import CPU
from .batches import Words, pad_words
from .config import NetworkConfig, PretrainingConfig
from .inputs import Inputs, first_cells
from .training import BaseTrainer, Progress

DIGITS = 1  # column of the form of a word: its share of digits
MOST_DIGITS = 0.3  # of a word that is guessed: numbers cannot be
MOST_GUESSED = 1500  # words of a step


class Guesser(nn.Module):
    """Words in context -> the logits of every row of the table of words."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.context = nn.Sequential(
            nn.Linear(config.word + config.cell, config.hidden), nn.GELU(), nn.Linear(config.hidden, config.word)
        )
        self.bias = nn.Parameter(torch.zeros(config.buckets + 1))

    def forward(self, words: Tensor, table: Tensor) -> Tensor:
        """words: (k, word + cell), table: (buckets + 1, word) -> (k, buckets + 1)"""
        out: Tensor = self.context(words) @ table.T + self.bias
        return out


class Pretrainer(BaseTrainer[PretrainingConfig]):
    """Learns to guess hidden words, beside the encoder with a guesser that nothing else needs."""

    def __init__(
        self, network: NetworkConfig, config: PretrainingConfig, fields: int, archive: str = "", *, device: str = CPU
    ) -> None:
        super().__init__(network, config, fields, archive, device=device)
        self.modules["guesser"] = self.guesser = Guesser(network).to(device)
        # All but what reads fields, which no guess goes through.
        encoder = [p for n, p in self.encoder.named_parameters() if not n.startswith(("read.", "absent."))]
        self.optimizer = torch.optim.AdamW(
            [*encoder, *self.guesser.parameters()], lr=config.rate, weight_decay=config.weight_decay
        )

    def run(self, archive: Sequence[Inputs], others: Sequence[Inputs]) -> Iterator[Progress]:
        """Yield after each step; one may stop at any time. archive: the customer's documents, others: synthetic."""
        return self._run(lambda: self._loss(archive, others))

    def _loss(self, archive: Sequence[Inputs], others: Sequence[Inputs]) -> Tensor:
        config = self.config
        rng = np.random.default_rng((config.seed, self.step))
        mine = max(1, round(config.archive * config.batch))
        chosen = [archive[i] for i in rng.integers(0, len(archive), mine)]
        if others and mine < config.batch:
            chosen += [others[i] for i in rng.integers(0, len(others), config.batch - mine)]
        words = pad_words([first_cells(i, config.most_cells) for i in chosen], self.network.buckets)
        seen, guessed = hide(words, config)
        at = guessed.nonzero()  # (k, 2)
        at = at[torch.randperm(len(at))[:MOST_GUESSED]]
        return self._guess(seen.to(self.device), at.to(self.device), words.word[at[:, 0], at[:, 1]].to(self.device))

    def _guess(self, seen: Words, at: Tensor, meant: Tensor) -> Tensor:
        """at: (k, 2) document and word of what is guessed, meant: (k,) its row of the table."""
        context = self.encoder.contexts(*seen)[0][at[:, 0], at[:, 1]]
        logits = self.guesser(context, self.encoder.words.weight)
        return F.cross_entropy(logits, meant, reduction="sum") / max(len(at), 1)


def digest_of(archive: Sequence[Inputs], config: PretrainingConfig) -> str:
    """sha256 of what is guessed and how: a checkpoint of other documents is not gone on from."""
    digest = hashlib.sha256(repr(config).encode())
    for inputs in archive:
        for array in (inputs.word, inputs.grams, inputs.start, inputs.box):
            digest.update(array.tobytes())
        digest.update(b"\0")
    return digest.hexdigest()


def hide(words: Words, config: PretrainingConfig) -> tuple[Words, Tensor]:
    """Return the words without the identity of those that are hidden, and (B, n) which of these are to be guessed."""
    documents, count = words.word.shape
    cells = torch.rand(documents, words.start.shape[1]) < config.cells
    hidden = torch.gather(cells, 1, words.cell) | (torch.rand(documents, count) < config.words)
    known = ~hidden
    real = torch.arange(count) < words.stop.amax(dim=1, keepdim=True)
    guessed = hidden & real & (words.form[..., DIGITS] < MOST_DIGITS) & (words.word > 0)
    return words._replace(grams=words.grams * known.unsqueeze(-1), word=words.word * known), guessed
