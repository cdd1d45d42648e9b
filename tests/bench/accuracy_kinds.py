"""Accuracy on other kinds of documents: `python tests/bench/accuracy_kinds.py [--words DIR] [--only NAME]`.

Of each kind of tests/bench/kinds k documents are drawn, it is learned from them, its other documents are read. They are
made anew in each run, the same ones every time; it needs Chromium, and some minutes.
"""

# ruff: noqa: E402

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # it is run as a file

from mlops.console.words_cache import CachedReader
from mlops.learning.dataset import Sample, load_dataset, samples
from mlops.learning.evaluation import Report, evaluate
from mlops.learning.learner import learn_samples
from mlops.learning.metrics import Counts
from mlops.learning.package import Package
from mlops.learning.predictor import Predictor, shipped_package
from tests.bench.kinds import KINDS
from tests.bench.kinds.kind import Kind
from tests.bench.kinds.papers import write_dataset
from tests.bench.words import cached_reader

SEEDS = (0, 1, 2)
KS = (1, 3, 5)  # confirmed documents of a kind
NONE = Counts()
HEAD = ("kind", *(f"{what}, k = {k}" for what in ("fields", "cells", "invented") for k in KS))


@dataclass(frozen=True, slots=True)
class Figures:
    """What was counted over the seeds. fields, cells: values. invented: given where nothing is, of `absent` places."""

    fields: Counts = NONE
    cells: Counts = NONE
    invented: int = 0
    absent: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.fields + other.fields,
            self.cells + other.cells,
            self.invented + other.invented,
            self.absent + other.absent,
        )

    @classmethod
    def of(cls, report: Report) -> Figures:
        invented = round((report.spurious_rate or 0.0) * report.certain_absences)
        return cls(report.micro, sum(report.tables.values(), NONE), invented, report.certain_absences)


def load(kinds: Iterable[Kind], reader: CachedReader) -> dict[str, list[Sample]]:
    """Return the documents of each kind, made and read. Raises NoChromium."""
    found: dict[str, list[Sample]] = {kind.name: [] for kind in kinds}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "kinds")
        write_dataset(folder, kinds)
        dataset = load_dataset(folder)
        reader.read_ahead(entry.file for entry in dataset.entries if entry.file is not None)
        for sample in samples(dataset, reader):
            found[sample.label.template or ""].append(sample)
    return found


def few_shot(kind: Kind, documents: Sequence[Sample], k: int, base: Package) -> Figures:
    """Learn from k of the documents and read the others, for each of SEEDS."""
    figures = Figures()
    for seed in SEEDS:
        order = list(documents)
        random.Random(f"{kind.name}{seed}").shuffle(order)
        taken, tested = order[:k], order[k:]
        predictor = Predictor(learn_samples(taken, kind.fields, kind.tables, name=kind.name, base=base))
        answers = {s.id: predictor.predict(s.document) for s in tested}
        figures += Figures.of(evaluate(kind.fields, kind.tables, {s.id: s.label for s in tested}, answers))
    return figures


def row(name: str, figures: Sequence[Figures]) -> str:
    """A line of docs/accuracy.md. figures: of each of KS."""
    shown = [f"{f.fields.f1 or 0.0:.3f}" for f in figures]
    shown += ["" if f.cells == NONE else f"{f.cells.f1 or 0.0:.3f}" for f in figures]
    shown += [f"{f.invented / f.absent:.2f}" if f.absent else "" for f in figures]
    return f"| {name} | {' | '.join(shown)} |"


def report(reader: CachedReader, base: Package, *, only: str = "") -> list[str]:
    """The table's lines, the last one over all kinds. Raises NoChromium."""
    kinds = [kind for kind in KINDS if only in kind.name]
    known = load(kinds, reader)
    lines = [f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
    print("\n".join(lines), flush=True)
    total = [Figures() for _ in KS]

    def show(name: str, figures: Sequence[Figures]) -> None:
        lines.append(row(name, figures))
        print(lines[-1], flush=True)

    for kind in kinds:
        figures = [few_shot(kind, known[kind.name], k, base) for k in KS]
        total = [before + now for before, now in zip(total, figures)]
        show(kind.name.replace("_", " "), figures)
    show("all kinds", total)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=Path, help="folder that keeps what was read between runs")
    parser.add_argument("--only", default="", help="kinds whose name contains this")
    options = parser.parse_args()
    with cached_reader(options.words) as reader:
        report(reader, shipped_package(), only=options.only)


if __name__ == "__main__":
    main()
