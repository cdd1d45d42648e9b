"""What starts a retraining, the life of the circle that follows, and what holds one back."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from mlops.deployment.states import Mode


class Kind(models.TextChoices):
    """What may start a retraining; the first of them, in this order, that reaches its threshold does."""

    ACCURACY = "accuracy", _("Accuracy")  # of what people looked at, below
    DRIFT = "drift", _("Drift of what comes")  # its population stability, above
    UNKNOWN = "unknown", _("Unknown documents")  # their share, above
    LABELS = "labels", _("New labels")  # their number since the last dataset, from
    SCHEDULE = "schedule", _("Schedule")
    BUTTON = "button", _("By hand")  # also over REST and by command


TRIED = (Mode.AB, Mode.CANARY, Mode.SHADOW)  # modes in which a build reads beside another until somebody decides
MEASURED = (Kind.ACCURACY, Kind.DRIFT, Kind.UNKNOWN, Kind.LABELS)  # those with a figure and a threshold


class Step(models.TextChoices):
    """A step of the circle before which it goes on by itself, or stops for a person."""

    FREEZE = "freeze", _("Freeze a dataset")
    TRAIN = "train", _("Train")
    DEPLOY = "deploy", _("Deploy")  # in the policy's mode: beside what reads, or in its place
    PROMOTE = "promote", _("Let it read everything")  # once the reviews of an A/B test or canary have shown that it may


class Outcome(models.TextChoices):
    FIRED = "fired", _("Fired")
    NOT_NOW = "not_now", _("Not now")


class Hold(models.TextChoices):
    """Why a trigger that reached its threshold starts nothing now."""

    RUNNING = "running", _("A retraining or a training run is under way")
    EXPERIMENT = "experiment", _("Several builds read now: an experiment goes on")
    NOTHING_NEW = "nothing_new", _("Nothing was confirmed since what was learned last")
    COOLDOWN = "cooldown", _("The cooldown is not over")
    RUNS = "runs", _("The runs of a week are used up")
    HOURS = "hours", _("The computing hours of a week are used up")


# Set by the policy, so that a person who asks for a retraining is not held back by them.
OF_POLICY = (Hold.COOLDOWN, Hold.RUNS, Hold.HOURS)


class CircleState(models.TextChoices):
    FIRED = "fired", _("Fired")  # nothing is done yet
    FREEZING = "freezing", _("Freezing a dataset")
    FROZEN = "frozen", _("Dataset frozen")
    TRAINING = "training", _("Training")  # also while its run waits for the machine
    GATE = "gate", _("Through the gate")  # the run ended with a build that the gate let through
    TRYING = "trying", _("Being tried")  # deployed, and judged by what people correct
    PROMOTED = "promoted", _("Promoted")  # its build reads everything
    RETURNED = "returned", _("Taken back")  # what read before reads again
    REFUSED = "refused", _("Refused")  # by the gate
    STOPPED = "stopped", _("Stopped")  # by a person, or because a step failed; the reason says which


S = CircleState
MOVES: dict[str, frozenset[str]] = {
    S.FIRED: frozenset({S.FREEZING, S.STOPPED}),
    S.FREEZING: frozenset({S.FROZEN, S.STOPPED}),
    S.FROZEN: frozenset({S.TRAINING, S.STOPPED}),
    S.TRAINING: frozenset({S.GATE, S.REFUSED, S.STOPPED}),
    S.GATE: frozenset({S.TRYING, S.STOPPED}),
    S.TRYING: frozenset({S.PROMOTED, S.RETURNED, S.STOPPED}),
    S.PROMOTED: frozenset(),
    S.RETURNED: frozenset(),
    S.REFUSED: frozenset(),
    S.STOPPED: frozenset(),
}
OPEN = (S.FIRED, S.FREEZING, S.FROZEN, S.TRAINING, S.GATE, S.TRYING)
# The step that leads out of a state; the others wait for work that is under way.
NEXT_STEP: dict[str, Step] = {S.FIRED: Step.FREEZE, S.FROZEN: Step.TRAIN, S.GATE: Step.DEPLOY}
