"""Unsaved work, kept on the server: a crash of the browser, or somebody who was faster, costs nobody their typing."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from invex.accounts.access import Access
from invex.accounts.roles import Right
from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.extraction.models import Extraction

from .models import Draft

FORGOTTEN_AFTER = datetime.timedelta(days=30)  # a draft that nobody touched; until then its document is not read over
NOT_WORK = frozenset(
    {"csrfmiddlewaretoken", "action", "version", "extraction", "template", "key", "spent", "told", "awaited", "go_on"}
)


def save(
    access: Access,
    document: Document,
    data: Mapping[str, str],
    *,
    version: int,
    template: str,
    extraction: int | None,
    is_stale: bool = False,
) -> Draft | None:
    """Keep what the person has typed on the document's page: `data` are its inputs by name.

    version, extraction: what the page was made of. A page that was left behind by a decision has nothing left to keep:
    None where the document is no longer in review, or of another version; unless is_stale: somebody else was faster.
    Raises NotAllowed.
    """
    access.require(Right.REVIEW)
    seen = Extraction.objects.filter(document=document, pk=extraction).first() if extraction else None
    rows = Document.objects.filter(pk=document.pk)
    if not is_stale:
        rows = rows.filter(state=DocumentState.REVIEW, version=version)
    with transaction.atomic():
        # First, so that it is locked: a decision comes before this, or after it and then sees the draft.
        if not rows.update(has_draft=True):
            return None
        row, _ = Draft.objects.update_or_create(
            document=document,
            owner=str(access.actor),
            defaults={
                "version": version,
                "template": template,
                "extraction": seen,
                "data": {name: value for name, value in data.items() if name not in NOT_WORK},
            },
        )
    return row


def of(access: Access, document: Document) -> Draft | None:
    """Return the person's unsaved work on the document."""
    return Draft.objects.filter(document=document, owner=str(access.actor)).first()


def discard(access: Access, document: Document) -> None:
    """Forget the person's unsaved work on the document; that of others stays. Raises NotAllowed."""
    access.require(Right.REVIEW)
    with transaction.atomic(savepoint=False):
        if Draft.objects.filter(document=document, owner=str(access.actor)).delete()[0]:
            _note(document.pk)


def sweep() -> int:
    """Forget drafts that nobody touched for a long time. Return how many."""
    old = list(Draft.objects.filter(updated_at__lt=timezone.now() - FORGOTTEN_AFTER))
    for row in old:
        with transaction.atomic():
            row.delete()
            _note(row.document_id)
    return len(old)


def _note(document_id: int) -> None:
    """Say in the document's row whether a draft is left."""
    left = Draft.objects.filter(document=document_id).exists()
    Document.objects.filter(pk=document_id).update(has_draft=left)
