"""The base package that the project ships; `python -m mlops.learning base --out FOLDER` rebuilds the same bytes.

All of it is learned from synthetic documents of fixtures.generator: the standard fields and line items of invoices
never seen before, and which kinds of context recur within a template.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from invex.fields.spec import FieldSpec
from invex.fields.standard import STANDARD_FIELDS

from .dataset import Sample
from .day_zero import train_day_zero
from .learner import code_version
from .matching import learn_matcher
from .model import StoredTable
from .package import Package, environment
from .tables.model import train_day_zero_table

log = logging.getLogger(__name__)

VERSION, BUILD = "0.1.0", 1
# Noise of documents in turn: most have a text layer, some are bad scans. Line items bear more of it than names do.
NOISE = (0.0, 0.0, 0.2, 0.0, 0.4, 0.0)
TABLE_NOISE = (0.0, 0.0, 0.3, 0.0, 0.6, 0.15)
MOST_BYTES = 5_000_000


@dataclass(frozen=True, slots=True)
class BaseConfig:
    """documents: one a vendor, for fields. tables: for line items. templates: pairs of documents, for matching."""

    documents: int = 1500
    tables: int = 2000
    templates: int = 200
    seed: int = 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, help="folder for the package")
    parser.add_argument("--smoke", action="store_true", help="a few documents: proves the code quickly")


def run(options: argparse.Namespace) -> int:
    config = BaseConfig(documents=30, tables=20, templates=8) if options.smoke else BaseConfig()
    package = build(config)
    data = package.to_bytes()
    if len(data) > MOST_BYTES:
        raise RuntimeError(f"the base package has {len(data)} bytes; at most {MOST_BYTES} are shipped")
    options.out.mkdir(parents=True, exist_ok=True)
    package.save(options.out / f"{package.build}.zip")
    log.info("%s: %d bytes", package.build, len(data))
    return 0


def build(config: BaseConfig) -> Package:
    """Return the base package. The same configuration gives the same bytes."""
    day_zero = train_day_zero(_samples(config.documents, NOISE, first=config.seed), seed=config.seed)
    log.info("fields: %d documents", config.documents)
    table = train_day_zero_table(list(_samples(config.tables, TABLE_NOISE, first=config.seed)), seed=config.seed)
    log.info("line items: %d documents", config.tables)
    matcher = learn_matcher(_templates(config), seed=config.seed)
    log.info("matching: %d templates", config.templates)
    return Package(
        manifest={
            "name": "Invex",
            "version": VERSION,
            "build": BUILD,
            "dataset": {"name": "fixtures.generator", "documents": config.documents},
            "code": code_version(),
            "configuration": asdict(config),
            "seed": config.seed,
            "metrics": {},
            **environment(),
        },
        day_zero=replace(day_zero, tables={table.spec.key: StoredTable.of(table)}),
        matcher=matcher,
        card=CARD,
    )


def _samples(count: int, noise: tuple[float, ...], *, first: int) -> Iterator[Sample]:
    from fixtures.generator import Vendor  # needs more libraries than learning and predicting do

    for i in range(count):
        one = Vendor(first + i).document(0, noise=noise[i % len(noise)])
        yield Sample(str(i), one.document, one.label)


def _templates(config: BaseConfig) -> Iterator[tuple[list[Sample], tuple[FieldSpec, ...]]]:
    """Two documents each of vendors that the day-zero model has not met."""
    from fixtures.generator import Vendor

    for i in range(config.templates):
        vendor = Vendor(config.seed + config.documents + i)
        pair = [vendor.document(n, noise=NOISE[i % len(NOISE)] / 2) for n in range(2)]
        yield [Sample(str(n), d.document, d.label) for n, d in enumerate(pair)], STANDARD_FIELDS


CARD = """# Invex base package

Reads the standard invoice fields and line items of invoices never seen before, in the languages of the generator
(English, German and French among them), and makes learning a new template easier.

Trained on synthetic documents alone (fixtures/generator); no real document was used. Figures on real documents are in
docs/accuracy.md. Weakest where names have no label, legal form or address beside them.
"""
