"""How a package does on a dataset's documents, one by one: what a gate compares."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from invex.fields.prediction import Prediction
from mlops.learning.comparison import same
from mlops.learning.dataset import Dataset, Sample
from mlops.learning.evaluation import Report, evaluate
from mlops.learning.metrics import Counts
from mlops.learning.package import Package
from mlops.learning.predictor import Predictor

from .reliability import calibration, confusions


@dataclass(frozen=True, slots=True)
class DocumentScore:
    """One document: what is right and wrong of its fields and cells. template: "" = unknown."""

    id: str
    template: str
    counts: Counts

    @property
    def errors(self) -> int:
        return self.counts.false_positives + self.counts.false_negatives


@dataclass(frozen=True)
class Measurement:
    """A package on some documents. report: over all of them. seconds_a_page: of prediction alone, from words."""

    build: str
    report: Report
    documents: tuple[DocumentScore, ...]
    predictions: Mapping[str, Prediction]
    seconds_a_page: float
    calibration: tuple[dict[str, Any], ...] = ()  # see reliability.py
    confusions: tuple[dict[str, Any], ...] = ()

    @property
    def counts(self) -> Counts:
        """Fields and cells together."""
        return sum((score.counts for score in self.documents), Counts())

    def by_template(self) -> dict[str, Counts]:
        found: dict[str, Counts] = {}
        for score in self.documents:
            found[score.template] = found.get(score.template, Counts()) + score.counts
        return found

    def to_json(self) -> dict[str, Any]:
        return {
            "build": self.build,
            "f1": self.counts.f1,
            "seconds_a_page": self.seconds_a_page,
            "by_template": {name: counts.f1 for name, counts in sorted(self.by_template().items())},
            "calibration": list(self.calibration),
            "confusions": list(self.confusions),
            "report": self.report.to_json(),
        }


def measure(package: Package, dataset: Dataset, known: Iterable[Sample]) -> Measurement:
    """Read each document of `known` with the package and compare with its label."""
    predictor = Predictor(package)
    predictions: dict[str, Prediction] = {}
    labels, scores = {}, []
    seconds, pages = 0.0, 0
    for sample in known:
        start = time.perf_counter()
        predictions[sample.id] = predictor.predict(sample.document)
        seconds += time.perf_counter() - start
        pages += len(sample.document.pages)
        labels[sample.id] = sample.label
        alone = evaluate(dataset.fields, dataset.tables, {sample.id: sample.label}, predictions)
        counts = sum(alone.tables.values(), alone.micro)
        scores.append(DocumentScore(sample.id, sample.label.template or "", counts))
    report = evaluate(dataset.fields, dataset.tables, labels, predictions)
    return Measurement(
        package.build, report, tuple(scores), predictions, seconds / max(1, pages),
        tuple(calibration(dataset, labels, predictions)), tuple(confusions(labels, predictions)),
    )  # fmt: skip


def differing(dataset: Dataset, candidate: Measurement, incumbent: Measurement) -> list[dict[str, Any]]:
    """Return the documents that the two read differently: the fields, and how many errors each makes. No values."""
    theirs = {score.id: score for score in incumbent.documents}
    types = {field.key: field.type for field in dataset.fields}
    found = []
    for score in candidate.documents:
        a, b = candidate.predictions[score.id], incumbent.predictions[score.id]
        fields = [key for key, type in types.items() if not _agree(type, a, b, key)]
        if fields or a.template.name != b.template.name or score.errors != theirs[score.id].errors:
            found.append(
                {
                    "document": score.id,
                    "template": score.template,
                    "fields": fields,
                    "candidate_errors": score.errors,
                    "incumbent_errors": theirs[score.id].errors,
                }
            )
    return sorted(found, key=lambda d: (d["incumbent_errors"] - d["candidate_errors"], d["document"]))


def _agree(type: str, a: Prediction, b: Prediction, key: str) -> bool:
    mine, other = a.fields.get(key, ()), b.fields.get(key, ())
    return len(mine) == len(other) and all(any(same(type, x.value, y.value) for y in other) for x in mine)
