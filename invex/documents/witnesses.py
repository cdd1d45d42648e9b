"""Who else saw a document: other parts of the installation answer, found by settings.ERASURE_WITNESSES."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.module_loading import import_string

from invex.accounts.access import Access


@dataclass(frozen=True, slots=True)
class Witness:
    """Something that was made with the document, and its page."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What one part of the installation says. remedy: what a person can do so that it no longer holds the document."""

    title: str
    seen_by: tuple[Witness, ...]
    remedy: Witness | None = None


def witnesses(access: Access, document: int) -> list[Witnesses]:
    """Return what saw the document, by the part that says so; empty where nothing did."""
    found = (import_string(name)(access, document) for name in settings.ERASURE_WITNESSES)
    return [part for part in found if part.seen_by]
