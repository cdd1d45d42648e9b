"""What a project reads with: the live deployment with the project's newest memory on top, kept in this process.

A worker asks for it with every job; what it gets never changes, so a document is read by one revision from its first
word to its last, and a new revision is taken up with the next job.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.db.models import Count, Max

from invex.catalog import queries as catalog
from invex.catalog.models import Template
from invex.extraction.pipeline import Thresholds
from invex.fields.prediction import Prediction, TemplateMatch
from invex.fields.spec import TemplateSpec
from invex.reading.types import Document
from mlops.learning.model import TemplateModel
from mlops.learning.package import Package
from mlops.learning.predictor import Predictor
from mlops.learning.templates import Look
from mlops.memory import queries as memories
from mlops.memory.base import base_package
from mlops.memory.strangers import is_stranger
from mlops.registry import packages
from mlops.registry.models import Build

from . import queries, replay
from .ensemble import Ensemble
from .models import DeploymentRevision
from .routing import Routing
from .states import Mode, ModelRole

SHADOW = "shadow"  # the arm of what a challenger reads and nobody is shown

_loaded: dict[int, ProjectPredictor] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What tells that a loaded predictor is no longer the newest: one cheap query each.

    deployment: key and salt, since a database that was restored may give a key again. memory: newest revision by build.
    """

    deployment: tuple[int, str] | None
    memory: Mapping[str, int | None]
    is_held: bool  # the code that reads has changed, and the gate has not passed it
    templates: int
    templates_changed: datetime | None

    @classmethod
    def now(cls, project_id: int, row: DeploymentRevision | None) -> _Stamp:
        builds = [m.build.name for m in row.models.all()] if row is not None else [base_package().build]
        found = Template.objects.filter(project=project_id).aggregate(n=Count("pk"), at=Max("updated_at"))
        memory = memories.newest_revisions(project_id, builds)
        is_held = row is not None and replay.is_held(project_id, [m.build_id for m in row.models.all()])
        return cls((row.pk, row.salt) if row is not None else None, memory, is_held, found["n"], found["at"])


class Reads(Protocol):
    """A package with a memory, or several that read together."""

    @property
    def build(self) -> str: ...

    @property
    def memory(self) -> int | None: ...

    def knows(self, template: str) -> bool: ...

    def predict(self, document: Document, *, template: str | None = None) -> Prediction: ...


@dataclass(frozen=True, slots=True)
class Learned:
    """A package with one revision of the memory; build + memory reproduces a prediction."""

    predictor: Predictor
    memory: int | None

    @property
    def build(self) -> str:
        return self.predictor.build

    def knows(self, template: str) -> bool:
        return template in self.predictor.package.models

    def predict(self, document: Document, *, template: str | None = None) -> Prediction:
        prediction = self.predictor.predict(document, template=template)
        if is_stranger(prediction.template.name or ""):
            found = self.predictor.package.index.probabilities(document)
            best = max((p for name, p in found.items() if not is_stranger(name)), default=0.0)
            prediction = replace(prediction, template=TemplateMatch(None, best))
        return prediction


@dataclass(frozen=True)
class ProjectPredictor:
    """One arm of a deployment with the memory and the templates of one moment; it never changes.

    reads: of this arm. deployment: number of the revision, None before the first. thresholds: by template, {} = a
    person looks at everything, until a promise of accuracy is set. arms: all arms by name, {} where there is but one;
    the arm that holds them is the incumbent. memory_seen: newest memory of all arms. shadow: reads too, and nobody is
    shown it.
    """

    project_id: int
    reads: Reads
    templates: Mapping[str, TemplateSpec]
    stamp: _Stamp
    memory_seen: int | None
    deployment: int | None = None
    thresholds: Mapping[str, Thresholds] = field(default_factory=dict)
    arm: str = ""
    routing: Routing = field(default_factory=Routing)
    arms: Mapping[str, ProjectPredictor] = field(default_factory=dict)
    shadow: ProjectPredictor | None = None

    @property
    def build(self) -> str:
        return self.reads.build

    @property
    def memory(self) -> int | None:
        return self.reads.memory

    def for_document(self, document_id: int) -> ProjectPredictor:
        """Return the arm that reads this document, always the same one while the deployment's salt is kept."""
        return self.arms.get(self.routing.arm_of(document_id), self)

    def predict(self, document: Document, *, template: str | None = None) -> Prediction:
        """Return what `document` says. template: the one it is known to be of; None = detect it."""
        prediction = self.reads.predict(document, template=template)
        about = {"memory": self.memory, "deployment": self.deployment}
        return replace(prediction, model=prediction.model | {k: v for k, v in about.items() if v is not None})

    def knows(self, template: str) -> bool:
        """Say whether it has learned from documents of the template; others it reads like those of no template."""
        return self.reads.knows(template)

    def changed_since(self, memory: int | None) -> frozenset[str]:
        """Return the templates that later memory revisions than this one changed, on whichever arm."""
        return memories.changed_between(self.project_id, memory or 0, self.memory_seen or 0)


def load(project_id: int) -> ProjectPredictor:
    """Return the project's predictor as of now: the one that is kept, unless something changed."""
    row = queries.live(project_id)
    stamp = _Stamp.now(project_id, row)
    kept = _loaded.get(project_id)
    if kept is not None and kept.stamp == stamp:
        return kept
    with _lock:
        loaded = _assemble(project_id, row, stamp)
        _loaded[project_id] = loaded
    return loaded


def with_build(project_id: int, build: Build, *, arm: str) -> ProjectPredictor:
    """Return a predictor with a build that need not be live, and what was learned since; nothing passes by itself."""
    stamp = _Stamp.now(project_id, queries.live(project_id))
    templates = catalog.specs(project_id)
    revision = memories.newest_revisions(project_id, [build.name])[build.name]
    package = _with_memory(packages.load(build), project_id, revision, frozenset(templates))
    reads = Learned(Predictor(package, device=settings.SERVING_DEVICE), revision)
    return ProjectPredictor(project_id, reads, templates, stamp, revision, arm=arm)


def _assemble(project_id: int, row: DeploymentRevision | None, stamp: _Stamp) -> ProjectPredictor:
    templates = catalog.specs(project_id)
    seen = max((n for n in stamp.memory.values() if n is not None), default=None)
    number, thresholds = (row.revision, queries.thresholds(row)) if row is not None else (None, {})
    if stamp.is_held:
        thresholds = {}  # a person looks at everything

    def learned(package: Package) -> Learned:
        revision = stamp.memory[package.build]
        with_memory = _with_memory(package, project_id, revision, frozenset(templates))
        return Learned(Predictor(with_memory, device=settings.SERVING_DEVICE), revision)

    def arm(reads: Reads, name: str = "") -> ProjectPredictor:
        return ProjectPredictor(project_id, reads, templates, stamp, seen, number, thresholds, name)

    if row is None:
        return arm(learned(base_package()))
    by_role = {role: [learned(packages.load(one)) for one in builds] for role, builds in queries.builds(row).items()}
    if row.mode == Mode.ENSEMBLE:
        return arm(Ensemble(tuple(by_role[ModelRole.MEMBER]), seen))
    if row.mode == Mode.SHADOW:
        return replace(arm(by_role[ModelRole.MODEL][0]), shadow=arm(by_role[ModelRole.CHALLENGER][0], SHADOW))
    routing = queries.routing(row)
    if not routing.arms:
        return arm(by_role[ModelRole.MODEL][0])
    arms = {name: arm(by_role[name][0], name) for name in routing.arms}
    return replace(arms[routing.arms[0]], routing=routing, arms=arms)


def _with_memory(package: Package, project_id: int, revision: int | None, in_use: frozenset[str]) -> Package:
    """Return the package with what was learned since; templates that are not in use are not recognised."""
    row = memories.revision(project_id, revision) if revision is not None else None
    learned: dict[str, TemplateModel] = {}
    looks: dict[str, Look] = {}
    if row is not None:
        learned = {name: memories.template_model(entry["blob"]) for name, entry in row.fitted.items() if name in in_use}
        looks = {name: look for name, look in memories.index(row).looks.items() if name in learned or is_stranger(name)}
    models = {name: model for name, model in package.models.items() if name in in_use} | learned
    known = {name: look for name, look in package.index.looks.items() if name in models}
    return replace(package, models=models, index=replace(package.index, looks={**known, **looks}))
