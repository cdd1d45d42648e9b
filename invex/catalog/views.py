"""Pages of the catalogue: the list of templates, and the form of one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from invex.accounts.pages import ProjectRequest, in_project
from invex.accounts.roles import Right
from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.fields.spec import TemplateSpec
from invex.fields.standard import LINE_ITEMS, STANDARD_FIELDS
from invex.fields.template_json import template_to_json
from invex.kernel.errors import BadInput, Conflict
from invex.kernel.sent import sent_whole

from . import forms, queries, services


@require_GET
@in_project(query=())
def templates(request: ProjectRequest) -> HttpResponseBase:
    """List the project's templates with how many documents each has."""
    project = request.access.project
    counts = {
        row["template"]: row
        for row in Document.objects.filter(project=project)
        .exclude(template="")
        .values("template")
        .order_by()
        .annotate(
            approved=Count("id", filter=Q(state=DocumentState.APPROVED)),
            waiting=Count("id", filter=Q(state=DocumentState.REVIEW)),
        )
    }
    rows = [
        {"row": row, "spec": queries.spec(row), **counts.get(row.name, {"approved": 0, "waiting": 0})}
        for row in queries.templates(project, with_retired=True)
    ]
    unknown = Document.objects.filter(project=project, state=DocumentState.REVIEW, template="").count()
    context = {"rows": rows, "unknown": unknown, "can_author": request.access.may(Right.TEMPLATES)}
    return render(request, "catalog/templates.html", context)


@require_http_methods(["GET", "POST"])
@in_project(Right.TEMPLATES)
def new_template(request: ProjectRequest) -> HttpResponseBase:
    """Make a template. `?document=ID`: from that document, to which the page returns."""
    origin = request.GET.get("document", "")
    spec: dict[str, Any] = template_to_json(TemplateSpec("new", STANDARD_FIELDS, (LINE_ITEMS,)))
    spec["name"] = ""
    problem = ""
    if request.method == "POST":
        try:
            spec = forms.read_template_form(request.POST.dict())
            row = services.create_template(request.access, spec)
        except (BadInput, Conflict) as e:
            problem = e.message
        else:
            messages.success(request, _("Template %(name)s is made. Confirm one document, and it is known.") % spec)
            if (sample := sent_whole(origin)) is not None:
                target = redirect("document", request.access.project.slug, sample)
                target["Location"] += "?" + urlencode({"template": row.name})
                return target
            return redirect("templates", request.access.project.slug)
    return _form(request, spec, problem=problem, is_new=True)


@require_http_methods(["GET", "POST"])
@in_project(Right.READ)
def template(request: ProjectRequest, name: str) -> HttpResponseBase:
    """Show a template; authors change it. A change is a new version."""
    row = queries.template(request.access.project, name)
    spec, problem = row.spec, ""
    if request.method == "POST":
        request.access.require(Right.TEMPLATES)
        edited = sent_whole(request.POST.get("version"))
        try:
            spec = forms.read_template_form(request.POST.dict(), edited=row.spec)
            row = services.update_template(request.access, name, spec, version=edited)
        except (BadInput, Conflict) as e:
            problem = e.message
        else:
            messages.success(request, _("Version %(version)d is saved.") % {"version": row.version})
            return redirect("template", request.access.project.slug, name)
    return _form(request, spec, problem=problem, is_new=False, row=row)


@require_POST
@in_project(Right.TEMPLATES)
def delete_template(request: ProjectRequest, name: str) -> HttpResponseBase:
    """Delete a template, or retire it when it is in use."""
    if services.remove_template(request.access, name):
        messages.success(request, _("Template %(name)s is deleted.") % {"name": name})
    else:
        messages.success(
            request,
            _("Template %(name)s is retired: documents that wait, and new ones, are no longer read as it.")
            % {"name": name},
        )
    return redirect("templates", request.access.project.slug)


def _form(
    request: ProjectRequest, spec: dict[str, Any], *, problem: str, is_new: bool, row: Any = None
) -> HttpResponseBase:
    vocabulary = queries.vocabulary(request.access.project)
    context = {
        **forms.form_context(spec),
        "name": spec.get("name", ""),
        "row": row,
        "is_new": is_new,
        "drawn_on": queries.newest_to_draw(row) if row is not None else None,
        "problem": problem,
        "can_author": request.access.may(Right.TEMPLATES),
        "vocabulary": sorted({*(k for k in vocabulary if "." not in k), *(f.key for f in STANDARD_FIELDS)}),
    }
    return render(request, "catalog/template.html", context, status=422 if problem else 200)
