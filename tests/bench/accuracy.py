"""`make bench-accuracy`: the figures of the learner on ../shared/data, put into docs/accuracy.md between its marks.

What people wrote around the tables stays. Every protocol is a module of its own, accuracy_*.py beside this file, and can be run alone. Takes tens of minutes: the
scans of ../shared/data are read once into --words, and read from there the next time. Other kinds of documents
(`--kinds`) need Chromium and no ../shared/data; without that option their table stays as it is.
"""

# ruff: noqa: E402

from __future__ import annotations

import argparse
import platform
import re
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # it is run as a file

import numpy as np

from mlops.console.words_cache import CachedReader
from mlops.learning.package import Package
from mlops.learning.predictor import day_zero_table, shipped_package
from tests.bench import accuracy_fields, accuracy_kinds, accuracy_tables, accuracy_templates
from tests.bench.words import cached_reader

SEEDS = accuracy_fields.SEEDS
PARTS = ("run", "fields", "line items", "templates", "kinds")
BARE_PAGE = "".join(f"<!-- measured: {part} -->\n<!-- end -->\n" for part in PARTS)
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


def kinds(reader: CachedReader, base: Package) -> list[str]:
    """Raises NoChromium."""
    lines = accuracy_kinds.report(reader, base)
    return [f"Measured on {date.today()} with base package {base.build}, seeds {SEEDS[0]} to {SEEDS[-1]}:", "", *lines]


def with_measured(page: str, measured: Mapping[str, list[str]]) -> str:
    """Return the page with each part's lines between `<!-- measured: PART -->` and the next `<!-- end -->`.

    Raises:
        ValueError: the page has no place for a part.
    """
    for part, lines in measured.items():
        inside = re.compile(rf"(<!-- measured: {part} -->\n).*?(<!-- end -->)", re.DOTALL)
        if not inside.search(page):
            raise ValueError(f"the page has no line <!-- measured: {part} --> with an <!-- end --> below it")
        text = "".join(f"{line}\n" for line in ("", *lines, ""))
        page = inside.sub(lambda found, text=text: f"{found[1]}{text}{found[2]}", page)
    return page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, help="the page whose tables are replaced; absent: standard output")
    parser.add_argument("--words", type=Path, help="folder that keeps what was read between runs")
    parser.add_argument("--scans", action="store_true", help="also what has to be read by OCR")
    parser.add_argument("--kinds", action="store_true", help="also other kinds of documents, printed by Chromium")
    options = parser.parse_args()
    base = shipped_package()
    page = options.write.read_text(encoding="utf-8") if options.write is not None else BARE_PAGE
    with_measured(page, {part: [] for part in PARTS})  # before what takes minutes
    rows = "all rows in one run" if options.scans else "without what has to be read by OCR"
    with cached_reader(options.words) as reader:
        measured = {
            "run": [
                f"`make bench-accuracy` on {date.today()}, {rows}: base package {base.build}, {platform.machine()}, CPU, mean and",
                f"spread over seeds {SEEDS[0]} to {SEEDS[-1]}.",
            ],
            "fields": accuracy_fields.report(reader, base, has_scans=options.scans),
            "line items": line_items(reader, base, has_scans=options.scans),
            "templates": templates(reader) if options.scans else [WITHOUT_SCANS],
        }
        if options.kinds:
            measured["kinds"] = kinds(reader, base)
    page = with_measured(page, measured)
    if options.write is not None:
        options.write.write_text(page, encoding="utf-8")
    else:
        sys.stdout.write(page)


if __name__ == "__main__":
    main()
