"""The lives of an export, of a webhook's endpoint, and of one delivery to it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ExportState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    WRITING = "writing", _("Writing")  # a worker writes the file
    READY = "ready", _("Ready")  # to be downloaded until it expires
    FAILED = "failed", _("Failed")  # with a code and a sentence
    EXPIRED = "expired", _("Expired")  # the file is deleted


E = ExportState
EXPORT_MOVES: dict[str, frozenset[str]] = {
    E.WAITING: frozenset({E.WRITING}),
    E.WRITING: frozenset({E.READY, E.FAILED, E.WAITING}),
    E.READY: frozenset({E.EXPIRED}),
    E.FAILED: frozenset({E.EXPIRED}),
    E.EXPIRED: frozenset(),
}
