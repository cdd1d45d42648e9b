"""The document's page: look, correct, approve."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRefresh

from invex.accounts.pages import ProjectRequest, in_project
from invex.accounts.roles import Right
from invex.documents import queries as documents
from invex.documents.frames import frames
from invex.documents.models import Document
from invex.documents.services import reject
from invex.documents.states import WORKING, DocumentState
from invex.extraction import duplicates
from invex.extraction import queries as extractions
from invex.kernel.errors import BadInput, Conflict, NotNow
from invex.kernel.sent import sent_whole

from .. import drafts, forms, leases, page, queries, queue, services, typed
from ..models import ConfirmedLabel, Draft

LONGEST_LATER_DAYS = 365


@require_http_methods(["GET", "POST"])
@in_project()
def document(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Show a document beside its fields and take its lease; POST approves, rejects, postpones or opens it again."""
    access = request.access
    row = documents.document(access.project, pk)
    if request.method == "POST":
        return _decide(request, row)
    if request.htmx:  # the page of a document at work asks whether it is read
        return HttpResponse(status=204) if row.state in WORKING else HttpResponseClientRefresh()
    key = ""
    if access.may(Right.REVIEW) and row.state == DocumentState.REVIEW:
        key = leases.new_key()
        if not leases.take(access, row, key):
            key = ""
        row.refresh_from_db(fields=["held_by", "held_until", "held_key"])
    draft = drafts.of(access, row) if access.may(Right.REVIEW) else None
    if draft is not None and draft.version != row.version:
        kept = page.Typed(draft.data, draft.template)
        return _show(request, row, draft.template, typed=kept, key=key, is_conflict=True)
    chosen = request.GET.get("template", draft.template if draft is not None else row.template)
    chosen = chosen if _is_template(request, row, chosen) else ""
    typed_before = page.Typed(draft.data, draft.template) if draft is not None else None
    failed: dict[str, str] = {}
    if draft is not None and draft.template == chosen:
        read = extractions.current(row)
        failed = typed.failing(row, chosen, {**draft.data, "extraction": str(read.pk) if read is not None else ""})
    return _show(request, row, chosen, typed=typed_before, draft=draft, key=key, failed=failed)


@require_GET
@in_project(Right.REVIEW)
def neighbour(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Go to the document behind this one in the queue, or before it (?back=1)."""
    access, asked = request.access, queue.Queue.asked(request.GET)
    row = documents.document(access.project, pk)
    found = queue.neighbour(access, asked, row, backwards=bool(request.GET.get("back")))
    if found is None:
        messages.info(request, _("No other document waits in this queue."))
        found = row.pk
    return redirect(reverse("document", args=[access.project.slug, found]) + asked.query)


def _decide(request: ProjectRequest, row: Document) -> HttpResponseBase:
    access, action = request.access, request.POST.get("action", "approve")
    version = sent_whole(request.POST.get("version", ""))
    if action == "approve":
        return _approve(request, row, version)
    if action == "reject":
        reject(access, row, why=request.POST.get("why", ""), version=version)
        drafts.discard(access, row)
        messages.success(request, _("%(name)s was rejected.") % {"name": row.name})
        return _to_next(request, row)
    if action == "later":
        until = _later(request.POST.get("days", "1"))
        services.postpone(access, row.pk, until, version=version)
        messages.success(request, _("%(name)s comes back on %(day)s.") % {"name": row.name, "day": until.isoformat()})
        return _to_next(request, row)
    if action == "reopen":
        services.reopen(access, row.pk, version=version)
    elif action == "take over":
        leases.take(access, row, leases.new_key(), by_force=True)
    elif action == "discard":
        drafts.discard(access, row)
    elif action == "comment":
        services.comment(access, row.pk, request.POST.get("comment", ""))
    else:
        raise BadInput(_("There is no action %(action)s.") % {"action": action})
    return redirect(_address(request, row.pk))


def _later(days: str) -> datetime.date:
    """The day on which a document comes back. Raises BadInput."""
    number = sent_whole(days)
    if number is None or not 1 <= number <= LONGEST_LATER_DAYS:
        raise BadInput(_("Postpone it by 1 to %(most)s days.") % {"most": LONGEST_LATER_DAYS})
    return timezone.localdate() + datetime.timedelta(days=number)


def _approve(request: ProjectRequest, row: Document, version: int | None) -> HttpResponseBase:
    access, chosen, data = request.access, request.POST.get("template", ""), request.POST.dict()
    if not _is_template(request, row, chosen):
        raise BadInput(_("There is no template %(name)s.") % {"name": chosen})
    spec, sent = typed.read(row, chosen, data)
    key, seen = data.get("key", ""), sent_whole(data.get("extraction", ""))
    if sent.errors:
        problem = _("Some values are not understood; they are marked.")
        kept = page.Typed(data, chosen, sent.errors)
        return _show(request, row, chosen, typed=kept, key=key, problem=problem, status=422)
    failures = typed.doubts(row, spec, sent, data) if version == row.version else ()
    if failures:  # a person may know better: they are asked once
        kept = page.Typed(data, chosen, forms.marks(data, failures))
        doubts = list(dict.fromkeys(failure.message for failure in failures))
        return _show(request, row, chosen, typed=kept, key=key, doubts=doubts, status=422)
    try:
        spent = forms.read_spent(data.get("spent", ""))
        label = services.confirm(access, row.pk, sent.label, version=version, seen=seen, spent=spent)
    except (BadInput, Conflict) as e:
        row.refresh_from_db()
        is_stale = e.code == "stale"
        if is_stale:  # what was typed is not lost, even if the page is closed now
            drafts.save(access, row, data, version=version or 0, template=chosen, extraction=seen, is_stale=True)
        kept = page.Typed(data, chosen)
        problem = "" if is_stale else e.message
        return _show(request, row, chosen, typed=kept, key=key, problem=problem, status=e.status, is_conflict=is_stale)
    messages.success(
        request,
        _("%(name)s is approved. Documents like it are read again with what was learned.") % {"name": row.name},
    )
    if like := duplicates.of(row).first():
        messages.warning(
            request,
            _("%(name)s has the same supplier, number and amount as document %(like)s (%(like_name)s).")
            % {"name": row.name, "like": like.pk, "like_name": like.name},
        )
    return _to_next(request, row, label)


def _to_next(request: ProjectRequest, row: Document, label: ConfirmedLabel | None = None) -> HttpResponse:
    """Go to the next document of the queue, which is then this person's, or to the inbox when none is left."""
    following = queue.take_next(request.access, queue.Queue.asked(request.GET), row)
    if following is None:
        return redirect("inbox", request.access.project.slug)
    return redirect(_address(request, following, label))


def _address(request: ProjectRequest, pk: int, label: ConfirmedLabel | None = None) -> str:
    """The address of a document in the same queue; label: what was just approved, whose effects the page shows."""
    query = queue.Queue.asked(request.GET).query
    if label is not None:
        query += f"{'&' if query else '?'}learned={label.pk}"
    return reverse("document", args=[request.access.project.slug, pk]) + query


def _show(
    request: ProjectRequest,
    row: Document,
    chosen: str,
    *,
    key: str,
    typed: page.Typed | None = None,
    draft: Draft | None = None,
    problem: str = "",
    doubts: Sequence[str] = (),
    failed: Mapping[str, str] | None = None,
    status: int = 200,
    is_conflict: bool = False,
) -> HttpResponse:
    access, asked = request.access, queue.Queue.asked(request.GET)
    read_as = None
    if row.state == DocumentState.REVIEW and chosen not in ("", row.template) and not is_conflict:
        read_as = _read_as(request, row, chosen)
    shown = page.screen(row, chosen, read_as=read_as, typed=typed, is_conflict=is_conflict)
    is_open = row.state == DocumentState.REVIEW or (is_conflict and row.state == DocumentState.APPROVED)
    holder = leases.holder(row)
    held_by_other = holder if holder not in ("", str(access.actor)) else ""
    waiting, following = queue.waiting(access.project, asked), queue.neighbour(access, asked, row)
    context = {
        "document": row,
        "screen": shown,
        "pages": frames(access.project.slug, row),
        "template_names": page.template_names(access.project, row),
        "is_working": row.state in WORKING,
        "is_open": is_open,
        "is_mine": is_open and access.may(Right.REVIEW) and not held_by_other,
        "can_review": access.may(Right.REVIEW),
        "can_author": access.may(Right.TEMPLATES),
        "held_by_other": held_by_other,
        "key": key,
        "draft": draft,
        "spent": request.POST.get("spent", ""),
        "is_behind": bool(key) and draft is None and extractions.is_behind(row),
        "queue": asked,
        "waiting": waiting.count(),
        "next_document": documents.document(access.project, following) if following is not None else None,
        "comments": queries.comments(row),
        "learned": sent_whole(request.GET.get("learned", "")),
        "problem": problem,
        "doubts": doubts,
        "failed": json.dumps(failed or {}),
        "told": json.dumps([*forms.read_told(request.POST.get("told", "")), *doubts]),
        "is_conflict": is_conflict,
        "theirs": queries.current_label(row) if is_conflict else None,
    }
    return render(request, "review/document.html", context, status=status)


def _read_as(request: ProjectRequest, row: Document, template: str) -> dict[str, Any]:
    """What the document says when it is of a template that a person has just chosen."""
    try:
        return extractions.as_template(row, template)
    except NotNow:
        messages.warning(request, _("The workers are busy: fill in what you see, or choose the template again."))
        return {}


def _is_template(request: ProjectRequest, row: Document, name: str) -> bool:
    return not name or name in page.template_names(request.access.project, row)
