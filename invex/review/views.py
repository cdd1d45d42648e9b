"""The document's page: look, correct, approve."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRefresh

from invex.accounts.pages import ProjectRequest, in_project
from invex.accounts.roles import Right
from invex.catalog import queries as catalog
from invex.documents import queries as documents
from invex.documents.models import Document
from invex.documents.services import reject
from invex.documents.states import WORKING, DocumentState
from invex.extraction import queries as extractions
from invex.extraction.models import REOPENED
from invex.fields.spec import TemplateSpec
from invex.fields.standard import LINE_ITEMS, STANDARD_FIELDS
from invex.kernel.errors import BadInput, Conflict, NotNow

from . import forms, queries, services

A4_PX = (210, 297)  # its shape is what matters
SAID_ELSEWHERE = ("approval_off",)  # true of every document of the project, so no reason to look at this one


@require_http_methods(["GET", "POST"])
@in_project()
def document(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Show a document beside its fields; POST approves, rejects, postpones or opens it again."""
    access = request.access
    row = documents.document(access.project, pk)
    if request.method == "POST":
        return _decide(request, row)
    if request.htmx:  # the page of a document at work asks whether it is read
        return HttpResponse(status=204) if row.state in WORKING else HttpResponseClientRefresh()
    chosen = request.GET.get("template", row.template)
    return _page(request, row, chosen if _is_template(request, row, chosen) else "")


def _decide(request: ProjectRequest, row: Document) -> HttpResponseBase:
    access, action = request.access, request.POST.get("action", "approve")
    version = _version(request.POST.get("version", ""))
    if action == "approve":
        return _approve(request, row, version)
    if action == "reject":
        reject(access, row, version=version)
        messages.success(request, _("%(name)s was rejected.") % {"name": row.name})
        return _to_next(request, row)
    if action == "later":
        services.postpone(access, row.pk, timezone.localdate() + datetime.timedelta(days=1), version=version)
        messages.success(request, _("%(name)s comes back tomorrow.") % {"name": row.name})
        return _to_next(request, row)
    if action == "reopen":
        services.reopen(access, row.pk, version=version)
        return redirect("document", access.project.slug, row.pk)
    raise BadInput(_("There is no action %(action)s.") % {"action": action})


def _version(text: str) -> int | None:
    """Return the version that the page was made of; None when it does not say."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _approve(request: ProjectRequest, row: Document, version: int | None) -> HttpResponseBase:
    access, chosen = request.access, request.POST.get("template", "")
    if not _is_template(request, row, chosen):
        raise BadInput(_("There is no template %(name)s.") % {"name": chosen})
    template = catalog.template(access.project, chosen) if chosen else None
    spec = _spec(request, chosen, row)
    locale = services.document_locale(row, template)
    sent = forms.read_form(spec, request.POST.dict(), template=chosen or None, locale=locale)
    if sent.errors:
        problem = _("Some values are not understood; they are marked.")
        return _page(request, row, chosen, typed=sent, problem=problem, status=422)
    try:
        services.confirm(access, row.pk, sent.label, version=version)
    except (BadInput, Conflict) as e:
        row.refresh_from_db()
        return _page(request, row, chosen, typed=sent, problem=e.message, status=e.status)
    messages.success(
        request,
        _("%(name)s is approved. Documents like it are read again with what was learned.") % {"name": row.name},
    )
    return _to_next(request, row)


def _to_next(request: ProjectRequest, row: Document) -> HttpResponse:
    following = queries.next_to_review(request.access.project, after=row)
    if following is None:
        return redirect("inbox", request.access.project.slug)
    return redirect("document", request.access.project.slug, following)


def _page(
    request: ProjectRequest,
    row: Document,
    chosen: str,
    *,
    typed: forms.Sent | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    access = request.access
    extraction = extractions.current(row)
    # A document that was opened again starts from what was confirmed, not from what the machine had read.
    is_confirmed = row.state != DocumentState.REVIEW or row.reason_code == REOPENED
    label = queries.current_label(row) if is_confirmed else None
    shown: dict[str, Any] = {}
    if typed is not None:
        shown = typed.shown
    elif label is not None:
        shown = label.label
    elif extraction is not None:
        shown = extraction.prediction if chosen in ("", row.template) else _read_as(request, row, chosen)
    # What the machine doubted about one template says nothing about another that a person chose.
    is_as_read = label is None and typed is None and chosen == row.template
    reasons = extraction.reasons if extraction is not None and is_as_read else []
    rows, tables = forms.rows_of(
        _spec(request, chosen, row), shown, reasons, by_person=label is not None or typed is not None
    )
    if typed is not None:
        rows = [forms.with_errors(r, typed.errors) for r in rows]
    known = {r.spec.key for r in rows} | {t.spec.key for t in tables}
    context = {
        "document": row,
        "extraction": extraction,
        "label": label,
        "pages": _pages(request, row),
        "rows": rows,
        "tables": tables,
        "general_remarks": [
            r["message"] for r in reasons if r.get("field") not in known and r["code"] not in SAID_ELSEWHERE
        ],
        "need_count": sum(r.needs_person for r in rows),
        "chosen_template": chosen,
        "is_as_read": is_as_read,
        "template_names": _template_names(request, row),
        "is_working": row.state in WORKING,
        "is_open": row.state == DocumentState.REVIEW,
        "can_review": access.may(Right.REVIEW),
        "can_author": access.may(Right.TEMPLATES),
        "waiting": queries.to_review(access.project).count(),
        "next_document": queries.next_to_review(access.project, after=row),
        "conflict": problem,
    }
    return render(request, "review/document.html", context, status=status)


def _read_as(request: ProjectRequest, row: Document, template: str) -> dict[str, Any]:
    """What the document says when it is of a template that a person has just chosen."""
    try:
        return extractions.as_template(row, template)
    except NotNow:
        messages.warning(request, _("The workers are busy: fill in what you see, or choose the template again."))
        return {}


def _pages(request: ProjectRequest, row: Document) -> list[dict[str, Any]]:
    """The pages in order with their address and size in pixels.

    A page that is not drawn yet is taken to be as large as the first: without a size, all pages of a long document
    would lie in view at once, and be asked for.
    """
    drawn = documents.page_images(row)
    usual = next(((i.width_px, i.height_px) for i in drawn.values() if i.width_px), A4_PX)
    slug = request.access.project.slug
    pages = []
    for index in range(row.page_count or 0):
        image = drawn.get(index)
        width_px, height_px = (image.width_px, image.height_px) if image and image.width_px else usual
        url = reverse("page-image", args=[slug, row.pk, index])
        pages.append({"index": index, "url": url, "width_px": width_px, "height_px": height_px})
    return pages


def _template_names(request: ProjectRequest, row: Document) -> list[str]:
    """The templates in use, and a retired one where the document was read as it."""
    return [
        t.name
        for t in catalog.templates(request.access.project, with_retired=True)
        if t.retired_at is None or t.name == row.template
    ]


def _is_template(request: ProjectRequest, row: Document, name: str) -> bool:
    return not name or name in _template_names(request, row)


def _spec(request: ProjectRequest, chosen: str, row: Document) -> TemplateSpec:
    """Return what the page asks for: the template's fields, or on an unknown document the standard ones it has."""
    if chosen:
        return catalog.spec(catalog.template(request.access.project, chosen))
    extraction, label = extractions.current(row), queries.current_label(row)
    found: set[str] = set()
    for source in (extraction.prediction if extraction else {}, label.label if label else {}):
        found |= set(source.get("fields", {})) | {k for k, rows in source.get("tables", {}).items() if rows}
    if request.method == "POST":
        found |= {name.split(":")[1] for name in request.POST if name.startswith(("f:", "t:"))}
    return TemplateSpec(
        "",
        tuple(f for f in STANDARD_FIELDS if f.key in found),
        (LINE_ITEMS,) if LINE_ITEMS.key in found else (),
    )
