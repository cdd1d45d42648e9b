"""The life of a dataset version."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class DatasetState(models.TextChoices):
    FREEZING = "freezing", _("Being frozen")  # a job selects documents and writes the manifest
    FROZEN = "frozen", _("Frozen")  # named by its hash; never changed
    EVICTED = "evicted", _("Evicted")  # deleted to make room; what it was made of can be frozen again
    FAILED = "failed", _("Failed")  # nothing was selected, or the same version exists; the reason says which


S = DatasetState
MOVES: dict[str, frozenset[str]] = {
    S.FREEZING: frozenset({S.FROZEN, S.FAILED}),
    S.FROZEN: frozenset({S.EVICTED}),
    S.EVICTED: frozenset({S.FROZEN}),  # the same documents were frozen again
    S.FAILED: frozenset(),
}


class Side(models.TextChoices):
    """Which part of every dataset version a document is in, for ever."""

    TRAIN = "train", _("Train")  # learned from
    TEST = "test", _("Test")  # what the gate judges by
    BLIND = "blind", _("Blind")  # only reported; nothing is ever decided by it
