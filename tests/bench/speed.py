"""Speed of the learner: `python tests/bench/speed.py [--words DIR]`. Ratios to a yardstick; docs/learning.md explains them.

The yardstick is the time that the standard library takes to parse a page's words JSON, measured in the same run: a
machine that is slow, or shared, slows down both. CPU seconds throughout. Sets of ../shared/data, where it is there.
"""

# ruff: noqa: E402

from __future__ import annotations

import argparse
import gc
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # it is run as a file

from invex.reading.words import to_json
from mlops.console.words_cache import CachedReader
from mlops.learning.dataset import Dataset, Sample, load_dataset, samples
from mlops.learning.learner import fit_template, learn_samples
from mlops.learning.package import Package
from mlops.learning.predictor import Predictor, shipped_package
from tests.bench.words import cached_reader

SHARED = ROOT.parent / "shared" / "data"
SETS = ("adbuy", "invoices_fr", "sroie")
CONFIRMED = 10  # documents of a template that are learned from
MANY = 200  # documents of one template, drawn from its own again and again: the learner does not know
ROUNDS = 5  # of the yardstick, the best counts
SEED = 0


@dataclass(frozen=True)
class Set:
    """A read set. templates: name -> its documents, shuffled."""

    dataset: Dataset
    templates: dict[str, list[Sample]]

    @classmethod
    def load(cls, name: str, reader: CachedReader) -> Set:
        dataset = load_dataset(SHARED / name)
        templates: dict[str, list[Sample]] = {}
        for sample in samples(dataset, reader):
            if sample.label.template is not None:
                templates.setdefault(sample.label.template, []).append(sample)
        for template, documents in sorted(templates.items()):
            random.Random(f"{template}{SEED}").shuffle(documents)
        return cls(dataset, {n: d for n, d in sorted(templates.items()) if len(d) > CONFIRMED})

    def learn(self, known: Sequence[Sample]) -> Package:
        dataset = self.dataset
        return learn_samples(known, dataset.fields, dataset.tables, name=dataset.name, base=shipped_package())


def seconds(run: Callable[[], object]) -> float:
    """CPU seconds of this thread."""
    start = time.thread_time()
    run()
    return time.thread_time() - start


def parsing(known: Sequence[Sample]) -> float:
    """The yardstick: CPU seconds to parse the words of a page, in the mean over these documents."""
    printed = [json.dumps(to_json(s.document)) for s in known]
    # One by one: a list of all of them would be the garbage collector's time.
    return sum(min(seconds(lambda text=text: json.loads(text)) for _ in range(ROUNDS)) for text in printed) / pages(
        known
    )


def pages(known: Sequence[Sample]) -> int:
    return sum(len(s.document.pages) for s in known)


def bench(name: str, loaded: Set) -> None:
    known = [s for documents in loaded.templates.values() for s in documents[:CONFIRMED]]
    fresh = [s for documents in loaded.templates.values() for s in documents[CONFIRMED:]]
    yardstick = parsing(known + fresh)
    template, documents = max(loaded.templates.items(), key=lambda item: len(item[1]))
    ten = documents[:CONFIRMED]
    many = [Sample(f"{i}", s.document, s.label) for i, s in zip(range(MANY), documents * MANY)]
    package = loaded.learn(known)
    predictor = Predictor(package)
    gc.freeze()  # a server holds one document, not a set: to walk over all the others is no part of reading one
    spec = package.models[template].spec
    runs: list[tuple[str, Callable[[], object], int]] = [
        (f"learn {CONFIRMED}", lambda: loaded.learn(ten), pages(ten)),
        (f"learn {MANY}", lambda: loaded.learn(many), pages(many)),
        (f"refit with the {CONFIRMED}th", lambda: fit_template(shipped_package(), spec, ten), pages(ten)),
        ("predict, first sight", lambda: [predictor.predict(s.document) for s in fresh], pages(fresh)),
        ("predict, once more", lambda: [predictor.predict(s.document) for s in fresh], pages(fresh)),
    ]
    print(f"{name}: yardstick {yardstick * 1e3:.2f} ms to parse the words of a page")
    for title, run, count in runs:
        spent = seconds(run)
        print(
            f"  {title:22} {spent:7.2f} s  {count:4} pages  {spent / count * 1e3:7.1f} ms/page  "
            f"x{spent / count / yardstick:.0f}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=Path, help="folder that keeps what was read between runs")
    parser.add_argument("--only", default="", help="sets whose name contains this")
    options = parser.parse_args()
    with cached_reader(options.words, 1) as reader:
        for name in SETS:
            if options.only in name and (SHARED / name).is_dir():
                bench(name, Set.load(name, reader))


if __name__ == "__main__":
    main()
