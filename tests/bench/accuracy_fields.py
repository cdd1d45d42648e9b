"""Accuracy of fields on ../shared/data: `python tests/bench/accuracy_fields.py [--words DIR] [--only NAME] [--scans]`.

Few confirmed documents: of each template k are drawn, it is learned from them, its other documents are read. Day zero:
the shipped package reads documents of which it has never seen the like. Micro-F1 as in evaluation.
"""

# ruff: noqa: E402

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # it is run as a file

import numpy as np

from invex.fields.prediction import Prediction, TemplateMatch
from invex.fields.spec import FieldSpec, TemplateSpec
from invex.fields.standard import STANDARD_FIELDS
from mlops.learning import reading_fields
from mlops.learning.dataset import Dataset, Reader, Sample, load_dataset, samples
from mlops.learning.evaluation import Report, evaluate
from mlops.learning.fitting import Example, FitConfig, fit_examples
from mlops.learning.learner import learn_samples
from mlops.learning.matching import NO_MATCHER
from mlops.learning.package import EMPTY, Package
from mlops.learning.predictor import Predictor, prior_of, shipped_package
from mlops.learning.reading_fields import read_fields
from mlops.learning.view import View
from tests.bench.annotations import load_annotations, with_boxes
from tests.bench.words import cached_reader

SHARED = ROOT.parent / "shared" / "data"
SEEDS = (0, 1, 2)
LEAST_DOCUMENTS = 9  # of a template that is learned from a few
NAMES = ("supplier_name", "customer_name")
CUT_SHORT = "r186"  # of sroie: its label ends a line before its address does, and those of its template do not


@dataclass(frozen=True)
class Loaded:
    """A set that was read: its documents as the learner sees them, so that every protocol shares the work."""

    dataset: Dataset
    samples: tuple[Sample, ...]
    views: Mapping[str, View]

    def templates(self) -> dict[str, list[Sample]]:
        found: dict[str, list[Sample]] = {}
        for sample in self.samples:
            if sample.label.template is not None:
                found.setdefault(sample.label.template, []).append(sample)
        return dict(sorted(found.items()))


def load(name: str, reader: Reader, *, is_own_reading: bool = False) -> Loaded:
    """The set as it is given. is_own_reading: read by us though words are given, and only what `few_shot` tests on."""
    dataset = load_dataset(SHARED / name)
    if is_own_reading:
        templates = Counter(e.label.template for e in dataset.labelled() if e.label is not None)
        tested = [e for e in dataset.labelled() if e.label and e.label.template]
        tested = [e for e in tested if e.label and templates[e.label.template] >= LEAST_DOCUMENTS]
        dataset = replace(dataset, entries=tuple(replace(e, words=None) for e in tested))
    known = tuple(samples(dataset, reader))
    return Loaded(dataset, known, {s.id: View(s.document) for s in known})


def both(one: Loaded, other: Loaded) -> Loaded:
    """Two sets as one, with the fields of the first; ids that both have are refused."""
    if clash := one.views.keys() & other.views.keys():
        raise ValueError(f"both sets have {', '.join(sorted(clash))}")
    return Loaded(one.dataset, one.samples + other.samples, {**one.views, **other.views})


def few_shot(
    loaded: Loaded,
    k: int,
    base: Package,
    *,
    drawn_from: Callable[[Sample], bool] = lambda sample: True,
    config: FitConfig | None = None,
) -> list[Report]:
    """One report a seed, over all templates with enough documents; the k documents are drawn from `drawn_from`."""
    reports = []
    prior = prior_of(base)
    for seed in SEEDS:
        answers: dict[str, Prediction] = {}
        for name, documents in loaded.templates().items():
            if len(documents) < LEAST_DOCUMENTS:
                continue
            order = [s for s in documents if drawn_from(s)]
            random.Random(f"{name}{seed}").shuffle(order)
            taken = order[:k]
            spec = TemplateSpec(name, _asked(loaded.dataset.fields, taken))
            examples = [Example(loaded.views[s.id], s.label, s.id) for s in taken]
            model = fit_examples(
                spec, examples, prior=prior, matcher=base.matcher, config=config or FitConfig(), seed=seed
            )
            for s in documents:
                if s not in taken:
                    fields = read_fields(loaded.views[s.id], model, prior, base.matcher)
                    answers[s.id] = Prediction(TemplateMatch(name, 1.0), fields)
        reports.append(_judge(loaded, answers))
    return reports


def all_templates(loaded: Loaded, k: int, base: Package) -> list[Report]:
    """k documents of each template in one package, which has to find the template as well."""
    reports = []
    for seed in SEEDS:
        taken: set[str] = set()
        for name, documents in loaded.templates().items():
            order = list(documents)
            random.Random(f"{name}{seed}").shuffle(order)
            taken |= {s.id for s in order[:k]}
        known = [s for s in loaded.samples if s.id in taken]
        package = learn_samples(known, loaded.dataset.fields, (), name=loaded.dataset.name, base=base)
        predictor = Predictor(package)
        tested = [s for s in loaded.samples if s.id not in taken and s.label.template is not None]
        reports.append(_judge(loaded, {s.id: predictor.predict(s.document) for s in tested}))
    return reports


def day_zero(loaded: Loaded, base: Package, fields: Sequence[str] = ()) -> list[Report]:
    """One report: nothing is drawn. fields: only these."""
    predictor = Predictor(base)
    answers = {s.id: predictor.predict(s.document) for s in loaded.samples}
    standard = {f.key for f in STANDARD_FIELDS}
    asked = [f for f in loaded.dataset.fields if f.key in (fields or standard)]
    return [evaluate(asked, (), {s.id: s.label for s in loaded.samples}, answers)]


def unconstrained(protocol: Callable[[], list[Report]]) -> list[Report]:
    """A protocol in which no field says anything of another: no sums, no order of dates, no springs."""
    with mock.patch.object(reading_fields, "relate", dict), mock.patch.object(reading_fields, "pull", return_value={}):
        return protocol()


def _asked(fields: Sequence[FieldSpec], taken: Sequence[Sample]) -> tuple[FieldSpec, ...]:
    return tuple(f for f in fields if any(s.label.fields.get(f.key) for s in taken))


def _judge(loaded: Loaded, answers: Mapping[str, Prediction]) -> Report:
    return evaluate(loaded.dataset.fields, (), {s.id: s.label for s in loaded.samples if s.id in answers}, answers)


def row(name: str, reports: Sequence[Report]) -> str:
    """A line of docs/accuracy.md: mean and spread of micro-F1, whole documents, calibration error."""
    f1 = [r.micro.f1 or 0.0 for r in reports]
    exact = np.mean([r.document_exact or 0.0 for r in reports])
    error = np.mean([r.calibration_error or 0.0 for r in reports])
    spread = f" ± {np.std(f1):.3f}" if len(f1) > 1 else ""
    return f"| {name} | {np.mean(f1):.3f}{spread} | {exact:.3f} | {error:.3f} |"


def report(reader: Reader, base: Package, *, only: str = "", has_scans: bool = False) -> list[str]:
    """The table's lines. has_scans: also what has to be read by OCR, minutes."""
    sets: dict[str, Loaded] = {}

    def get(name: str, *, is_own_reading: bool = False) -> Loaded:
        key = f"{name}, own reading" if is_own_reading else name
        if key not in sets:
            sets[key] = load(name, reader, is_own_reading=is_own_reading)
        return sets[key]

    def boxed() -> tuple[Loaded, Callable[[Sample], bool]]:
        adbuy, annotations = get("adbuy"), load_annotations("adbuy")
        known = tuple(with_boxes(s, annotations) for s in adbuy.samples)
        return replace(adbuy, samples=known), lambda sample: sample.id in annotations

    protocols: dict[str, Callable[[], list[Report]]] = {}
    for k in (1, 5):
        protocols[f"adbuy, one template, k = {k}, values only"] = lambda k=k: few_shot(get("adbuy"), k, base)
        protocols[f"adbuy, one template, k = {k}, with boxes"] = lambda k=k: few_shot(
            boxed()[0], k, base, drawn_from=boxed()[1]
        )
        protocols[f"invoices_fr, given words, k = {k}"] = lambda k=k: few_shot(get("invoices_fr"), k, base)
        protocols[f"sroie, given words, k = {k}"] = lambda k=k: few_shot(get("sroie"), k, base)
    protocols[f"sroie, given words, k = 1, {CUT_SHORT} never drawn"] = lambda: few_shot(
        get("sroie"), 1, base, drawn_from=lambda sample: sample.id != CUT_SHORT
    )
    protocols["adbuy, all templates in one model, k = 10"] = lambda: all_templates(get("adbuy"), 10, base)
    for name in ("zugferd", "invoice2data"):
        protocols[f"{name}, day zero"] = lambda name=name: day_zero(get(name), base)
        protocols[f"{name}, day zero, names"] = lambda name=name: day_zero(get(name), base, NAMES)
    protocols["zugferd and invoice2data, day zero, names"] = lambda: day_zero(
        both(get("zugferd"), get("invoice2data")), base, NAMES
    )
    if has_scans:
        protocols["fara, own reading, k = 10"] = lambda: few_shot(get("fara"), 10, base)
        for name in ("invoices_fr", "sroie"):
            protocols[f"{name}, own reading, k = 5"] = lambda name=name: few_shot(
                get(name, is_own_reading=True), 5, base
            )
    for name in ("zugferd", "invoice2data"):
        protocols[f"{name}, day zero, without the network"] = lambda name=name: day_zero(
            get(name), replace(base, network=None)
        )
        protocols[f"{name}, day zero, without constraints"] = lambda name=name: unconstrained(
            lambda: day_zero(get(name), base)
        )
    for name in ("invoices_fr", "adbuy"):
        protocols[f"{name}, k = 1, without constraints"] = lambda name=name: unconstrained(
            lambda: few_shot(get(name), 1, base)
        )
    for k in (1, 5):
        protocols[f"adbuy, k = {k}, without matching"] = lambda k=k: few_shot(
            get("adbuy"), k, replace(base, matcher=NO_MATCHER)
        )
        protocols[f"adbuy, k = {k}, without what is printed anyway"] = lambda k=k: few_shot(
            get("adbuy"), k, replace(base, matcher=replace(base.matcher, novelty={}))
        )
        protocols[f"adbuy, k = {k}, without what fields are called"] = lambda k=k: few_shot(
            get("adbuy"), k, replace(base, matcher=replace(base.matcher, name={}))
        )
        for name in ("invoices_fr", "sroie"):
            protocols[f"{name}, k = {k}, without day zero"] = lambda k=k, name=name: few_shot(
                get(name), k, replace(base, day_zero=None)
            )
            protocols[f"{name}, k = {k}, without any base package"] = lambda k=k, name=name: few_shot(
                get(name), k, EMPTY
            )
    lines = ["| protocol | micro-F1 | whole documents | calibration error |", "|---|---|---|---|"]
    for name, protocol in protocols.items():
        if only in name:
            lines.append(row(name, protocol()))
            print(lines[-1], flush=True)
    negatives = day_zero(get("negatives"), base)[0]
    lines.append(f"| negatives: fields invented | {negatives.spurious_rate:.3f} | | |")
    print(lines[-1], flush=True)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=Path, help="folder that keeps what was read between runs")
    parser.add_argument("--only", default="", help="protocols whose name contains this")
    parser.add_argument("--scans", action="store_true", help="also what is read by OCR: fara and images, minutes")
    options = parser.parse_args()
    with cached_reader(options.words) as reader:
        report(reader, shipped_package(), only=options.only, has_scans=options.scans)


if __name__ == "__main__":
    main()
