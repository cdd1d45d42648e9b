"""Invitations by link: whoever has the link becomes a member, once. No mail is sent, the inviter hands it over."""

from __future__ import annotations

import datetime
import secrets

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from invex.kernel import audit
from invex.kernel.actor import Actor
from invex.kernel.errors import BadInput, NotFound

from .access import Access
from .models import Invitation, Membership, User
from .roles import Right
from .services import TOKEN_BYTES, checked_role, token_hash

MAX_DAYS = 90
MAX_NOTE = 200


def invitations(access: Access) -> QuerySet[Invitation]:
    """The project's invitations, the newest first."""
    access.require(Right.ADMIN)
    return Invitation.objects.filter(project=access.project).order_by("-id")


def find(secret: str) -> Invitation:
    """Return the invitation that a link opens. Raises NotFound when it never did, or no longer does."""
    found = Invitation.objects.select_related("project").filter(sha256=token_hash(secret)).first()
    if found is None or not found.is_open:
        raise NotFound(
            _("This invitation was used or withdrawn, or has expired. Ask whoever sent it for a new one."),
            code="invitation_over",
        )
    return found


@transaction.atomic
def invite(access: Access, *, role: str, note: str = "", expires_in_days: int) -> tuple[Invitation, str]:
    """Return a new invitation and the secret of its link, which is not kept. Raises BadInput."""
    access.require(Right.ADMIN)
    role = checked_role(role)
    note = " ".join(note.split())
    if len(note) > MAX_NOTE:
        raise BadInput(_("Say in at most %(n)d characters for whom it is.") % {"n": MAX_NOTE}, code="bad_note")
    if not 1 <= expires_in_days <= MAX_DAYS:
        raise BadInput(_("An invitation expires in 1 to %(n)d days.") % {"n": MAX_DAYS}, code="bad_days")
    secret = secrets.token_urlsafe(TOKEN_BYTES)
    invitation = Invitation.objects.create(
        project=access.project,
        role=role,
        note=note,
        sha256=token_hash(secret),
        created_by=str(access.actor),
        expires_at=timezone.now() + datetime.timedelta(days=expires_in_days),
    )
    audit.record(
        access.actor, "created", "invitation", invitation.pk, project=access.project.slug, role=role, note=note
    )
    return invitation, secret


@transaction.atomic
def revoke(access: Access, invitation_id: int) -> None:
    """Withdraw an invitation that nobody has accepted yet. Raises NotFound when there is none such."""
    changed = invitations(access).filter(pk=invitation_id, accepted_at=None, revoked_at=None)
    if not changed.update(revoked_at=timezone.now()):
        raise NotFound(_("There is no open invitation %(pk)s in this project.") % {"pk": invitation_id})
    audit.record(access.actor, "revoked", "invitation", invitation_id, project=access.project.slug)


@transaction.atomic
def accept(invitation: Invitation, user: User) -> Membership:
    """Make `user` a member; a member stays what they are, and the invitation stays open.

    Raises NotFound when somebody else has just accepted it, or it was withdrawn.
    """
    member = Membership.objects.filter(project=invitation.project, user=user).first()
    if member is not None:
        return member
    actor, now = Actor("user", user.get_username()), timezone.now()
    still_open = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None, expires_at__gt=now)
    if not still_open.update(accepted_at=now, accepted_by=str(actor)):
        raise NotFound(_("This invitation was just used or withdrawn. Ask for a new one."), code="invitation_over")
    member = Membership.objects.create(project=invitation.project, user=user, role=invitation.role)
    audit.record(
        actor, "accepted", "invitation", invitation.pk, project=invitation.project.slug,
        role=invitation.role, invited_by=invitation.created_by,
    )  # fmt: skip
    return member
