"""The inbox: what waits for a person, in the order of the queue."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from invex.accounts.pages import ProjectRequest, in_project, say_ignored
from invex.accounts.roles import Right
from invex.kernel.pager import one_page

from .. import leases, queue

ORDER_LABELS = {
    queue.UNCERTAIN: gettext_lazy("uncertain first"),
    queue.AGE: gettext_lazy("oldest first"),
    queue.TEMPLATE: gettext_lazy("by template"),
}


@require_GET
@in_project(query=("order", "of", "batch", "reason", "page"))
def inbox(request: ProjectRequest) -> HttpResponseBase:
    """List what waits, by the filters in the address: order, of (template), batch, reason; and page."""
    project, asked = request.access.project, queue.Queue.asked(request.GET)
    if not request.htmx:
        say_ignored(request, queue.not_understood(request.GET))
    rows = queue.waiting(project, asked).select_related("batch", "twin")
    found, pager = one_page(request.GET, rows)
    context = {
        "documents": [{"row": row, "holder": leases.holder(row)} for row in found],
        "total": rows.count(),
        "queue": asked,
        "orders": ORDER_LABELS.items(),
        "choices": queue.choices(project),
        "unknown": queue.UNKNOWN,
        "can_review": request.access.may(Right.REVIEW),
        **pager,
    }
    return render(request, "review/inbox.html", context)


@require_GET
@in_project(Right.REVIEW)
def start(request: ProjectRequest) -> HttpResponseBase:
    """Go to the first document of the queue that nobody else has."""
    access, asked = request.access, queue.Queue.asked(request.GET)
    found = queue.waiting(access.project, asked).filter(leases.free_for(access)).values_list("pk", flat=True).first()
    if found is None:
        return redirect(reverse("inbox", args=[access.project.slug]) + asked.query)
    return redirect(reverse("document", args=[access.project.slug, found]) + asked.query)
