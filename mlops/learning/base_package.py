"""The base package that the project ships; `python -m mlops.learning base --out FOLDER` rebuilds the same bytes.

All of it is learned from synthetic documents of fixtures.generator: the standard fields and line items of invoices
never seen before, by small scorers and by a network, and which kinds of context recur within a template.
The network needs torch; what it learned is kept in checkpoints until the package is written, so that a build that was
stopped goes on.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from invex.fields.spec import FieldSpec
from invex.fields.standard import STANDARD_FIELDS

from .archive import BadPackage, check_place
from .cli import BAD_INPUT, DONE, refuse
from .dataset import Sample
from .day_zero import train_day_zero
from .held_out import card, measure
from .learner import code_version, stamped
from .matcher_training import learn_matcher
from .model import StoredTable
from .network import files
from .network.config import NetworkConfig, TrainingConfig
from .package import Package, environment
from .tables.model import train_day_zero_table

if TYPE_CHECKING:
    from fixtures.generator import Synthetic

log = logging.getLogger(__name__)

VERSION, BUILD = "0.1.0", 1
# Noise of documents in turn: most have a text layer, some are bad scans. Line items and the network bear more of it.
NOISE = (0.0, 0.0, 0.2, 0.0, 0.4, 0.0)
MORE_NOISE = (0.0, 0.0, 0.3, 0.0, 0.6, 0.15)
# Of the templates from which matching is learned: kinds in turn, of which None is an invoice of any kind, and how many
# templates there are for one whose layout changes between its two documents; of records, half.
OTHER_PAPERS = (None, None, None, None, None, None, None, "order", "contract", "contract")
REDESIGNED, REDESIGNED_RECORDS = 3, 2
# Of the network and of the small scorers beside it: both have seen the same, and on 800 vendors that neither had met
# most values were right so, and more probabilities than with the scorers in full (stacking: Wolpert, 1992).
NETWORK_GAIN, SCORER_TRUST = 0.75, 0.5
MOST_BYTES = 5_000_000


@dataclass(frozen=True, slots=True)
class BaseConfig:
    """documents: one a vendor, for fields. tables: for line items. templates, records: of pairs, for matching.

    network, training: of the network, whose documents are of other vendors. measured: held-out documents.
    """

    documents: int = 2500
    tables: int = 4000
    templates: int = 1000
    records: int = 2000
    seed: int = 0
    network: NetworkConfig = field(default_factory=NetworkConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    measured: int = 300


SMOKE = BaseConfig(
    documents=30,
    tables=20,
    templates=8,
    records=8,
    training=TrainingConfig(documents=16, steps=6, warmup=2),
    measured=8,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, help="folder for the package")
    parser.add_argument("--keep", type=Path, metavar="PACKAGE", help="relearn matching only, keep the rest of this one")
    parser.add_argument("--smoke", action="store_true", help="a few documents: proves the code quickly")


def run(options: argparse.Namespace) -> int:
    config = SMOKE if options.smoke else BaseConfig()
    saved = options.out / "network.checkpoint"
    try:
        check_place(saved)  # before hours of work
        kept = Package.load(options.keep) if options.keep is not None else None
    except (BadPackage, OSError) as e:
        return refuse(e, BAD_INPUT)
    package = build(config, saved) if kept is None else relearn_matching(kept, config)
    data = package.to_bytes()
    if len(data) > MOST_BYTES:
        raise RuntimeError(f"the base package has {len(data)} bytes; at most {MOST_BYTES} are shipped")
    package.save(options.out / f"{package.build}.zip")
    for done in files.of_build(saved, config.training.members):
        done.unlink(missing_ok=True)
    log.info("%s: %d bytes", package.build, len(data))
    return DONE


def build(config: BaseConfig, saved: Path | None = None) -> Package:
    """Return the base package. The same configuration gives the same bytes. saved: checkpoint of the network."""
    from .network.building import build_network  # torch, which nothing else here needs

    training = config.training
    network = build_network(
        synthetic_samples(training.documents, MORE_NOISE, first=training.first),
        STANDARD_FIELDS,
        config.network,
        training,
        saved=saved,
    )
    log.info("network: %d documents", training.documents)
    day_zero = train_day_zero(synthetic_samples(config.documents, NOISE, first=config.seed), seed=config.seed)
    scorers = tuple(replace(f, gain=NETWORK_GAIN, trust=SCORER_TRUST) for f in day_zero.fields)
    log.info("fields: %d documents", config.documents)
    table = train_day_zero_table(
        list(synthetic_samples(config.tables, MORE_NOISE, first=config.seed, other_items=False)), seed=config.seed
    )
    log.info("line items: %d documents", config.tables)
    matcher = learn_matcher(_templates(config), seed=config.seed)
    log.info("matching: %d templates, %d records", config.templates, config.records)
    package = Package(
        manifest={
            "name": "Invex",
            "version": VERSION,
            "build": BUILD,
            "dataset": {"name": "fixtures.generator", "documents": config.documents},
            "code": code_version(),
            "configuration": asdict(config),
            "seed": config.seed,
            **environment("torch"),
        },
        day_zero=replace(day_zero, fields=scorers, tables={table.spec.key: StoredTable.of(table)}),
        network=network,
        matcher=matcher,
    )
    metrics = measure(package, config.measured)
    log.info("held-out documents: %d, fields %s", config.measured, metrics["fields"])
    return replace(stamped(package, metrics=metrics), card=card(metrics))


def relearn_matching(package: Package, config: BaseConfig) -> Package:
    """Return a base package with its matching learned anew: a minute, where all of it takes most of an hour."""
    matcher = learn_matcher(_templates(config), seed=config.seed)
    configuration = {**package.manifest["configuration"], "templates": config.templates, "records": config.records}
    manifest = {**package.manifest, "code": code_version(), "configuration": configuration}
    return replace(package, matcher=matcher, manifest=manifest)


def synthetic_samples(
    count: int, noise: tuple[float, ...], *, first: int, other_items: bool = True
) -> Iterator[Sample]:
    """One invoice a vendor, some among other papers. other_items: whether those may have line items of their own."""
    from fixtures.generator import Vendor  # needs more libraries than learning and predicting do
    from fixtures.generator.papers import KINDS, WITHOUT_ITEMS, with_papers

    kinds = tuple(KINDS) if other_items else WITHOUT_ITEMS
    for i in range(count):
        one = with_papers(Vendor(first + i), noise=noise[i % len(noise)], kinds=kinds)
        yield Sample(str(i), one.document, one.label)


def _templates(config: BaseConfig) -> Iterator[tuple[list[Sample], tuple[FieldSpec, ...]]]:
    """Two documents each of templates that the day-zero model has not met; some have laid out their paper anew.

    Invoices, orders and contracts among records, so that what all types share is learned from all.
    """
    from fixtures.generator.records import RecordTemplate

    first, noises = config.seed + config.documents, [noise / 2 for noise in NOISE]
    for i in range(max(config.templates, config.records)):
        noise = noises[i % len(noises)]
        if i < config.records:
            record = RecordTemplate(first + i)
            later = record.redesigned() if i % REDESIGNED_RECORDS == 0 else record
            yield _pair(record.document(0, noise=noise), later.document(1, noise=noise)), record.fields
        if i < config.templates:
            yield _paper(first + i, OTHER_PAPERS[i % len(OTHER_PAPERS)], i % REDESIGNED == 0, noise)


def _paper(
    seed: int, kind: str | None, is_redesigned: bool, noise: float
) -> tuple[list[Sample], tuple[FieldSpec, ...]]:
    from fixtures.generator import Vendor
    from fixtures.generator.negatives import OWN_FIELDS
    from fixtures.generator.vendor import PARTY_FIELDS

    vendor = Vendor(seed, kind=kind)
    later = vendor.redesigned() if is_redesigned else vendor
    pair = _pair(*(v.document(n, noise=noise, own_fields=True, parties=True) for n, v in enumerate((vendor, later))))
    return pair, OWN_FIELDS.get(kind or "", (*STANDARD_FIELDS, *PARTY_FIELDS))


def _pair(*documents: Synthetic) -> list[Sample]:
    return [Sample(str(n), d.document, d.label) for n, d in enumerate(documents)]
