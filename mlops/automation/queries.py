"""Reads of the automation: promises, what audits say of them, and whether anything is approved at all."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from invex.accounts.models import Project
from invex.catalog import queries as catalog
from invex.catalog.models import Template
from invex.documents.models import Document
from mlops.deployment import queries as deployments
from mlops.deployment.states import Mode, ModelRole
from mlops.learning.sequential import Audit, first_look, judge
from mlops.registry.services import shipped_package_name

from . import sample
from .models import Promise

PROMISED_ERROR = 0.05  # that the page proposes
AUDITED = 0.05
CONSIDERED_EVERY = datetime.timedelta(minutes=10)  # a template, or what is deployed, may have changed


@dataclass(frozen=True, slots=True)
class Standing:
    """How a template stands. promise: None = nobody made one. audit: since the promise is in force, None before.

    confirmed, needed: documents, until the next look at the evidence. waiting: documents of the sample that a person
    has to decide before later ones count; audits_waiting: of those that passed.
    """

    template: Template
    promise: Promise | None
    confirmed: int
    needed: int
    waiting: tuple[int, ...]
    audit: Audit | None
    audits_waiting: tuple[int, ...]

    @property
    def is_in_force(self) -> bool:
        promise = self.promise
        return bool(promise and promise.is_wanted and promise.threshold is not None and promise.stopped_at is None)

    @property
    def promised_percent(self) -> float | None:
        return round(100 * self.promise.promised_error, 2) if self.promise else None

    @property
    def audited_percent(self) -> float | None:
        return round(100 * self.promise.audited, 2) if self.promise else None

    @property
    def low_percent(self) -> float:
        return round(100 * self.audit.low, 1) if self.audit else 0.0

    @property
    def high_percent(self) -> float:
        return round(100 * self.audit.high, 1) if self.audit else 100.0


def promises(project: Project | int) -> QuerySet[Promise]:
    return Promise.objects.filter(project=project).select_related("project")


def standing(template: Template, promise: Promise | None) -> Standing:
    """Return how the template stands now."""
    builds = serving_builds(template.project_id)
    found = sample.sample(template, builds)
    needed = first_look(PROMISED_ERROR)
    audit: Audit | None = None
    waiting: tuple[int, ...] = ()
    if promise is not None:
        is_same = promise.builds == builds and promise.version == template.version
        needed = promise.next_look if is_same and promise.looks else first_look(promise.promised_error)
        if promise.since is not None:
            audited = sample.audits(template, promise.since)
            audit, waiting = audit_of(audited, promise.promised_error), audited.waiting
    return Standing(template, promise, len(found.evidence), needed, found.waiting, audit, waiting)


def standings(project: Project, *, promised: bool = False) -> list[Standing]:
    """Return how each template in use stands, by name; promised: only those for which a promise is wanted."""
    known = {p.template: p for p in promises(project) if p.is_wanted or not promised}
    rows = catalog.templates(project)
    return [standing(row, known.get(row.name)) for row in (rows.filter(name__in=known) if promised else rows)]


def audit_of(audited: sample.Sample, promised_error: float) -> Audit:
    wrong = sum(not one.is_right for one in audited.evidence)
    return judge(wrong, len(audited.evidence), promised_error=promised_error)


def serving_builds(project_id: int) -> list[str]:
    """Return the names under which the project's documents are read now, as extractions keep them."""
    row = deployments.live(project_id)
    if row is None:
        return [shipped_package_name()]
    builds = deployments.builds(row)
    if row.mode == Mode.ENSEMBLE:
        return [deployments.describe(b for members in builds.values() for b in members)]
    unseen = (ModelRole.CHALLENGER,) if row.mode == Mode.SHADOW else ()
    return sorted({b.name for role, members in builds.items() if role not in unseen for b in members})


def to_consider() -> list[Promise]:
    """Return the wanted promises that were not looked at since a document of the project changed, or for long."""
    long_ago = timezone.now() - CONSIDERED_EVERY
    rows = Promise.objects.filter(is_wanted=True).select_related("project")
    changed = Document.objects.filter(project=OuterRef("project"), updated_at__gt=OuterRef("considered_at"))
    return list(rows.filter(Q(considered_at__isnull=True) | Q(considered_at__lt=long_ago) | Exists(changed)))
