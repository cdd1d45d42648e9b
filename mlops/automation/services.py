"""Writes of the automation: promises are made, evidence is looked at, and what audits refute is stopped."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.utils import timezone

from invex.accounts.access import Access
from invex.accounts.models import Project
from invex.accounts.queries import system_access
from invex.accounts.roles import Right
from invex.catalog import queries as catalog
from invex.catalog.models import Template
from invex.extraction.pipeline import Thresholds
from invex.kernel import audit
from invex.kernel.errors import BadInput
from invex.kernel.outbox import emit
from mlops.deployment import queries as deployments
from mlops.deployment.services import set_thresholds
from mlops.learning.sequential import FAILURE, first_look, look

from . import queries, sample
from .models import Promise

LEAST_ERROR, LARGEST_ERROR = 0.002, 0.2
LEAST_AUDITED, LARGEST_AUDITED = 0.01, 1.0


def make_promise(access: Access, template: str, *, is_wanted: bool, promised_error: float, audited: float) -> Promise:
    """Say how many of a template's automatically approved documents may be wrong, and whether it is wanted at all.

    Another promise, and one that was stopped or off, begins with new looks at the evidence. Raises NotFound, BadInput.
    """
    access.require(Right.MODELS)
    name = catalog.template(access.project, template).name
    if not LEAST_ERROR <= promised_error <= LARGEST_ERROR:
        raise BadInput(
            f"Promise between {LEAST_ERROR:.1%} and {LARGEST_ERROR:.0%} wrong documents.", code="bad_promise"
        )
    if not LEAST_AUDITED <= audited <= LARGEST_AUDITED:
        raise BadInput(f"Audit between {LEAST_AUDITED:.0%} and {LARGEST_AUDITED:.0%}.", code="bad_audit_share")
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=access.project.pk)
        row = queries.promises(access.project).filter(template=name).first()
        row = row or Promise(project=access.project, template=name, promised_error=promised_error, audited=audited)
        is_new = row.pk is None or row.promised_error != promised_error or not row.is_wanted or bool(row.stopped_at)
        row.is_wanted, row.promised_error, row.audited = is_wanted, promised_error, audited
        row.changed_by = str(access.actor)
        if is_new:
            _begin_anew(row)
        row.save()
        audit.record(
            access.actor, "promise", "template", name, project=access.project.slug,
            wanted=is_wanted, promised_error=promised_error, audited=audited,
        )  # fmt: skip
    consider(row)
    return row


def consider(row: Promise) -> bool:
    """Bring what is deployed for the promise in line with evidence and audits. Return True when that changed.

    May run at any time, and twice.
    """
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=row.project_id)
        row.refresh_from_db()
        row.considered_at = timezone.now()
        template = Template.objects.filter(project=project, name=row.template, retired_at__isnull=True).first()
        if template is None or not row.is_wanted or row.stopped_at is not None:
            row.save(update_fields=["considered_at"])
            return _deploy(row, None, why=f"Automatic approval of {row.template} is off")
        builds = queries.serving_builds(project.pk)
        if (row.builds, row.version) != (builds, template.version):
            _begin_anew(row)
            row.builds, row.version = builds, template.version
        if row.since is not None and _is_broken(row, template):
            row.save()
            return _deploy(row, None, why=row.stopped_why)
        evidence = sample.sample(template, builds).evidence
        if len(evidence) >= row.next_look:
            _look(row, list(evidence))
        row.save()
        return _deploy(row, _thresholds(row), why=_why(row))


def _begin_anew(row: Promise) -> None:
    row.looks, row.next_look = 0, first_look(row.promised_error)
    row.threshold, row.since, row.stopped_at, row.stopped_why = None, None, None, ""
    row.confirmed = row.accepted = row.wrong = 0


def _look(row: Promise, evidence: list[Any]) -> None:
    """Look at the evidence once more. A look that allows nothing leaves what an earlier one allowed: both hold."""
    found = look(evidence, number=row.looks + 1, promised_error=row.promised_error)
    row.looks, row.next_look = found.number, found.next_at
    row.confirmed = found.threshold.confirmed
    if found.threshold.value is not None:
        row.threshold = found.threshold.value
        row.accepted, row.wrong = found.threshold.accepted, found.threshold.wrong
        row.since = row.since or timezone.now()


def _is_broken(row: Promise, template: Template) -> bool:
    """Stop the promise when its audits refute it."""
    assert row.since is not None
    said = queries.audit_of(sample.audits(template, row.since), row.promised_error)
    if not said.is_broken:
        return False
    row.stopped_at = timezone.now()
    row.stopped_why = (
        f"{said.wrong} of {said.audited} audited documents were wrong, more than {row.promised_error:.1%} explains"
    )
    system = system_access(row.project.slug)
    audit.record(
        system.actor, "stop automatic approval", "template", row.template, project=row.project.slug,
        wrong=said.wrong, audited=said.audited, promised_error=row.promised_error,
    )  # fmt: skip
    emit(
        "automation.stopped", row.pk, project=row.project.slug, template=row.template, wrong=said.wrong,
        audited=said.audited,
    )  # fmt: skip
    return True


def _thresholds(row: Promise) -> Thresholds | None:
    if row.threshold is None:
        return None
    return Thresholds(
        template=row.threshold,
        default=row.threshold,
        audited=row.audited,
        builds=tuple(row.builds),
        version=row.version,
    )


def _why(row: Promise) -> str:
    if row.threshold is None:
        return f"Not enough evidence to approve {row.template} automatically"
    return (
        f"{row.template} passes from {row.threshold:.2%} on: at most {row.promised_error:.1%} wrong at "
        f"{1 - FAILURE:.0%} confidence, by {row.accepted} documents of which {row.wrong} were wrong"
    )


def _deploy(row: Promise, wanted: Thresholds | None, *, why: str) -> bool:
    """Make `wanted` the live thresholds of the template, as a new revision; None = a person looks at everything."""
    live = deployments.live(row.project_id)
    before: dict[str, Any] = dict(live.thresholds) if live is not None else {}
    entry = _as_json(wanted) if wanted is not None else None
    if before.get(row.template) == entry:
        return False
    others = {name: one for name, one in before.items() if name != row.template}
    after = others | ({row.template: entry} if entry is not None else {})
    set_thresholds(system_access(row.project.slug), after, why=why)
    return True


def _as_json(thresholds: Thresholds) -> dict[str, Any]:
    return asdict(thresholds) | {"builds": list(thresholds.builds or ()), "fields": dict(thresholds.fields)}
