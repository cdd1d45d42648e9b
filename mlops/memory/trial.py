"""A template before it is saved: learned from its one example, in memory only (settings.TRIAL_LEARNER)."""

from __future__ import annotations

from dataclasses import replace

from invex.fields.labels import Label
from invex.fields.spec import TemplateSpec
from invex.reading.types import Document
from mlops.learning.dataset import Sample
from mlops.learning.learner import fit_template
from mlops.learning.predictor import Predictor
from mlops.learning.templates import TemplateIndex

from .base import bases


def learn(project_id: int, spec: TemplateSpec, document: Document, label: Label) -> Predictor:
    """Return what would read the project's documents if `document` were confirmed with `label`; nothing is stored.

    It knows the one template only: a document that does not look like the example is unknown to it.
    """
    base = next(iter(bases(project_id).values()))()
    model = fit_template(base, spec, [Sample("", document, label)])
    index = TemplateIndex().with_example(spec.name, document)
    return Predictor(replace(base, models={spec.name: model}, index=index))
