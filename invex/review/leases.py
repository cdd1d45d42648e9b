"""Who is at a document: a lease in its row, taken by compare-and-swap, so that two people never get the same one.

A page renews its lease while its person does something, and gives it back when it is closed; a lease that nobody
renews runs out.
"""

from __future__ import annotations

import datetime
import secrets
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from invex.accounts.access import Access
from invex.accounts.roles import Right
from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.kernel import audit

LEASE = datetime.timedelta(seconds=90)  # three heartbeats of static/js/review/presence.js may be lost
FREED = {"held_by": "", "held_until": None, "held_key": ""}


def new_key() -> str:
    """Return what tells one opening of a page from the next: only the newest one gives the lease back."""
    return secrets.token_urlsafe(12)


def free_for(access: Access) -> Q:
    """The documents that the person may take: their own, those of nobody, and those whose lease ran out."""
    return Q(held_until__isnull=True) | Q(held_until__lt=timezone.now()) | Q(held_by=str(access.actor))


def take(access: Access, document_id: int, key: str) -> bool:
    """Take the lease of a document in review. Return False when somebody else has it. Raises NotAllowed."""
    return bool(_waiting(access, document_id).filter(free_for(access)).update(**_mine(access, key)))


def take_over(access: Access, document: Document, key: str) -> None:
    """Take the lease of a document in review whoever has it: they lose it, their unsaved work stays theirs.

    Raises NotAllowed.
    """
    if not take(access, document.pk, key) and _waiting(access, document.pk).update(**_mine(access, key)):
        audit.record(
            access.actor, "took over", "document", document.pk, project=access.project.slug, held_by=document.held_by
        )


def _waiting(access: Access, document_id: int) -> QuerySet[Document]:
    access.require(Right.REVIEW)
    return Document.objects.filter(pk=document_id, project=access.project, state=DocumentState.REVIEW)


def _mine(access: Access, key: str) -> dict[str, Any]:
    return {"held_by": str(access.actor), "held_until": timezone.now() + LEASE, "held_key": key}


def renew(access: Access, document: Document, key: str) -> bool:
    """Renew the lease of an open page, or take it when it ran out. Return False when somebody else has it."""
    access.require(Right.REVIEW)
    ours = Document.objects.filter(
        pk=document.pk, project=access.project, state=DocumentState.REVIEW, held_by=str(access.actor)
    )
    return bool(ours.update(held_until=timezone.now() + LEASE)) or take(access, document.pk, key)


def release(access: Access, document: Document, key: str) -> None:
    """Give the lease back that the page with this key took; one that another page took since stays."""
    access.require(Right.REVIEW)
    ours = Document.objects.filter(
        pk=document.pk, project=access.project, held_by=str(access.actor), held_key=key
    )  # fmt: skip
    ours.update(**FREED)


def holder(document: Document) -> str:
    """Return who has the document now, "" for nobody."""
    is_held = document.held_until is not None and document.held_until > timezone.now()
    return document.held_by if is_held else ""
