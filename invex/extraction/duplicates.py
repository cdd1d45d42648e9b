"""Probable duplicates: documents of a project with the same supplier, number and amount, whatever their bytes.

Kept as keys, one for each way in which a supplier is known, so that a document is compared with all others at once;
first with what was read, then with what a person confirmed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from decimal import Decimal, InvalidOperation

from django.db.models import Q, QuerySet

from invex.accounts.models import Project
from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.fields.folding import fold

from .models import BusinessKey, Extraction
from .pipeline import Outcome, Reason

DUPLICATE = "duplicate"  # reason code
NUMBER, AMOUNT = "invoice_number", "total_amount"
SUPPLIERS = ("supplier_vat_id", "supplier_name")
# Whoever was put aside, or lives on in other documents, is nobody's original.
_NOT_COMPARED = (DocumentState.REJECTED, DocumentState.SPLIT, DocumentState.FAILED)


def keys_of(template: str, values: Mapping[str, str]) -> frozenset[str]:
    """Return the keys of a document with these canonical values, by field key; none without a number and an amount.

    A supplier is known by VAT number, by name, or by the template that its documents have.
    """
    number, amount = _plain(values.get(NUMBER, "")), _amount(values.get(AMOUNT, ""))
    if not number or not amount:
        return frozenset()
    suppliers = {key: _plain(values.get(key, "")) for key in SUPPLIERS} | {"template": _plain(template)}
    texts = (f"{kind} {who} {number} {amount}" for kind, who in suppliers.items() if who)
    return frozenset(hashlib.sha256(text.encode()).hexdigest() for text in texts)


def keys_read(outcome: Outcome) -> frozenset[str]:
    """Return the keys of what was read."""
    prediction = outcome.prediction
    values = {key: found[0].value for key, found in prediction.fields.items() if found}
    return keys_of(prediction.template.name or "", values)


def others(document: Document, keys: Iterable[str]) -> QuerySet[Document]:
    """Return the other documents of the project that have one of the keys, the oldest first."""
    return _with_keys(document, Q(key__in=list(keys)))


def _with_keys(document: Document, keys: Q) -> QuerySet[Document]:
    same = BusinessKey.objects.filter(keys, document__project=document.project_id)
    found = Document.objects.filter(pk__in=same.values("document")).exclude(pk=document.pk)
    return found.exclude(state__in=_NOT_COMPARED).order_by("pk")


def of(document: Document) -> QuerySet[Document]:
    """Return the probable duplicates of a document, as of what is known of it now."""
    return _with_keys(document, Q(key__in=BusinessKey.objects.filter(document=document).values("key")))


def one_at_a_time(project_id: int) -> None:
    """Wait until no other transaction of the project compares, and keep others from it until the caller's ends.

    Of two documents that are stored at the same instant one sees the other then. Call it before the transaction changes
    a document: whoever took them in the other order would wait for ever.
    """
    # Not FOR UPDATE, which would also hold up whoever adds a row that refers to the project.
    Project.objects.select_for_update(no_key=True).values_list("pk").get(pk=project_id)


def warned(document: Document, outcome: Outcome) -> Outcome:
    """Return the outcome of reading the document; one that is a probable duplicate goes to a person.

    Call it in the transaction that stores the outcome, before that changes a document: see one_at_a_time.
    """
    keys = keys_read(outcome)
    if not keys:
        return outcome
    one_at_a_time(document.project_id)
    first = others(document, keys).first()
    if first is None:
        return outcome
    return replace(outcome, state=DocumentState.REVIEW, reasons=(_reason(first), *outcome.reasons))


def remember(document: Document, keys: frozenset[str]) -> None:
    """Let later documents be compared with this one; call it in the transaction that stores its values."""
    known = set(BusinessKey.objects.filter(document=document).values_list("key", flat=True))
    if known - keys:
        BusinessKey.objects.filter(document=document, key__in=known - keys).delete()
    BusinessKey.objects.bulk_create([BusinessKey(document=document, key=key) for key in sorted(keys - known)])


def confirmed(document: Document, template: str, values: Mapping[str, str]) -> None:
    """Compare a document again by what was confirmed: it is warned of, and so are those that wait and are like it.

    Call it in the transaction that confirms, which began with one_at_a_time.
    """
    keys = keys_of(template, values)
    remember(document, keys)
    found = list(others(document, keys))
    _set_reason(document, found[0] if found else None)
    for other in found:
        if other.state == DocumentState.REVIEW:
            _set_reason(other, document)


def _set_reason(document: Document, like: Document | None) -> None:
    """Replace what the document's shown extraction says of duplicates."""
    for row in Extraction.objects.filter(document=document, is_current=True).only("reasons"):
        told = [reason for reason in row.reasons if reason["code"] != DUPLICATE]
        if (reasons := [*_as_json(like), *told]) != row.reasons:
            row.reasons = reasons
            row.save(update_fields=["reasons"])


def _as_json(like: Document | None) -> Iterator[dict[str, str]]:
    if like is not None:
        yield asdict(_reason(like))


def _reason(like: Document) -> Reason:
    return Reason(DUPLICATE, f"Document {like.pk} has the same supplier, number and amount: a probable duplicate")


def _plain(text: str) -> str:
    """Letters and digits alone, without case and accents."""
    return "".join(c for c in fold(text) if c.isalnum())


def _amount(text: str) -> str:
    try:
        return format(Decimal(text).normalize(), "f")
    except InvalidOperation:
        return ""
