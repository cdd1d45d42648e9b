"""Reads of retraining: the policy, what its triggers say now, what holds it back, and what came of it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace

from django.db.models import QuerySet
from django.utils import timezone

from invex.accounts.models import Project
from mlops.deployment import queries as deployments
from mlops.training import queries as training
from mlops.training.models import TrainingRun
from mlops.training.states import OPEN as OPEN_RUNS

from . import evidence
from .evidence import Reading
from .models import Circle, DailyFigure, Decision, RetrainingPolicy
from .policy import Policy
from .states import MEASURED, OF_POLICY, OPEN, TRIED, Hold, Kind, Outcome

BUDGET_OVER = datetime.timedelta(days=7)
HOUR_S = 3600.0
HISTORY = datetime.timedelta(days=30)
GPU = "cuda"  # how the device of a run on a GPU begins


@dataclass(frozen=True, slots=True)
class Held:
    """Why nothing starts now. why: a sentence with its figures."""

    hold: Hold
    why: str

    @property
    def holds_people(self) -> bool:
        """Whether it holds back a retraining by hand as well."""
        return self.hold not in OF_POLICY


@dataclass(frozen=True, slots=True)
class Usage:
    """What retraining used within BUDGET_OVER: runs, and hours in which a worker was on them."""

    runs: int
    cpu_h: float
    gpu_h: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would happen now. is_due: the schedule is. reached: the triggers that would fire, the first one does.

    policy, last: what it was measured by: the policy of then, and after which retraining documents count.
    """

    policy: Policy
    last: Decision | None
    readings: tuple[Reading, ...]
    is_due: bool
    held: tuple[Held, ...]

    @property
    def reached(self) -> list[Kind]:
        measured = [reading.kind for reading in self.readings if reading.trigger.on and reading.is_reached]
        return [*measured, *([Kind.SCHEDULE] if self.is_due else [])]

    @property
    def would_fire(self) -> bool:
        return bool(self.reached) and not self.held

    @property
    def waits_for_cooldown(self) -> bool:
        """Whether nothing but the cooldown holds a retraining back: what is due then begins when it is over."""
        return [one.hold for one in self.held] == [Hold.COOLDOWN]

    @property
    def hold_a_person(self) -> list[Held]:
        """What a retraining by hand would be refused for."""
        return [one for one in self.held if one.holds_people]

    def reading(self, kind: Kind) -> Reading | None:
        return next((reading for reading in self.readings if reading.kind == kind), None)


def policy_row(project: Project) -> RetrainingPolicy | None:
    return RetrainingPolicy.objects.filter(project=project).first()


def policy(project: Project) -> Policy:
    """Return what the project decided; what is proposed where nobody decided anything."""
    row = policy_row(project)
    return Policy.from_json(row.policy) if row is not None else Policy()


def to_consider() -> list[RetrainingPolicy]:
    """Return the policies by which something may start without a person."""
    rows = RetrainingPolicy.objects.select_related("project").order_by("pk")
    return [row for row in rows if not Policy.from_json(row.policy).is_idle]


def decisions(project: Project) -> QuerySet[Decision]:
    return Decision.objects.filter(project=project)


def circles(project: Project) -> QuerySet[Circle]:
    rows = Circle.objects.filter(project=project)
    return rows.select_related("project", "decision", "dataset", "run", "build", "deployment")


def open_circle(project: Project) -> Circle | None:
    return circles(project).filter(state__in=OPEN).first()


def open_circles() -> QuerySet[Circle]:
    """Return those that are under way, of every project: for the sweep only."""
    rows = Circle.objects.filter(state__in=OPEN).order_by("pk")
    return rows.select_related("project", "dataset", "run", "deployment")


def last_fired(project: Project) -> Decision | None:
    return decisions(project).filter(outcome=Outcome.FIRED).order_by("-id").first()


def outlook(project: Project) -> Outlook:
    """Return what would happen now if somebody looked."""
    said, last = policy(project), last_fired(project)
    readings = tuple(_read(project, kind, said, last) for kind in MEASURED)
    return Outlook(said, last, readings, _is_due(project, said), tuple(_held(project, said, last)))


def again(project: Project, found: Outlook) -> Outlook | None:
    """Return what was measured a moment ago with what is due and holds now; to be asked under the project's lock.

    None when the figures no longer answer: somebody changed the policy meanwhile, or began a retraining.
    """
    said, last = policy(project), last_fired(project)
    if (said, last) != (found.policy, found.last):
        return None
    return replace(found, is_due=_is_due(project, said), held=tuple(_held(project, said, last)))


def reading(project: Project, kind: Kind) -> Reading:
    """Measure one trigger now."""
    return _read(project, kind, policy(project), last_fired(project))


def held(project: Project) -> list[Held]:
    """Return everything that holds a retraining back now, without measuring a trigger."""
    return _held(project, policy(project), last_fired(project))


def usage(project: Project) -> Usage:
    """Return what retraining used within the last BUDGET_OVER."""
    since = timezone.now() - BUDGET_OVER
    rows = list(TrainingRun.objects.filter(circles__project=project, created_at__gt=since).distinct())
    busy = training.busy_s(rows)
    gpu_s = sum(busy[row.pk] for row in rows if row.device.startswith(GPU))
    return Usage(len(rows), (sum(busy.values()) - gpu_s) / HOUR_S, gpu_s / HOUR_S)


def history(project: Project, kind: Kind) -> list[DailyFigure]:
    """Return what the trigger measured on each of the last days, the oldest first."""
    since = timezone.localdate() - HISTORY
    return list(DailyFigure.objects.filter(project=project, trigger=kind, day__gt=since).order_by("day"))


def _read(project: Project, kind: Kind, policy: Policy, last: Decision | None) -> Reading:
    return evidence.read(project, kind, policy.triggers[kind], last.created_at if last is not None else None)


def _is_due(project: Project, policy: Policy) -> bool:
    row = policy_row(project)
    has_come = row is not None and row.next_run_at is not None and row.next_run_at <= timezone.now()
    return has_come and bool(policy.cron) and not policy.paused


def _held(project: Project, policy: Policy, last: Decision | None) -> list[Held]:
    """Return everything that holds a retraining back now, what no person can overrule first."""
    found = []
    circle = open_circle(project)
    run = training.runs(project).filter(state__in=OPEN_RUNS).order_by("id").first()
    if circle is not None:
        found.append(Held(Hold.RUNNING, why=f"Retraining {circle.pk} is under way."))
    elif run is not None:
        found.append(Held(Hold.RUNNING, why=f"Training run {run.pk} is under way."))
    live = deployments.live(project)
    if circle is None and live is not None and live.mode in TRIED:
        found.append(Held(Hold.EXPERIMENT, why=f"Several builds read now, in mode {live.mode}."))
    if not evidence.new_labels(project):
        found.append(Held(Hold.NOTHING_NEW, why="No document was confirmed since what was learned last."))
    now = timezone.now()
    if last is not None and (over := last.created_at + datetime.timedelta(hours=policy.cooldown_h)) > now:
        hours = (over - now).total_seconds() / HOUR_S
        found.append(Held(Hold.COOLDOWN, why=f"The cooldown of {policy.cooldown_h:g} h lasts {hours:.1f} h more."))
    return [*found, *_over_budget(project, policy)]


def _over_budget(project: Project, policy: Policy) -> list[Held]:
    used = usage(project)
    found = []
    if policy.runs is not None and used.runs >= policy.runs:
        found.append(Held(Hold.RUNS, why=f"{used.runs} runs within seven days; at most {policy.runs} are wanted."))
    for hours, most, device in ((used.cpu_h, policy.cpu_h, "CPU"), (used.gpu_h, policy.gpu_h, "GPU")):
        if most is not None and hours >= most:
            found.append(
                Held(Hold.HOURS, why=f"{hours:.2f} {device} hours within seven days; at most {most:g} are wanted.")
            )
    return found
