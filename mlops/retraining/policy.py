"""What a project decided about retraining, as values: read from JSON with every bound checked, written as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from invex.kernel.errors import BadInput
from mlops.datasets.selection import Selection
from mlops.deployment.states import Mode

from . import schedule
from .states import MEASURED, Kind, Step

MOST_DOCUMENTS = 1000  # that a figure is taken over; a decision names each of them
LONGEST_COOLDOWN_H = 24 * 366
LONGEST_TRIAL_DAYS = 366
MOST_RUNS = 1000
MOST_DRIFT = 10  # of a population stability; 0.25 is called much
# A candidate is made by itself; that it meets documents, a person says once: the whole circle is switched on.
BY_ITSELF = frozenset({Step.FREEZE, Step.TRAIN, Step.PROMOTE})
MODES = (Mode.CANARY, Mode.AB, Mode.SINGLE)


@dataclass(frozen=True, slots=True)
class Trigger:
    """When a measured trigger fires. threshold: a share in [0, 1], of drift a population stability, of labels a number.

    newest: over at most so many documents; drift is over the days of the monitoring. least: with fewer documents there
    is no figure to act on.
    """

    on: bool
    threshold: float
    newest: int
    least: int


PROPOSED: dict[Kind, Trigger] = {
    Kind.ACCURACY: Trigger(on=False, threshold=0.9, newest=200, least=30),
    Kind.DRIFT: Trigger(on=False, threshold=0.25, newest=MOST_DOCUMENTS, least=50),
    Kind.UNKNOWN: Trigger(on=False, threshold=0.2, newest=100, least=20),
    Kind.LABELS: Trigger(on=False, threshold=50, newest=MOST_DOCUMENTS, least=1),
}


@dataclass(frozen=True, slots=True)
class Policy:
    """When a project retrains, how often at most, and how far the circle goes by itself.

    cron: five fields, "" = no schedule. cooldown_h: between two retrainings. runs, cpu_h, gpu_h: within seven days, of
    what retraining started; None = no limit. automatic: steps that wait for no person. mode: how a build that passed
    the gate begins to read. trial_days: after which a trial that decided nothing ends with what read before.
    """

    triggers: Mapping[Kind, Trigger] = field(default_factory=lambda: dict(PROPOSED))
    cron: str = ""
    paused: bool = False
    cooldown_h: float = 24.0
    runs: int | None = 7
    cpu_h: float | None = None
    gpu_h: float | None = None
    automatic: frozenset[Step] = BY_ITSELF
    mode: Mode = Mode.CANARY
    trial_days: int = 14
    selection: Selection = field(default_factory=Selection)

    @property
    def is_idle(self) -> bool:
        """Whether nothing but a person starts a retraining."""
        return not any(trigger.on for trigger in self.triggers.values()) and (not self.cron or self.paused)

    def to_json(self) -> dict[str, Any]:
        return {
            "triggers": {str(kind): asdict(self.triggers[kind]) for kind in MEASURED},
            "schedule": {"cron": self.cron, "paused": self.paused},
            "cooldown_h": self.cooldown_h,
            "budget": {"runs": self.runs, "cpu_h": self.cpu_h, "gpu_h": self.gpu_h},
            "automatic": {str(step): step in self.automatic for step in Step},
            "mode": str(self.mode),
            "trial_days": self.trial_days,
            "selection": self.selection.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Policy:
        """Return the policy that `data` says; what it leaves out is as proposed. Raises BadInput with the entry."""
        triggers = _part(data, "triggers")
        plan, budget = _part(data, "schedule"), _part(data, "budget")
        automatic = _part(data, "automatic")
        cron = plan.get("cron", "")
        if cron:
            schedule.check(cron)
        mode = data.get("mode", Mode.CANARY)
        if mode not in MODES:
            raise BadInput("mode: canary, A/B or single.", code="bad_policy")
        return cls(
            triggers={kind: _trigger(kind, _part(triggers, str(kind))) for kind in MEASURED},
            cron=" ".join(str(cron).split()),
            paused=_yes(plan, "paused", default=False),
            cooldown_h=_number(data, "cooldown_h", 0, LONGEST_COOLDOWN_H, default=24.0),
            runs=None
            if budget.get("runs", 0) is None
            else _count(budget, "runs", MOST_RUNS, default=7, name="budget."),
            cpu_h=_hours(budget, "cpu_h"),
            gpu_h=_hours(budget, "gpu_h"),
            automatic=frozenset(step for step in Step if _yes(automatic, str(step), default=step in BY_ITSELF)),
            mode=Mode(mode),
            trial_days=_count(data, "trial_days", LONGEST_TRIAL_DAYS, default=14),
            selection=Selection.from_json(data.get("selection", {})),
        )


def _trigger(kind: Kind, data: Mapping[str, Any]) -> Trigger:
    proposed = PROPOSED[kind]
    name = f"triggers.{kind}."
    newest = _count(data, "newest", MOST_DOCUMENTS, default=proposed.newest, name=name)
    least = _count(data, "least", MOST_DOCUMENTS, default=proposed.least, name=name)
    if least > newest:
        raise BadInput(f"{name}least: at most as many documents as `newest`, {newest}.", code="bad_policy")
    if kind == Kind.LABELS:
        threshold = float(_count(data, "threshold", 1_000_000, default=int(proposed.threshold), name=name))
    else:
        most = MOST_DRIFT if kind == Kind.DRIFT else 1
        threshold = _number(data, "threshold", 0, most, default=proposed.threshold, name=name)
    return Trigger(_yes(data, "on", default=False, name=name), threshold, newest, least)


def _part(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key, {})
    if not isinstance(value, Mapping):
        raise BadInput(f"{key}: give an object.", code="bad_policy")
    return value


def _yes(data: Mapping[str, Any], key: str, *, default: bool, name: str = "") -> bool:
    value = data.get(key, default)
    if not isinstance(value, bool):
        raise BadInput(f"{name}{key}: true or false.", code="bad_policy")
    return value


def _number(data: Mapping[str, Any], key: str, least: float, most: float, *, default: float, name: str = "") -> float:
    value = data.get(key, default)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or not least <= value <= most:
        raise BadInput(f"{name}{key}: a number from {least:g} to {most:g}.", code="bad_policy")
    return float(value)


def _count(data: Mapping[str, Any], key: str, most: int, *, default: int, name: str = "") -> int:
    value = data.get(key, default)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or value != int(value) or not 1 <= value <= most:
        raise BadInput(f"{name}{key}: a whole number from 1 to {most}.", code="bad_policy")
    return int(value)


def _hours(data: Mapping[str, Any], key: str) -> float | None:
    return None if data.get(key) is None else _number(data, key, 0, LONGEST_COOLDOWN_H, default=0, name="budget.")
