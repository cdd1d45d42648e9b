"""From documents to a network that can be shipped: examples, pretraining, training with checkpoints, export."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np

from invex.fields.spec import FieldSpec

from .. import archive
from ..checkpoints import NO_CHECKPOINTS, Checkpoints, Yielded
from ..dataset import Sample
from ..devices import CPU, class_of
from . import checkpoint, files
from .config import NetworkConfig, PretrainingConfig, TrainingConfig
from .examples import Example, make_example
from .export import check_exporter, export
from .inputs import Inputs
from .pretraining import Pretrainer, digest_of
from .serving import Network
from .training import CURVE_STEPS, Progress, Trainer, deterministic

CANDIDATES = 150  # of a type and document, besides the values
COMPARED = 20  # documents on which ONNX has to agree with torch
CHECKPOINT_STEPS = 200
MAKING = "synthetic documents"  # the step of a training in which they are made
TOLD_DOCUMENTS = 100  # between two times that it is told how many there are

T = TypeVar("T", Trainer, Pretrainer)

log = logging.getLogger(__name__)


def build_network(
    samples: Iterable[Sample],
    fields: Sequence[FieldSpec],
    network: NetworkConfig,
    training: TrainingConfig,
    *,
    saved: Path | None = None,
    unlabelled: Sequence[Inputs] = (),
    pretraining: PretrainingConfig | None = None,
    device: str = CPU,
    watched: Checkpoints = NO_CHECKPOINTS,
) -> Network:
    """Return the trained network. The same arguments give the same bytes, after any interruption too.

    device: on which it is trained; devices of another class give other bytes, so checkpoints are of one class.

    saved: file of the checkpoint, written every CHECKPOINT_STEPS, and beside it those of other members and of their
    pretraining (`files`); one that is there already is gone on from.
    unlabelled: the documents of an archive, on which it is pretrained first as `pretraining` says.
    watched: who is told of progress, and may stop it after any step.
    Raises Yielded; BadCheckpoint, also for one of another configuration; NoDevice; ExportDiffers; ModuleNotFoundError
    without onnx.
    """
    check_exporter()
    class_of(device)  # is here
    deterministic()
    documents = [i for i in unlabelled if i.words]
    digest = digest_of(documents, pretraining) if pretraining is not None else ""
    trainers = []
    for number in range(training.members):
        mine = replace(training, seed=training.seed * training.members + number)
        begun = Trainer(network, mine, len(fields), digest, device=device)
        trainers.append(_resumed(_file(saved, number), begun))
    rng = np.random.default_rng(training.seed)
    made = (make_example(s, fields, most=CANDIDATES, rng=rng) for s in samples)
    usable = (e for e in made if e.inputs.words and len(e.spans))
    # Trainings that came to their end before the build was stopped need only those that are compared.
    is_done = all(t.step == training.steps for t in trainers)
    wanted = min(COMPARED, training.documents) if is_done else training.documents
    examples: list[Example] = []
    for example in _watched(islice(usable, COMPARED) if is_done else usable, wanted, watched):
        examples.append(example)
    for number, trainer in enumerate(trainers):
        name, file = f"network {number + 1} of {training.members}", _file(saved, number)
        if pretraining is not None and not trainer.step:
            before = None if file is None else files.of_pretraining(file)
            other = replace(pretraining, seed=pretraining.seed * training.members + number)
            pretrainer = _resumed(before, Pretrainer(network, other, len(fields), digest, device=device))
            log.info("%s, pretraining: %d documents without labels", name, len(documents))
            steps = pretrainer.run(documents, [e.inputs for e in examples])
            _finish(pretrainer, steps, f"{name}, pretraining", before, watched, len(documents))
            trainer.encoder.load_state_dict(pretrainer.encoder.state_dict())
        _finish(trainer, trainer.run(examples), name, file, watched, len(examples))
    keys = tuple(f.key for f in fields)
    data = export([t.trained for t in trainers], keys, [e.inputs for e in examples[:COMPARED]])
    return Network(data, keys, network.buckets)


def _watched(made: Iterable[Example], wanted: int, watched: Checkpoints) -> Iterator[Example]:
    """Yield the examples as they are made, and tell how many there are. wanted: of so many. Raises Yielded."""
    start, count = time.perf_counter(), 0

    def tell() -> None:
        log.info("%s: %d of %d made", MAKING, count, wanted)
        about = {"documents": count, "wanted": wanted}
        watched.tell({"step": MAKING, "seconds": time.perf_counter() - start, "is_resumed": False, **about})

    tell()
    for example in made:
        if watched.should_stop():
            raise Yielded(f"stopped after {count} of {wanted} synthetic documents, which are made anew next time")
        count += 1
        if count % TOLD_DOCUMENTS == 0:
            tell()
        yield example
    wanted = count  # some may be of no use
    tell()


def _file(saved: Path | None, number: int) -> Path | None:
    return None if saved is None else files.of_member(saved, number)


def _resumed(saved: Path | None, trainer: T) -> T:
    """Return what was saved of `trainer`, itself where nothing was. Raises BadCheckpoint for one of another kind."""
    if saved is None or not saved.exists():
        return trainer
    found = checkpoint.from_bytes(saved.read_bytes(), device=trainer.device)
    if not isinstance(found, type(trainer)) or (found.network, found.config) != (trainer.network, trainer.config):
        raise checkpoint.BadCheckpoint(f"{saved} is of another configuration: remove it to start anew")
    if found.archive != trainer.archive:
        raise checkpoint.BadCheckpoint(f"{saved} has read other documents: remove it to start anew")
    return found


def _finish(
    trainer: Trainer | Pretrainer, steps: Iterator[Progress], name: str, saved: Path | None, watched: Checkpoints,
    documents: int,
) -> None:  # fmt: skip
    """Go through the steps that are left. Raises Yielded, once the last one is saved."""
    start, is_resumed = time.perf_counter(), trainer.step > 0
    for progress in steps:
        is_last = progress.step == progress.steps
        if progress.step % CURVE_STEPS == 0 or is_last:
            log.info("%s: step %d of %d, loss %.4f", name, progress.step, progress.steps, trainer.curve[-1])
            about = {"documents": documents, "curve": [*trainer.curve], "curve_steps": CURVE_STEPS}
            watched.tell({"step": name, "seconds": time.perf_counter() - start, "is_resumed": is_resumed, **about})
        stops = not is_last and watched.should_stop()
        if saved is not None and (stops or progress.step % CHECKPOINT_STEPS == 0):
            archive.write(saved, checkpoint.to_bytes(trainer))
        if stops:
            raise Yielded(f"stopped after step {progress.step} of {progress.steps} of {name}")
