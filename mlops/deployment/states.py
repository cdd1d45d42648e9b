"""The life of a deployment revision, and how several builds share the documents."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RevisionState(models.TextChoices):
    PREPARING = "preparing", _("Preparing")  # packages are fetched and checked, the memory is fitted on top of them
    LIVE = "live", _("Live")  # documents are read with it; at most one a project
    REPLACED = "replaced", _("Replaced")  # a later revision went live, or was asked for before this one was ready
    FAILED = "failed", _("Failed")  # it could not be prepared; what was live stays


S = RevisionState
MOVES: dict[str, frozenset[str]] = {
    S.PREPARING: frozenset({S.LIVE, S.REPLACED, S.FAILED}),
    S.LIVE: frozenset({S.REPLACED}),
    S.REPLACED: frozenset(),
    S.FAILED: frozenset(),
}


class Mode(models.TextChoices):
    """The words of `invex-deployment/1`."""

    SINGLE = "single", _("Single")
    ENSEMBLE = "ensemble", _("Ensemble")
    AB = "A/B", _("A/B")
    SHADOW = "shadow", _("Shadow")
    CANARY = "canary", _("Canary")


class ModelRole(models.TextChoices):
    """What a build is for in a revision."""

    MODEL = "model", _("Model")
    MEMBER = "member", _("Member")  # of an ensemble
    A = "A", "A"
    B = "B", "B"
    CHALLENGER = "challenger", _("Challenger")  # of a shadow or a canary
