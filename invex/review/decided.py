"""What was decided on a page, kept with the decision: a page that got no answer asks again, and hears what it decided.

It hears so as long as the document's version is the one that the decision made: once it was opened again, or decided
on anew, what it had become before is no longer what it is.

A page is told from others by the key of its lease. Of two requests of one page at once the document's version, which
the first one swaps, lets one win; the other finds here what that one did.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass

from django.utils import timezone

from invex.accounts.access import Access
from invex.documents.models import Document
from invex.kernel.models import IdempotencyKey


@dataclass(frozen=True, slots=True)
class Decided:
    """action: as the form sends it. label: that was confirmed; until: the day, ISO 8601, to which it was postponed."""

    action: str
    label: int | None = None
    until: str = ""


def keep(access: Access, document: Document, key: str, decided: Decided) -> None:
    """Keep what the page with this key decided; within the transaction of the decision."""
    if key:
        made = Document.objects.values_list("version", flat=True).get(pk=document.pk)
        answer = {"version": made, "decided": asdict(decided)}
        IdempotencyKey.objects.create(
            scope=_scope(access, document), key=key, status=200, answer=answer, leased_until=timezone.now()
        )


def by(access: Access, document: Document, key: str) -> Decided | None:
    """Return what the page with this key has decided; None for nothing yet, and where it is no longer so."""
    if not key or key == document.held_key:  # a decision gives the lease back
        return None
    found = IdempotencyKey.objects.filter(scope=_scope(access, document), key=key).first()
    if found is None or not found.answer or found.answer.get("version") != document.version:
        return None
    return Decided(**found.answer["decided"])


def _scope(access: Access, document: Document) -> str:
    scope = f"{access.project.slug} {access.actor} decides on {document.pk}"
    return hashlib.sha256(scope.encode()).hexdigest()
