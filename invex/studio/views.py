"""Pages of the studio: groups of look-alikes, drawing a template, trying it, saving it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from invex.accounts.models import Project
from invex.accounts.pages import ProjectRequest, in_project
from invex.accounts.roles import Right
from invex.catalog import queries as catalog
from invex.catalog.field_names import field_name
from invex.catalog.forms import read_template_form
from invex.catalog.models import Template
from invex.documents import queries as documents
from invex.documents.frames import frames
from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.extraction.models import REOPENED
from invex.fields.spec import FIELD_TYPES, BadSpec
from invex.fields.standard import LINE_ITEMS
from invex.fields.template_json import template_from_json
from invex.kernel.errors import BadInput, Conflict, NotNow
from invex.kernel.queue import wake
from invex.kernel.sent import sent_whole
from invex.review import services as reviewing

from . import design as designs
from . import jobs, queries, record, replay, services, trying, unsaid

SHOWN_GROUPS = 5
SHOWN_EFFECTS = 50
SHOWN_SILENT = 4
DRAWN_ON = (DocumentState.REVIEW, DocumentState.APPROVED)  # a template is made from one of these


@require_GET
@in_project()
def groups(request: ProjectRequest) -> HttpResponseBase:
    """The groups of unknown look-alikes, for the pages of templates and of the inbox."""
    found = queries.groups(request.access.project)
    context = {"groups": found[:SHOWN_GROUPS], "more": len(found) - SHOWN_GROUPS}
    return render(request, "studio/_groups.html", {**context, "can_author": request.access.may(Right.TEMPLATES)})


@require_http_methods(["GET", "POST"])
@in_project(Right.TEMPLATES)
def studio(request: ProjectRequest) -> HttpResponseBase:
    """Draw a template on a sample (?document=ID or ?group=ID; ?template=NAME changes that one).

    POST saves it and confirms the sample; with `reopen` it opens a rejected one again.
    """
    project = request.access.project
    document = queries.sample(project, request.GET.get("document", ""), request.GET.get("group", ""))
    offered, edited = queries.known(project), _edited(request, request.GET.get("template", ""))
    if request.method == "GET":
        if queries.is_being_compared(document):
            wake("invex.studio.jobs.group", project.pk, queue=jobs.QUEUE, at_front=True)
        known = queries.drawn_of(document, catalog.spec(edited)) if edited else queries.drawn_already(document, offered)
        return _show(request, document, json.dumps(known), edited)
    if request.POST.get("reopen"):
        reviewing.reopen(request.access, document.pk, version=sent_whole(request.POST.get("version")))
        return redirect(request.get_full_path())
    raw = request.POST.get("design", "")
    try:
        drawn = _read(document, raw, offered, edited)
        made = services.save(
            request.access,
            document,
            drawn,
            version=sent_whole(request.POST.get("version")),
            edited=edited,
            edited_version=sent_whole(request.POST.get("template_version")),
        )
    except (BadInput, Conflict) as e:
        return _show(request, document, raw, edited, problem=e)
    said = _("Template %(name)s is made, and its first example confirmed. Documents like it are read with it now.")
    if edited:
        said = _("Version %(version)s of template %(name)s is saved, and this document confirmed as an example of it.")
    messages.success(request, said % {"name": made.name, "version": made.version})
    return redirect("template", project.slug, made.name)


def _edited(request: ProjectRequest, name: str) -> Template | None:
    """The template that is changed, None when one is made. Raises NotFound."""
    return catalog.template(request.access.project, name) if name else None


def _read(
    document: Document, raw: str, offered: designs.Known, edited: Template | None, *, unnamed: str = ""
) -> designs.Design:
    spec = catalog.spec(edited) if edited else None
    return designs.read_design(raw, offered, reviewing.document_locale(document, edited), unnamed=unnamed, edited=spec)


def _show(
    request: ProjectRequest,
    document: Document,
    drawn: str,
    edited: Template | None,
    *,
    problem: BadInput | Conflict | None = None,
) -> HttpResponse:
    project = request.access.project
    offered, unread = queries.known(project), frozenset() if edited else queries.unread(document)
    standard = {f"{LINE_ITEMS.key}.{column.key}" for column in LINE_ITEMS.columns}
    context = {
        "document": document,
        "pages": frames(project.slug, document),
        "design": drawn,
        "known_fields": [
            {"label": field_name(f.key, f.label), "type": f.type, "is_unread": f.key in unread} for f in offered.fields
        ],
        "known_tables": [field_name(key) for key in offered.columns],
        "known_columns": [
            {
                "label": field_name(f"{key}.{f.key}", f.label),
                "type": f.type,
                "table": field_name(key),
                "is_unread": not edited and f"{key}.{f.key}" in standard,
            }
            for key, columns in offered.columns.items()
            for f in columns
        ],
        "edited": edited,
        **_others(project, document, edited),
        "types": FIELD_TYPES,
        "problem": problem.message if problem else "",
        "is_nameless": problem is not None and problem.code == designs.NAMELESS,
        "is_open": document.state in DRAWN_ON,
        "is_approved": document.state == DocumentState.APPROVED,
        "is_rejected": document.state == DocumentState.REJECTED,
    }
    return render(request, "studio/studio.html", context, status=problem.status if problem else 200)


def _others(project: Project, document: Document, edited: Template | None) -> dict[str, Any]:
    """What the page says of the other documents, and tries the template on."""
    found = queries.others(project, document, edited.name if edited else "")
    is_settled = edited is not None or found or not queries.is_being_compared(document)
    return {
        "document": document,
        "edited": edited,
        "others": found,
        "is_being_compared": not is_settled,
        "is_compared": bool(document.template) or document.state == DocumentState.REVIEW,
    }


@require_GET
@in_project(Right.TEMPLATES)
def others(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """The part of the page that tries the template on the others, once it is known which they are; 204 until then."""
    document = documents.document(request.access.project, pk)
    context = _others(request.access.project, document, None)
    if context["is_being_compared"]:
        return HttpResponse(status=204)
    return render(request, "studio/_others.html", {**context, "is_late": True})


@require_POST
@in_project(Right.TEMPLATES)
def try_on(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """What the template as it is drawn would read from the other documents of the group; nothing is stored."""
    project = request.access.project
    document = documents.document(project, pk)
    edited = _edited(request, request.POST.get("template", ""))
    others = queries.others(project, document, edited.name if edited else "")
    context: dict[str, Any] = {}
    try:
        raw = request.POST.get("design", "")
        drawn = _read(document, raw, queries.known(project), edited, unnamed=designs.UNNAMED)
        if drawn.errors:
            context["problem"] = "; ".join(f"{label}: {text}" for label, text in drawn.errors.items())
        elif not drawn.spec.fields and not drawn.spec.tables:
            context["is_empty"] = True
        elif others:
            context["trial"] = trial = trying.ask_worker(document, drawn, others)
            named = {row.pk: row for row in others}
            spec = drawn.spec
            context["names"] = [field_name(f.key, f.label) for f in spec.fields] + [
                field_name(t.key) for t in spec.tables
            ]
            context["marked"] = trial.marked(context["names"])
            context["tried"] = [
                {
                    "document": named[one.document],
                    "result": one,
                    "tables": [(field_name(key), rows, mark) for key, rows, mark in one.tables],
                }
                for one in trial.tried
            ]
    except BadInput as e:
        context["problem"] = e.message
    except NotNow:
        context["problem"] = _("The workers are busy. It is tried again with your next change.")
    return render(request, "studio/_tried.html", context)


@require_GET
@in_project(Right.TEMPLATES)
def meaning(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """What a text that was clicked means (?text, ?type, ?place), and what the page calls it."""
    asked, document = request.GET, documents.document(request.access.project, pk)
    return JsonResponse(
        queries.meaning(
            document,
            asked.get("text", ""),
            asked.get("type", ""),
            asked.get("place", ""),
            is_cell=bool(asked.get("cell")),
            chosen=asked.get("chosen", ""),
        )
    )


@require_POST
@in_project(Right.TEMPLATES)
def rows(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """The rows of a table below those that were drawn (rows: JSON; types: of the columns, by commas)."""
    document = documents.document(request.access.project, pk)
    found = queries.rows_below(document, request.POST.get("types", ""), request.POST.get("rows", ""))
    return JsonResponse({"rows": found})


@require_POST
@in_project(Right.TEMPLATES)
def replayed(request: ProjectRequest, name: str) -> HttpResponseBase:
    """What the template's form, as it is filled in now, would change on confirmed documents; nothing is saved."""
    row = catalog.template(request.access.project, name)
    try:
        sent = read_template_form(request.POST.dict(), edited=row.spec)
        found = replay.replay(row, template_from_json(sent))
    except BadSpec as e:
        return render(request, "studio/_replay.html", {"problem": str(e)})
    return render(request, "studio/_replay.html", {"replay": found, "shown": found.effects[:SHOWN_EFFECTS]})


@require_GET
@in_project(query=())
def template_record(request: ProjectRequest, name: str) -> HttpResponseBase:
    """How a template does: its examples, corrections, confusions, suspected labels and versions."""
    row = catalog.template(request.access.project, name)
    return render(request, "studio/record.html", {"row": row, "record": record.record(row)})


@require_http_methods(["GET", "POST"])
@in_project()
def template_unsaid(request: ProjectRequest, name: str) -> HttpResponseBase:
    """Which confirmed documents say nothing of what the template asks for since; POST opens some of them again."""
    access, row = request.access, catalog.template(request.access.project, name)
    if request.method == "POST":
        opened = unsaid.open_again(access, row)
        if not opened:
            messages.info(request, _("No confirmed document lacks anything any more."))
            return redirect("template", access.project.slug, row.name)
        said = ngettext(
            "%(n)s document is open again: fill in what was added, and approve it.",
            "%(n)s documents are open again: fill in what was added, and approve each.",
            len(opened),
        )
        messages.success(request, said % {"n": len(opened)})
        return redirect(
            reverse("inbox", args=[access.project.slug]) + f"?{urlencode({'of': row.name, 'reason': REOPENED})}"
        )
    found = unsaid.unsaid(row)
    documents = unsaid.silent(row, found)
    count = documents.count()
    context = {
        "row": row,
        "unsaid": found,
        "count": count,
        "documents": documents[:SHOWN_SILENT],
        "at_once": unsaid.at_once(row, count),
        "can_review": access.may(Right.REVIEW) and row.retired_at is None,
    }
    return render(request, "studio/_unsaid.html", context)
