"""The answer that shows a document: its page, or what of it differs from another document's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from invex.accounts.pages import ProjectRequest
from invex.accounts.roles import Right
from invex.documents.frames import frames
from invex.documents.models import Document
from invex.documents.states import WORKING, DocumentState
from invex.extraction import queries as extractions
from invex.kernel.errors import NotNow
from invex.kernel.sent import sent_whole

from .. import forms, leases, page, queries, queue
from ..models import ConfirmedLabel, Draft
from ..typed import NOT_JUDGED, Judged

PART = "X-Invex-Part"  # header: of the page only what differs from that of another document


def show(
    request: ProjectRequest,
    row: Document,
    chosen: str,
    *,
    key: str,
    typed: page.Typed | None = None,
    draft: Draft | None = None,
    problem: str = "",
    doubts: Sequence[str] = (),
    judged: Judged = NOT_JUDGED,
    status: int = 200,
    is_conflict: bool = False,
    made_of: str = "",
) -> HttpResponse:
    """Answer with the page. made_of: it is fetched ahead, and so says what it was made of.

    As another template than it was read, a worker reads the document: a script gets its page before, and asks for what
    was read then (`document.read_as`), where nothing stands in the fields yet. It asks, too, where
    no worker was free, unless the person has said themselves what every field is.
    """
    access, asked = request.access, queue.Queue.asked(request.GET)
    is_otherwise = row.state == DocumentState.REVIEW and chosen not in ("", row.template) and not is_conflict
    is_filled = typed is not None and typed.template == chosen
    is_awaited = is_otherwise and is_part(request) and not is_filled
    read_as: Mapping[str, Any] | None = {} if is_awaited else None
    is_late = False
    if is_otherwise and not is_awaited:
        read_as = _read_as(request, row, chosen)
        is_late = read_as is None
    shown = page.screen(row, chosen, read_as={} if is_late else read_as, typed=typed, is_conflict=is_conflict)
    if is_late:
        is_awaited = not (typed is not None and is_filled and shown.is_all_of(typed.data))
    is_open = row.state == DocumentState.REVIEW or (is_conflict and row.state == DocumentState.APPROVED)
    holder = leases.holder(row)
    held_by_other = holder if holder not in ("", str(access.actor)) else ""
    is_fragment = bool(made_of) or is_part(request)
    was = request.GET.get("was")  # the template that stood there before another one was chosen
    context = {
        "frame": "shell/part.html" if is_fragment else "shell/base.html",
        "address": reverse("document", args=[access.project.slug, row.pk]),
        "is_ahead": bool(made_of),
        "is_awaited": is_awaited,
        "made_of": made_of,
        "document": row,
        "screen": shown,
        "pages": frames(access.project.slug, row),
        "was": was if was != chosen and was is not None and is_template(request, row, was) else None,
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
        **left(request, asked),
        "comments": queries.comments(row),
        "learned": sent_whole(request.GET.get("learned", "")),
        "problem": problem,
        "doubts": doubts,
        "judged": json.dumps(judged),
        "told": json.dumps([*forms.read_told(request.POST.get("told", "")), *doubts]),
        "is_conflict": is_conflict,
        "theirs": queries.current_label(row) if is_conflict else None,
    }
    answer = render(request, "review/document.html", context, status=status)
    if is_fragment:
        answer.headers[PART] = "1"
    return answer


def _read_as(request: ProjectRequest, row: Document, template: str) -> dict[str, Any] | None:
    """What the document says when it is of a template that a person has just chosen; None without a worker."""
    try:
        return extractions.as_template(row, template)
    except NotNow:
        messages.warning(request, _("The workers are busy: fill in what you see, or choose the template again."))
        return None


def is_part(request: ProjectRequest) -> bool:
    """Whether a script asks, that puts what differs into the page that it has: static/js/review/turning.js."""
    return PART in request.headers


def address_of(request: ProjectRequest, pk: int, label: ConfirmedLabel | None = None) -> str:
    """The address of a document in the same queue; label: what was just approved, whose effects the page shows."""
    query = queue.Queue.asked(request.GET).query
    if label is not None:
        query += f"{'&' if query else '?'}learned={label.pk}"
    return reverse("document", args=[request.access.project.slug, pk]) + query


def left(request: ProjectRequest, asked: queue.Queue) -> dict[str, int]:
    """How many documents wait in the queue, and in the whole project."""
    waiting = queue.waiting(request.access.project, asked).count()
    return {
        "waiting": waiting,
        "waiting_in_all": waiting if asked.is_whole else queries.to_review(request.access.project).count(),
    }


def is_template(request: ProjectRequest, row: Document, name: str) -> bool:
    return not name or name in page.template_names(request.access.project, row)
