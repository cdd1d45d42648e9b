"""What is done to many documents at once, with the rights and checks of one: each is done, or skipped with a why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from invex.accounts.access import Access
from invex.accounts.roles import Right
from invex.documents import queries as documents
from invex.documents.models import Document
from invex.documents.services import retry
from invex.documents.states import DocumentState
from invex.extraction import queries as extractions
from invex.extraction.pipeline import APPROVAL_OFF, empty_columns
from invex.kernel.errors import BadInput, Conflict, InvexError

from . import leases, page, queries, services

MOST = 500  # documents at once
# Why a document may wait and still be approved unseen; anything else is for a person to look at.
HARMLESS = frozenset({"low_confidence", "unknown_template", APPROVAL_OFF})


@dataclass(frozen=True, slots=True)
class Skipped:
    """A document that was left as it is. name: "" where the person may not know it."""

    id: str
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Result:
    done: tuple[int, ...]
    skipped: tuple[Skipped, ...]


def approve(access: Access, ids: Iterable[str]) -> Result:
    """Approve documents as they were read, as labels of source "bulk". Raises NotAllowed, BadInput for too many.

    Skipped is what is not in review or not of this project, what somebody is at, what failed a check, where nothing was
    read or a field or table is empty that never is in its template, and what belongs to the random sample of a promise
    that is in force: approved unseen, it would be missing there.
    """
    access.require(Right.REVIEW)
    return _each(access, ids, _approve)


def read_again(access: Access, ids: Iterable[str]) -> Result:
    """Have documents read again from their files. Skipped is what somebody is at, and what is approved or at work."""
    access.require(Right.UPLOAD)
    return _each(access, ids, lambda access, row: retry(access, row))


def _each(access: Access, ids: Iterable[str], act: Callable[[Access, Document], Any]) -> Result:
    wanted = list(dict.fromkeys(ids))
    if not 0 < len(wanted) <= MOST:
        raise BadInput(f"Choose 1 to {MOST} documents.", code="bad_choice")
    done, skipped = [], []
    for one in wanted:
        name = ""
        try:
            row = documents.document(access.project, one)
            name = row.name
            _require_free(access, row)
            act(access, row)
        except InvexError as e:
            skipped.append(Skipped(one, name, e.message))
        else:
            done.append(row.pk)
    return Result(tuple(done), tuple(skipped))


def _require_free(access: Access, row: Document) -> None:
    holder = leases.holder(row)
    if holder not in ("", str(access.actor)):
        raise Conflict(f"{holder} is at this document.", code="held")
    if row.has_draft:
        raise Conflict("Somebody has begun to correct this document.", code="held")


def _approve(access: Access, row: Document) -> None:
    extraction = extractions.current(row)
    if row.state != DocumentState.REVIEW or extraction is None:
        raise Conflict(f"The document is {row.get_state_display().lower()}.", code="wrong_state")
    if extraction.thresholds and extraction.draw < extraction.sampled:
        raise Conflict("It was drawn at random for somebody to look at, as the project's promise asks.", code="audit")
    for reason in extraction.reasons:
        if reason["code"] not in HARMLESS:
            raise Conflict(f"It needs a look: {reason['message']}", code="needs_look")
    if row.reason_code not in HARMLESS:
        raise Conflict(f"It needs a look: {row.reason_message}", code="needs_look")
    label = _label(row, extraction.prediction)
    if _lacks(row, label):
        raise Conflict(
            "It needs a look: nothing was read, or a field, a table or a column is empty that never is.",
            code="needs_look",
        )
    services.confirm(access, row.pk, label, version=row.version, seen=extraction.pk)


def _lacks(row: Document, label: dict[str, Any]) -> bool:
    """Whether it says nothing at all, or not what all others of the template say."""
    fields, tables = label["fields"], label["tables"]
    if not any(fields.values()) and not any(tables.values()):
        return True
    empty = {key for key, found in (*fields.items(), *tables.items()) if not found}
    for table in page.spec_of(row, row.template).tables:
        empty |= {f"{table.key}.{column.key}" for column in empty_columns(table, tables[table.key])}
    return bool(row.template and empty and empty & queries.always_filled(row.project_id, row.template).keys())


def _label(row: Document, prediction: dict[str, Any]) -> dict[str, Any]:
    """The label that approving the document's page as it stands would send."""
    spec = page.spec_of(row, row.template)
    fields, tables = prediction.get("fields", {}), prediction.get("tables", {})

    def value(one: dict[str, Any]) -> dict[str, Any]:
        return {key: one[key] for key in ("value", "text", "boxes") if one.get(key)}

    return {
        "template": row.template or None,
        "source": "bulk",
        "fields": {f.key: [value(v) for v in fields.get(f.key, ())] for f in spec.fields},
        "tables": {
            t.key: [{c: value(cell) for c, cell in line.items()} for line in tables.get(t.key, ())] for t in spec.tables
        },
    }
