"""Is a dataset version fit to learn from? The learner's validation, with what the product knows beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from invex.fields.labels import Label
from invex.fields.prediction import Prediction
from invex.reading.types import Document
from mlops.learning.dataset import Dataset, Sample, load_dataset, samples
from mlops.learning.label_errors import cross_validated
from mlops.learning.learner import learn_samples
from mlops.learning.package import Package
from mlops.learning.predictor import Predictor
from mlops.learning.validation import ValidationReport, validate

from . import folder
from .models import DatasetVersion
from .states import DatasetState

MOST_CROSS_VALIDATED = (
    1000  # documents: labels are suspected up to this many; more would take the better part of an hour
)


def report(row: DatasetVersion, base: Package) -> ValidationReport:
    """Return the report of a frozen version; `base` is what its models are learned on top of."""
    with folder.exported(row) as path:
        dataset = load_dataset(path)
        known = list(samples(dataset, reader=None))
        predictions = {}
        if len(known) <= MOST_CROSS_VALIDATED:
            predictions = cross_validated(known, partial(_fit, dataset, base))
        splits = {
            side: frozenset(row.documents.filter(side=side).values_list("name", flat=True))
            for side in sorted(set(row.documents.values_list("side", flat=True)))
        }
        return validate(dataset, None, splits=splits, earlier=_labels_before(row), predictions=predictions)


def _fit(dataset: Dataset, base: Package, known: Sequence[Sample]) -> Callable[[Document], Prediction]:
    """Return what reads a document, learned from `known`."""
    return Predictor(learn_samples(known, dataset.fields, dataset.tables, name=dataset.name, base=base)).predict


def _labels_before(row: DatasetVersion) -> list[Label]:
    """Return the labels of the version before this one, to tell drift."""
    before = (
        DatasetVersion.objects.filter(project=row.project_id, state=DatasetState.FROZEN, pk__lt=row.pk)
        .order_by("-pk")
        .first()
    )
    if before is None:
        return []
    with folder.exported(before) as path:
        return [entry.label for entry in load_dataset(path).labelled() if entry.label is not None]
