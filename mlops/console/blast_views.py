"""Pages of what a build did: its documents, what another build reads there, and taking documents back into review."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from invex.accounts.pages import ProjectRequest, in_project
from invex.accounts.roles import Right
from invex.catalog.field_names import names_of
from invex.documents.queries import AUTO
from invex.kernel.pager import one_page
from mlops.deployment import blast
from mlops.deployment.models import Reread
from mlops.deployment.states import RereadState
from mlops.registry import queries as builds

from . import area

OFFERED = 50  # builds to read with
SHOWN = 10  # earlier re-reads
POLL_S = 2


@require_http_methods(["GET", "POST"])
@in_project(query=("only", "page"))
def documents(request: ProjectRequest, name: str) -> HttpResponseBase:
    """What a build read and what was approved by it alone; POST has the chosen documents read by another build."""
    access = request.access
    build = builds.build(access.project, name)
    if request.method == "POST":
        access.require(Right.MODELS)
        anew = builds.build(access.project, request.POST.get("anew", ""))
        chosen = area.numbers(request.POST.getlist("document"))
        row = blast.request(access, build, anew, chosen)
        return redirect("reread", access.project.slug, row.pk)
    rows = blast.read_by(access.project, build.name)
    total, by_nobody = rows.count(), blast.approved_by_it(rows).count()
    only_auto = request.GET.get("only") == AUTO
    found, pager = one_page(request.GET, blast.approved_by_it(rows) if only_auto else rows)
    earlier = Reread.objects.filter(project=access.project, read=build)
    others = builds.builds(access.project).exclude(pk=build.pk).exclude(blob="").order_by("-id")[:OFFERED]
    context = {
        "build": build,
        "rows": found,
        "total": total,
        "by_nobody": by_nobody,
        "only_auto": only_auto,
        "auto": AUTO,
        "others": others,
        "rereads": earlier.select_related("anew").order_by("-pk")[:SHOWN],
        "may_change": access.may(Right.MODELS),
        **pager,
    }
    return render(request, "console/blast.html", context)


@require_GET
@in_project(query=())
def reread(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """What stands beside what another build reads, document by document."""
    row = blast.reread(request.access.project, pk)
    found = blast.anew(row)
    differing = blast.differences(list(found.values()))
    called = names_of(request.access.project)
    context = {
        "row": row,
        "read": len(found),
        "same": sum(not fields for fields in differing.values()),
        "documents": [
            {
                "document": found[number].document,
                "fields": [(called(one.key) if one.key else "", one) for one in fields],
            }
            for number, fields in sorted(differing.items())
            if fields
        ],
        "poll_s": POLL_S if row.state in (RereadState.WAITING, RereadState.RUNNING) else 0,
        "may_change": request.access.may(Right.MODELS),
    }
    return render(request, "console/reread.html", context)


@require_POST
@in_project(Right.MODELS)
def take_back(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Put the chosen documents into review with what was read anew."""
    row = blast.reread(request.access.project, pk)
    chosen = area.numbers(request.POST.getlist("document"))
    done, skipped = blast.take_back(request.access, row, chosen)
    if done:
        said = ngettext(
            "%(n)s document is in review with the new values.",
            "%(n)s documents are in review with the new values.",
            len(done),
        )
        messages.success(request, said % {"n": len(done)})
    for document, why in skipped[:10]:
        messages.warning(request, _("Document %(n)s was left as it is: %(why)s") % {"n": document, "why": why})
    return redirect("reread", request.access.project.slug, pk)
