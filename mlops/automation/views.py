"""The page of the automation: promises by template, what audits say, and the switches."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from invex.accounts.pages import ProjectRequest, in_project
from invex.accounts.roles import Right
from invex.extraction import halts
from invex.kernel.errors import BadInput, NotAllowed
from mlops.learning.sequential import FAILURE

from . import forms, queries, services


@require_http_methods(["GET", "POST"])
@in_project(query=())
def automation(request: ProjectRequest) -> HttpResponseBase:
    """Show how each template stands; POST makes or changes the promise for one."""
    access, problem = request.access, ""
    if request.method == "POST":
        access.require(Right.MODELS)
        try:
            sent = forms.read_promise(request.POST.dict())
            services.make_promise(
                access,
                sent.template,
                is_wanted=sent.is_wanted,
                promised_error=sent.promised_error,
                audited=sent.audited,
            )
        except BadInput as e:
            problem = e.message
        else:
            messages.success(request, _("Saved for %(name)s.") % {"name": sent.template})
            return redirect("automation", access.project.slug)
    off = halts.halts(access.project)
    context = {
        "standings": queries.standings(access.project),
        "halts": off,
        "project_halt": any(halt.project_id for halt in off),
        "general_halt": any(halt.project_id is None for halt in off),
        "problem": problem,
        "can_change": access.may(Right.MODELS),
        "is_operator": request.user.is_superuser,
        "confidence_percent": round(100 * (1 - FAILURE)),
        "proposed_percent": 100 * queries.PROMISED_ERROR,
        "audited_percent": 100 * queries.AUDITED,
    }
    return render(request, "automation/automation.html", context, status=422 if problem else 200)


@require_POST
@in_project(Right.MODELS)
def switch(request: ProjectRequest) -> HttpResponseBase:
    """Turn automatic approval off or on again: in this project, or with scope=everywhere in all of them."""
    access, turn, why = request.access, request.POST.get("turn", ""), request.POST.get("why", "")
    is_everywhere = request.POST.get("scope") == "everywhere"
    if turn not in ("on", "off"):
        raise BadInput(_("Turn it on or off."), code="bad_switch")
    if is_everywhere and not request.user.is_superuser:
        raise NotAllowed(_("Only an administrator of the installation turns it on or off everywhere."))
    if is_everywhere:
        changed = (
            halts.halt_everywhere(access.actor, why=why) if turn == "off" else halts.resume_everywhere(access.actor)
        )
    else:
        changed = halts.halt_project(access, why=why) if turn == "off" else halts.resume_project(access)
    if changed and turn == "off":
        messages.success(request, _("Nothing is approved automatically any more, from the next document on."))
    elif changed:
        messages.success(request, _("Documents that keep their promise are approved automatically again."))
    return redirect("automation", access.project.slug)
