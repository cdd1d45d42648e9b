"""What the document's page shows, put together from what was read, confirmed and typed."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from invex.accounts.models import Project
from invex.catalog import queries as catalog
from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.extraction import queries as extractions
from invex.extraction.models import REOPENED, Extraction
from invex.extraction.pipeline import AUDIT, LACKING
from invex.fields.spec import TemplateSpec
from invex.fields.standard import LINE_ITEMS, STANDARD_FIELDS

from . import checks, queries
from .models import ConfirmedLabel
from .rows import ANOTHER, FieldRow, TableRows, rows_of, with_errors, with_theirs, with_typed

SAID_ELSEWHERE = ("approval_off",)  # true of every document of the project, so no reason to look at this one
UNSAID = "unsaid"  # reason code: its label does not mention it
SAYS_HOW_SURE = ("low_confidence", AUDIT)  # reasons that a blind reviewer must not see


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person typed: the inputs by name, the template it was typed for, and what is wrong with it, by input."""

    data: Mapping[str, str]
    template: str
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Screen:
    """The fields and tables of the page, and what is said about the whole.

    chosen: the template; "" = unknown. is_as_read: it is the one that the machine found.
    """

    document: Document
    chosen: str
    rows: list[FieldRow]
    tables: list[TableRows]
    remarks: list[str]
    extraction: Extraction | None
    label: ConfirmedLabel | None
    is_as_read: bool
    is_blind: bool

    @property
    def need_count(self) -> int:
        """How often a person is needed: each field and cell that is marked, and once where nothing is there."""
        marked = sum(row.needs_person for row in self.rows) + sum(table.need_count for table in self.tables)
        return marked + self.is_empty

    @property
    def is_empty(self) -> bool:
        """Whether it waits for a person without any value, in a field or a table."""
        if self.document.state != DocumentState.REVIEW:
            return False
        return not any(i.value.strip() for row in self.rows for i in row.inputs) and not any(
            t.rows for t in self.tables
        )

    def is_all_of(self, sent: Mapping[str, str]) -> bool:
        """Whether inputs that were sent, by name, say something of every field and table."""
        names = [row.inputs[0].name for row in self.rows] + [table.name for table in self.tables]
        return all(name in sent for name in names)

    @property
    def another(self) -> FieldRow:
        return ANOTHER

    @property
    def seen(self) -> int | None:
        return self.extraction.pk if self.extraction is not None else None


def is_blind(document: Document, extraction: Extraction | None) -> bool:
    """Whether nobody is told how sure the machine was: in an audit, and while builds are compared."""
    is_compared = extraction is not None and extraction.is_of_test
    return document.state == DocumentState.REVIEW and (document.reason_code == AUDIT or is_compared)


def screen(
    document: Document,
    chosen: str,
    *,
    read_as: Mapping[str, Any] | None = None,
    typed: Typed | None = None,
    is_conflict: bool = False,
) -> Screen:
    """Return what the page of a document shows.

    read_as: what the document says when it is of `chosen`, where that is not what was read. typed: laid over it.
    is_conflict: somebody else saved the document while the person typed; what they saved stands beside each value.
    """
    extraction, label = extractions.current(document), queries.current_label(document)
    is_confirmed = document.state != DocumentState.REVIEW or document.reason_code == REOPENED or is_conflict
    # As another template than it was confirmed, a document that was opened again is read like any other.
    is_another = document.state == DocumentState.REVIEW and label is not None and label.template != chosen
    shown_label = label if is_confirmed and (is_conflict or not is_another) else None
    # What the machine doubted about one template says nothing about another that a person chose.
    is_as_read = shown_label is None and chosen == document.template
    blind = is_blind(document, extraction)
    reasons = list(extraction.reasons) if extraction is not None and is_as_read else []
    reasons = [r for r in reasons if r["code"] != LACKING]  # which is found anew: more may be confirmed since
    if blind:
        reasons = [r for r in reasons if r["code"] not in SAYS_HOW_SURE]
    shown: Mapping[str, Any] = {}
    if shown_label is not None:
        shown = shown_label.label
    elif read_as is not None:
        shown = read_as
    elif extraction is not None:
        shown = extraction.prediction
    names = typed.data if typed is not None else ()
    spec = spec_of(document, chosen) if chosen else _standard(extraction, label, names)
    if shown_label is not None and chosen and document.state == DocumentState.REVIEW:
        reasons += _unsaid(document, spec, shown_label)
    rows, tables = rows_of(spec, shown, reasons, by_person=shown_label is not None, is_blind=blind)
    if typed is not None:
        rows, tables = with_typed(rows, tables, typed.data, touched_only=typed.template != chosen)
        rows, tables = with_errors(rows, tables, typed.errors)
        if is_conflict and label is not None:
            rows, tables = with_theirs(rows, tables, label.label)
    if shown_label is None and shown and chosen:
        rows, tables = _with_lacking(document, chosen, rows, tables)
    tables = [replace(t, printed=checks.beside(document, extraction, spec, rows, t)) for t in tables]
    known = {r.spec.key for r in rows} | {t.spec.key for t in tables}
    remarks = [r["message"] for r in reasons if r.get("field") not in known and r["code"] not in SAID_ELSEWHERE]
    return Screen(document, chosen, rows, tables, remarks, extraction, shown_label, is_as_read, blind)


def _unsaid(document: Document, spec: TemplateSpec, label: ConfirmedLabel) -> Iterator[dict[str, str]]:
    """What a document that was opened again was confirmed without saying anything of: it was not asked for then."""

    def reason(key: str, message: str) -> dict[str, str]:
        return {"code": UNSAID, "message": message, "field": key}

    said, rows = label.label.get("fields", {}), label.label.get("tables", {})
    message = "When the document was confirmed, nothing was said of this."
    yield from (reason(field.key, message) for field in spec.fields if field.key not in said)
    since: dict[str, datetime.datetime] | None = None
    for table in spec.tables:
        if table.key not in rows:
            yield reason(table.key, message)
            continue
        present = {column for row in rows[table.key] for column in row}
        for column in table.columns if present else ():
            if column.key in present:
                continue
            if since is None:
                since = catalog.asked_since(catalog.template(document.project, spec.name))
            added = since.get(f"{table.key}.{column.key}")
            if added is not None and label.created_at < added:
                message = (
                    f"When the document was confirmed, nothing was said of the column {column.label or column.key}."
                )
                yield reason(table.key, message)


def _with_lacking(
    document: Document, chosen: str, rows: list[FieldRow], tables: list[TableRows]
) -> tuple[list[FieldRow], list[TableRows]]:
    if not any(row.is_empty for row in rows) and all(t.rows and not t.empty_columns for t in tables):
        return rows, tables
    filled = queries.always_filled(document.project_id, chosen)
    fields = [
        replace(row, lacking=filled.get(row.spec.key, 0)) if row.is_empty and row.mark != "wrong" else row
        for row in rows
    ]
    return fields, [_table_with_lacking(table, filled) for table in tables]


def _table_with_lacking(table: TableRows, filled: Mapping[str, int]) -> TableRows:
    if not table.rows:
        return replace(table, lacking=filled.get(table.spec.key, 0))
    names = {key: f"{table.spec.key}.{key}" for key in table.empty_columns}
    return replace(table, lacking_columns=tuple((key, filled[name]) for key, name in names.items() if name in filled))


def made_of(document: Document) -> str:
    """Return what the page of a document that waits is made of, in short: where this is another one, so is the page."""
    extraction = extractions.of(document).values_list("pk", "reasons").first()
    template = catalog.templates(document.project).filter(name=document.template).values_list("version").first()
    comment = queries.comments(document).values_list("pk").last()
    about = (document.pk, document.version, document.reading, document.template, document.reason_code)
    filled = queries.always_filled(document.project_id, document.template) if document.template else ()
    said = [*about, document.has_draft, document.twin_id, extraction, template, comment, sorted(filled)]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def template_names(project: Project, document: Document) -> list[str]:
    """The templates in use, and a retired one where the document was read as it."""
    return [
        t.name
        for t in catalog.templates(project, with_retired=True).only("name", "retired_at")
        if t.retired_at is None or t.name == document.template
    ]


def spec_of(document: Document, chosen: str, typed: Iterable[str] = ()) -> TemplateSpec:
    """Return what the page asks for: the template's fields, or on an unknown document the standard ones it has.

    typed: names of inputs that a person sent; what they filled is asked for too.
    """
    if chosen:
        return catalog.spec(catalog.template(document.project, chosen))
    return _standard(extractions.current(document), queries.current_label(document), typed)


def _standard(extraction: Extraction | None, label: ConfirmedLabel | None, typed: Iterable[str]) -> TemplateSpec:
    """The standard fields that a document of no template has."""
    found = {name.split(":")[1] for name in typed if name.startswith(("f:", "t:"))}
    for source in (extraction.prediction if extraction else {}, label.label if label else {}):
        found |= set(source.get("fields", {})) | {k for k, rows in source.get("tables", {}).items() if rows}
    return TemplateSpec(
        "",
        tuple(f for f in STANDARD_FIELDS if f.key in found),
        (LINE_ITEMS,) if LINE_ITEMS.key in found else (),
    )
