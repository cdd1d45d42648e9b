"""What extraction asks of the review, by the dotted name of the settings."""

from __future__ import annotations

from collections.abc import Collection

from django.conf import settings
from django.utils.module_loading import import_string


def always_filled(project_id: int, template: str) -> Collection[str]:
    """Return the keys of the fields, tables and columns ("table.column") that all confirmed documents of it fill."""
    found: Collection[str] = import_string(settings.ALWAYS_FILLED)(project_id, template)
    return found
