"""What a person decides about an example that the others of its template contradict."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from invex.accounts.pages import ProjectRequest, in_project
from invex.accounts.roles import Right

from . import services
from .models import ExampleDecision


@require_POST
@in_project(Right.REVIEW)
def decide(request: ProjectRequest, label: int) -> HttpResponseBase:
    """Keep the example (choice=keep), take it out (out), or leave it to Invex again (empty)."""
    choice = request.POST.get("choice", "")
    row = services.decide(request.access, label, choice)
    said = {
        ExampleDecision.KEEP: _("%(name)s is learned from all the same."),
        ExampleDecision.OUT: _("%(name)s is no longer learned from. Its values stay confirmed."),
    }
    text = said.get(choice, _("Whether %(name)s is learned from is left to Invex again."))
    messages.success(request, text % {"name": row.document.name})
    back = request.POST.get("back", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return redirect(back)
    return redirect("template-record", request.access.project.slug, row.template)
