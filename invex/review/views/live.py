"""What the script of the document's page asks and tells while a person works: presence, drafts, meanings, words."""

from __future__ import annotations

import json
import logging
from typing import Any

from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRefresh

from invex.accounts.pages import ProjectRequest, in_project
from invex.accounts.roles import Right
from invex.documents import queries as documents
from invex.documents.models import Document
from invex.extraction import queries as extractions
from invex.fields.geometry import Box
from invex.kernel.errors import BadInput
from invex.kernel.sent import sent_whole
from invex.kernel.spoken import spoken

from .. import drafts, leases, meaning, page, printed, progress, typed

log = logging.getLogger(__name__)

KEPT_S = 24 * 3600  # words in a browser


@require_POST
@in_project(Right.REVIEW)
def presence(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Renew the page's lease, or give it back (do=leave): 204, or 409 with who has the document now."""
    row = documents.document(request.access.project, pk)
    key = request.POST.get("key", "")
    if request.POST.get("do") == "leave":
        leases.release(request.access, row, key)
        return HttpResponse(status=204)
    if leases.renew(request.access, row, key):
        return HttpResponse(status=204)
    row.refresh_from_db()
    return JsonResponse({"state": row.state, "holder": leases.holder(row)}, status=409)


@require_POST
@in_project(Right.REVIEW)
def draft(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Keep what the person has typed so far; the page sends it while they work, and as it is closed.

    Answers with what is wrong with it and the page does not say yet: {"failed": {input or cell: sentence}}, and which
    sentences of the page are true no more: {"settled": [sentence]}.
    """
    row = documents.document(request.access.project, pk)
    data = request.POST.dict()
    version = sent_whole(data.get("version", ""))
    if version is None:
        raise BadInput("A draft says which version of the document it started from.", code="bad_draft")
    extraction = sent_whole(data.get("extraction", ""))
    chosen = data.get("template", "")
    drafts.save(request.access, row, data, version=version, template=chosen, extraction=extraction)
    if data.get("do") == "leave":
        leases.release(request.access, row, data.get("key", ""))
        return HttpResponse(status=204)
    if chosen not in ("", *page.template_names(request.access.project, row)):
        return JsonResponse(typed.NOT_JUDGED)
    return JsonResponse(typed.judged(row, chosen, data))


class _Words(JsonResponse):
    """Once it is sent, what says what a typed value of its document means is made ready."""

    def __init__(self, document: Document, data: dict[str, Any]) -> None:
        super().__init__(data)
        self._document = document

    def close(self) -> None:
        super().close()
        try:
            if (found := printed.of(self._document)) is not None:
                found.prepare()
        except Exception:  # the answer is sent: what is asked next is made ready then
            log.exception("the words of document %s are not made ready", self._document.pk)


@require_GET
@in_project()
def words(request: ProjectRequest, pk: int, index: int) -> HttpResponseBase:
    """The words of one page as [text, x0, y0, x1, y1]; ?of: what they were read into, by which a browser keeps them."""
    row = documents.document(request.access.project, pk)
    found = printed.pages(row)
    response = _Words(row, {"words": found.words(index) if found is not None else []})
    if row.words_blob and request.GET.get("of") == row.words_blob:
        patch_cache_control(response, private=True, max_age=KEPT_S, immutable=True)
    return response


@require_GET
@in_project()
def meaning_of(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """What a text means as a value of a field (?key, ?text), and with ?find=1 where that value stands."""
    row = documents.document(request.access.project, pk)
    asked = request.GET
    chosen = asked.get("template", "")
    if chosen not in ("", *page.template_names(request.access.project, row)):
        chosen = ""
    found = meaning.of(row, asked.get("key", ""), asked.get("text", ""), template=chosen, find=bool(asked.get("find")))
    return JsonResponse({**found, "error": spoken(found["error"])})


@require_POST
@in_project(Right.REVIEW)
def region(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Have OCR read a box of a page: the words in it as [text, x0, y0, x1, y1]; 503 when no worker is free."""
    row = documents.document(request.access.project, pk)
    index = sent_whole(request.POST.get("page", ""))
    try:
        box = Box(*(float(v) for v in json.loads(request.POST.get("box", ""))))
    except (ValueError, TypeError) as e:
        raise BadInput("A box is [x0, y0, x1, y1] from 0 to 1.", code="bad_box") from e
    return JsonResponse({"words": documents.read_region(row, -1 if index is None else index, box)})


@require_POST
@in_project(Right.REVIEW)
def rows(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """The rows of a table below those that a person gave (rows: JSON of the grid), read like them."""
    row = documents.document(request.access.project, pk)
    data = request.POST
    found = meaning.rows_below(row, data.get("table", ""), data.get("rows", ""), template=data.get("template", ""))
    return JsonResponse({"rows": found})


@require_GET
@in_project(Right.REVIEW)
def fresh(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Have a document that was just opened read with what was learned since; the page loads anew if it changed.

    The page's script keeps the page as it is for who has begun to work.
    """
    row = documents.document(request.access.project, pk)
    is_held = leases.holder(row) == str(request.access.actor)
    if is_held and extractions.brought_up(row, row.held_key):
        return HttpResponseClientRefresh()
    return HttpResponse(status=204)


@require_GET
@in_project()
def learned(request: ProjectRequest, pk: int, label: int) -> HttpResponseBase:
    """What became of the documents that wait since a label was confirmed; asks again until all of them are read."""
    seen: dict[str, Any] = {"found": progress.since(request.access.project, label), "document": pk, "label": label}
    seen["back"] = reverse("document", args=[request.access.project.slug, pk])
    asked = sent_whole(request.GET.get("round", "")) or 0
    row = documents.document(request.access.project, pk)
    is_held = leases.holder(row) == str(request.access.actor)
    if seen["found"].is_learned and is_held and extractions.brought_up(row, row.held_key):
        return HttpResponseClientRefresh()  # nothing was typed yet: the page shows what the document says now
    return render(request, "review/_learned.html", {**seen, "round": asked + 1})
