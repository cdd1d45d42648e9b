"""Training as a generator of progress, that may be stopped after any step and goes on to the same bytes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from .batches import Words, collate
from .config import NetworkConfig, PretrainingConfig, TrainingConfig
from .encoder import Encoder
from .examples import Example
from .inputs import PLACE_FLOATS
from .loss import listwise, scores

CLIP = 1.0  # norm of the gradient, at most
POOL = 16  # batches whose documents are sorted by length before they are cut


@dataclass(frozen=True, slots=True)
class Progress:
    """After a step. loss: of its batch, in nats a field."""

    step: int
    steps: int
    loss: float


class Trainer:
    """The state of a training: encoder, optimiser, step. What is drawn at random depends on seed and step alone."""

    def __init__(self, network: NetworkConfig, training: TrainingConfig, fields: int, archive: str = "") -> None:
        """archive: digest of what it is pretrained on, "" for nothing."""
        torch.manual_seed(training.seed)
        self.network, self.config, self.archive = network, training, archive
        self.encoder = Encoder(network, fields)
        # Two groups, as is usual: weights decay; norms, biases and embeddings of rare words do not.
        decayed = [p for n, p in self.encoder.named_parameters() if p.ndim > 1 and not n.startswith(("grams", "words"))]
        others = [p for n, p in self.encoder.named_parameters() if p.ndim < 2 or n.startswith(("grams", "words"))]
        self.optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": training.weight_decay}, {"params": others, "weight_decay": 0.0}],
            lr=training.rate,
        )
        self.step = 0

    def run(self, examples: Sequence[Example]) -> Iterator[Progress]:
        """Yield after each step; the caller may stop at any time."""
        self.encoder.train()
        while self.step < self.config.steps:
            yield self._step(examples)

    def _step(self, examples: Sequence[Example]) -> Progress:
        torch.manual_seed(self.config.seed * 1_000_003 + self.step)
        chosen = batch_of(self.step, examples, self.config)
        batch = collate([examples[i] for i in chosen], self.network.buckets)
        words = self._hidden(batch.words)
        logits, absent = self.encoder(*words)
        loss = listwise(scores(logits, batch), absent, batch, self.config.absence)
        for group in self.optimizer.param_groups:
            group["lr"] = rate_at(self.step, self.config)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.encoder.parameters(), CLIP)
        self.optimizer.step()
        self.step += 1
        return Progress(self.step, self.config.steps, float(loss.detach()))

    def _hidden(self, words: Words) -> Words:
        """The batch without the identity of some words, and of some documents without where on the page cells are."""
        documents = len(words.word)
        share = 2 * self.network.unknown_words * torch.rand(documents, 1)
        known = torch.rand(words.word.shape) >= share
        place = words.place.clone()
        place[..., :PLACE_FLOATS] *= (torch.rand(documents, 1, 1) >= self.network.unknown_places).to(place.dtype)
        return words._replace(grams=words.grams * known.unsqueeze(-1), word=words.word * known, place=place)


def batch_of(step: int, examples: Sequence[Example], config: TrainingConfig) -> list[int]:
    """Numbers of the documents of a step: every epoch in another order, documents of like length together."""
    per_epoch = max(1, len(examples) // config.batch)
    epoch, at = divmod(step, per_epoch)
    rng = np.random.default_rng((config.seed, epoch))
    shuffled = rng.permutation(len(examples))
    pools = np.array_split(shuffled, max(1, len(examples) // (config.batch * POOL)))
    ordered = np.concatenate([p[np.argsort([examples[i].inputs.words for i in p], kind="stable")] for p in pools])
    batches = [ordered[i * config.batch : (i + 1) * config.batch] for i in range(per_epoch)]
    return [int(i) for i in batches[int(rng.permutation(per_epoch)[at])]]


def rate_at(step: int, config: TrainingConfig | PretrainingConfig) -> float:
    if step < config.warmup:
        return config.rate * (step + 1) / config.warmup
    share = (step - config.warmup) / max(1, config.steps - config.warmup)
    return config.rate * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))


def deterministic(threads: int = 1) -> None:
    """Same input, same bytes: one order of additions."""
    torch.set_deterministic_debug_mode("error")  # as use_deterministic_algorithms, which imports a compiler for 2 s
    torch.set_num_threads(threads)
