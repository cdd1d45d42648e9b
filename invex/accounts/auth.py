"""From a request to an Access. The REST interface takes tokens only: a cookie never opens it, so it needs no CSRF."""

from __future__ import annotations

import datetime

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from invex.kernel.actor import Actor
from invex.kernel.errors import InvexError

from .access import Access
from .models import ApiToken
from .services import TOKEN_PREFIX, token_hash

USE_IS_NOTED_EVERY = datetime.timedelta(minutes=1)


class NotAuthenticated(InvexError):
    """The token does not open anything, or no longer."""

    code = "unauthorized"
    status = 401


def token_access(secret: str) -> Access:
    """Return what the bearer of `secret` may do. Raises NotAuthenticated."""
    token = None
    if secret.startswith(TOKEN_PREFIX):
        token = ApiToken.objects.select_related("project").filter(sha256=token_hash(secret)).first()
    now = timezone.now()
    if token is None:
        raise NotAuthenticated("This token is not known. An owner of the project can make one.")
    if token.revoked_at is not None:
        raise NotAuthenticated("This token was revoked. An owner of the project can make a new one.")
    if token.expires_at is not None and token.expires_at <= now:
        raise NotAuthenticated("This token has expired. An owner of the project can make a new one.")
    if token.last_used_at is None or token.last_used_at < now - USE_IS_NOTED_EVERY:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USE_IS_NOTED_EVERY)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    return Access(Actor("token", token.name), token.project, token.role)


class ApiRequest(HttpRequest):
    """A request to an operation that asks for a token."""

    auth: Access


class BearerToken(HttpBearer):
    """`Authorization: Bearer TOKEN`; the operation finds the Access as `request.auth`."""

    def authenticate(self, request: HttpRequest, token: str) -> Access:
        known = getattr(request, "auth", None)  # an idempotent operation has already asked
        return known if isinstance(known, Access) else token_access(token.strip())


bearer_token = BearerToken()
