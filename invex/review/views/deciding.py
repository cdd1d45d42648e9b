"""What a person decides about a document on its page: approve, reject, postpone, open again, take over, comment."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from invex.accounts.pages import ProjectRequest
from invex.documents.models import Document
from invex.documents.services import reject
from invex.extraction import duplicates
from invex.extraction import queries as extractions
from invex.kernel import writes
from invex.kernel.errors import BadInput, Conflict
from invex.kernel.sent import sent_whole

from .. import decided, drafts, forms, leases, page, queries, queue, services, typed
from ..models import ConfirmedLabel
from .showing import address_of, is_part, is_template, left, show

LONGEST_LATER_DAYS = 365


def decide(request: ProjectRequest, row: Document) -> HttpResponseBase:
    """Do what the form asks. A page that has decided already, and did not hear of it, is told what it decided."""
    access, action = request.access, request.POST.get("action", "approve")
    version, key = sent_whole(request.POST.get("version", "")), request.POST.get("key", "")
    if done := decided.by(access, row, key):
        return _decided(request, row, done)
    if action == "approve":
        return _approve(request, row, version)
    if action in ("reject", "later"):
        until = _later(request.POST.get("days", "1")).isoformat() if action == "later" else ""
        done = decided.Decided(action, until=until)
        try:
            with transaction.atomic():
                if until:
                    services.postpone(access, row.pk, datetime.date.fromisoformat(until), version=version)
                else:
                    reject(access, row, why=request.POST.get("why", ""), version=version)
                    drafts.discard(access, row)
                decided.keep(access, row, key, done)
        except Conflict:
            row.refresh_from_db()
            if earlier := decided.by(access, row, key):  # while this request was read
                return _decided(request, row, earlier)
            raise
        return _decided(request, row, done)
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
    return redirect(address_of(request, row.pk))


def _later(days: str) -> datetime.date:
    """The day on which a document comes back. Raises BadInput."""
    number = sent_whole(days)
    if number is None or not 1 <= number <= LONGEST_LATER_DAYS:
        raise BadInput(_("Postpone it by 1 to %(most)s days.") % {"most": LONGEST_LATER_DAYS})
    return timezone.localdate() + datetime.timedelta(days=number)


def _approve(request: ProjectRequest, row: Document, version: int | None) -> HttpResponseBase:
    access, chosen, data = request.access, request.POST.get("template", ""), request.POST.dict()
    if not is_template(request, row, chosen):
        raise BadInput(_("There is no template %(name)s.") % {"name": chosen})
    key = data.get("key", "")
    if data.get("awaited") and not data.get("go_on"):
        return _not_seen(request, row, chosen, data, key)
    spec, sent = typed.read(row, chosen, data)
    seen = queries.seen(row, sent_whole(data.get("extraction", "")))
    if sent.errors:
        problem = _("Some values are not understood; they are marked.")
        kept, judged = page.Typed(data, chosen, sent.errors), typed.judge(seen, spec, sent, data)
        return show(request, row, chosen, typed=kept, key=key, judged=judged, problem=problem, status=422)
    failures = typed.checked(seen, spec, sent, data).unseen if version == row.version else ()
    if failures:  # a person may know better: they are asked once
        kept = page.Typed(data, chosen, forms.marks(data, failures))
        doubts = list(dict.fromkeys(failure.message for failure in failures))
        return show(request, row, chosen, typed=kept, key=key, doubts=doubts, status=422)
    try:
        spent = forms.read_spent(data.get("spent", ""))
        # In one transaction, so that the database's lock is waited for but once.
        with ExitStack() as stack, writes.announced_to(lambda: stack.enter_context(transaction.atomic())):
            label = services.confirm_seen(access, seen, sent.label, version=version, spent=spent)
            done = decided.Decided("approve", label.pk)
            decided.keep(access, row, key, done)
            following = _take_next(request, row)
    except (BadInput, Conflict) as e:
        row.refresh_from_db()
        if earlier := decided.by(access, row, key):  # while this request was read
            return _decided(request, row, earlier)
        is_stale = e.code == "stale"
        if is_stale:  # what was typed is not lost, even if the page is closed now
            read = seen.extraction.pk if seen.extraction is not None else None
            drafts.save(access, row, data, version=version or 0, template=chosen, extraction=read, is_stale=True)
        kept = page.Typed(data, chosen)
        problem = "" if is_stale else e.message
        return show(request, row, chosen, typed=kept, key=key, problem=problem, status=e.status, is_conflict=is_stale)
    _tell(request, row, done, label)
    return _to_next(request, following, label)


def _decided(request: ProjectRequest, row: Document, done: decided.Decided) -> HttpResponse:
    """Go on from what was decided, just now or by an earlier request of the same page."""
    label = row.labels.filter(pk=done.label).first() if done.label is not None else None
    _tell(request, row, done, label)
    return _to_next(request, _take_next(request, row), label)


def _tell(request: ProjectRequest, row: Document, done: decided.Decided, label: ConfirmedLabel | None) -> None:
    """Say what was decided."""
    if done.action == "reject":
        messages.success(request, _("%(name)s was rejected.") % {"name": row.name})
    elif done.action == "later":
        messages.success(request, _("%(name)s comes back on %(day)s.") % {"name": row.name, "day": done.until})
    else:
        said = _("%(name)s is approved. Documents like it are read again with what was learned.")
        if label is not None and not label.template:
            said = _(
                "%(name)s is approved as unknown. Documents like it stay unknown until a template is made from one."
            )
        messages.success(request, said % {"name": row.name})
        if like := duplicates.of(row).first():
            messages.warning(
                request,
                _("%(name)s has the same supplier, number and amount as document %(like)s (%(like_name)s).")
                % {"name": row.name, "like": like.pk, "like_name": like.name},
            )


def _not_seen(request: ProjectRequest, row: Document, chosen: str, data: Mapping[str, str], key: str) -> HttpResponse:
    """Approve nothing that its person cannot have seen. A script stops that itself; without one the page comes again.

    Raises BadInput for a script.
    """
    problem = _("The fields do not show yet what the document says: nothing was approved.")
    if is_part(request):
        raise BadInput(problem, code="unread")
    filled = {name: said for name, said in data.items() if said not in ("", "[]")}  # empty fields say nothing yet
    return show(request, row, chosen, typed=page.Typed(filled, chosen), key=key, problem=problem, status=422)


def _take_next(request: ProjectRequest, row: Document) -> Document | None:
    """Take the next document of the queue for this person; None when none is left."""
    return queue.take_next(request.access, queue.Queue.asked(request.GET), row)


def _to_next(request: ProjectRequest, following: Document | None, label: ConfirmedLabel | None = None) -> HttpResponse:
    """Go to the document that was taken, or to the inbox where none is left.

    A script is told the address, and what its person is told there, so that they hear of it also where the document
    does not come; and where it has fetched a page beforehand, what belongs to that of this document now.
    """
    access, asked = request.access, queue.Queue.asked(request.GET)
    if following is None:
        address = reverse("inbox", args=[access.project.slug])
    else:
        address = address_of(request, following.pk, label)
    if not is_part(request):
        return redirect(address)
    if following is None:
        return JsonResponse({"address": address, "is_over": True})
    said: dict[str, Any] = {"address": address, "is_over": False, "arrived": _arrived(request, following, label)}
    if request.POST.get("ahead"):
        said["ahead"] = _taken(request, following, asked)
    return JsonResponse(said)


def _arrived(request: ProjectRequest, row: Document, label: ConfirmedLabel | None) -> str:
    """What is said and asked as somebody comes to a document from another one, which was confirmed with `label`."""
    context = {
        "document": row,
        "learned": label.pk if label is not None else None,
        "is_behind": label is None and extractions.is_behind(row),  # else what is learned now is waited for
    }
    return render_to_string("review/_arrived.html", context, request)


def _taken(request: ProjectRequest, row: Document, asked: queue.Queue) -> dict[str, Any]:
    """What a page that was made before its document was taken does not say yet, and of what it has to be made."""
    context = {"queue": asked, **left(request, asked)}
    return {
        "made_of": page.made_of(row),
        "key": row.held_key,
        "left": render_to_string("review/_left.html", context, request),
        "waiting": context["waiting_in_all"],
    }
