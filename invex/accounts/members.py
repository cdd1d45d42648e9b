"""Pages of the project's settings: members and invitations."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from invex.kernel.errors import InvexError
from invex.kernel.sent import sent_whole

from . import invitations, queries, services
from .pages import ProjectRequest, in_project
from .roles import MEANINGS, Right, Role

INVITATION_DAYS = (1, 7, 30)
USUAL_DAYS = 7
SHOWN_INVITATIONS = 50


@require_http_methods(["GET", "POST"])
@in_project(Right.ADMIN, query=())
def members(request: ProjectRequest) -> HttpResponseBase:
    """List members and invitations; POST makes an invitation and shows its link, this once."""
    if request.method == "GET":
        return _page(request)
    try:
        _row, secret = invitations.invite(
            request.access,
            role=request.POST.get("role", ""),
            note=request.POST.get("note", ""),
            expires_in_days=sent_whole(request.POST.get("days"), digits=5) or 0,
        )
    except InvexError as e:
        return _page(request, problem=e.message, status=e.status)
    return _page(request, link=request.build_absolute_uri(reverse("invitation", args=[secret])))


@require_POST
@in_project(Right.ADMIN)
def set_role(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Change what a member may do."""
    user = queries.member(request.access, pk).user
    try:
        services.set_member(request.access, user=user, role=request.POST.get("role", ""))
    except InvexError as e:
        return _page(request, problem=e.message, status=e.status)
    messages.success(request, _("The role of %(name)s is changed.") % {"name": user})
    return _after_a_change(request)


@require_POST
@in_project(Right.ADMIN)
def remove(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Take a member out of the project."""
    user = queries.member(request.access, pk).user
    try:
        services.remove_member(request.access, user=user)
    except InvexError as e:
        return _page(request, problem=e.message, status=e.status)
    messages.success(request, _("%(name)s is no longer a member.") % {"name": user})
    return _after_a_change(request)


@require_POST
@in_project(Right.ADMIN)
def revoke_invitation(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Withdraw an invitation."""
    invitations.revoke(request.access, pk)
    messages.success(request, _("The invitation is withdrawn; its link no longer opens anything."))
    return redirect("members", request.access.project.slug)


def _after_a_change(request: ProjectRequest) -> HttpResponse:
    """Go back to the list; whoever gave up their own right to see it, to where they may go."""
    is_owner = request.user.is_superuser or queries.is_owner(request.user, request.access.project)
    return redirect("members", request.access.project.slug) if is_owner else redirect("home")


def _page(request: ProjectRequest, *, link: str = "", problem: str = "", status: int = 200) -> HttpResponse:
    context = {
        "members": queries.members(request.access),
        "invitations": invitations.invitations(request.access)[:SHOWN_INVITATIONS],
        "roles": [(value, label, MEANINGS[value]) for value, label in Role.choices],
        "days": INVITATION_DAYS,
        "usual_days": USUAL_DAYS,
        "link": link,
        "problem": problem,
    }
    response = render(request, "accounts/members.html", context, status=status)
    response["Cache-Control"] = "no-store"  # a link that opens the project may be in it
    return response
