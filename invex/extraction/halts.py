"""The switch that turns automatic approval off, in a project or everywhere, from the next document on."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from invex.accounts.access import Access
from invex.accounts.models import Project
from invex.accounts.roles import Right
from invex.kernel import audit
from invex.kernel.actor import Actor

from .models import ApprovalHalt

LONGEST_WHY = 500


def halts(project: Project | int) -> list[ApprovalHalt]:
    """Return what keeps the project from approving automatically: its own switch, that of the installation, or none."""
    return list(ApprovalHalt.objects.filter(Q(project=project) | Q(project__isnull=True)).order_by("pk"))


def is_halted(project_id: int) -> bool:
    return ApprovalHalt.objects.filter(Q(project=project_id) | Q(project__isnull=True)).exists()


def halt_project(access: Access, *, why: str = "") -> bool:
    """Approve nothing in the project automatically any more. Return False when that was so already."""
    access.require(Right.MODELS)
    return _halt(access.actor, access.project, why)


def resume_project(access: Access) -> bool:
    """Let the project approve again what its promises allow. Return False when it was not halted."""
    access.require(Right.MODELS)
    return _resume(access.actor, access.project)


def halt_everywhere(actor: Actor, *, why: str = "") -> bool:
    """Approve nothing automatically in any project; who may is for the caller to say: an operator."""
    return _halt(actor, None, why)


def resume_everywhere(actor: Actor) -> bool:
    """Let the projects approve again what their promises allow, where they are not halted themselves."""
    return _resume(actor, None)


@transaction.atomic
def _halt(actor: Actor, project: Project | None, why: str) -> bool:
    _, is_new = ApprovalHalt.objects.get_or_create(
        project=project, defaults={"by": str(actor), "why": " ".join(why.split())[:LONGEST_WHY]}
    )
    if is_new:
        _record(actor, "halt automatic approval", project, why=why[:LONGEST_WHY])
    return is_new


@transaction.atomic
def _resume(actor: Actor, project: Project | None) -> bool:
    was_halted = bool(ApprovalHalt.objects.filter(project=project).delete()[0])
    if was_halted:
        _record(actor, "resume automatic approval", project)
    return was_halted


def _record(actor: Actor, action: str, project: Project | None, **detail: str) -> None:
    slug = project.slug if project is not None else ""
    audit.record(actor, action, "project", slug or "all projects", project=slug, **detail)
