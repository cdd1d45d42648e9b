"""Training as a generator of progress, that may be stopped after any step and goes on to the same bytes."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from ..devices import CPU
from .batches import Words, collate
from .config import NetworkConfig, PretrainingConfig, TrainingConfig
from .encoder import Encoder
from .examples import Example
from .inputs import PLACE_FLOATS
from .loss import listwise, scores

CLIP = 1.0  # norm of the gradient, at most
CURVE_STEPS = 100  # whose mean loss is a point of the curve
POOL = 16  # batches whose documents are sorted by length before they are cut


@dataclass(frozen=True, slots=True)
class Progress:
    """After a step. loss: of its batch, in nats a field."""

    step: int
    steps: int
    loss: float


C = TypeVar("C", TrainingConfig, PretrainingConfig)


class BaseTrainer(Generic[C]):
    """The state of a training: encoder, optimiser, step. What is drawn at random depends on seed and step alone.

    modules: what is learned, averages: what is kept besides, by the name in a checkpoint. Who extends it adds to them,
    and makes the optimiser.
    """

    optimizer: torch.optim.Optimizer

    def __init__(self, network: NetworkConfig, config: C, fields: int, archive: str = "", *, device: str = CPU) -> None:
        """archive: digest of what it is pretrained on, "" for nothing. device: cpu or cuda:N.

        What is drawn besides dropout is drawn on the CPU, the first weights too: the same on every device.
        """
        torch.manual_seed(config.seed)
        self.network, self.archive, self.device = network, archive, device
        self.config: C = config
        self.encoder = Encoder(network, fields).to(device)
        self.modules: dict[str, nn.Module] = {"weights": self.encoder}
        self.averages: dict[str, nn.Module] = {}
        self.step = 0
        self.curve: list[float] = []  # mean loss of every CURVE_STEPS steps
        self.losses = 0.0  # sum of those since the last point

    def _run(self, loss: Callable[[], Tensor]) -> Iterator[Progress]:
        """Yield after each step; the caller may stop at any time. loss: of the batch of `self.step`."""
        self.encoder.train()
        while self.step < self.config.steps:
            torch.manual_seed(self.config.seed * 1_000_003 + self.step)
            yield self._advance(loss())

    def _rate(self) -> float:
        return rate_at(self.step, self.config, until=self.config.steps)

    def _advance(self, loss: Tensor) -> Progress:
        rate = self._rate()
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_([p for module in self.modules.values() for p in module.parameters()], CLIP)
        self.optimizer.step()
        self.step += 1
        self._draw(float(loss.detach()))
        return Progress(self.step, self.config.steps, float(loss.detach()))

    def _draw(self, loss: float) -> None:
        self.losses += loss
        since = self.step % CURVE_STEPS or CURVE_STEPS
        if since == CURVE_STEPS or self.step == self.config.steps:
            self.curve.append(round(self.losses / since, 6))
            self.losses = 0.0


class Trainer(BaseTrainer[TrainingConfig]):
    """Learns where on a page the value of each field stands."""

    def __init__(
        self, network: NetworkConfig, config: TrainingConfig, fields: int, archive: str = "", *, device: str = CPU
    ) -> None:
        super().__init__(network, config, fields, archive, device=device)
        # Two groups, as is usual: weights decay; norms, biases and embeddings of rare words do not.
        decayed = [p for n, p in self.encoder.named_parameters() if p.ndim > 1 and not n.startswith(("grams", "words"))]
        others = [p for n, p in self.encoder.named_parameters() if p.ndim < 2 or n.startswith(("grams", "words"))]
        self.optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}],
            lr=config.rate,
        )
        self.average = AveragedModel(self.encoder)
        self.averages["average"] = self.average
        self._settles = config.steps * (1 - config.averaged)

    @property
    def trained(self) -> Encoder:
        """The mean of the last weights; those of the last step before there is one."""
        return cast(Encoder, self.average.module) if int(self.average.n_averaged) else self.encoder

    def run(self, examples: Sequence[Example]) -> Iterator[Progress]:
        """Yield after each step; the caller may stop at any time."""
        return self._run(lambda: self._loss(examples))

    def _rate(self) -> float:
        return rate_at(self.step, self.config, until=self._settles, low=self.config.settled * self.config.rate)

    def _advance(self, loss: Tensor) -> Progress:
        progress = super()._advance(loss)
        if self.step > self._settles:
            self.average.update_parameters(self.encoder)
        return progress

    def _loss(self, examples: Sequence[Example]) -> Tensor:
        chosen = batch_of(self.step, examples, self.config)
        batch = collate([examples[i] for i in chosen], self.network.buckets)
        batch = batch._replace(words=self._hidden(batch.words)).to(self.device)
        logits, absent = self.encoder(*batch.words)
        return listwise(scores(logits, batch), absent, batch, self.config.absence)

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


def rate_at(step: int, config: TrainingConfig | PretrainingConfig, *, until: float, low: float = 0.0) -> float:
    """Up to the rate over the warmup, then along half a cosine down to `low` at step `until`."""
    if step < config.warmup:
        return config.rate * (step + 1) / config.warmup
    share = (step - config.warmup) / max(1.0, until - config.warmup)
    return low + (config.rate - low) * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))


def deterministic(threads: int = 1) -> None:
    """Same input, same bytes on the same class of device: one order of additions, in full precision."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it CUDA's matrix products are refused
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.set_deterministic_debug_mode("error")  # as use_deterministic_algorithms, which imports a compiler for 2 s
    torch.set_num_threads(threads)
