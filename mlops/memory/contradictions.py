"""Examples that the others of their template contradict: they are held back from the memory until a person decides.

What was confirmed is at odds with what a model reads that has not seen the example, as surely as it usually is where
labels are right (mlops.learning.label_errors). One odd document must not silence a layout that has changed: an example
that another one sides with is not held back, and where many are at odds the template's documents just differ.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from invex.fields.labels import Label
from invex.fields.prediction import Prediction
from invex.fields.spec import TemplateSpec
from invex.reading.types import Document
from mlops.learning.comparison import matches
from mlops.learning.dataset import Sample
from mlops.learning.label_errors import Suspect, cross_validated, suspects
from mlops.learning.learner import fit_template
from mlops.learning.model import TemplateModel
from mlops.learning.package import EMPTY, Package
from mlops.learning.predictor import Predictor

Read = Callable[[Document], Prediction]

LEAST_EXAMPLES = 5  # of a template, before it may hold one back
LEAST_SUSPICION = 0.5  # P(what the others say) - P(what was confirmed)
SURE = 0.9  # of a value that another was confirmed for: then it is looked into
BACKED = 0.5  # confidence with which another example, learned alone, reads what was confirmed
MOST_BACKERS = 20  # examples that are asked, the newest
MOST_ODD = 1 / 4  # of the examples; more of them are no errors, the documents differ


def is_doubted(base: Package, model: TemplateModel, samples: Sequence[Sample]) -> bool:
    """Say whether `model`, which has not seen these examples, surely reads another value from one. It costs little."""
    read = _reader(base, model)
    return any(_differs(model.spec, sample.label, read(sample.document)) for sample in samples)


def _differs(spec: TemplateSpec, label: Label, prediction: Prediction) -> bool:
    return any(
        value.confidence >= SURE
        for field in spec.fields
        if field.key in label.fields
        for value in prediction.fields.get(field.key, ())
        if not any(matches(field.type, value.value, confirmed) for confirmed in label.fields[field.key])
    )


def contradicted(
    base: Package, spec: TemplateSpec, samples: Sequence[Sample], *, settled: Collection[str] = ()
) -> tuple[Suspect, ...]:
    """Return the examples that the others contradict and none sides with, worst first, each with its worst field.

    settled: ids of those that a person decided to keep.
    """
    if len(samples) < LEAST_EXAMPLES:
        return ()
    labels = {sample.id: sample.label for sample in samples}
    predictions = cross_validated(samples, lambda known: _reader(base, fit_template(base, spec, known)))
    worst: dict[str, Suspect] = {}
    for one in suspects(spec.fields, labels, predictions):
        if one.suspicion >= LEAST_SUSPICION:
            worst.setdefault(one.document, one)
    if len(worst) > MOST_ODD * len(samples):
        return ()
    backing = _Backing(spec, samples, {identity: one.field for identity, one in worst.items()})
    found = [one for identity, one in worst.items() if identity not in settled and not backing.has(identity)]
    return tuple(sorted(found, key=lambda s: (-s.suspicion, s.document)))


class _Backing:
    """Whether another example sides with an odd one. odd: id -> the field that the others contradict."""

    def __init__(self, spec: TemplateSpec, samples: Sequence[Sample], odd: Mapping[str, str]) -> None:
        self._spec, self._samples, self._odd = spec, {sample.id: sample for sample in samples}, odd
        self._alone: dict[str, Read] = {}

    def has(self, identity: str) -> bool:
        """Say whether what is learned from one other example reads what was confirmed of this one, or, of two odd
        ones, the other way round.
        """
        key = self._odd[identity]
        others = [other for other in self._samples if other != identity]
        if not self._samples[identity].label.fields[key]:  # two that both lack the value, against the others, agree
            return any(other in self._odd and self._samples[other].label.fields.get(key) == () for other in others)
        asked = dict.fromkeys((*others[-MOST_BACKERS:], *(other for other in others if other in self._odd)))
        return any(
            self._reads(other, identity, key) or (other in self._odd and self._reads(identity, other, key))
            for other in asked
        )

    def _reads(self, learned: str, asked: str, key: str) -> bool:
        sample = self._samples[asked]
        confirmed = sample.label.fields.get(key, ())
        if not confirmed or not self._samples[learned].label.fields.get(key):
            return False
        if learned not in self._alone:
            # On top of nothing: what documents in general look like would outvote a single one.
            self._alone[learned] = _reader(EMPTY, fit_template(EMPTY, self._spec, [self._samples[learned]]))
        kind = next(field.type for field in self._spec.fields if field.key == key)
        return any(
            value.confidence >= BACKED and any(matches(kind, value.value, label) for label in confirmed)
            for value in self._alone[learned](sample.document).fields.get(key, ())
        )


def _reader(base: Package, model: TemplateModel) -> Read:
    predictor = Predictor(replace(base, models={model.spec.name: model}))
    return lambda document: predictor.predict(document, template=model.spec.name)
