"""Pages of a person: their account, an invitation that they opened, and, for an administrator, a new project."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from invex.kernel import audit
from invex.kernel.actor import Actor
from invex.kernel.errors import InvexError, NotAllowed

from . import invitations, queries, services
from .forms import AccountForm
from .models import User

LOGIN_BACKEND = "django.contrib.auth.backends.ModelBackend"


@require_http_methods(["GET", "POST"])
@login_required
def account(request: HttpRequest) -> HttpResponseBase:
    """Show the person's projects and roles; POST changes the password, and ends their other sessions."""
    user = cast(User, request.user)
    form = PasswordChangeForm(user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save()
            audit.record(_actor(user), "changed", "password", user.get_username())
        update_session_auth_hash(request, user)  # this session goes on under a new key, the others do not
        messages.success(request, _("Your password is changed. Other browsers are logged out."))
        return redirect("account")
    context = {"form": form, "memberships": queries.memberships_of(user)}
    return render(request, "accounts/account.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def log_out_everywhere(request: HttpRequest) -> HttpResponseBase:
    """End every other session of the person; this one goes on."""
    user = cast(User, request.user)
    services.log_out_everywhere(_actor(user), user)
    update_session_auth_hash(request, user)
    messages.success(request, _("Every other browser is logged out."))
    return redirect("account")


@require_POST
@login_required
def keys_known(request: HttpRequest) -> HttpResponseBase:
    """Remember that the person has seen the tour of the keys, or put it away: it does not come by itself again."""
    services.note_keys_known(cast(User, request.user))
    return HttpResponse(status=204)


@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Show what the link invites to; POST accepts it, with the account that is logged in or with a new one.

    Looking at it changes nothing: mail programs and chats open links, too.
    """
    found = invitations.find(secret)
    person = request.user if isinstance(request.user, User) else None
    form = None if person else AccountForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if person is not None:
            invitations.accept(found, person)
            return redirect("dashboard", found.project.slug)
        if form is not None and form.is_valid():
            with transaction.atomic():
                user = form.save()
                invitations.accept(found, user)
            login(request, user, backend=LOGIN_BACKEND)
            return redirect("dashboard", found.project.slug)
    is_member = person is not None and found.project.memberships.filter(user=person).exists()
    context = {"invitation": found, "form": form, "is_member": is_member}
    status = 422 if form is not None and form.errors else 200
    response = render(request, "accounts/invitation.html", context, status=status)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"  # the address is a secret
    return response


@require_http_methods(["GET", "POST"])
@login_required
def new_project(request: HttpRequest) -> HttpResponseBase:
    """Make a project, as the administrator of the installation; its owner is named, or is who makes it."""
    user = cast(User, request.user)
    if not user.is_superuser:
        raise NotAllowed(_("Only an administrator of this installation makes projects."))
    asked = {name: request.POST.get(name, "") for name in ("name", "slug", "owner")}
    if request.method == "GET":
        return _project_form(request, asked)
    try:
        owner = queries.person(asked["owner"]) if asked["owner"].strip() else user
        project = services.open_project(_actor(user), name=asked["name"], slug=asked["slug"], owner=owner)
    except InvexError as e:
        return _project_form(request, asked, problem=e.message, status=e.status)
    messages.success(request, _("The project %(name)s is made. Invite its people.") % {"name": project.name})
    return redirect("members", project.slug)


def _project_form(request: HttpRequest, asked: dict[str, str], *, problem: str = "", status: int = 200) -> HttpResponse:
    context = {"asked": asked, "problem": problem}
    return render(request, "accounts/project.html", context, status=status)


def _actor(user: User) -> Actor:
    return Actor("user", user.get_username())
