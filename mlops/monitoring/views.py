"""Pages of the monitoring: curves, their tables and files, and the documents behind each point."""

from __future__ import annotations

import csv
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from invex.accounts.pages import ProjectRequest, in_project
from invex.documents.filters import UNKNOWN
from invex.kernel.errors import BadInput, NotFound
from invex.kernel.rest.pagination import Paging, page

from . import machines, moved, quality, work
from .chart import Chart
from .counted import documents_of
from .drift import DAYS, Kind
from .marks import marks
from .models import Observation
from .selection import WINDOWS, Selection, period_of

PER_PAGE = 50
MAX_CURSOR = 1000  # characters
PAGES = {"quality": quality.charts, "work": work.charts, "drift": moved.charts}


@require_GET
@in_project(query=("days", "template", "field"))
def overview(request: ProjectRequest) -> HttpResponseBase:
    """Quality: what was right, what was unknown, and how sure Invex was."""
    chosen = Selection.of(request.GET)
    project = request.access.project
    rows = quality.templates(project, chosen)
    context = _context(request, chosen, "quality") | {
        "rows": rows,
        "appeared": [row.name for row in rows if row.change == "new"],
        "vanished": [row.name for row in rows if row.change == "gone"],
        "fields": quality.fields(project, chosen),
    }
    return render(request, "monitoring/quality.html", context)


@require_GET
@in_project(query=("days", "template", "field"))
def working(request: ProjectRequest) -> HttpResponseBase:
    """Work: what came, what needed nobody, how long it took, what waits."""
    return render(request, "monitoring/work.html", _context(request, Selection.of(request.GET), "work"))


@require_GET
@in_project(query=("days", "template", "field"))
def drifted(request: ProjectRequest) -> HttpResponseBase:
    """Drift of what comes and of what is read, and in what."""
    project, chosen = request.access.project, Selection.of(request.GET)
    context = _context(request, chosen, "drift") | {
        "kinds": [
            (_("What comes"), moved.newest(project, Kind.INPUT)),
            (_("What is read"), moved.newest(project, Kind.OUTPUT)),
        ],
        "window_days": DAYS,
    }
    return render(request, "monitoring/drift.html", context)


@require_GET
@in_project(query=("host", "hours"))
def hardware(request: ProjectRequest) -> HttpResponseBase:
    """How busy the machines of the installation are."""
    known = machines.hosts()
    host, hours = _machine(request, known)
    charts = machines.charts(host, hours, marks(request.access.project, Selection().since)) if host else []
    context = {
        "tab": "hardware",
        "hosts": known,
        "host": host,
        "hours": hours,
        "windows": machines.HOURS,
        "charts": charts,
        "has_gpu": any(chart.name.startswith("gpu") for chart in charts),
        "file_query": urlencode({"host": host, "hours": hours}),
        "documents_query": "",
    }
    return render(request, "monitoring/hardware.html", context)


@require_GET
@in_project()
def chart_file(request: ProjectRequest, name: str) -> HttpResponseBase:
    """The figures of a chart as CSV, a row a period, the oldest first."""
    found = next((chart for chart in _all_charts(request) if chart.name == name), None)
    if found is None:
        raise NotFound(_("There is no such chart."))
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    out = csv.writer(response)
    titles = [(curve.key, f"{curve.key}_low", f"{curve.key}_high", f"{curve.key}_count") for curve in found.curves]
    out.writerow(["from", "until", *(title for some in titles for title in some)])
    for number, period in enumerate(found.periods):
        figures = [curve.points[number] for curve in found.curves]
        cells = [cell for p in figures for cell in (_said(p.value), _said(p.low), _said(p.high), str(p.count))]
        out.writerow([period.first.isoformat(), period.last.isoformat(), *cells])
    return response


@require_GET
@in_project(query=("days", "template", "field", "from", "until", "chart", "curve", "cursor"))
def point(request: ProjectRequest) -> HttpResponseBase:
    """The documents that a point of a curve speaks of."""
    chosen, period = Selection.of(request.GET), period_of(request.GET)
    chart, curve = request.GET.get("chart", ""), request.GET.get("curve", "")
    cursor = request.GET.get("cursor") or None
    if cursor is not None and len(cursor) > MAX_CURSOR:
        raise BadInput(_("The address is not one of ours. Start again without the cursor."), code="bad_cursor")
    rows = documents_of(request.access.project, chosen, period, chart, curve)
    found = page(request, rows, Paging(cursor=cursor, limit=PER_PAGE), order=("-id",))
    query = {key: value for key, value in request.GET.dict().items() if key != "cursor"}
    context = {
        "documents": found["items"],
        "older": found["next"] or "",
        "newer": f"?{urlencode(query)}" if cursor else "",
        "period": period,
        "chosen": chosen,
        "unknown": UNKNOWN,
        "wrong": f"?{urlencode(query | {'curve': 'wrong'})}" if chart == "accuracy" and curve != "wrong" else "",
    }
    return render(request, "monitoring/documents.html", context)


def _context(request: ProjectRequest, chosen: Selection, tab: str) -> dict[str, Any]:
    project = request.access.project
    happened = marks(project, chosen.since)
    names = Observation.objects.filter(project=project).exclude(template="").order_by("template")
    return {
        "tab": tab,
        "charts": PAGES[tab](project, chosen, happened),
        "marks": happened,
        "chosen": chosen,
        "windows": WINDOWS,
        "unknown": UNKNOWN,
        "templates": list(names.values_list("template", flat=True).distinct()),
        "file_query": chosen.query(),
        "documents_query": chosen.query(days=""),
        "address": reverse("monitoring", args=[project.slug]),
    }


def _all_charts(request: ProjectRequest) -> list[Chart]:
    """Return the charts that the address chooses among: of a machine, or of the project."""
    if "host" in request.GET:
        host, hours = _machine(request, machines.hosts())
        return machines.charts(host, hours, ())
    chosen = Selection.of(request.GET)
    return [chart for make in PAGES.values() for chart in make(request.access.project, chosen, ())]


def _machine(request: ProjectRequest, known: list[str]) -> tuple[str, int]:
    """Return the machine and the hours that the address asks for, "" when no machine was ever looked at."""
    hours = request.GET.get("hours") or str(machines.HOURS[0])
    if hours not in [str(window) for window in machines.HOURS]:
        raise BadInput(_("There is no window of %(hours)s hours.") % {"hours": hours[:20]}, code="bad_window")
    host = request.GET.get("host") or (known[0] if known else "")
    if host and host not in known:
        raise NotFound(_("There is no machine of this name."))
    return host, int(hours)


def _said(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
