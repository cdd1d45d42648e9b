"""What the REST interface of documents takes from the rooms above it, by the dotted names of the settings."""

from __future__ import annotations

from django.conf import settings
from django.utils.module_loading import import_string

from .models import Document


def reasons(document: Document) -> list[dict[str, str]]:
    """Return all reasons why a person has to look at a document: {"code", "message", "field"} each."""
    found: list[dict[str, str]] = import_string(settings.REVIEW_REASONS)(document)
    return found
