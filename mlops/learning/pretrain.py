"""A base package whose network has read a customer's own documents: `pretrain DATASET --out PACKAGE`, without labels.

The network guesses hidden words on the documents of the dataset and on synthetic ones, and is then trained on synthetic
documents as that of the shipped package was. All else is kept. `learn --base PACKAGE` learns on top of it.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from invex.fields.standard import STANDARD_FIELDS
from invex.reading.errors import Unreadable

from .archive import BadPackage, check_place
from .base_package import MORE_NOISE, synthetic_samples
from .checkpoints import NO_CHECKPOINTS, Checkpoints, Yielded, progress_file
from .cli import BAD_INPUT, DONE, NOTHING, YIELDED, asked_to_stop, goes_on, refuse, seed
from .dataset import BadDataset, Dataset, Reader, load_dataset, read
from .devices import CPU, NoDevice, add_device, class_of
from .held_out import card, measure
from .learner import code_version, project_name, sources_hash, stamped
from .network import files
from .network.config import NetworkConfig, PretrainingConfig, TrainingConfig
from .network.inputs import Inputs, read_inputs
from .package import Package, environment
from .predictor import shipped_package
from .view import View

NEEDED = ("torch", "onnx")
SMOKE_DOCUMENTS = 20

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PretrainConfig:
    """measured: held-out synthetic documents on which the new package is measured."""

    network: NetworkConfig = field(default_factory=NetworkConfig)
    pretraining: PretrainingConfig = field(default_factory=PretrainingConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    measured: int = 300

    def seeded(self, seed: int) -> PretrainConfig:
        return replace(
            self, pretraining=replace(self.pretraining, seed=seed), training=replace(self.training, seed=seed)
        )


SMOKE = PretrainConfig(
    pretraining=PretrainingConfig(steps=4, warmup=2, batch=4),
    training=TrainingConfig(documents=16, steps=6, warmup=2),
    measured=8,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", type=Path, help="a folder of format invex-dataset/1; its labels are not read")
    parser.add_argument("--out", type=Path, required=True, help="the package to write")
    parser.add_argument("--base", type=Path, help="package whose network is learned anew; absent: the shipped one")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", 
                        help="keep what is done; after SIGTERM (exit code 4) or a kill it goes on")  # fmt: skip
    parser.add_argument("--seed", type=seed, default=0)
    add_device(parser)
    parser.add_argument("--progress", type=Path, metavar="FILE", help="append a JSON line for every 100 steps")
    parser.add_argument("--smoke", action="store_true", help="a few steps: proves data and code quickly")


def run(options: argparse.Namespace, reader: Reader | None = None) -> int:
    """Write the package. Returns the exit code; SIGTERM stops it after the step at hand, with YIELDED."""
    should_stop = asked_to_stop()
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        return refuse(ModuleNotFoundError(f"no {' and no '.join(missing)} here: install invex[train]"), BAD_INPUT)
    from .network.checkpoint import BadCheckpoint  # torch

    try:
        check_place(options.out)  # before a long reading: can it be written, is the device here?
        class_of(options.device)
        base = shipped_package() if options.base is None else Package.load(options.base)
        dataset = load_dataset(options.dataset, keeps_faults=True)
        unlabelled = list(_pages(dataset, reader, should_stop, most=SMOKE_DOCUMENTS if options.smoke else None))
        if not unlabelled:
            return refuse(BadDataset(f"{options.dataset}: no document with words to read"), NOTHING)
        config = (SMOKE if options.smoke else PretrainConfig()).seeded(options.seed)
        with progress_file(options.progress) as tell:
            package = pretrained(
                base, dataset.name, unlabelled, config, saved=options.checkpoint, device=options.device,
                watched=Checkpoints(None, should_stop, tell),
            )  # fmt: skip
        package.save(options.out)
        if options.checkpoint is not None:
            for done in files.of_build(options.checkpoint, config.training.members):
                done.unlink(missing_ok=True)
    except Yielded as e:
        log.info("%s; %s", e, goes_on(options.checkpoint, "--checkpoint FILE"))
        return YIELDED
    except (BadDataset, BadPackage, BadCheckpoint, NoDevice, OSError) as e:
        return refuse(e, BAD_INPUT)
    log.info("%s: %s", options.out, package.build)
    return DONE


def pretrained(
    base: Package,
    name: str,
    unlabelled: list[Inputs],
    config: PretrainConfig,
    *,
    saved: Path | None = None,
    device: str = CPU,
    watched: Checkpoints = NO_CHECKPOINTS,
) -> Package:
    """Return `base` with a network that has read `unlabelled`. The same arguments give the same bytes.

    name: of the dataset, for the manifest. saved: checkpoint that an interrupted call goes on from. device: where the
    network is trained. watched: who is told, and may stop it. Raises Yielded.
    """
    from .network.building import build_network  # torch

    network = build_network(
        synthetic_samples(config.training.documents, MORE_NOISE, first=config.training.first),
        STANDARD_FIELDS,
        config.network,
        config.training,
        saved=saved,
        unlabelled=unlabelled,
        pretraining=config.pretraining,
        device=device,
        watched=watched,
    )
    learned = {"network": asdict(config.network), "training": asdict(config.training)}
    read = {"dataset": name, "documents": len(unlabelled), **provenance(device)}
    said = {**read, **asdict(config.pretraining), **learned}
    manifest = {
        **base.manifest,
        "name": project_name(f"{base.manifest['name']} {name}"),
        "code": code_version(),
        "configuration": {**base.manifest.get("configuration", {}), **learned},
        "pretraining": said,
        **environment("torch", device=device),
    }
    package = replace(base, manifest=manifest, network=network)
    metrics = measure(package, config.measured)
    log.info("held-out documents: %d, fields %s", config.measured, metrics["fields"])
    return replace(stamped(package, metrics=metrics), card=card(metrics, archive=name, documents=len(unlabelled)))


def provenance(device: str) -> dict[str, Any]:
    """What the bytes of a network depend on besides its documents, configuration and the code that learns."""
    versions = environment(*NEEDED, device=device)["libraries"]
    return {
        "device_class": class_of(device),
        "generator": generator_hash(),
        "libraries": {name: versions[name] for name in NEEDED},
    }


def generator_hash() -> str:
    """The beginning of the sha256 of the sources that make synthetic documents; none of them is loaded."""
    found = find_spec("fixtures.generator")
    assert found is not None
    assert found.origin is not None
    return sources_hash(Path(found.origin).parent)


def _pages(
    dataset: Dataset, reader: Reader | None, should_stop: Callable[[], bool], *, most: int | None
) -> Iterator[Inputs]:
    """Yield what the network sees of each document that can be read, of the first `most`; the others are named.

    Raises Yielded.
    """
    for entry in dataset.entries[:most]:
        if should_stop():
            raise Yielded("stopped while the documents were read")
        try:
            inputs = read_inputs(View(read(entry, reader)).layout)
        except Unreadable as e:
            log.warning("document %s is left out: %s", entry.id, e.message)
            continue
        if inputs.words:
            yield inputs
