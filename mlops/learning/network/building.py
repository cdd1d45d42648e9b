"""From documents to a network that can be shipped: examples, training with checkpoints, export."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from invex.fields.spec import FieldSpec

from .. import archive
from ..dataset import Sample
from . import checkpoint
from .config import NetworkConfig, TrainingConfig
from .examples import make_example
from .export import check_exporter, export
from .serving import Network
from .training import Trainer, deterministic

CANDIDATES = 150  # of a type and document, besides the values
COMPARED = 20  # documents on which ONNX has to agree with torch
CHECKPOINT_STEPS = 200
REPORTED_STEPS = 100

log = logging.getLogger(__name__)


def build_network(
    samples: Iterable[Sample],
    fields: Sequence[FieldSpec],
    network: NetworkConfig,
    training: TrainingConfig,
    *,
    saved: Path | None = None,
) -> Network:
    """Return the trained network. The same arguments give the same bytes, after any interruption too.

    saved: file of the checkpoint, written every CHECKPOINT_STEPS; one that is there already is gone on from.
    Raises BadCheckpoint, also for one of another configuration; ExportDiffers; ModuleNotFoundError without onnx.
    """
    check_exporter()
    deterministic()
    trainer = Trainer(network, training, len(fields))
    if saved is not None and saved.exists():
        trainer = checkpoint.from_bytes(saved.read_bytes())
        if (trainer.network, trainer.training) != (network, training):
            raise checkpoint.BadCheckpoint(f"{saved} is of another configuration: remove it to start anew")
    rng = np.random.default_rng(training.seed)
    made = (make_example(s, fields, most=CANDIDATES, rng=rng) for s in samples)
    usable = (e for e in made if e.inputs.words and len(e.spans))
    # A training that came to its end before the build was stopped needs only those that are compared.
    examples = list(usable if trainer.step < training.steps else islice(usable, COMPARED))
    log.info("network: %d documents", len(examples))
    for progress in trainer.run(examples):
        if progress.step % REPORTED_STEPS == 0:
            log.info("network: step %d of %d, loss %.4f", progress.step, progress.steps, progress.loss)
        if saved is not None and progress.step % CHECKPOINT_STEPS == 0:
            archive.write(saved, checkpoint.to_bytes(trainer))
    keys = tuple(f.key for f in fields)
    data = export(trainer.encoder, keys, [e.inputs for e in examples[:COMPARED]])
    return Network(data, keys, network.buckets)
