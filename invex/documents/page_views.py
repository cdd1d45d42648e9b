"""The page on which a document is split, joined with others, or its pages turned."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from invex.accounts.pages import ProjectRequest, in_project
from invex.accounts.roles import Right
from invex.kernel.errors import BadInput, Conflict, NotFound, NotNow

from . import pages as page_services
from . import queries
from .models import Document
from .states import DocumentState


@require_http_methods(["GET", "POST"])
@in_project()
def pages(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Show the pages of a document, where they come from and where they went; POST splits, joins or turns."""
    access = request.access
    row = queries.document(access.project, pk)
    problem, status = "", 200
    if request.method == "POST":
        access.require(Right.REVIEW)
        try:
            made = _change(request, row)
        except (BadInput, Conflict, NotFound, NotNow) as e:
            problem, status = e.message, e.status
            row.refresh_from_db()
        else:
            if not made:
                messages.success(request, _("The pages are turned; the document is being read again."))
                return redirect("document", access.project.slug, row.pk)
            messages.success(request, _("Made: %(names)s.") % {"names": ", ".join(d.name for d in made)})
            if len(made) == 1:
                return redirect("document", access.project.slug, made[0].pk)
            return redirect("document-pages", access.project.slug, row.pk)
    context = {
        "document": row,
        "pages": range(row.page_count or 0),
        "turns": page_services.TURNS,
        "sources": row.sources.select_related("source"),
        "made": row.made.select_related("document"),
        "can_change": row.state == DocumentState.REVIEW and access.may(Right.REVIEW),
        "can_erase": access.may(Right.ADMIN),
        "problem": problem,
        "typed": request.POST,
    }
    return render(request, "documents/pages.html", context, status=status)


def _change(request: ProjectRequest, row: Document) -> list[Document]:
    """Do what the form asks for. Return the documents that it made, none when it only turned pages."""
    access, sent = request.access, request.POST
    action = sent.get("action", "")
    if action == "split":
        return page_services.split(access, row, page_services.ranges(sent.get("ranges", "")))
    if action == "join":
        ids = sent.get("others", "").replace(",", " ").split()
        return [page_services.join(access, [row, *(queries.document(access.project, other) for other in ids)])]
    if action == "turn":
        turns = {page: sent.get(f"turn-{page}", "") for page in range(row.page_count or 0)}
        chosen = {page: int(degrees) for page, degrees in turns.items() if degrees in map(str, page_services.TURNS)}
        page_services.turn(access, row, chosen)
        return []
    raise BadInput(_("There is no action %(action)s.") % {"action": action})
