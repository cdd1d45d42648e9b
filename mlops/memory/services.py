"""Learn at once: a template's scorer is refitted from its confirmed documents on top of the deployed build."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from invex.accounts.access import Access
from invex.accounts.models import Project
from invex.accounts.roles import Right
from invex.catalog import queries as catalog
from invex.catalog.models import Template
from invex.fields.spec import TemplateSpec
from invex.fields.template_json import template_to_json
from invex.kernel import audit
from invex.kernel.blobs import store
from invex.kernel.doomed import doom
from invex.kernel.errors import BadInput, NotFound
from invex.kernel.outbox import emit
from invex.kernel.priority import patiently
from invex.review import queries as reviews
from invex.review.models import ConfirmedLabel
from mlops.learning.dataset import Sample
from mlops.learning.learner import fit_template
from mlops.learning.package import Package
from mlops.learning.templates import TemplateIndex

from . import contradictions, queries, strangers
from .index_blob import index_to_bytes
from .models import ExampleDecision, MemoryRevision
from .strangers import STRANGERS

log = logging.getLogger(__name__)

RACES = 20  # lost in a row before it is a bug: each was won by another refit of the same project


def decide(access: Access, label_id: int, choice: str) -> ConfirmedLabel:
    """Decide about an example that the others contradict: learn from it all the same ("keep"), never ("out"), or as
    Invex finds it ("", which takes a decision back). The memory learns anew from that. Raises NotFound, BadInput.
    """
    access.require(Right.REVIEW)
    label = reviews.confirmed(access.project).filter(pk=label_id).first()
    if label is None:
        raise NotFound(f"There is no confirmed label {label_id} in this project.")
    if choice not in ("", ExampleDecision.KEEP, ExampleDecision.OUT):
        raise BadInput(f"There is no choice {choice!r}: keep, out, or nothing.", code="bad_choice")
    with transaction.atomic():
        # Made anew each time: the memory sees by its key that something was decided.
        ExampleDecision.objects.filter(label=label).delete()
        if choice:
            ExampleDecision.objects.create(label=label, choice=choice, actor=str(access.actor))
        audit.record(
            access.actor, f"example {choice or 'open'}", "document", label.document_id, project=access.project.slug
        )
        emit("example.decided", label.document_id, project=access.project.slug, document=label.document_id)
    return label


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
        fitted = patiently(fit, project_id, name, base, known, queries.index(before))
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
    basis = queries.basis(project_id).get(name, {})  # before the examples: what comes in between is learned next
    labels = queries.examples(project_id, name) if row is not None else []
    if row is None or not labels:
        return _Fitted(None, index.without_template(name)) if known is not None else None
    spec = catalog.spec(row)
    digest = _digest(base.build, spec, basis, labels)
    if known is not None and known["digest"] == digest:
        return None
    choices = queries.choices(labels)
    asked = [label for label in labels if choices.get(label.pk) != ExampleDecision.OUT]
    pairs = [(label, sample) for label in asked if (sample := queries.sample(label)) is not None]
    held = _held(base, spec, pairs, known, basis, choices)
    learned = [(label, sample) for label, sample in pairs if label.pk not in {one["label"] for one in held}]
    if not learned:  # nothing but what somebody took out
        return _Fitted(None, index.without_template(name)) if known is not None else None
    samples = [sample for _, sample in learned]
    model = fit_template(base, spec, samples)
    entry = {
        "blob": store().put(model.to_bytes()),
        "examples": len(samples),
        "documents": sorted(label.document_id for label, _ in learned),
        "held": held,
        "digest": digest,
        "build": base.build,
        "basis": basis,
    }
    return _Fitted(entry, index.with_template(name, [sample.document for sample in samples]))


def _held(
    base: Package,
    spec: TemplateSpec,
    pairs: list[tuple[ConfirmedLabel, Sample]],
    known: dict[str, Any] | None,
    basis: dict[str, Any],
    choices: Mapping[int, str],
) -> list[dict[str, Any]]:
    """Return the examples that are held back, as MemoryRevision.fitted keeps them.

    Judging all of them takes some refits, so it is done when there is a doubt: a new example that the model so far
    surely reads otherwise, a decision, or many examples at once.
    """
    before = known.get("held", []) if known is not None else []
    seen = {*(known or {}).get("documents", ()), *(one["document"] for one in before)}
    new = [sample for label, sample in pairs if label.document_id not in seen]
    # Entries of before this was mended have no basis where the first example came in between.
    is_decided = known is not None and (known["basis"] or {}).get("decided") != basis.get("decided")
    if (
        known is not None
        and not is_decided
        and not contradictions.is_doubted(base, queries.template_model(known["blob"]), new)
    ):
        there = {label.pk for label, _ in pairs}
        return [one for one in before if one["label"] in there]
    labels = {sample.id: label for label, sample in pairs}
    settled = {sample.id for label, sample in pairs if choices.get(label.pk) == ExampleDecision.KEEP}
    return [
        {
            "label": labels[one.document].pk,
            "document": labels[one.document].document_id,
            "field": one.field,
            "labelled": one.labelled,
            "predicted": one.predicted,
        }
        for one in contradictions.contradicted(base, spec, [sample for _, sample in pairs], settled=settled)
    ]


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


def _digest(build: str, spec: TemplateSpec, basis: dict[str, Any], labels: list[ConfirmedLabel]) -> str:
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
        template = "" if name == STRANGERS else name  # as labels have it
        emit(
            "memory.updated", project.pk, project=project.slug, template=template, build=row.build, memory=row.revision,
            examples=fitted.entry["examples"] if fitted.entry else 0,
        )  # fmt: skip
    return row
