"""Known or unknown, and groups of unknowns, on ../shared/data: `python tests/bench/accuracy_templates.py [--words DIR]`.

All sets are mixed. A template is known when it has more documents than are confirmed; the others, withheld templates,
negatives and documents without a template are unknown. --words keeps what was read (scans take minutes) between runs.
"""

# ruff: noqa: E402

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # it is run as a file

import numpy as np

from invex.fields.labels import Label
from invex.fields.prediction import Prediction
from invex.reading.types import Document
from mlops.learning.dataset import Reader, load_dataset, samples
from mlops.learning.evaluation import TemplateScores, evaluate
from mlops.learning.grouping import group
from mlops.learning.signatures import signature
from mlops.learning.templates import fit_templates
from tests.bench.words import cached_reader

SHARED = ROOT.parent / "shared" / "data"
SETS = ("adbuy", "fara", "invoices_fr", "sroie", "zugferd", "invoice2data", "negatives")
SEEDS = (0, 1, 2)
# Labelled as of no template; looked at page by page they are the form of one, in this order: T7 three times, T5 three
# times, T3. The set's README warns of such labels.
WRONGLY_LABELLED = tuple(
    f"adbuy/{i}" for i in ["4b330586", "4fc738ef", "db4ee420", "6a7ef626", "92083af9", "e3f3dba6", "74c779b4"]
)
WITHHELD = 0.5  # share of the templates that nobody has confirmed, in the second protocol


@dataclass(frozen=True)
class Paper:
    """A document of any set; template: "SET/NAME", None = of no template."""

    id: str
    document: Document
    template: str | None


def load(reader: Reader) -> list[Paper]:
    """All labelled documents of all sets."""
    papers = []
    for name in SETS:
        for sample in samples(load_dataset(SHARED / name), reader):
            template = f"{name}/{sample.label.template}" if sample.label.template else None
            papers.append(Paper(f"{name}/{sample.id}", sample.document, template))
    return papers


def recognition(papers: Sequence[Paper], confirmed: int, seed: int, *, withheld: float = 0.0) -> TemplateScores:
    """Scores when `confirmed` documents of each known template are learned, and all others looked at."""
    rng = np.random.default_rng(seed)
    counts = Counter(p.template for p in papers if p.template)
    known = [name for name in sorted(counts) if counts[name] > confirmed and rng.random() >= withheld]
    examples = {}
    for name in known:
        mine = [p for p in papers if p.template == name]
        examples[name] = [mine[i] for i in sorted(rng.choice(len(mine), confirmed, replace=False))]
    learned = {p.id for some in examples.values() for p in some}
    index = fit_templates({name: [p.document for p in some] for name, some in examples.items()})
    others = [p for p in papers if p.id not in learned]
    labels = {p.id: Label(p.template if p.template in examples else None) for p in others}
    return evaluate((), (), labels, {p.id: Prediction(index.match(p.document)) for p in others}).template


def rightly_labelled(papers: Sequence[Paper]) -> list[Paper]:
    return [p for p in papers if p.id not in WRONGLY_LABELLED]


def grouping(papers: Sequence[Paper]) -> tuple[float, float, float]:
    """Pair-F1, precision and recall of grouping, when no template is known and all documents are mixed."""
    found = [-1 - i for i in range(len(papers))]  # a group of its own
    for number, one in enumerate(group([signature(p.document) for p in papers])):
        for member in one.members:
            found[member] = number
    truth = [p.template or p.id for p in papers]

    def pairs(names: Sequence[object]) -> int:
        return sum(n * (n - 1) // 2 for n in Counter(names).values())

    both = pairs(list(zip(truth, found, strict=True)))
    return 2 * both / (pairs(truth) + pairs(found)), both / pairs(found), both / pairs(truth)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=Path, help="folder in which the words that were read are kept")
    words = parser.parse_args().words
    with cached_reader(words) as reader:
        papers = load(reader)
    print(f"{len(papers)} documents")
    print(f"{'confirmed':>9} {'withheld':>9} {'accuracy':>16} {'mis-routed':>16} {'AUROC':>16}")
    for withheld in (0.0, WITHHELD):
        for confirmed in (1, 2, 5):
            scores = [recognition(papers, confirmed, seed, withheld=withheld) for seed in SEEDS]
            figures = np.array([(s.accuracy, s.misrouted_rate, s.auroc) for s in scores], float).T
            shown = " ".join(f"{np.mean(f):8.4f} ±{np.std(f):6.4f}" for f in figures)
            print(f"{confirmed:9} {withheld:9.0%} {shown}", flush=True)
    for name, some in [("all sets", papers), *((s, [p for p in papers if p.id.startswith(s + "/")]) for s in SETS[:5])]:
        f1, precision, recall = grouping(some)
        print(f"grouped, {name:12} pair-F1 {f1:.3f}  precision {precision:.3f}  recall {recall:.3f}")


if __name__ == "__main__":
    main()
