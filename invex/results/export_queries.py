"""Reads of exports: what a project has to show, how it is laid out, and which files there are."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from invex.accounts.access import Access
from invex.accounts.models import Project
from invex.accounts.roles import Right
from invex.catalog import queries as catalog
from invex.catalog.field_names import field_name
from invex.catalog.models import VocabularyField
from invex.documents.filters import UNKNOWN
from invex.documents.models import Document
from invex.fields.spec import FieldSpec
from invex.fields.standard import LINE_ITEMS, STANDARD_FIELDS
from invex.kernel.errors import BadInput, NotFound

from . import queries
from .layouts import DOCUMENT_SOURCES, DOCUMENTS, LINE_NUMBER, Layout, Sheet, Source, layout_from_json, plain
from .models import Export, ExportLayout
from .rows import Result
from .states import ExportState

AT_ONCE = 200  # documents whose values are in memory
LOST_AFTER = datetime.timedelta(seconds=10)  # an export that waits for longer while the queue is empty is woken again
TABLE_TYPE = "table"  # of a table's own key in the vocabulary
LINES = "lines:"  # before a table's key: the layout that needs no saving and shows its lines
SHEET_NAME = 31  # characters, at most


def exports(access: Access) -> QuerySet[Export]:
    """The project's exports, the newest first."""
    access.require(Right.READ)
    return Export.objects.filter(project=access.project).order_by("-id")


def export(access: Access, export_id: int) -> Export:
    """Return one export. Raises NotFound, also for an id of another project."""
    found = exports(access).filter(pk=export_id).first()
    if found is None:
        raise NotFound(f"There is no export {export_id} in this project.")
    return found


def layouts(access: Access) -> QuerySet[ExportLayout]:
    """The project's saved layouts by name."""
    access.require(Right.READ)
    return ExportLayout.objects.filter(project=access.project).order_by("name")


def layout(access: Access, pk: int) -> ExportLayout:
    """Return one saved layout. Raises NotFound, also for an id of another project."""
    found = layouts(access).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such export layout in this project."))
    return found


def tables(project: Project, template: str = "") -> list[str]:
    """Return the keys of the tables that a template asks for, or that any of the project's does."""
    if template and template != UNKNOWN:
        return [table.key for table in catalog.spec(catalog.template(project, template)).tables]
    known = VocabularyField.objects.filter(project=project, type=TABLE_TYPE).order_by("key")
    return list(dict.fromkeys([LINE_ITEMS.key, *known.values_list("key", flat=True)]))


def sources(project: Project, template: str = "", *, rows: str = DOCUMENTS) -> list[Source]:
    """Return all that a column can show, in the order in which it is shown.

    template: of which the fields are; "" or UNKNOWN = every field of the project. rows: as in Layout.
    """
    found = [Source(name, type, _document_label(name)) for name, type in DOCUMENT_SOURCES.items()]
    fields, columns = _fields(project, template, rows)
    found += [Source(f"field.{f.key}", f.type, f.label or f.key, field_name(f.key, f.label)) for f in fields]
    if rows != DOCUMENTS:
        found.append(Source(LINE_NUMBER, "number", _("Line")))
        found += [
            Source(f"line.{c.key}", c.type, c.label or c.key, field_name(f"{rows}.{c.key}", c.label)) for c in columns
        ]
    return found


def _document_label(name: str) -> str:
    return {
        "document.id": _("Document"),
        "document.file": _("File"),
        "document.batch": _("Batch"),
        "document.template": _("Template"),
        "document.state": _("State"),
        "document.pages": _("Pages"),
        "document.approved_by": _("Approved by"),
        "document.approved_on": _("Approved on"),
    }[name]


def _fields(project: Project, template: str, rows: str) -> tuple[list[FieldSpec], list[FieldSpec]]:
    """Return the fields, and the columns of table `rows`. Raises NotFound for a template that there is not."""
    if template and template != UNKNOWN:
        spec = catalog.spec(catalog.template(project, template))
        return list(spec.fields), [c for table in spec.tables if table.key == rows for c in table.columns]
    fields = {f.key: f for f in STANDARD_FIELDS}
    columns = {c.key: c for c in LINE_ITEMS.columns} if rows == LINE_ITEMS.key else {}
    for entry in VocabularyField.objects.filter(project=project).exclude(type=TABLE_TYPE).order_by("id"):
        table, _dot, key = entry.key.rpartition(".")
        if not table:
            fields[key] = FieldSpec(key, entry.type, entry.label or key)
        elif table == rows:
            columns[key] = FieldSpec(key, entry.type, entry.label or key)
    return list(fields.values()), list(columns.values())


def sheets(access: Access, format: str, chosen: str, template: str = "") -> tuple[Sheet, ...]:
    """Return what an export writes.

    chosen: the name of a saved layout; "" = every field, a workbook then also has a sheet a table; `lines:TABLE` =
    every column of a table. Raises BadInput for a layout that there is not.
    """
    project = access.project
    if chosen and not chosen.startswith(LINES):
        row = layouts(access).filter(name=chosen).first()
        if row is None:
            raise BadInput(_("There is no export layout “%(name)s”.") % {"name": chosen}, code="unknown_layout")
        return (Sheet(_sheet_name(row.name), layout_from_json(row.spec)),)
    keys = tables(project, template)
    if chosen:
        table = chosen.removeprefix(LINES)
        if table not in keys:
            raise BadInput(_("There is no table “%(name)s”.") % {"name": table}, code="unknown_layout")
        return (Sheet(_sheet_name(table), _lines(project, template, table)),)
    first = Sheet(_("Documents"), plain(sources(project, template)))
    if format != "xlsx":
        return (first,)
    return (first, *(Sheet(_sheet_name(key), _lines(project, template, key)) for key in keys))


def _lines(project: Project, template: str, table: str) -> Layout:
    """Return a line a row, with what identifies its document."""
    shown = ("document.id", "document.file", "field.invoice_number")
    found = sources(project, template, rows=table)
    return plain([s for s in found if s.name in shown or s.name.startswith("line.")], rows=table)


def _sheet_name(name: str) -> str:
    """Return a name that a workbook takes: without the characters of cell references, not too long."""
    return "".join("_" if c in "[]:*?/\\'" else c for c in name)[:SHEET_NAME] or "Sheet"


def in_pairs(
    documents: QuerySet[Document], *, before: Callable[[list[int]], object] | None = None
) -> Iterator[tuple[Document, Result]]:
    """Yield each document with its result, the oldest first, a few at a time.

    before: called with the ids of a few before anything of them is read.
    """
    last = 0
    while ids := list(documents.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        if before is not None:
            before(ids)
        found = list(documents.filter(pk__in=ids).order_by("pk"))
        yield from zip(found, queries.results(found), strict=True)
        last = ids[-1]


def holding(document_id: int) -> QuerySet[Export]:
    """Exports whose file holds the document, or may when it is written."""
    rows = Export.objects.filter(documents__document_id=document_id, state__in=(ExportState.READY, ExportState.WRITING))
    return rows.select_related("project")


def stranded() -> QuerySet[Export]:
    """Exports whose worker is gone: the lease ran out."""
    rows = Export.objects.filter(state=ExportState.WRITING, leased_until__lt=timezone.now())
    return rows.select_related("project")


def expired() -> QuerySet[Export]:
    """Exports whose time is over."""
    ended = Q(state__in=(ExportState.READY, ExportState.FAILED))
    return Export.objects.filter(ended, expires_at__lt=timezone.now()).select_related("project")


def lost() -> list[int]:
    """Return the ids of exports that have waited so long that their wake-up must be gone."""
    rows = Export.objects.filter(state=ExportState.WAITING, state_changed_at__lt=timezone.now() - LOST_AFTER)
    return list(rows.order_by("pk").values_list("pk", flat=True))
