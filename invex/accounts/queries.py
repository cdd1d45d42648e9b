"""Reads: who may see what."""

from __future__ import annotations

from django.db.models import QuerySet

from invex.kernel.actor import SYSTEM, Actor
from invex.kernel.errors import BadInput, NotFound

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


def members(access: Access) -> QuerySet[Membership]:
    """The members of the project, by name."""
    access.require(Right.ADMIN)
    return Membership.objects.filter(project=access.project).select_related("user").order_by("user__username")


def member(access: Access, membership_id: int) -> Membership:
    """Return one member of the project. Raises NotFound."""
    found = members(access).filter(pk=membership_id).first()
    if found is None:
        raise NotFound(f"There is no member {membership_id} in this project.")
    return found


def memberships_of(user: User) -> QuerySet[Membership]:
    """The projects of a person with their role in each, by the project's name."""
    return Membership.objects.filter(user=user).select_related("project").order_by("project__name")


def is_owner(user: User, project: Project) -> bool:
    return Membership.objects.filter(user=user, project=project, role=Role.OWNER).exists()


def person(name: str) -> User:
    """Return the person who logs in with that name. Raises BadInput."""
    found = User.objects.filter(username=name.strip()).first()
    if found is None:
        raise BadInput(f"Nobody is called {name!r}. Make the project your own and invite them.", code="unknown_person")
    return found


def tokens(access: Access) -> QuerySet[ApiToken]:
    access.require(Right.ADMIN)
    return ApiToken.objects.filter(project=access.project).order_by("-id")
