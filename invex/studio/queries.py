"""Reads of the studio: groups of look-alikes, what a sample says already, what a click means."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from invex.accounts.models import Project
from invex.catalog import queries as catalog
from invex.catalog.field_names import field_name
from invex.documents import queries as documents
from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.extraction import queries as extractions
from invex.extraction.models import REOPENED
from invex.fields.geometry import Box
from invex.fields.labels import label_from_json, value_to_json
from invex.fields.spec import FIELD_TYPES, FieldSpec, TemplateSpec
from invex.fields.standard import LINE_ITEMS
from invex.fields.validators import BadValue, entered
from invex.kernel.errors import BadInput, NotFound
from invex.kernel.sent import sent_whole
from invex.review import printed
from invex.review import queries as reviews
from invex.review.rows import place_of
from invex.review.rows_like import rows_like
from invex.review.services import document_locale

from . import grouping, guess
from .design import Known
from .models import LookGroup

MOST_OTHERS = 8  # documents on which a template is tried before it is saved
LONGEST = 1000  # characters of a value


@dataclass(frozen=True, slots=True)
class Alike:
    """Documents in review, of no template, that look alike; the oldest first."""

    pk: int
    documents: tuple[Document, ...]

    @property
    def first(self) -> Document:
        return self.documents[0]


def groups(project: Project) -> list[Alike]:
    """Return the project's groups of look-alikes, the largest first."""
    return _alike(LookGroup.objects.filter(project=project))


def _alike(rows: QuerySet[LookGroup]) -> list[Alike]:
    found = [
        Alike(row.pk, _waiting([look.document for look in row.looks.all()]))
        for row in rows.prefetch_related("looks__document")
    ]
    return sorted((g for g in found if len(g.documents) > 1), key=lambda g: (-len(g.documents), g.pk))


def _waiting(rows: Sequence[Document]) -> tuple[Document, ...]:
    open_rows = [d for d in rows if d.state == DocumentState.REVIEW and not d.template]
    return tuple(sorted(open_rows, key=lambda d: d.pk))


def sample(project: Project, document: str, group: str) -> Document:
    """Return the document that a template is made from: the one named, else the first of a group. Raises NotFound."""
    if document:
        return documents.document(project, document)
    found = _alike(LookGroup.objects.filter(project=project, pk=sent_whole(group) or 0))
    if not found:
        raise NotFound("This group is gone: its documents are of a template now, or decided.")
    return found[0].first


def others(project: Project, document: Document, edited: str = "") -> list[Document]:
    """Return the documents on which a template made from this one is tried: those that look like it.

    Of a document that was read as a template they are those that wait as it, too. edited: the template that is changed;
    then those that wait as that one.
    """
    known_as = edited or document.template
    waiting = Document.objects.filter(project=project, state=DocumentState.REVIEW, template=known_as)
    if not known_as:
        if document.state != DocumentState.REVIEW:
            return []  # it is in its group until the next comparison, and no longer one of those that wait
        waiting = waiting.filter(look__group__looks__document=document)
    return list(waiting.exclude(pk=document.pk).order_by("pk")[:MOST_OTHERS])


def is_being_compared(document: Document) -> bool:
    """Say whether it is still to be found out which documents look like this one, which is of no template."""
    is_unknown = document.state == DocumentState.REVIEW and not document.template
    return is_unknown and grouping.is_behind(document.project_id)


def known(project: Project) -> Known:
    return Known(*catalog.offered(project))


@dataclass(frozen=True, slots=True)
class _Said:
    """What a document says before anybody draws, as fields and tables of a prediction or of a label.

    is_read: by the machine, and not confirmed by a person.
    """

    content: Mapping[str, Any]
    is_read: bool

    def drawn(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """A value as the page draws it."""
        boxes = value.get("boxes") or []
        return {"value": value["value"], "text": value.get("text") or "", "boxes": boxes, "isRead": self.is_read}


def _said(document: Document) -> _Said:
    """As the review screen shows it: what was confirmed, where it is decided or opened again; else what was read."""
    extraction, label = extractions.current(document), reviews.current_label(document)
    if label is not None and (document.state != DocumentState.REVIEW or document.reason_code == REOPENED):
        return _Said(label.label, is_read=False)
    return _Said(extraction.prediction if extraction is not None else {}, is_read=True)


def drawn_already(document: Document, offered: Known) -> dict[str, Any]:
    """Return what a document says as the page's design of a new template: the author keeps what is right.

    Its fields come in the order of the review screen.
    """
    said = _said(document)
    found = said.content.get("fields", {})
    # In the order of the fields where several stand at one place: a database keeps no order of its own.
    read = sorted((f for f in offered.fields if f.key in found), key=lambda f: _by_place(found[f.key]))
    fields = [
        {"label": field_name(f.key, f.label), "type": f.type, "required": False, **said.drawn(value)}
        for f in read
        for value in found[f.key]
    ]
    tables = []
    for key, rows in said.content.get("tables", {}).items():
        columns = [c for c in offered.columns.get(key, ()) if any(c.key in row for row in rows)]
        if columns:
            tables.append({"label": field_name(key), **_table_drawn(key, columns, rows, said)})
    return {"name": "", "fields": fields, "tables": tables or [{"label": field_name(LINE_ITEMS.key)}]}


def _by_place(values: Sequence[Mapping[str, Any]]) -> tuple[int, float, float]:
    """Where a field with these values comes on the review screen."""
    return place_of(values[0].get("boxes") or () if values else ())


def unread(document: Document) -> frozenset[str]:
    """Return the keys of fields that were looked for in a document, and are not there."""
    return frozenset(key for key, values in _said(document).content.get("fields", {}).items() if not values)


def drawn_of(document: Document, spec: TemplateSpec) -> dict[str, Any]:
    """Return a template that is changed as the page's design, with what the document says.

    Its fields come in the order of the review screen; the template keeps its own (see `design.read_design`).
    """
    said = _said(document)
    found, tables = said.content.get("fields", {}), said.content.get("tables", {})
    fields = [
        {"key": f.key, "label": field_name(f.key, f.label), "type": f.type, "required": f.required, **drawn}
        for f in sorted(spec.fields, key=lambda f: _by_place(found.get(f.key, ())))
        for drawn in [said.drawn(value) for value in found.get(f.key, ())] or [{}]
    ]
    return {
        "name": spec.name,
        "fields": fields,
        "tables": [
            {"key": t.key, "label": field_name(t.key)}
            | _table_drawn(t.key, t.columns, tables.get(t.key, []), said, is_kept=True)
            for t in spec.tables
        ],
    }


def _table_drawn(
    table: str, columns: Sequence[FieldSpec], rows: Sequence[dict[str, Any]], said: _Said, *, is_kept: bool = False
) -> dict[str, Any]:
    """The columns and rows of a table as the page draws them; is_kept: the columns keep their keys."""
    return {
        "columns": [
            {
                "label": field_name(f"{table}.{c.key}", c.label),
                "type": c.type,
                **({"key": c.key} if is_kept else {}),
            }
            for c in columns
        ],
        "rows": [[said.drawn(row[c.key]) if c.key in row else None for c in columns] for row in rows],
    }


def meaning(document: Document, text: str, kind: str, place: str, *, is_cell: bool, chosen: str = "") -> dict[str, Any]:
    """Return {"type", "value", "error", "label"} of a text that was clicked or typed.

    kind: the type chosen, "" = find out. place: JSON {"page", "box"} of where it stands, "" = nowhere. label: what the
    page calls it, the project's own name where that is one; "" where nothing says. chosen: JSON [[x0, y0, x1, y1]] of
    what was chosen for other fields and cells of the page: none of it is a name.
    """
    text = " ".join(text.split())[:LONGEST]
    kind = kind if kind in FIELD_TYPES else guess.type_of_text(text)
    said: dict[str, Any] = {"type": kind, "value": "", "error": "", "label": ""}
    try:
        said["value"] = entered(kind, text, document_locale(document, None)) if text else ""
    except BadValue as e:
        said["error"] = str(e)
    read, at = printed.of(document), _place(place)
    if read is not None and at is not None and at[0] < len(read.pages):
        words = guess.free_of(read.pages[at[0]].words, _boxes(chosen))
        said["label"] = guess.header(words, at[1]) if is_cell else guess.caption(words, at[1])
    return said


def _boxes(raw: str) -> list[Box]:
    try:
        return [Box(*(float(v) for v in box)) for box in json.loads(raw or "[]")]
    except (ValueError, TypeError) as e:
        raise BadInput("What was chosen is a list of boxes [x0, y0, x1, y1] from 0 to 1.", code="bad_box") from e


def _place(raw: str) -> tuple[int, Box] | None:
    try:
        found = json.loads(raw or "null")
        return (max(0, int(found["page"])), Box(*(float(v) for v in found["box"]))) if found else None
    except (ValueError, TypeError, KeyError) as e:
        raise BadInput("A place is a page and a box [x0, y0, x1, y1] from 0 to 1.", code="bad_box") from e


def rows_below(document: Document, types: str, raw: str) -> list[list[dict[str, Any] | None]]:
    """Return the rows of a table below the first of those that were drawn, read like them.

    types: of the columns, by commas. raw: JSON of the rows, a cell or null for each column. Raises BadInput.
    """
    kinds = [kind if kind in FIELD_TYPES else "text" for kind in types.split(",")]
    columns = [FieldSpec(f"c{number}", kind) for number, kind in enumerate(kinds)]
    try:
        rows = [{f"c{n}": cell for n, cell in enumerate(row[: len(kinds)]) if cell} for row in json.loads(raw)]
        label = label_from_json({"template": None, "tables": {"t": rows}})
    except (ValueError, TypeError) as e:
        raise BadInput(f"These are no rows: {e}", code="bad_rows") from e
    read = printed.of(document)
    if read is None:
        return []
    given = [{key: value_to_json(cell) for key, cell in line.items()} for line in label.tables["t"]]
    words = [page.words for page in read.pages]
    found = rows_like(given, columns, words, document_locale(document, None), from_first=True)
    texts = {c.key for c in columns if c.type == "text"}
    if given and texts & given[0].keys():
        found = [row for row in found if texts & row.keys()]  # numbers alone are sums
    return [[row.get(column.key) for column in columns] for row in found]
