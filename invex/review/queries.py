"""Reads of the review: what is confirmed about a document."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import Q, QuerySet
from django.utils import timezone

from invex.accounts.models import Project
from invex.catalog import queries as catalog
from invex.catalog.models import Template
from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.extraction.models import Extraction

from .models import Comment, ConfirmedLabel

EXAMPLES = 20  # of a template's confirmed documents, the newest, that tell what none of them lacks
UNSEEN_BY_PEOPLE = frozenset({"bulk", "xml"})  # sources of labels whose person has not looked for what is absent


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person decides from: the document as it was, what was read of it, and what was confirmed before."""

    document: Document
    extraction: Extraction | None
    label: ConfirmedLabel | None


def seen(document: Document, extraction: int | None) -> Seen:
    """Return what a person looked at. extraction: of their page, which a re-read may have replaced; None = current."""
    rows = Extraction.objects.filter(document=document)
    found = rows.filter(pk=extraction).first() if extraction else None
    return Seen(document, found or rows.filter(is_current=True).first(), current_label(document))


def current_label(document: Document) -> ConfirmedLabel | None:
    """Return the newest label of the document; it stands until it is superseded, also when the document is reopened."""
    return ConfirmedLabel.objects.filter(document=document, is_current=True).first()


def history(document: Document) -> QuerySet[ConfirmedLabel]:
    """Return all labels of the document, the newest first."""
    return ConfirmedLabel.objects.filter(document=document).order_by("-revision")


def confirmed(project: Project | int, *, template: str | None = None) -> QuerySet[ConfirmedLabel]:
    """Return the current labels of the project's approved documents, the newest first.

    template: only those of one template, "" for those that belong to none.
    """
    rows = ConfirmedLabel.objects.filter(
        is_current=True, document__project=project, document__state=DocumentState.APPROVED
    )
    if template is not None:
        rows = rows.filter(template=template)
    return rows.select_related("document").order_by("-id")


def always_filled(project: Project | int, template: str) -> dict[str, int]:
    """Return what all of the template's newest confirmed documents fill, with how many these are.

    Keys are those of fields, tables and columns ("table.column"). A column is filled where a row has it; documents
    without rows say nothing of it, nor do those confirmed before the template asked for it. A document whose label does
    not mention a field or a table says nothing of it, nor does an empty one or column that nobody looked for.
    """
    newest = list(confirmed(project, template=template).values_list("pk", "created_at")[:EXAMPLES])
    labels = [_filled(pk, created_at) for pk, created_at in newest]
    columns: dict[str, set[str]] = {}
    for one in labels:
        for table, present in one.columns.items():
            columns.setdefault(table, set()).update(present)
    filled: dict[str, list[bool]] = {}
    since = _asked_since(project, template) if any(_lack_some(one, columns) for one in labels) else {}
    for one, (_, confirmed_at) in zip(labels, newest):
        for key, is_filled in one.said.items():
            filled.setdefault(key, []).append(is_filled)
        for table, present in one.columns.items():
            for column in columns[table] if one.is_looked_for else present:
                path = f"{table}.{column}"
                if column in present or path not in since or confirmed_at >= since[path]:
                    filled.setdefault(path, []).append(column in present)
    return {key: len(each) for key, each in filled.items() if all(each)}


@dataclass(frozen=True, slots=True)
class _Filled:
    """What a label fills. said: of which fields and tables it says whether they are filled. columns: those that are, of
    tables with rows. is_looked_for: its person has looked for what is empty."""

    said: Mapping[str, bool]
    columns: Mapping[str, frozenset[str]]
    is_looked_for: bool


def _lack_some(one: _Filled, columns: Mapping[str, set[str]]) -> bool:
    return any(columns[table] - present for table, present in one.columns.items())


def _asked_since(project: Project | int, template: str) -> dict[str, datetime.datetime]:
    row = Template.objects.filter(project=project, name=template).first()
    return catalog.asked_since(row) if row is not None else {}


@lru_cache(maxsize=4096)
def _filled(pk: int, created_at: datetime.datetime) -> _Filled:
    """Return what a label fills. Kept: it is large and never changes."""
    rows = ConfirmedLabel.objects.filter(pk=pk, created_at=created_at)
    source, fields, tables = rows.values_list("source", "label__fields", "label__tables").first() or ("", {}, {})
    is_looked_for = source not in UNSEEN_BY_PEOPLE
    said = {key: bool(found) for key, found in {**(fields or {}), **(tables or {})}.items() if found or is_looked_for}
    columns = {key: frozenset(column for row in found for column in row) for key, found in (tables or {}).items()}
    return _Filled(said, {key: found for key, found in columns.items() if found}, is_looked_for)


def to_review(project: Project) -> QuerySet[Document]:
    """Return the documents that wait for a person now, the oldest first."""
    today = timezone.localdate()
    return Document.objects.filter(
        Q(postponed_until__isnull=True) | Q(postponed_until__lte=today), project=project, state=DocumentState.REVIEW
    ).order_by("id")


def comments(document: Document) -> QuerySet[Comment]:
    """Return what people noted about the document, the oldest first."""
    return Comment.objects.filter(document=document)
