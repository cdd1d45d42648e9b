"""What is done to many documents of a list at once."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from invex.accounts.pages import ProjectRequest, in_project
from invex.accounts.roles import Right
from invex.catalog.field_names import CONTEXT
from invex.kernel.errors import BadInput
from invex.kernel.spoken import spoken

from .. import bulk

MOST_NAMED = 5  # skipped documents in the message


@require_POST
@in_project(Right.REVIEW)
def act(request: ProjectRequest) -> HttpResponseBase:
    """Approve (action=approve) or read again (action=reread) the documents `ids`, and go back to the list."""
    access, action = request.access, request.POST.get("action", "")
    ids = request.POST.getlist("ids")
    if action == "approve":
        result = bulk.approve(access, ids)
        said = ngettext("%(n)s document approved.", "%(n)s documents approved.", len(result.done))
    elif action == "reread":
        result = bulk.read_again(access, ids)
        said = ngettext("%(n)s document is read again.", "%(n)s documents are read again.", len(result.done))
    else:
        raise BadInput(_("There is no action %(action)s.") % {"action": action})
    if result.done:
        messages.success(request, said % {"n": len(result.done)})
    if result.skipped:
        said = ngettext("%(n)s document was skipped:", "%(n)s documents were skipped:", len(result.skipped))
        named = "; ".join(f"{s.name or s.id}: {spoken(s.why, CONTEXT)}" for s in result.skipped[:MOST_NAMED])
        more = " …" if len(result.skipped) > MOST_NAMED else ""
        messages.warning(request, f"{said % {'n': len(result.skipped)}} {named}{more}")
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse("documents", args=[access.project.slug])
    return redirect(back)
