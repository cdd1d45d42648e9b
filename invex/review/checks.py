"""Checks of what a person is about to confirm: which of them fail, and which of those nobody was told of yet."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any

from invex.documents.models import Document
from invex.extraction.models import Extraction
from invex.fields.charges import Charges
from invex.fields.checks import LINES_SUM_TO
from invex.fields.confirmed import failures, stated_cells
from invex.fields.findings import Finding, decimal_of
from invex.fields.labels import Label, LabelValue
from invex.fields.prediction import Value
from invex.fields.spec import TemplateSpec
from invex.fields.standard import LINE_ITEMS
from invex.masterdata.queries import ProjectLists

from . import printed
from .queries import Seen
from .rows import FieldRow, TableRows

PRODUCT = "quantity_times_price"
ADDED_UP = {"sum_of_lines", "line_without_amount", PRODUCT}  # checks that what is printed beside line items may explain


def failed(seen: Seen, label: Label, spec: TemplateSpec) -> tuple[Finding, ...]:
    """Return the checks of `spec` that the label's values fail."""
    stated = stated_cells(seen.extraction.prediction) if seen.extraction is not None else {}
    lists = ProjectLists(seen.document.project_id)
    return failures(spec, label, lists=lists, stated=stated, charges=lambda: _charges(seen.document))


def beside(
    document: Document, extraction: Extraction | None, spec: TemplateSpec, rows: Iterable[FieldRow], table: TableRows
) -> dict[str, Any]:
    """Return what the document prints beside line items that do not add up by themselves, for the script of its page.

    "changes": what their sum may have to be changed by; "explained": [quantity, unit price, amount] of rows whose
    amount is right all the same. {"is_stated": True} where an e-invoice states them: nothing is said against those.
    {} for other tables, and where all of them add up.
    """
    if table.spec.key != LINE_ITEMS.key or not table.rows:
        return {}
    if extraction is not None and stated_cells(extraction.prediction).get(LINE_ITEMS.key):
        return {"is_stated": True}
    cells = tuple({key: LabelValue(str(cell.get("value") or "")) for key, cell in row.items()} for row in table.rows)
    fields = {row.spec.key: tuple(LabelValue(i.value) for i in row.inputs if i.value) for row in rows}
    label = Label(None, fields=fields, tables={LINE_ITEMS.key: cells})
    doubts = [finding for finding in failures(spec, label) if finding.name in ADDED_UP]
    if not doubts:
        return {}
    charges = _charges(document)
    left = {finding.targets for finding in failures(spec, label, charges=lambda: charges)}
    explained = [cells[f.targets[0].index] for f in doubts if f.name == PRODUCT and f.targets not in left]
    amounts = [amount for row in cells if (amount := _number(row.get("amount"))) is not None]
    totals = [total for key in LINES_SUM_TO for value in fields.get(key, ()) if (total := _number(value)) is not None]
    return {
        "changes": sorted(map(str, charges.changes(amounts, totals))),
        "explained": [[row[key].value for key in ("quantity", "unit_price", "amount")] for row in explained],
    }


def _number(value: LabelValue | None) -> Decimal | None:
    return decimal_of(Value(value.value, value.value, 1.0)) if value is not None else None


def _charges(document: Document) -> Charges:
    found = printed.of(document)
    return found.charges if found is not None else Charges()


def unseen(seen: Seen, failing: Iterable[Finding], *, told: Collection[str]) -> tuple[Finding, ...]:
    """Return those that neither the page of the document said when it was opened, nor `told`, their sentences, name."""
    known = {*told, *(seen.label.failed if seen.label is not None else ())}
    known.update(reason["message"] for reason in (seen.extraction.reasons if seen.extraction is not None else ()))
    return tuple(finding for finding in failing if finding.message not in known)


def settled(seen: Seen, failing: Iterable[Finding], *, told: Collection[str]) -> frozenset[str]:
    """Return the sentences of checks that failed as the page was opened, or when it was told, and no longer do."""
    said = {*told, *(seen.label.failed if seen.label is not None else ())}
    if seen.extraction is not None:
        read = seen.extraction.prediction
        values = [v for found in read.get("fields", {}).values() for v in found]
        values += [v for rows in read.get("tables", {}).values() for row in rows for v in row.values()]
        said |= {c["message"] for v in values for c in v.get("checks", ()) if not c["ok"] and c.get("message")}
    return frozenset(said - {finding.message for finding in failing})
