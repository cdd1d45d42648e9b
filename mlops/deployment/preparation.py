"""A revision is prepared by a worker, before a document is read with it: packages, templates, memory, a first page."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.db.models import F
from django.utils import timezone

from invex.accounts.access import Access
from invex.accounts.roles import Role
from invex.catalog import queries as catalog
from invex.catalog.services import create_template
from invex.fields.geometry import Box
from invex.fields.template_json import template_to_json
from invex.kernel.actor import SYSTEM
from invex.kernel.errors import InvexError
from invex.kernel.states import move
from invex.reading.types import Document, Page, Word
from mlops.learning.package import Package
from mlops.learning.predictor import Predictor
from mlops.memory import services as memory
from mlops.registry import packages

from . import services
from .models import DeploymentRevision
from .states import RevisionState

log = logging.getLogger(__name__)

ATTEMPTS = 3
# Enough words that every part of a package, its network too, has something to look at.
TRIAL_WORDS = ["Invoice", "number", "4711", "date", "2026-03-29", "total", "amount", "125.00", "EUR"]


def prepare(revision_id: int) -> bool:
    """Fetch, check and fit what a revision needs, and make it live. Return False when it was not to be, or failed.

    May run twice, also at the same time: each step ends where it would have ended.
    """
    row = DeploymentRevision.objects.select_related("project").filter(pk=revision_id).first()
    if row is None or row.state != RevisionState.PREPARING:
        return False
    if row.attempts >= ATTEMPTS:
        return _fail(row, f"Preparing it ended in an error {ATTEMPTS} times; the log of the worker says which.")
    DeploymentRevision.objects.filter(pk=row.pk).update(attempts=F("attempts") + 1)
    try:
        loaded = [packages.load(model.build) for model in row.models.select_related("build")]
        bring_templates(Access(SYSTEM, row.project, Role.OWNER), loaded)
        for package in loaded:
            _try(package)
            memory.catch_up(row.project_id, package)
    except (InvexError, ValueError, OSError) as e:
        log.warning("deployment %s of %s cannot be prepared: %s", row.revision, row.project.slug, e)
        return _fail(row, str(e))
    return services.activate(row, actor=SYSTEM)


def bring_templates(access: Access, loaded: Iterable[Package]) -> list[str]:
    """Create the templates of packages that the project has never had. Return their names.

    One that was retired stays so. Raises Conflict when a field has another type here.
    """
    known = set(catalog.templates(access.project, with_retired=True).values_list("name", flat=True))
    made = []
    for package in loaded:
        for name, model in sorted(package.models.items()):
            if name not in known:
                create_template(access, template_to_json(model.spec))
                known.add(name)
                made.append(name)
    return made


def _try(package: Package) -> None:
    """Read a page with the package: one that cannot do that must not meet a customer's document."""
    words = tuple(
        Word(text, Box(0.1 + 0.2 * (i % 4), 0.1 + 0.05 * (i // 4), 0.25 + 0.2 * (i % 4), 0.12 + 0.05 * (i // 4)))
        for i, text in enumerate(TRIAL_WORDS)
    )
    trial = Document((Page(595.0, 842.0, words),), "trial", "trial")
    predictor = Predictor(package)
    try:
        for template in (None, *package.models):
            predictor.predict(trial, template=template)
    except Exception as e:  # whatever it is, the package is at fault
        raise ValueError(f"{package.build} cannot read a page: {type(e).__name__}: {e}") from e


def _fail(row: DeploymentRevision, why: str) -> bool:
    move(
        row, RevisionState.FAILED, actor=SYSTEM, project=row.project.slug, ended_at=timezone.now(),
        reason_message=why[:2000],
    )  # fmt: skip
    return False
