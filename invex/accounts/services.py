"""Writes: projects, members, sessions, tokens. Invitations have a module of their own."""

from __future__ import annotations

import datetime
import hashlib
import secrets

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.text import slugify

from invex.kernel import audit
from invex.kernel.actor import Actor
from invex.kernel.errors import BadInput, Conflict, NotFound

from .access import Access
from .models import ApiToken, Membership, Project, User
from .roles import Right, Role

TOKEN_PREFIX = "invex_"
TOKEN_BYTES = 32  # of randomness: a plain hash of it cannot be guessed back
MAX_NAME, MAX_SLUG = 200, 64
SHOWN = 12  # characters of a token that are kept to recognise it by


@transaction.atomic
def create_project(actor: Actor, *, slug: str, name: str) -> Project:
    """Return a new project. Raises Conflict when the slug is taken, BadInput when it is none."""
    try:
        validate_slug(slug)
    except ValidationError as e:
        raise BadInput(f"{slug!r} is no short name: use letters, digits, - and _.", code="bad_slug") from e
    if len(slug) > MAX_SLUG:
        raise BadInput(f"Give a short name of at most {MAX_SLUG} characters.", code="bad_slug")
    try:
        with transaction.atomic():
            project = Project.objects.create(slug=slug, name=name)
    except IntegrityError as e:
        raise Conflict(f"There is a project {slug!r} already.", code="name_taken") from e
    audit.record(actor, "created", "project", slug, project=slug, name=name)
    return project


@transaction.atomic
def open_project(actor: Actor, *, name: str, slug: str = "", owner: User) -> Project:
    """Return a new project that belongs to `owner`; its short name follows from its name when none is given.

    Raises Conflict when the short name is taken, BadInput when it is none.
    """
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME:
        raise BadInput(f"Give the project a name of at most {MAX_NAME} characters.", code="bad_name")
    project = create_project(actor, slug=slug.strip() or slugify(name)[:MAX_SLUG], name=name)
    set_member(Access(actor, project, Role.OWNER), user=owner, role=Role.OWNER)
    return project


@transaction.atomic
def note_keys_known(user: User) -> None:
    """Remember that the person has seen the tour of the keys, or put it away."""
    User.objects.filter(pk=user.pk).update(knows_keys=True)


def log_out_everywhere(actor: Actor, user: User) -> None:
    """End every session of `user`. Whoever keeps one open gives it the new hash (update_session_auth_hash)."""
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.refresh_from_db(fields=["session_epoch"])
    audit.record(actor, "logged out everywhere", "person", user.get_username())


@transaction.atomic
def set_member(access: Access, *, user: User, role: str) -> Membership:
    """Make `user` a member with `role`, or change the role of one. Raises BadInput, Conflict."""
    access.require(Right.ADMIN)
    role = checked_role(role)
    if role != Role.OWNER:
        _keep_an_owner(access.project, without=user)
    member, is_new = Membership.objects.update_or_create(project=access.project, user=user, defaults={"role": role})
    audit.record(
        access.actor,
        "added" if is_new else "changed",
        "member",
        user.get_username(),
        project=access.project.slug,
        role=role,
    )
    return member


@transaction.atomic
def remove_member(access: Access, *, user: User) -> None:
    """Take `user` out of the project. Raises NotFound, Conflict for the last owner."""
    access.require(Right.ADMIN)
    _keep_an_owner(access.project, without=user)
    if not Membership.objects.filter(project=access.project, user=user).delete()[0]:
        raise NotFound(f"{user} is no member of {access.project}.")
    audit.record(access.actor, "removed", "member", user.get_username(), project=access.project.slug)


def _keep_an_owner(project: Project, *, without: User) -> None:
    owners = Membership.objects.select_for_update().filter(project=project, role=Role.OWNER).order_by("pk")
    holders = [m.user_id for m in owners]
    if holders == [without.pk]:
        raise Conflict(f"{without} is the only owner of {project}. Name another owner first.", code="last_owner")


def token_hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


@transaction.atomic
def create_token(access: Access, *, name: str, role: str, expires_in_days: int | None = None) -> tuple[ApiToken, str]:
    """Return a new token and its secret; the secret is not kept and cannot be shown again.

    Raises BadInput for a role that does not exist or days that are none, Conflict when the name was ever taken:
    "token:NAME" in old rows must mean one token.
    """
    access.require(Right.ADMIN)
    role = checked_role(role)
    if not name.strip() or len(name) > 64:
        raise BadInput("Give the token a name of at most 64 characters.", code="bad_name")
    if expires_in_days is not None and not 1 <= expires_in_days <= 3650:
        raise BadInput("A token expires in 1 to 3650 days.", code="bad_days")
    now = timezone.now()
    secret = TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    try:
        with transaction.atomic():
            token = ApiToken.objects.create(
                project=access.project,
                name=name.strip(),
                role=role,
                prefix=secret[:SHOWN],
                sha256=token_hash(secret),
                created_by=str(access.actor),
                expires_at=now + datetime.timedelta(days=expires_in_days) if expires_in_days else None,
            )
    except IntegrityError as e:
        raise Conflict(f"There is, or was, a token {name!r}; choose another name.", code="name_taken") from e
    audit.record(access.actor, "created", "token", token.name, project=access.project.slug, role=role)
    return token, secret


@transaction.atomic
def revoke_token(access: Access, token: ApiToken) -> None:
    """End a token now. Doing it twice changes nothing."""
    access.require(Right.ADMIN)
    if token.project_id != access.project.pk:
        raise NotFound(f"There is no token {token.pk} in this project.")
    if ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()):
        audit.record(access.actor, "revoked", "token", token.name, project=access.project.slug)


def checked_role(role: str) -> Role:
    """Return the role of that name. Raises BadInput, which lists the roles."""
    try:
        return Role(role)
    except ValueError as e:
        raise BadInput(f"{role!r} is no role. Roles: {', '.join(Role.values)}.", code="unknown_role") from e
