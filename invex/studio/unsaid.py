"""What a template asks for since some documents of it were confirmed: their labels say nothing of it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from invex.accounts.access import Access
from invex.accounts.roles import Right
from invex.catalog import queries as catalog
from invex.catalog.field_names import field_name
from invex.catalog.models import Template
from invex.documents.models import Document
from invex.fields.spec import TemplateSpec
from invex.kernel.errors import Conflict
from invex.review import queries as reviews
from invex.review import services as reviewing
from invex.review.models import ConfirmedLabel

MOST = 2000  # labels whose rows are looked at for a column, the newest
MOST_AT_ONCE = 10  # documents that are opened again at once: what waits teaches nothing, and has no result


@dataclass(frozen=True, slots=True)
class Unsaid:
    """A field, table or column that was added after documents had been confirmed. documents: their ids, not none."""

    label: str
    documents: frozenset[int]


def unsaid(row: Template) -> tuple[Unsaid, ...]:
    """Return what the template asks for that documents confirmed before say nothing of, in the template's order.

    A document that was confirmed since, without it, counts for nothing here: its person was asked.
    """
    since = catalog.asked_since(row)
    if not since:
        return ()
    spec = catalog.spec(row)
    labels = reviews.confirmed(row.project_id, template=row.name)
    found = [
        Unsaid(name, frozenset(_lacking(labels, path, since[path]))) for path, name in _paths(spec) if path in since
    ]
    return tuple(one for one in found if one.documents)


def silent(row: Template, found: Iterable[Unsaid]) -> QuerySet[Document]:
    """Return the documents of `found`, the newest first."""
    wanted = frozenset[int]().union(*(one.documents for one in found))
    return Document.objects.filter(project=row.project_id, pk__in=wanted).order_by("-pk")


def at_once(row: Template, count: int) -> int:
    """Return how many of `count` such documents are opened again at once; of several confirmed ones one stays."""
    confirmed = reviews.confirmed(row.project_id, template=row.name).count()
    return min(count, MOST_AT_ONCE, max(1, confirmed - 1))


def open_again(access: Access, row: Template) -> list[int]:
    """Open the newest of these documents again, so many `at_once`, for a person to say what was not asked of them.

    Return their ids. Raises NotAllowed.
    """
    access.require(Right.REVIEW)
    opened = []
    wanted = silent(row, unsaid(row)).values_list("pk", flat=True)
    for pk in list(wanted[: at_once(row, wanted.count())]):
        try:
            reviewing.reopen(access, pk)
        except Conflict:  # somebody was faster
            continue
        opened.append(pk)
    return opened


def added(now: TemplateSpec, changed: TemplateSpec) -> list[tuple[str, str]]:
    """Return the path and the name of what `changed` asks for, and `now` does not."""
    before = dict(_paths(now))
    return [(path, name) for path, name in _paths(changed) if path not in before]


def says(label: Mapping[str, Any], path: str) -> bool:
    """Say whether a label (labels/ID.json) says something of a field, a table, or a column ("table.column").

    Of a column it does where a row has it, or there is no row.
    """
    fields, tables = label.get("fields", {}), label.get("tables", {})
    table, is_column, column = path.partition(".")
    if not is_column:
        return path in fields or path in tables
    return not tables.get(table) or any(column in line for line in tables[table])


def _paths(spec: TemplateSpec) -> Iterator[tuple[str, str]]:
    """The path of each field, table and column, and its name; a new table's columns are said with it."""
    for field in spec.fields:
        yield field.key, field_name(field.key, field.label)
    for table in spec.tables:
        yield table.key, field_name(table.key)
        for column in table.columns:
            path = f"{table.key}.{column.key}"
            yield path, f"{field_name(table.key)}: {field_name(path, column.label)}"


def _lacking(labels: QuerySet[ConfirmedLabel], path: str, since: datetime.datetime) -> Iterator[int]:
    """The documents confirmed before `since` whose labels do not say anything of `path`."""
    older = labels.filter(created_at__lt=since)
    table, is_column, _ = path.partition(".")
    if not is_column:
        older = older.exclude(label__fields__has_key=path).exclude(label__tables__has_key=path)
        yield from older.values_list("document_id", flat=True)
        return
    rows = older.filter(label__tables__has_key=table).values_list("document_id", f"label__tables__{table}")[:MOST]
    yield from (document for document, lines in rows if not says({"tables": {table: lines}}, path))
