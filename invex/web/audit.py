"""The audit log: every change that a person or a program made, to be filtered, read and taken away."""

from __future__ import annotations

import csv
import datetime
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from invex.accounts.pages import ProjectRequest, in_project
from invex.accounts.roles import Right
from invex.documents.models import Document
from invex.kernel.errors import BadInput
from invex.kernel.models import AuditEntry
from invex.kernel.rest.pagination import Paging, page
from invex.kernel.spreadsheets import harmless

from .audit_names import EITHER, Choice, action_name, actor_name, choices, kind_name
from .sentences import sentence

EVERYBODY = "*"  # actor: also the installation itself, whose steps outnumber all others
PER_PAGE = 100
MAX_CURSOR = 1000
OFFERED = 200  # choices of a filter
COLUMNS = ("at", "actor", "action", "subject_type", "subject", "sentence", "detail", "request_id")


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What the address asks for; "" = any.

    action, subject_type: a code, or several with EITHER between them. Days are whole, of the installation's time zone,
    both inclusive.
    """

    actor: str = ""
    action: str = ""
    subject_type: str = ""
    subject: str = ""
    since: datetime.date | None = None
    until: datetime.date | None = None

    @classmethod
    def of(cls, request: HttpRequest) -> AuditFilter:
        """Read it from the address. Raises BadInput for a day that is none."""
        texts = {name: request.GET.get(name, "").strip() for name in ("actor", "action", "subject_type", "subject")}
        return cls(**texts, since=_day(request, "since"), until=_day(request, "until"))

    def entries(self, project: str) -> QuerySet[AuditEntry]:
        """The entries of the project that fit, in no order."""
        rows = AuditEntry.objects.filter(project=project)
        if self.actor and self.actor != EVERYBODY:
            rows = rows.filter(actor=self.actor)
        elif not self.actor:
            rows = rows.exclude(actor__startswith="system:")
        for name, codes in (("action", self.action), ("subject_type", self.subject_type)):
            if codes:
                rows = rows.filter(**{f"{name}__in": codes.split(EITHER)})
        if self.subject:
            rows = rows.filter(subject=self.subject)
        if self.since is not None:
            rows = rows.filter(at__gte=_midnight(self.since))
        if self.until is not None:
            rows = rows.filter(at__lt=_midnight(self.until + datetime.timedelta(days=1)))
        return rows


@require_GET
@in_project(Right.ADMIN, query=("actor", "action", "subject_type", "subject", "since", "until", "cursor"))
def audit(request: ProjectRequest) -> HttpResponseBase:
    """List the changes, the newest first, by the filters in the address."""
    project = request.access.project
    asked = AuditFilter.of(request)
    cursor = request.GET.get("cursor") or None
    if cursor is not None and len(cursor) > MAX_CURSOR:
        raise BadInput(_("The address is not one of ours. Start again without the cursor."), code="bad_cursor")
    found = page(request, asked.entries(project.slug), Paging(cursor=cursor, limit=PER_PAGE), order=("-id",))
    entries: list[AuditEntry] = found["items"]
    names = _document_names(project.pk, entries)
    everything = AuditEntry.objects.filter(project=project.slug)
    actions = choices(_values(everything, "action"), action_name)
    choices(_values(everything, "subject_type"), kind_name)
    query = request.GET.dict()
    query.pop("cursor", None)
    context = {
        "rows": [_row(entry, names) for entry in entries],
        "asked": asked,
        "everybody": EVERYBODY,
        "actors": [Choice(actor, actor_name(actor)) for actor in _values(everything, "actor")],
        "actions": [(one, one.holds(asked.action)) for one in actions],
        "kinds": [
            (one, one.holds(asked.subject_type)) for one in choices(_values(everything, "subject_type"), kind_name)
        ],
        "newer": f"?{urlencode(query)}" if cursor else "",
        "older": found["next"] or "",
        "query": urlencode(query),
    }
    return render(request, "web/audit.html", context)


@require_GET
@in_project(Right.ADMIN)
def audit_file(request: ProjectRequest) -> HttpResponseBase:
    """The changes that fit the filters as CSV, the newest first, safe to open in a spreadsheet."""
    rows = AuditFilter.of(request).entries(request.access.project.slug).order_by("-id")
    response = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    name = f"audit-{request.access.project.slug}-{timezone.localdate():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


class _Line:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _lines(rows: QuerySet[AuditEntry]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    for row in rows.iterator(chunk_size=1000):
        detail = json.dumps(row.detail, ensure_ascii=False)
        cells = (row.actor, row.action, row.subject_type, row.subject, sentence(row), detail, row.request_id)
        yield writer.writerow((row.at.isoformat(), *map(harmless, cells)))


def _row(entry: AuditEntry, names: dict[str, str]) -> dict[str, Any]:
    is_document = entry.subject_type == "document"
    name = names.get(entry.subject, "") if is_document else ""
    return {
        "entry": entry,
        "sentence": sentence(entry, name=name),
        "who": actor_name(entry.actor),
        "action": action_name(entry.action, entry.subject_type),
        "document": entry.subject if name else "",
        "detail": json.dumps(entry.detail, ensure_ascii=False) if entry.detail else "",
    }


def _document_names(project_id: int, entries: list[AuditEntry]) -> dict[str, str]:
    ids = {int(e.subject) for e in entries if e.subject_type == "document" and e.subject.isdecimal()}
    found = Document.objects.filter(project=project_id, pk__in=ids).values_list("pk", "name")
    return {str(pk): name for pk, name in found}


def _values(rows: QuerySet[AuditEntry], field: str) -> list[str]:
    return list(rows.order_by(field).values_list(field, flat=True).distinct()[:OFFERED])


def _day(request: HttpRequest, name: str) -> datetime.date | None:
    text = request.GET.get(name, "").strip()
    try:
        day = parse_date(text) if text else None
    except ValueError:
        day = None
    if text and (day is None or day.year >= datetime.MAXYEAR):
        raise BadInput(_("%(text)s is no day. Write it like 2026-03-29.") % {"text": text[:40]}, code="bad_day")
    return day


def _midnight(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.min))
