from __future__ import annotations

from collections.abc import Iterator

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac

from .roles import Role


class User(AbstractUser):
    """A person. What they may do is said by their memberships; a superuser is an owner of every project."""

    # Counted up when the person logs out everywhere: sessions that were opened before no longer fit.
    session_epoch = models.PositiveIntegerField(default=0)
    knows_keys = models.BooleanField(default=False)  # has seen the tour of the keys, or put it away

    def get_session_auth_hash(self) -> str:
        """Return what a session must carry to be this person's: it changes with the password and the epoch."""
        return self._of_this_epoch(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same for SECRET_KEY_FALLBACKS."""
        return map(self._of_this_epoch, super().get_session_auth_fallback_hash())

    def _of_this_epoch(self, session_hash: str) -> str:
        return salted_hmac("invex.session_epoch", f"{session_hash}{self.session_epoch}", algorithm="sha256").hexdigest()


class Project(models.Model):
    """A separate world: documents, templates, models, members. Nobody reaches another project's rows."""

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.project}"


class Invitation(models.Model):
    """A link that makes whoever opens it a member, once. Only its hash is kept; the link is shown once."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=16, choices=Role.choices)
    note = models.CharField(max_length=200, blank=True)  # for whom it is, as the inviter wrote it
    sha256 = models.CharField(max_length=64, unique=True)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["project", "-id"], name="invitation_newest")]

    def __str__(self) -> str:
        return f"invitation {self.pk} to {self.project} as {self.role}"

    @property
    def is_open(self) -> bool:
        """Whether somebody may still accept it."""
        return self.accepted_at is None and self.revoked_at is None and self.expires_at > timezone.now()


class ApiToken(models.Model):
    """A program's key to one project. Only its hash is kept; the token itself is shown once."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=64)
    role = models.CharField(max_length=16, choices=Role.choices)
    prefix = models.CharField(max_length=12)  # the first characters, to recognise it by
    sha256 = models.CharField(max_length=64, unique=True)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="token_name_once")]

    def __str__(self) -> str:
        return f"token:{self.name}"
