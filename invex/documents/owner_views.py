"""Pages of what only an owner decides about documents: the project's policy, and erasing one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from invex.accounts.pages import ProjectRequest, in_project
from invex.accounts.roles import Right
from invex.kernel.errors import BadInput, Conflict
from invex.kernel.sent import sent_whole

from . import erasure, queries, services
from .models import IdenticalFiles
from .states import WORKING
from .witnesses import witnesses


@require_http_methods(["GET", "POST"])
@in_project(Right.ADMIN)
def policy(request: ProjectRequest) -> HttpResponseBase:
    """Show and change what happens to identical files, and how long documents are kept."""
    access, problem = request.access, ""
    now = queries.policy(access.project)
    identical, days = now.identical, "" if now.retention_days is None else str(now.retention_days)
    if request.method == "POST":
        identical, days = request.POST.get("identical", ""), request.POST.get("days", "").strip()
        try:
            services.set_policy(access, identical=identical, retention_days=_days(days))
        except BadInput as e:
            problem = e.message
        else:
            messages.success(request, _("Saved."))
            return redirect("document-policy", access.project.slug)
    context = {
        "choices": IdenticalFiles.choices,
        "identical": identical,
        "days": days,
        "most_days": services.MAX_RETENTION_DAYS,
        "problem": problem,
        "due": queries.past_retention(access.project, now.retention_days).count() if now.retention_days else 0,
    }
    return render(request, "documents/policy.html", context, status=422 if problem else 200)


def _days(text: str) -> int | None:
    if not text:
        return None
    days = sent_whole(text, digits=6)
    if days is None:
        raise BadInput(_("Give the days as a whole number, or leave them empty."), code="bad_days")
    return days


@require_http_methods(["GET", "POST"])
@in_project(Right.ADMIN)
def erase(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Say what goes when the document is erased; POST erases it."""
    access = request.access
    document = queries.document(access.project, pk)
    if request.method == "POST":
        if not erasure.erase(access, document):
            raise Conflict(_("Somebody else has just moved the document. Look again."), code="moved")
        messages.success(request, _("%(name)s is erased.") % {"name": document.name})
        return redirect("documents", access.project.slug)
    context = {
        "document": document,
        "is_working": document.state in WORKING,
        "same": queries.same_bytes(document),
        "witnesses": witnesses(access, document.pk),
    }
    return render(request, "documents/erase.html", context)
