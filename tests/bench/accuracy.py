"""`make bench-accuracy`: the figures of the learner on ../shared/data, written to docs/accuracy.md.

Every protocol is a module of its own, accuracy_*.py beside this file, and can be run alone. Takes tens of minutes: the
scans of ../shared/data are read once into --words, and read from there the next time.
"""

# ruff: noqa: E402

from __future__ import annotations

import argparse
import platform
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # it is run as a file

import numpy as np

from mlops.console.words_cache import CachedReader
from mlops.learning.package import Package
from mlops.learning.predictor import day_zero_table, shipped_package
from tests.bench import accuracy_fields, accuracy_tables, accuracy_templates
from tests.bench.words import cached_reader

SEEDS = accuracy_fields.SEEDS
WITHOUT_SCANS = "Not measured in this run, which left out what has to be read by OCR (`--scans`)."


def line_items(reader: CachedReader, base: Package, *, has_scans: bool) -> list[str]:
    lines = ["| protocol | micro-F1 of cells |", "|---|---|"]
    table = day_zero_table(base)
    french = accuracy_tables.load("invoices_fr")
    read = {("given words", k): french for k in (1, 5)}
    if has_scans:
        read["own reading", 5] = accuracy_tables.load("invoices_fr", is_own_reading=True, reader=reader)
    for (words, k), documents in read.items():
        figures = accuracy_tables.few_shot(documents, k, table)
        lines.append(f"| invoices_fr, {words}, k = {k} | {np.mean(figures):.3f} ± {np.std(figures):.3f} |")
    for name in ("zugferd", "invoice2data"):
        if table is not None:
            figure = accuracy_tables.day_zero(accuracy_tables.load(name), table)[0]
            lines.append(f"| {name}, day zero | {figure:.3f} |")
    return lines


def templates(reader: CachedReader) -> list[str]:
    papers = accuracy_templates.load(reader)
    lines = ["| protocol | accuracy | mis-routed | AUROC |", "|---|---|---|---|"]
    right = accuracy_templates.rightly_labelled(papers)
    for k, some, which in ((1, papers, ""), (5, papers, ""), (5, right, ", without seven whose label is wrong")):
        scores = [accuracy_templates.recognition(some, k, seed) for seed in SEEDS]
        figures = np.array([(s.accuracy, s.misrouted_rate, s.auroc) for s in scores], float)
        shown = " | ".join(f"{mean:.3f} ± {spread:.3f}" for mean, spread in zip(figures.mean(0), figures.std(0)))
        lines.append(f"| all sets and negatives mixed, k = {k}{which} | {shown} |")
    f1, precision, recall = accuracy_templates.grouping(papers)
    lines += ["", f"Unknown documents grouped: pair-F1 {f1:.3f}, precision {precision:.3f}, recall {recall:.3f}."]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, help="the file to write; absent: standard output alone")
    parser.add_argument("--words", type=Path, help="folder that keeps what was read between runs")
    parser.add_argument("--scans", action="store_true", help="also what has to be read by OCR")
    options = parser.parse_args()
    base = shipped_package()
    with cached_reader(options.words) as reader:
        text = [
            "# Accuracy",
            "",
            f"Written by `make bench-accuracy`. Base package {base.build}, {platform.machine()}, CPU. Mean and spread over",
            f"seeds {SEEDS[0]} to {SEEDS[-1]}; what each protocol is, is said in `tests/bench/accuracy_*.py`.",
            "",
            "## Fields",
            "",
            *accuracy_fields.report(reader, base, has_scans=options.scans),
            "",
            "## Line items",
            "",
            *line_items(reader, base, has_scans=options.scans),
            "",
            "## Templates",
            "",
            *(templates(reader) if options.scans else [WITHOUT_SCANS]),
        ]
    page = "\n".join(text) + "\n"
    if options.write is not None:
        options.write.write_text(page, encoding="utf-8")
    else:
        sys.stdout.write(page)


if __name__ == "__main__":
    main()
