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


class ReplayState(models.TextChoices):
    """Of the code that reads: whether it was tried on a frozen set."""

    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    PASSED = "passed", _("Passed")  # it reads as well as the code before, or there was none, or a person let it through
    REFUSED = "refused", _("Refused")  # what it reads goes to a person
    FAILED = "failed", _("Failed")  # it could not be tried; the reason says why


REPLAY_MOVES: dict[str, frozenset[str]] = {
    ReplayState.WAITING: frozenset({ReplayState.RUNNING}),
    ReplayState.RUNNING: frozenset({ReplayState.PASSED, ReplayState.REFUSED, ReplayState.FAILED, ReplayState.WAITING}),
    ReplayState.PASSED: frozenset(),
    ReplayState.REFUSED: frozenset({ReplayState.PASSED}),
    ReplayState.FAILED: frozenset({ReplayState.PASSED, ReplayState.WAITING}),
}


class RereadState(models.TextChoices):
    """Of documents that another build reads for comparison."""

    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


REREAD_MOVES: dict[str, frozenset[str]] = {
    RereadState.WAITING: frozenset({RereadState.RUNNING}),
    RereadState.RUNNING: frozenset({RereadState.DONE, RereadState.FAILED, RereadState.WAITING}),
    RereadState.DONE: frozenset(),
    RereadState.FAILED: frozenset(),
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
