"""Reads: who may see what."""

from __future__ import annotations

from django.db.models import QuerySet

from invex.kernel.actor import SYSTEM, Actor
from invex.kernel.errors import NotFound

from .access import Access
from .models import ApiToken, Membership, Project, User
from .roles import Right, Role


def projects_of(user: User) -> QuerySet[Project]:
    """The projects that a person may see, by name; a superuser sees all."""
    projects = Project.objects.order_by("name")
    return projects if user.is_superuser else projects.filter(memberships__user=user)


def access_of(user: User, slug: str) -> Access:
    """Return what `user` may do in the project. Raises NotFound, also when they are no member of it."""
    actor = Actor("user", user.get_username())
    if user.is_superuser:
        project = Project.objects.filter(slug=slug).first()
        if project:
            return Access(actor, project, Role.OWNER)
    else:
        member = Membership.objects.filter(project__slug=slug, user=user).select_related("project").first()
        if member:
            return Access(actor, member.project, member.role)
    raise NotFound(f"There is no project {slug!r}, or you are not a member of it.")


def system_access(slug: str) -> Access:
    """Return the access of the installation itself, for commands and jobs. Raises NotFound, which lists projects."""
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        names = ", ".join(Project.objects.order_by("slug").values_list("slug", flat=True)[:20]) or "none"
        raise NotFound(f"There is no project {slug!r}. Projects: {names}.")
    return Access(SYSTEM, project, Role.OWNER)


def tokens(access: Access) -> QuerySet[ApiToken]:
    access.require(Right.ADMIN)
    return ApiToken.objects.filter(project=access.project).order_by("-id")
