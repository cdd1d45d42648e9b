"""Pages of the project's settings: API tokens."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from invex.kernel.errors import BadInput, InvexError, NotFound
from invex.kernel.sent import sent_whole

from . import queries, services
from .pages import ProjectRequest, in_project
from .roles import MEANINGS, Right, Role

LIVES_DAYS = (7, 30, 90, 365)
USUAL_LIFE_DAYS = 90
NEVER = "never"


@require_http_methods(["GET", "POST"])
@in_project(Right.ADMIN, query=())
def tokens(request: ProjectRequest) -> HttpResponseBase:
    """List the project's tokens; POST makes one and shows its secret, this once."""
    secret, problem = "", ""
    if request.method == "POST":
        try:
            _token, secret = services.create_token(
                request.access,
                name=request.POST.get("name", ""),
                role=request.POST.get("role", ""),
                expires_in_days=_days(request.POST.get("days", "")),
            )
        except InvexError as e:
            problem = e.message
    context = {
        "tokens": queries.tokens(request.access),
        "roles": [(value, label, MEANINGS[value]) for value, label in Role.choices],
        "secret": secret,
        "problem": problem,
        "now": timezone.now(),
        "days": LIVES_DAYS,
        "usual_days": USUAL_LIFE_DAYS,
        "never": NEVER,
        "typed": request.POST if problem else {},
    }
    response = render(request, "accounts/tokens.html", context, status=422 if problem else 200)
    response["Cache-Control"] = "no-store"  # a secret is in it
    return response


def _days(text: str) -> int | None:
    """Return the days that were chosen, None for "never". Raises BadInput: a slip must not make a lasting token."""
    if text == NEVER:
        return None
    days = sent_whole(text, digits=5)
    if days is None:
        raise BadInput(_("Choose when the token expires."), code="bad_days")
    return days


@require_POST
@in_project(Right.ADMIN)
def revoke_token(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """End a token now."""
    token = queries.tokens(request.access).filter(pk=pk).first()
    if token is None:
        raise NotFound(_("There is no such token in this project."))
    services.revoke_token(request.access, token)
    messages.success(request, _("Token %(name)s is revoked.") % {"name": token.name})
    return redirect("tokens", request.access.project.slug)
