"""Labels that are probably wrong, the most suspicious first.

Confident learning (Northcutt, Jiang, Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", 2021): a
model that has not seen a document contradicts its label, and does so at least as surely as it usually is where labels
are right. The threshold is a field's own, so a field that is read with doubt throughout does not accuse every label.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from invex.fields.labels import Label, LabelValue
from invex.fields.prediction import Prediction, Value
from invex.fields.spec import FieldSpec
from invex.reading.types import Document

from .comparison import matches
from .dataset import Sample

FOLDS = 5
MIN_AGREEING = 3  # labels that the model confirms, before it may accuse others of the field

# What learns from samples and returns what reads a document.
Fit = Callable[[Sequence[Sample]], Callable[[Document], Prediction]]


@dataclass(frozen=True, slots=True)
class Suspect:
    """A label that a model which has not seen the document contradicts.

    labelled: the confirmed values, "" for a certain absence. predicted: what was read instead.
    suspicion: P(predicted) - P(labelled), both by the model, (0, 1].
    """

    document: str
    field: str
    labelled: str
    predicted: str
    suspicion: float


def cross_validated(samples: Sequence[Sample], fit: Fit, *, folds: int = FOLDS, seed: int = 0) -> dict[str, Prediction]:
    """Return for each sample the prediction of a model that was fitted without it.

    Folds are drawn within each template, so that every model knows every template that has two documents.
    """
    rng = np.random.default_rng(seed)
    by_template: dict[str | None, list[Sample]] = defaultdict(list)
    for sample in sorted(samples, key=lambda s: s.id):
        by_template[sample.label.template].append(sample)
    fold_of: dict[str, int] = {}
    for _, mine in sorted(by_template.items(), key=lambda item: item[0] or ""):
        for position, index in enumerate(rng.permutation(len(mine))):
            fold_of[mine[index].id] = position % folds
    found: dict[str, Prediction] = {}
    for fold in sorted(set(fold_of.values())):
        others = [s for s in samples if fold_of[s.id] != fold]
        if others:
            predict = fit(others)
            found |= {s.id: predict(s.document) for s in samples if fold_of[s.id] == fold}
    return found


def suspects(
    fields: Iterable[FieldSpec], labels: Mapping[str, Label], predictions: Mapping[str, Prediction]
) -> tuple[Suspect, ...]:
    """Return the labels that look wrong, worst first. predictions: by models that have not seen the document."""
    found: list[Suspect] = []
    for spec in fields:
        pairs = [
            (identity, label.fields[spec.key], predictions[identity].fields.get(spec.key, ()))
            for identity, label in sorted(labels.items())
            if spec.key in label.fields and identity in predictions
        ]
        agreeing = [value.confidence for _, confirmed, given in pairs for value in _right(spec.type, confirmed, given)]
        if len(agreeing) >= MIN_AGREEING:
            usual = float(np.mean(agreeing))
            for identity, confirmed, given in pairs:
                found += _accused(identity, spec, confirmed, given, usual)
    return tuple(sorted(found, key=lambda s: (-s.suspicion, s.document, s.field)))


def _right(type: str, confirmed: Sequence[LabelValue], given: Sequence[Value]) -> Iterator[Value]:
    return (value for value in given if any(matches(type, value.value, label) for label in confirmed))


def _accused(
    identity: str, spec: FieldSpec, confirmed: Sequence[LabelValue], given: Sequence[Value], usual: float
) -> Iterator[Suspect]:
    right = list(_right(spec.type, confirmed, given))
    for value in given:
        if value in right or value.confidence < usual or len(right) == len(confirmed) > 0:
            continue
        labelled = max(
            (a.confidence for a in value.alternatives if any(matches(spec.type, a.value, c) for c in confirmed)),
            default=0.0,
        )
        yield Suspect(
            identity, spec.key, "; ".join(c.value for c in confirmed), value.value, value.confidence - labelled
        )
