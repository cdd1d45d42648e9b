"""A template before it is saved: learned in memory only (settings.TRIAL_LEARNER)."""

from __future__ import annotations

from dataclasses import replace

from invex.fields.labels import Label
from invex.fields.spec import TemplateSpec
from invex.reading.types import Document
from invex.review import queries as reviews
from invex.studio.ports import Learned
from mlops.learning.dataset import Sample
from mlops.learning.learner import fit_template
from mlops.learning.predictor import Predictor
from mlops.learning.templates import TemplateIndex

from . import queries
from .base import bases
from .held import left_out

MOST = 7  # confirmed documents beside the one in hand: an author waits for it, and each costs about 0.2 s


def learn(project_id: int, spec: TemplateSpec, document: Document, label: Label, *, key: int) -> Learned:
    """Return what would read the project's documents if document `key` were confirmed with `label`; nothing is stored.

    Learned from it and from the newest confirmed documents that the template's memory learns from. It knows the one
    template only: a document that does not look like its examples is unknown to it.
    """
    base = next(iter(bases(project_id).values()))()
    confirmed = reviews.confirmed(project_id, template=spec.name).exclude(pk__in=left_out(project_id))
    confirmed = confirmed.exclude(document=key)
    kept = [found for row in confirmed[:MOST] if (found := queries.sample(row)) is not None]
    samples = [*reversed(kept), Sample("", document, label)]
    model = fit_template(base, spec, samples)
    index = TemplateIndex().with_template(spec.name, [sample.document for sample in samples])
    return Learned(Predictor(replace(base, models={spec.name: model}, index=index)), len(kept), confirmed.count())
