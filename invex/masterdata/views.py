"""Pages of the master data, and the suggestions that the review screen asks for."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from invex.accounts.pages import ProjectRequest, in_project
from invex.accounts.roles import Right
from invex.catalog import queries as catalog
from invex.kernel.errors import BadInput, NotFound
from invex.kernel.spreadsheets import harmless

from . import forms, queries, services

SHOWN_ROWS = 100
SHOWN_VERSIONS = 20
SUGGESTIONS = 5


@require_http_methods(["GET", "POST"])
@in_project(query=())
def lists(request: ProjectRequest) -> HttpResponseBase:
    """Show the project's lists; POST uploads a new one."""
    access, problem = request.access, None
    name = request.POST.get("name", "").strip()
    if request.method == "POST":
        access.require(Right.TEMPLATES)
        try:
            if queries.lists(access.project).filter(name=name).exists():
                raise BadInput(_("There is a list %(name)s already: open it to replace it.") % {"name": name})
            return _upload(request, name)
        except BadInput as e:
            problem = e
    users = queries.users(access.project)
    rows = [{"row": row, "used_by": users.get(row.name, [])} for row in queries.lists(access.project)]
    missing = [name for name, version in queries.current_versions(access.project).items() if not version]
    context = {
        "rows": rows,
        "missing": missing,
        "problem": problem,
        "name": name,
        "can_change": access.may(Right.TEMPLATES),
    }
    return render(request, "masterdata/lists.html", context, status=problem.status if problem else 200)


@require_http_methods(["GET", "POST"])
@in_project(query=("column", "q"))
def master_list(request: ProjectRequest, name: str) -> HttpResponseBase:
    """Show a list and its versions; POST replaces what it holds."""
    access, problem = request.access, None
    row = queries.master_list(access.project, name)
    if request.method == "POST":
        access.require(Right.TEMPLATES)
        try:
            return _upload(request, name)
        except BadInput as e:
            problem = e
    column, sought = request.GET.get("column", ""), request.GET.get("q", "").strip()
    column = column if column in row.columns else row.columns[0]
    if sought:
        shown: list[Any] = [list(s.row.values()) for s in queries.index(row).suggest(column, sought, limit=SHOWN_ROWS)]
    else:
        shown = list(queries.rows(row).values_list("values", flat=True)[:SHOWN_ROWS])
    context = {
        "list": row,
        "rows": shown,
        "column": column,
        "sought": sought,
        "is_cut": not sought and row.row_count > SHOWN_ROWS,
        "shown": SHOWN_ROWS,
        "versions": queries.versions(row)[:SHOWN_VERSIONS],
        "used_by": queries.used_by(access.project, name),
        "problem": problem,
        "can_change": access.may(Right.TEMPLATES),
    }
    return render(request, "masterdata/list.html", context, status=problem.status if problem else 200)


@require_GET
@in_project(query=("download",))
def version(request: ProjectRequest, name: str, number: int) -> HttpResponseBase:
    """Show what a version of a list changed; `?download=1` gives all that it held, as CSV."""
    row = queries.master_list(request.access.project, name)
    made = queries.version(row, number)
    if request.GET.get("download"):
        answer = StreamingHttpResponse(_csv_lines(row, number, made.columns), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{name}-{number}.csv"'
        return answer
    before = queries.versions(row).filter(version=number - 1).first()
    context = {
        "list": row,
        "version": made,
        "before": before,
        "added": row.rows.filter(added_in=number).order_by("id")[:SHOWN_ROWS],
        "removed": row.rows.filter(removed_in=number).order_by("id")[:SHOWN_ROWS],
        "shown": SHOWN_ROWS,
    }
    return render(request, "masterdata/version.html", context)


@require_POST
@in_project(Right.TEMPLATES)
def delete(request: ProjectRequest, name: str) -> HttpResponseBase:
    """Delete a list that no rule asks for."""
    services.delete(request.access, name)
    messages.success(request, _("The list %(name)s is deleted.") % {"name": name})
    return redirect("masterdata", request.access.project.slug)


@require_GET
@in_project()
def suggest(request: ProjectRequest) -> HttpResponseBase:
    """Suggest rows of master data for a field that is being typed; choosing one is up to the person.

    ?template= and ?field= say which field; its value, and those of the fields of the same rule, come as the review
    form names them (f:KEY:0), or as ?q=. Buttons as HTML; with `Accept: application/json` the same as JSON. A field
    without master data has no suggestions.
    """
    project, key = request.access.project, request.GET.get("field", "")
    values = forms.typed_values(request.GET.dict())
    text = request.GET.get("q", values.get(key, ""))
    found: list[Any] = []
    name, column = "", ""
    template = request.GET.get("template", "")
    asked = queries.look_ups(catalog.spec(catalog.template(project, template))).get(key) if template else None
    if asked is not None:
        name, column, fields = asked
        others = {c: values[k] for c, k in fields.items() if k in values}
        try:
            found = queries.suggestions(project, name, column, text, others=others, limit=SUGGESTIONS)
        except NotFound:
            found = []  # the list is missing, which the check of the value says
    is_known = bool(found) and found[0].value == text
    if "application/json" in request.headers.get("Accept", ""):
        items = [{"value": s.value, "score": round(s.score, 3), "row": s.row, "agrees": s.agrees} for s in found]
        return JsonResponse({"list": name, "column": column, "suggestions": items})
    context = {"suggestions": [] if is_known else found, "list": name, "column": column}
    return render(request, "masterdata/_suggestions.html", context)


def _upload(request: ProjectRequest, name: str) -> HttpResponseBase:
    file = request.FILES.get("file")
    key = request.POST.get("key")
    table = forms.read_upload(file)
    source = (file.name if file is not None else None) or "CSV"
    made = services.replace(request.access, name, table, key_column=key or None, source=source[:255])
    said = _("Version %(version)d of %(name)s: %(rows)d rows, %(added)d added, %(removed)d removed.") % {
        "version": made.version,
        "name": name,
        "rows": made.row_count,
        "added": made.added,
        "removed": made.removed,
    }
    messages.success(request, said)
    return redirect("masterdata-list", request.access.project.slug, name)


class _Echo:
    """A file for csv.writer that hands back each line."""

    def write(self, line: str) -> str:
        return line


def _csv_lines(row: Any, number: int, columns: list[str]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + str(writer.writerow(map(harmless, columns)))
    for values in queries.rows_in(row, number).values_list("values", flat=True).iterator():
        yield str(writer.writerow(map(harmless, values)))
