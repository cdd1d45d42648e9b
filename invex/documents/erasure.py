"""Erasing a document: everything that holds its content goes, an audit row says that it did.

The rows go in one transaction, with those of other rooms that refer to the document; its blobs are deleted once no
other row needs them; what was learned from it is forgotten by the rooms that listen to `document.erased` (flow.py).
"""

from __future__ import annotations

from django.db import transaction

from invex.accounts import idempotency
from invex.accounts.access import Access
from invex.accounts.roles import Right
from invex.kernel import audit
from invex.kernel.doomed import doom
from invex.kernel.errors import Conflict, NotFound
from invex.kernel.outbox import emit, forget_words

from .models import Document
from .states import WORKING

REQUEST, RETENTION = "request", "retention"  # why a document is erased


def erase(access: Access, document: Document, *, why: str = REQUEST) -> bool:
    """Erase the document. Return False when it has moved or gone meanwhile (then nothing happened).

    Raises NotAllowed, NotFound, and Conflict while a worker is at it.
    """
    access.require(Right.ADMIN)
    if document.project_id != access.project.pk:
        raise NotFound(f"There is no document {document.pk} in this project.")
    if document.state in WORKING:
        raise Conflict(
            "The document is being read. Erase it once that is done.", code="wrong_state", state=document.state
        )
    project, pk = access.project.slug, document.pk
    with transaction.atomic():
        unmoved = Document.objects.filter(pk=pk, state=document.state, state_changed_at=document.state_changed_at)
        row = unmoved.select_for_update().first()
        if row is None:
            return False
        doom([row.sha256, row.words_blob, row.einvoice_blob, *row.page_images.values_list("blob", flat=True)])
        _, deleted = row.delete()
        idempotency.forget_labels(pk)
        forget_words(pk, project=project, of="document.")
        audit.record(
            access.actor, "erased", "document", pk, project=project, why=why, state=document.state, size=document.size,
            pages=document.page_count, rows=deleted,
        )  # fmt: skip
        emit("document.erased", pk, project=project, document=pk)
    return True
