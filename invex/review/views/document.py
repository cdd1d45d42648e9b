"""The document's page: look, correct, approve."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
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
from invex.kernel import writes
from invex.kernel.errors import BadInput, Conflict, NotNow
from invex.kernel.sent import sent_whole

from .. import drafts, forms, leases, page, queries, queue, services, typed
from ..models import ConfirmedLabel, Draft

LONGEST_LATER_DAYS = 365
PART = "X-Invex-Part"  # header: of the page only what differs from that of another document


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
        if not leases.take(access, row.pk, key):
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
def ahead(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """The page of the document behind this one in the queue, for a script that shows it once it is this person's.

    Nothing is taken and nothing changes. 204 where there is none, or one with a draft of this person, which has more to
    say; 304 where it is still made of ?have.
    """
    access, asked = request.access, queue.Queue.asked(request.GET)
    found = queue.neighbour(access, asked, documents.document(access.project, pk))
    row = documents.document(access.project, found) if found is not None else None
    if row is None or (row.has_draft and drafts.of(access, row) is not None):
        return HttpResponse(status=204)
    made_of = page.made_of(row)
    if made_of == request.GET.get("have"):
        return HttpResponse(status=304)
    return _show(request, row, row.template, key="", made_of=made_of)


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
        return _to_next(request, _take_next(request, row))
    if action == "later":
        until = _later(request.POST.get("days", "1"))
        services.postpone(access, row.pk, until, version=version)
        messages.success(request, _("%(name)s comes back on %(day)s.") % {"name": row.name, "day": until.isoformat()})
        return _to_next(request, _take_next(request, row))
    if action == "reopen":
        services.reopen(access, row.pk, version=version)
    elif action == "take over":
        leases.take_over(access, row, leases.new_key())
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
    key = data.get("key", "")
    if sent.errors:
        problem = _("Some values are not understood; they are marked.")
        kept = page.Typed(data, chosen, sent.errors)
        return _show(request, row, chosen, typed=kept, key=key, problem=problem, status=422)
    seen = queries.seen(row, sent_whole(data.get("extraction", "")))
    failures = typed.doubts(seen, spec, sent, data) if version == row.version else ()
    if failures:  # a person may know better: they are asked once
        kept = page.Typed(data, chosen, forms.marks(data, failures))
        doubts = list(dict.fromkeys(failure.message for failure in failures))
        return _show(request, row, chosen, typed=kept, key=key, doubts=doubts, status=422)
    try:
        spent = forms.read_spent(data.get("spent", ""))
        # In one transaction, so that the database's lock is waited for but once.
        with ExitStack() as stack, writes.announced_to(lambda: stack.enter_context(transaction.atomic())):
            label = services.confirm_seen(access, seen, sent.label, version=version, spent=spent)
            following = _take_next(request, row)
    except (BadInput, Conflict) as e:
        row.refresh_from_db()
        is_stale = e.code == "stale"
        if is_stale:  # what was typed is not lost, even if the page is closed now
            read = seen.extraction.pk if seen.extraction is not None else None
            drafts.save(access, row, data, version=version or 0, template=chosen, extraction=read, is_stale=True)
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
    return _to_next(request, following, label)


def _take_next(request: ProjectRequest, row: Document) -> Document | None:
    """Take the next document of the queue for this person; None when none is left."""
    return queue.take_next(request.access, queue.Queue.asked(request.GET), row)


def _to_next(request: ProjectRequest, following: Document | None, label: ConfirmedLabel | None = None) -> HttpResponse:
    """Go to the document that was taken, or to the inbox where none is left.

    A script is told the address; and where it has the page of that document already, what belongs to it now.
    """
    access, asked = request.access, queue.Queue.asked(request.GET)
    if following is None:
        address = reverse("inbox", args=[access.project.slug])
    else:
        address = _address(request, following.pk, label)
    if not _is_part(request):
        return redirect(address)
    said: dict[str, Any] = {"address": address, "is_over": following is None}
    if following is not None and request.POST.get("ahead") == page.made_of(following):
        said["ahead"] = _taken(request, following, asked, label)
    return JsonResponse(said)


def _taken(request: ProjectRequest, row: Document, asked: queue.Queue, label: ConfirmedLabel | None) -> dict[str, Any]:
    """What a page that was made before its document was taken does not say yet."""
    context = {
        "document": row,
        "queue": asked,
        "learned": label.pk if label is not None else None,
        "is_behind": label is None and extractions.is_behind(row),  # else what is learned now is waited for
        **_left(request, asked),
    }
    return {
        "key": row.held_key,
        "arrived": render_to_string("review/_arrived.html", context, request),
        "left": render_to_string("review/_left.html", context, request),
        "waiting": context["waiting_in_all"],
    }


def _left(request: ProjectRequest, asked: queue.Queue) -> dict[str, int]:
    """How many documents wait in the queue, and in the whole project."""
    waiting = queue.waiting(request.access.project, asked).count()
    return {
        "waiting": waiting,
        "waiting_in_all": waiting if asked.is_whole else queries.to_review(request.access.project).count(),
    }


def _is_part(request: ProjectRequest) -> bool:
    """Whether a script asks, that puts what differs into the page that it has: static/js/review/turning.js."""
    return PART in request.headers


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
    made_of: str = "",
) -> HttpResponse:
    """Answer with the page. made_of: it is fetched ahead, and so says what it was made of."""
    access, asked = request.access, queue.Queue.asked(request.GET)
    read_as = None
    if row.state == DocumentState.REVIEW and chosen not in ("", row.template) and not is_conflict:
        read_as = _read_as(request, row, chosen)
    shown = page.screen(row, chosen, read_as=read_as, typed=typed, is_conflict=is_conflict)
    is_open = row.state == DocumentState.REVIEW or (is_conflict and row.state == DocumentState.APPROVED)
    holder = leases.holder(row)
    held_by_other = holder if holder not in ("", str(access.actor)) else ""
    is_part = bool(made_of) or _is_part(request)
    context = {
        "frame": "shell/part.html" if is_part else "shell/base.html",
        "address": reverse("document", args=[access.project.slug, row.pk]),
        "is_ahead": bool(made_of),
        "made_of": made_of,
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
        "has_next": queue.neighbour(access, asked, row) is not None,
        **_left(request, asked),
        "comments": queries.comments(row),
        "learned": sent_whole(request.GET.get("learned", "")),
        "problem": problem,
        "doubts": doubts,
        "failed": json.dumps(failed or {}),
        "told": json.dumps([*forms.read_told(request.POST.get("told", "")), *doubts]),
        "is_conflict": is_conflict,
        "theirs": queries.current_label(row) if is_conflict else None,
    }
    answer = render(request, "review/document.html", context, status=status)
    if is_part:
        answer.headers[PART] = "1"
    return answer


def _read_as(request: ProjectRequest, row: Document, template: str) -> dict[str, Any]:
    """What the document says when it is of a template that a person has just chosen."""
    try:
        return extractions.as_template(row, template)
    except NotNow:
        messages.warning(request, _("The workers are busy: fill in what you see, or choose the template again."))
        return {}


def _is_template(request: ProjectRequest, row: Document, name: str) -> bool:
    return not name or name in page.template_names(request.access.project, row)
