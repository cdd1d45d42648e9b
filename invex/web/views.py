"""The shell: start page, dashboard, inbox."""

from __future__ import annotations

import csv
import datetime

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from invex.accounts import queries as accounts
from invex.accounts.models import User
from invex.accounts.pages import ProjectRequest, in_project
from invex.accounts.roles import Right
from invex.documents import queries as documents
from invex.documents.models import Document
from invex.documents.states import WORKING, DocumentState
from invex.kernel.errors import NotFound
from invex.review import queries as reviews

from . import trends
from .context import settings_menu
from .tiles import tiles

SHOWN_FAILURES = 8
MINUTE = datetime.timedelta(minutes=1)
NO_BREAK = "\N{NO-BREAK SPACE}"


@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponseBase:
    """Go to the person's first project."""
    assert isinstance(request.user, User)
    first = accounts.projects_of(request.user).first()
    if first is None:
        context = {"heading": _("No project yet"), "explanation": _("Ask an owner of a project to make you a member.")}
        return render(request, "shell/error.html", context)
    return redirect("dashboard", first.slug)


@require_GET
@in_project(query=())
def dashboard(request: ProjectRequest) -> HttpResponseBase:
    """What waits, what was done, what went wrong."""
    project = request.access.project
    counts = documents.counts_by_state(project)
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    week = today - datetime.timedelta(days=6)
    approved = Document.objects.filter(project=project, state=DocumentState.APPROVED, approved_at__gte=week)
    is_auto, is_program = Q(approved_by=documents.AUTO), Q(approved_by__startswith="token:")
    by_whom = approved.aggregate(
        people=Count("pk", filter=~is_auto & ~is_program),
        programs=Count("pk", filter=is_program),
        itself=Count("pk", filter=is_auto),
    )
    waiting = reviews.to_review(project)
    context = {
        "counts": counts,
        "waiting": waiting.count(),
        "working": sum(counts[s] for s in WORKING),
        "total": sum(counts.values()),
        "approved_week": sum(by_whom.values()),
        "by_whom": by_whom,
        "oldest": _for_how_long(waiting.order_by("created_at").values_list("created_at", flat=True).first()),
        "failures": documents.documents(project, state=DocumentState.FAILED).order_by("-id")[:SHOWN_FAILURES],
        "by_template": waiting.order_by().values("template").annotate(n=Count("id")).order_by("-n"),
        "tiles": tiles(request.access),
        "charts": trends.charts(project),
        "can_upload": request.access.may(Right.UPLOAD),
    }
    return render(request, "web/dashboard.html", context)


def _for_how_long(since: datetime.datetime | None) -> str:
    """Return the wait since then in its largest unit; "" where nothing waits."""
    if since is None:
        return ""
    if timezone.now() - since < MINUTE:
        return _("under a minute")
    return timesince(since, depth=1).replace(NO_BREAK, " ")


@require_GET
@in_project()
def dashboard_csv(request: ProjectRequest) -> HttpResponseBase:
    """One chart of the dashboard as CSV, a row a day, the oldest first."""
    chart = trends.chart(request.access.project, request.GET.get("chart", ""))
    if chart is None:
        raise NotFound(_("There is no such chart."))
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{chart.name}.csv"'
    out = csv.writer(response)
    out.writerow([_("Day"), *(one.label for one in chart.series)])
    for number, day in enumerate(chart.days):
        out.writerow(
            [day.isoformat(), *("" if (v := one.values[number]) is None else f"{v:g}" for one in chart.series)]
        )
    return response


@require_GET
@in_project()
def settings(request: ProjectRequest) -> HttpResponseBase:
    """Go to the first page of the settings area that the person may see."""
    return redirect(settings_menu(request, request.access)[0].url)
