"""Learn at once: a template's scorer is refitted from its confirmed documents on top of the deployed build."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from invex.accounts.models import Project
from invex.catalog import queries as catalog
from invex.catalog.models import Template
from invex.fields.spec import TemplateSpec
from invex.fields.template_json import template_to_json
from invex.kernel.blobs import store
from invex.kernel.doomed import doom
from invex.kernel.outbox import emit
from invex.review.models import ConfirmedLabel
from mlops.learning.learner import fit_template
from mlops.learning.package import Package
from mlops.learning.templates import TemplateIndex

from . import queries, strangers
from .index_blob import index_to_bytes
from .models import MemoryRevision
from .strangers import STRANGERS

log = logging.getLogger(__name__)

RACES = 20  # lost in a row before it is a bug: each was won by another refit of the same project


@dataclass(frozen=True, slots=True)
class _Fitted:
    """What a template became: its entry of MemoryRevision.fitted, None = forgotten, and the recogniser with it."""

    entry: dict[str, Any] | None
    index: TemplateIndex


def refit(project_id: int, name: str, base: Package) -> MemoryRevision | None:
    """Learn template `name`, or STRANGERS, anew from confirmed documents, as a new revision of the memory of `base`.

    Return None when nothing changed: the same examples, specification and build give no revision. A race with another
    refit of the project is repeated on top of its outcome.
    """
    for _ in range(RACES):
        last = queries.newest(project_id)  # first: whoever takes the next number in between wins the race
        before = queries.newest(project_id, base.build)
        known = before.fitted.get(name) if before else None
        fit = _fit_strangers if name == STRANGERS else _fit
        fitted = fit(project_id, name, base, known, queries.index(before))
        if fitted is None:
            return None
        try:
            return _store(project_id, name, base.build, before, fitted, number=last.revision + 1 if last else 1)
        except IntegrityError:
            log.info("memory of project %s: another refit was first, once more", project_id)
    raise RuntimeError(f"the memory of project {project_id} changed {RACES} times during a refit")


def _fit(
    project_id: int, name: str, base: Package, known: dict[str, Any] | None, index: TemplateIndex
) -> _Fitted | None:
    """Return what the template became, None when that is what is known already."""
    row = Template.objects.filter(project=project_id, name=name, retired_at__isnull=True).first()
    basis = queries.basis(project_id).get(name)  # before the examples: what comes in between is learned next
    labels = queries.examples(project_id, name) if row is not None else []
    if row is None or not labels:
        return _Fitted(None, index.without_template(name)) if known is not None else None
    spec = catalog.spec(row)
    digest = _digest(base.build, spec, basis, labels)
    if known is not None and known["digest"] == digest:
        return None
    samples = [sample for label in labels if (sample := queries.sample(label)) is not None]
    model = fit_template(base, spec, samples)
    entry = {
        "blob": store().put(model.to_bytes()),
        "examples": len(samples),
        "documents": sorted(label.document_id for label in labels),
        "digest": digest,
        "build": base.build,
        "basis": basis,
    }
    return _Fitted(entry, index.with_template(name, [sample.document for sample in samples]))


def _fit_strangers(
    project_id: int, name: str, base: Package, known: dict[str, Any] | None, index: TemplateIndex
) -> _Fitted | None:
    """Return what is known of documents of no template, None when that is what is known already."""
    digest = strangers.digest(project_id, base.build)
    if (known["digest"] == digest) if known is not None else not strangers.known(project_id):
        return None
    found = strangers.looks(project_id)
    kept = {n: look for n, look in index.looks.items() if not strangers.is_stranger(n)}
    known_ids = sorted(row.document_id for row in (*strangers.known(project_id), *strangers.overruling(project_id)))
    entry = {
        "blob": "",
        "examples": len(found.looks),
        "documents": known_ids,
        "digest": digest,
        "build": base.build,
    }
    return _Fitted(entry, TemplateIndex({**kept, **found.looks}))


def _digest(build: str, spec: TemplateSpec, basis: dict[str, int] | None, labels: list[ConfirmedLabel]) -> str:
    """sha256 of all that a fit depends on: the build, the specification, and the labels, which never change."""
    content = [build, template_to_json(spec), basis, [label.pk for label in labels]]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def catch_up(project_id: int, base: Package) -> int:
    """Learn all templates anew that the memory of `base` has not learned as they are now. Return how many changed."""
    names = sorted(queries.out_of_date(project_id, base.build) - {STRANGERS})
    return sum(refit(project_id, name, base) is not None for name in (*names, STRANGERS))


def forget(project_id: int, document_id: int, bases: Iterable[Package]) -> int:
    """Forget an erased document: learn anew what was learned from it, and take that out of every revision before.

    bases: the builds that the project reads with. Such a revision reproduces no prediction of these templates any more.
    Return how many revisions held something.
    """
    bases, holding = list(bases), queries.revisions_with(project_id, document_id)
    for name in sorted({name for names in holding.values() for name in names}):
        for base in bases:
            refit(project_id, name, base)
    for row, names in queries.revisions_with(project_id, document_id).items():
        _take_out(row, names)
    return len(holding)


def _take_out(row: MemoryRevision, names: tuple[str, ...]) -> None:
    """Take templates out of a revision; should it come into use again, they are missed and learned anew."""
    index = TemplateIndex(
        {
            name: look
            for name, look in queries.index(row).looks.items()
            if name not in names and not (STRANGERS in names and strangers.is_stranger(name))
        }
    )
    blob = store().put(index_to_bytes(index))
    with transaction.atomic():
        doom({row.index, *(row.fitted[name]["blob"] for name in names)} - {blob})
        row.fitted = {name: entry for name, entry in row.fitted.items() if name not in names}
        row.index = blob
        row.save(update_fields=["fitted", "index"])


def _store(
    project_id: int, name: str, build: str, before: MemoryRevision | None, fitted: _Fitted, *, number: int
) -> MemoryRevision:
    """Write the next revision. Raises IntegrityError when another refit has taken its number."""
    entries = {n: e for n, e in before.fitted.items() if n != name} if before else {}
    if fitted.entry is not None:
        entries[name] = fitted.entry
    blob = store().put(index_to_bytes(fitted.index))
    project = Project.objects.get(pk=project_id)
    with transaction.atomic():
        row = MemoryRevision.objects.create(
            project=project,
            revision=number,
            build=build,
            fitted=entries,
            changed=[name],
            index=blob,
        )
        emit(
            "memory.updated", project.pk, project=project.slug, template=name, build=row.build, memory=row.revision,
            examples=fitted.entry["examples"] if fitted.entry else 0,
        )  # fmt: skip
    return row
