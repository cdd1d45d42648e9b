"""The document's page: look, correct, approve."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRefresh

from invex.accounts.pages import ProjectRequest, in_project
from invex.accounts.roles import Right
from invex.documents import queries as documents
from invex.documents.states import WORKING, DocumentState
from invex.extraction import queries as extractions
from invex.kernel.errors import BadInput

from .. import drafts, leases, page, queue, typed
from .deciding import decide
from .showing import is_template, show


@require_http_methods(["GET", "POST"])
@in_project()
def document(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Show a document beside its fields and take its lease; POST approves, rejects, postpones or opens it again."""
    access = request.access
    row = documents.document(access.project, pk)
    if request.method == "POST":
        return decide(request, row)
    if request.htmx:  # the page of a document at work asks whether it is read
        return HttpResponse(status=204) if row.state in WORKING else HttpResponseClientRefresh()
    key = ""
    if access.may(Right.REVIEW) and row.state == DocumentState.REVIEW:
        key = leases.new_key()
        if not leases.take(access, row.pk, key):
            key = ""
        row.refresh_from_db(fields=["held_by", "held_until", "held_key"])
    draft = drafts.of(access, row) if access.may(Right.REVIEW) else None
    if draft is not None and draft.version != row.version:
        kept = page.Typed(draft.data, draft.template)
        return show(request, row, draft.template, typed=kept, key=key, is_conflict=True)
    chosen = request.GET.get("template", draft.template if draft is not None else row.template)
    chosen = chosen if is_template(request, row, chosen) else ""
    judged = typed.NOT_JUDGED
    if draft is not None and draft.template == chosen:
        read = extractions.current(row)
        judged = typed.judged(row, chosen, {**draft.data, "extraction": str(read.pk) if read is not None else ""})
    typed_before = page.Typed(draft.data, draft.template, judged["unread"]) if draft is not None else None
    return show(request, row, chosen, typed=typed_before, draft=draft, key=key, judged=judged)


@require_GET
@in_project(Right.REVIEW)
def read_as(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """What the document says as one of ?template, for a page that is shown already: a worker reads it just now.

    What its person has done by then the page knows itself. 503 when no worker is free.
    """
    row = documents.document(request.access.project, pk)
    chosen = request.GET.get("template", "")
    if not chosen or not is_template(request, row, chosen):
        raise BadInput(_("There is no template %(name)s.") % {"name": chosen})
    shown = page.screen(row, chosen, read_as=extractions.as_template(row, chosen))
    return render(request, "review/_fields.html", {"screen": shown, "is_mine": True})


@require_GET
@in_project(Right.REVIEW)
def ahead(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """The page of the document behind this one in the queue, for a script that shows it once it is this person's.

    Nothing is taken and nothing changes. 204 where there is none, or one with a draft of this person, which has more to
    say; 304 where it is still made of ?have.
    """
    access, asked = request.access, queue.Queue.asked(request.GET)
    found = queue.neighbour(access, asked, documents.document(access.project, pk))
    row = documents.document(access.project, found) if found is not None else None
    if row is None or (row.has_draft and drafts.of(access, row) is not None):
        return HttpResponse(status=204)
    made_of = page.made_of(row)
    if made_of == request.GET.get("have"):
        return HttpResponse(status=304)
    return show(request, row, row.template, key="", made_of=made_of)


@require_GET
@in_project(Right.REVIEW)
def neighbour(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Go to the document behind this one in the queue, or before it (?back=1)."""
    access, asked = request.access, queue.Queue.asked(request.GET)
    row = documents.document(access.project, pk)
    found = queue.neighbour(access, asked, row, backwards=bool(request.GET.get("back")))
    if found is None:
        messages.info(request, _("No other document waits in this queue."))
        found = row.pk
    return redirect(reverse("document", args=[access.project.slug, found]) + asked.query)
