"""Accuracy of line items on ../shared/data: `python tests/bench/accuracy_tables.py [--base-documents N] [--ocr]`.

Protocols of few confirmed documents (other documents of the template are read) and of day zero; micro-F1 of cells under
the best row matching, as in evaluation. tests/bench/accuracy.py calls `few_shot` and `day_zero` with the shipped package.
"""

# ruff: noqa: E402

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # it is run as a file

import numpy as np

from fixtures.generator import generate
from invex.fields.labels import LabelValue
from invex.fields.prediction import Prediction, TemplateMatch, Value
from invex.fields.standard import LINE_ITEMS
from invex.reading.reader import read_file
from mlops.learning.assignment import maximum_assignment
from mlops.learning.dataset import Reader, Sample, load_dataset, read
from mlops.learning.evaluation import evaluate
from mlops.learning.layout import lay_out
from mlops.learning.tables.locate import same_cell
from mlops.learning.tables.model import TableModel, fit_table, train_day_zero_table
from mlops.learning.tables.spelling import Spelling

SHARED = ROOT.parent / "shared" / "data"
SEEDS = (0, 1, 2)
NOISE = (0.0, 0.0, 0.3, 0.0, 0.6, 0.15)  # of synthetic documents in turn
LEAST_TESTED = 3  # documents of a template that are left to test on
Change = Callable[[TableModel], TableModel]


def load(name: str, *, is_own_reading: bool = False, reader: Reader = read_file) -> list[Sample]:
    """The documents of a shared set whose label speaks of line items, read from its words or by our own reading."""
    found = []
    for entry in load_dataset(SHARED / name).labelled():
        if entry.label is not None and LINE_ITEMS.key in entry.label.tables:
            entry = replace(entry, words=None) if is_own_reading else entry
            found.append(Sample(entry.id, read(entry, reader), entry.label))
    return found


def score(model: TableModel, samples: Sequence[Sample]) -> tuple[int, int, int]:
    """Right, wrong or spurious, and missed cells."""
    answers = {
        s.id: Prediction(TemplateMatch(None, 0.0), {}, {LINE_ITEMS.key: model.predict(lay_out(s.document))})
        for s in samples
    }
    counts = evaluate((), (LINE_ITEMS,), {s.id: s.label for s in samples}, answers).tables[LINE_ITEMS.key]
    return counts.true_positives, counts.false_positives, counts.false_negatives


def f1(counts: Sequence[tuple[int, int, int]]) -> float:
    right, wrong, missed = (sum(c[i] for c in counts) for i in range(3))
    return 2 * right / max(1, 2 * right + wrong + missed)


def few_shot(
    samples: Sequence[Sample], known: int, base: TableModel | None, change: Change = lambda model: model
) -> list[float]:
    """Micro-F1 for each of SEEDS: learn each template from `known` of its documents, read its others."""
    templates: dict[str, list[Sample]] = {}
    for sample in samples:
        templates.setdefault(sample.label.template or "", []).append(sample)
    figures = []
    for seed in SEEDS:
        counts = []
        for name, documents in sorted(templates.items()):
            if len(documents) < known + LEAST_TESTED:
                continue
            order = list(documents)
            random.Random(f"{name}{seed}").shuffle(order)
            model = change(fit_table(LINE_ITEMS, order[:known], base))
            counts.append(score(model, order[known:]))
        figures.append(f1(counts))
    return figures


def day_zero(samples: Sequence[Sample], base: TableModel) -> list[float]:
    """Micro-F1 without any confirmed document; one figure, since nothing is drawn."""
    return [f1([score(base, samples)])]


def calibration_error(samples: Sequence[Sample], model: TableModel) -> float:
    """Expected calibration error, ten equal bins, of the cells whose row and column somebody labelled."""
    points = []
    for sample in samples:
        rows, labels = model.predict(lay_out(sample.document)), sample.label.tables[LINE_ITEMS.key]
        right = [[_right_cells(row, label) for label in labels] for row in rows]
        hits = np.array([[sum(cells.values()) for cells in of_row] for of_row in right], float).reshape(
            len(rows), len(labels)
        )
        for i, j in maximum_assignment(hits):
            points += [(rows[i][key].confidence, is_right) for key, is_right in right[i][j].items()]
    confidence, verdict = (np.array(part, float) for part in zip(*points, strict=True))
    bins = np.minimum((confidence * 10).astype(int), 9)
    gaps = [abs(confidence[bins == b].mean() - verdict[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)]
    return float(sum(gaps))


def _right_cells(row: Mapping[str, Value], label: Mapping[str, LabelValue]) -> dict[str, bool]:
    """For each column that both have, whether they say the same."""
    return {
        c.key: same_cell(c, row[c.key].value, label[c.key], ".")
        for c in LINE_ITEMS.columns
        if c.key in row and c.key in label
    }


def synthetic_base(documents: int) -> TableModel:
    """A day-zero model of its own, for trying things out; the shipped one is in the base package."""
    made = [generate(seed, noise=NOISE[seed % len(NOISE)]) for seed in range(documents)]
    return train_day_zero_table([Sample(str(i), d.document, d.label) for i, d in enumerate(made)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base-documents", type=int, default=2000, help="synthetic documents of the day-zero model")
    parser.add_argument("--ocr", action="store_true", help="also read invoices_fr ourselves: minutes")
    options = parser.parse_args()
    base = synthetic_base(options.base_documents)
    french = load("invoices_fr")

    def show(name: str, values: Sequence[float]) -> None:
        spread = f" ± {np.std(values):.4f}" if len(values) > 1 else ""
        print(f"{name:60} {np.mean(values):.4f}{spread}", flush=True)

    for name in ("zugferd", "invoice2data"):
        samples = load(name)
        show(f"{name}, day zero", day_zero(samples, base))
    show("invoices_fr, given words, day zero", day_zero(french, base))
    show("invoices_fr, given words, day zero, calibration error", [calibration_error(french, base)])
    for known in (1, 3, 5):
        show(f"invoices_fr, given words, k={known}", few_shot(french, known, base))
        show("  without the day-zero model", few_shot(french, known, None))
        show("  without spelling", few_shot(french, known, base, lambda m: replace(m, spelling=Spelling())))
    if options.ocr:
        show("invoices_fr, own reading, k=5", few_shot(load("invoices_fr", is_own_reading=True), 5, base))


if __name__ == "__main__":
    main()
