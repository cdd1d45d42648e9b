"""What a project reads with: the deployed package with the project's newest memory on top, kept in this process."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Max

from invex.catalog import queries as catalog
from invex.catalog.models import Template
from invex.extraction.pipeline import Thresholds
from invex.fields.prediction import Prediction, TemplateMatch
from invex.fields.spec import TemplateSpec
from invex.reading.types import Document
from mlops.learning.package import Package
from mlops.learning.predictor import Predictor
from mlops.memory import queries as memories
from mlops.memory.base import base_package
from mlops.memory.strangers import is_stranger

_loaded: dict[int, ProjectPredictor] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What tells that a loaded predictor is no longer the newest: one cheap query each."""

    memory: int | None
    templates: int
    templates_changed: datetime | None

    @classmethod
    def now(cls, project_id: int) -> _Stamp:
        found = Template.objects.filter(project=project_id).aggregate(n=Count("pk"), at=Max("updated_at"))
        return cls(memories.newest_revision(project_id), found["n"], found["at"])


@dataclass(frozen=True)
class ProjectPredictor:
    """A package with one memory revision and the templates of one moment; it never changes.

    build + memory reproduces a prediction. deployment: None until deployments have revisions of their own.
    thresholds: by template, {} = a person looks at everything, until a promise of accuracy is set.
    """

    project_id: int
    predictor: Predictor
    templates: Mapping[str, TemplateSpec]
    stamp: _Stamp
    deployment: int | None = None
    thresholds: Mapping[str, Thresholds] = field(default_factory=dict)

    @property
    def build(self) -> str:
        return self.predictor.build

    @property
    def memory(self) -> int | None:
        return self.stamp.memory

    def predict(self, document: Document, *, template: str | None = None) -> Prediction:
        """Return what `document` says. template: the one it is known to be of; None = detect it."""
        prediction = self.predictor.predict(document, template=template)
        if is_stranger(prediction.template.name or ""):
            found = self.predictor.package.index.probabilities(document)
            best = max((p for name, p in found.items() if not is_stranger(name)), default=0.0)
            prediction = replace(prediction, template=TemplateMatch(None, best))
        about = {"memory": self.memory, "deployment": self.deployment}
        return replace(prediction, model=prediction.model | {k: v for k, v in about.items() if v is not None})

    def changed_since(self, memory: int | None) -> frozenset[str]:
        """Return the templates that a later memory revision than this one changed."""
        return memories.changed_between(self.project_id, memory or 0, self.memory or 0)


def load(project_id: int) -> ProjectPredictor:
    """Return the project's predictor as of now: the one that is kept, unless memory or templates changed."""
    stamp = _Stamp.now(project_id)
    kept = _loaded.get(project_id)
    if kept is not None and kept.stamp == stamp:
        return kept
    with _lock:
        specs = catalog.specs(project_id)
        package = _with_memory(base_package(), project_id, stamp.memory, frozenset(specs))
        loaded = ProjectPredictor(project_id, Predictor(package, device=settings.SERVING_DEVICE), specs, stamp)
        _loaded[project_id] = loaded
    return loaded


def _with_memory(package: Package, project_id: int, revision: int | None, in_use: frozenset[str]) -> Package:
    """Return the package with what was learned since; templates that are not in use are not recognised."""
    row = memories.revision(project_id, revision) if revision is not None else None
    if row is None:
        return package
    learned = {name: memories.template_model(entry["blob"]) for name, entry in row.fitted.items() if name in in_use}
    looks = {name: look for name, look in memories.index(row).looks.items() if name in learned or is_stranger(name)}
    index = replace(package.index, looks={**package.index.looks, **looks})
    return replace(package, models={**package.models, **learned}, index=index)
