"""Pages of exports and of their layouts."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from invex.accounts.pages import ProjectRequest, in_project
from invex.accounts.roles import Right
from invex.catalog import queries as catalog
from invex.documents import queries as documents
from invex.documents.filters import FILTERS, UNKNOWN, DocumentFilter
from invex.documents.states import DocumentState
from invex.kernel.errors import BadInput, Conflict, NotFound

from . import export_queries as queries
from . import exports, forms, layout_services
from .layouts import DECIMALS, DELIMITERS, DOCUMENTS, Layout, layout_from_json, plain
from .models import Export, ExportLayout
from .states import ExportState
from .writers import CONTENT_TYPES

SHOWN = 50
POLL_S = 2
AT_WORK = (ExportState.WAITING, ExportState.WRITING)


@require_http_methods(["GET", "POST"])
@in_project(query=FILTERS)
def export_list(request: ProjectRequest) -> HttpResponseBase:
    """Choose documents by the filters in the address, and how they leave; POST exports them.

    A small export is the answer itself; a large one is written by a worker and shows up in the list.
    """
    access = request.access
    if request.htmx:
        return render(request, "results/_exports.html", _list(request))
    # Without any filter in the address, what is approved: the usual wish.
    is_asked = any(name in request.GET for name in FILTERS)
    chosen = DocumentFilter.of(request.GET if is_asked else {"state": DocumentState.APPROVED})
    count = chosen.documents(access.project).count()
    if request.method == "POST":
        format, layout = request.POST.get("format", ""), request.POST.get("layout", "")
        if count <= exports.SMALL:
            response = StreamingHttpResponse(
                exports.write_now(access, format=format, layout=layout, chosen=chosen),
                content_type=CONTENT_TYPES[format],
            )
            name = exports.file_name(access, format)
            response["Content-Disposition"] = f'attachment; filename="{name}"'
            response["X-Content-Type-Options"] = "nosniff"
            return response
        exports.request(access, format=format, layout=layout, chosen=chosen)
        messages.success(request, _("The export is being written; it appears below."))
        return redirect("exports", access.project.slug)
    context = {
        **_list(request),
        "chosen": chosen,
        "count": count,
        "is_small": count <= exports.SMALL,
        "states": DocumentState.choices,
        "templates": documents.template_names(access.project),
        "unknown": UNKNOWN,
        "layouts": queries.layouts(access),
        "tables": [(queries.LINES + key, key) for key in queries.tables(access.project)],
        "can_author": access.may(Right.TEMPLATES),
    }
    return render(request, "results/exports.html", context)


def _list(request: ProjectRequest) -> dict[str, Any]:
    rows = list(queries.exports(request.access)[:SHOWN])
    return {"exports": rows, "poll_s": POLL_S if any(row.state in AT_WORK for row in rows) else 0}


@require_GET
@in_project()
def export_file(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """The file of an export that is ready."""
    return file_answer(queries.export(request.access, pk), request)


def file_answer(row: Export, request: ProjectRequest) -> FileResponse:
    """Return the file as a download. Raises Conflict before it is ready, Gone once it expired."""
    response = FileResponse(
        exports.opened(request.access, row),
        as_attachment=True,
        filename=f"{request.access.project.slug}-export-{row.pk}.{row.format}",
        content_type=CONTENT_TYPES[row.format],
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_GET
@in_project(query=())
def layout_list(request: ProjectRequest) -> HttpResponseBase:
    """List the saved layouts."""
    rows = [{"row": row, "layout": layout_from_json(row.spec)} for row in queries.layouts(request.access)]
    context = {
        "rows": rows,
        "templates": [row.name for row in catalog.templates(request.access.project)],
        "tables": queries.tables(request.access.project),
        "can_author": request.access.may(Right.TEMPLATES),
    }
    return render(request, "results/layouts.html", context)


@require_http_methods(["GET", "POST"])
@in_project(Right.TEMPLATES)
def new_layout(request: ProjectRequest) -> HttpResponseBase:
    """Make a layout. `?template=`: of which the fields are; `?rows=`: documents, or a table's key."""
    template = request.GET.get("template", "")
    rows = request.GET.get("rows") or DOCUMENTS
    layout = plain(queries.sources(request.access.project, template, rows=rows), rows=rows)
    return _edit(request, ExportLayout(project=request.access.project, template=template), layout)


@require_http_methods(["GET", "POST"])
@in_project(Right.TEMPLATES)
def edit_layout(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Change a layout."""
    row = queries.layout(request.access, pk)
    return _edit(request, row, layout_from_json(row.spec))


def _edit(request: ProjectRequest, row: ExportLayout, layout: Layout) -> HttpResponseBase:
    access, name, problem = request.access, row.name, ""
    if request.method == "POST":
        name = request.POST.get("name", "")
        layout = forms.read_layout_form(request.POST.dict())
        try:
            layout_services.save_layout(
                access, name=name, template=row.template, layout=layout, row=row if row.pk else None
            )
        except (BadInput, Conflict) as e:
            problem = e.message
        else:
            messages.success(request, _("The layout %(name)s is saved.") % {"name": name})
            return redirect("export-layouts", access.project.slug)
    try:
        sources = queries.sources(access.project, row.template, rows=layout.rows)
    except NotFound:  # its template was deleted
        sources = queries.sources(access.project, rows=layout.rows)
    context = {
        "row": row,
        "name": name,
        "layout": layout,
        "problem": problem,
        "sources": sources,
        "columns": forms.column_rows(layout, sources),
        "decimals": DECIMALS,
        "delimiters": DELIMITERS.items(),
    }
    return render(request, "results/layout.html", context, status=422 if problem else 200)


@require_POST
@in_project(Right.TEMPLATES)
def delete_layout(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Forget a layout."""
    row = queries.layout(request.access, pk)
    layout_services.delete_layout(request.access, row)
    messages.success(request, _("The layout %(name)s is deleted.") % {"name": row.name})
    return redirect("export-layouts", request.access.project.slug)
