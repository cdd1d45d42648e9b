"""The life of a training run, and its steps."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RunState(models.TextChoices):
    WAITING = "waiting", _("Waiting")  # for a worker, or for the machine to be free
    RUNNING = "running", _("Running")
    YIELDED = "yielded", _("Yielded")  # somebody asked it to; it goes on when somebody says so
    DONE = "done", _("Done")  # the build is registered; whether the gate let it through, it says itself
    FAILED = "failed", _("Failed")  # the reason says what to do
    CANCELLED = "cancelled", _("Cancelled")


S = RunState
MOVES: dict[str, frozenset[str]] = {
    S.WAITING: frozenset({S.RUNNING, S.YIELDED, S.CANCELLED}),
    S.RUNNING: frozenset({S.DONE, S.FAILED, S.YIELDED, S.CANCELLED, S.WAITING}),
    S.YIELDED: frozenset({S.WAITING, S.CANCELLED}),
    S.DONE: frozenset(),
    S.FAILED: frozenset({S.WAITING}),  # tried again by hand, from its checkpoints
    S.CANCELLED: frozenset(),
}
# Words that sentences of errors put in, see invex.kernel.spoken.
SPOKEN = ("waiting", "running", "yielded", "done", "failed", "cancelled")
OPEN = (S.WAITING, S.RUNNING, S.YIELDED)


class Step(models.TextChoices):
    """The ladder of a run, in its order."""

    FREEZE = "freeze", _("Freeze the dataset")
    VALIDATE = "validate", _("Validate")
    SMOKE = "smoke", _("Smoke run")
    TRAIN = "train", _("Train")
    EVALUATE = "evaluate", _("Evaluate")
    GATE = "gate", _("Gate")


class Purpose(models.TextChoices):
    """What a run is for."""

    TRAIN = "train", _("Train a build")
    JUDGE = "judge", _("Judge a build")  # one that was made elsewhere, or judged too long ago


def ladder(purpose: str) -> tuple[Step, ...]:
    """Return the steps of a run in their order."""
    return tuple(Step) if purpose == Purpose.TRAIN else (Step.FREEZE, Step.EVALUATE, Step.GATE)


class Wish(models.TextChoices):
    """What a person wants of a run that is under way."""

    YIELD = "yield", _("Yield")
    CANCEL = "cancel", _("Cancel")
