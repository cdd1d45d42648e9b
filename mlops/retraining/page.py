"""What the page of retraining shows: a gauge a trigger, the ladder of a circle, the schedule."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invex.accounts.models import Project
from mlops.datasets.states import DatasetState
from mlops.training.states import OPEN as OPEN_RUNS
from mlops.training.states import RunState

from . import queries, schedule
from .evidence import Reading
from .forms import SHARES
from .models import Circle, DailyFigure
from .policy import Trigger
from .queries import HISTORY, Outlook
from .states import OPEN, CircleState, Kind

S = CircleState
BAR_WIDTH = 0.7  # of a day's place
TIMES = 3  # of the schedule, shown ahead
SOON_S, FASTEST_POLL_S, SLOWEST_POLL_S = 60, 3, 15

MEANINGS: dict[Kind, str | Promise] = {
    Kind.ACCURACY: gettext_lazy(
        "Of what was read, right by what people confirmed on documents drawn at random; fires below the threshold."
    ),
    Kind.DRIFT: gettext_lazy(
        "How far what comes has moved from what the deployed build was made for (population stability); fires above."
    ),
    Kind.UNKNOWN: gettext_lazy("Documents that no template was found for when they came; fires above the threshold."),
    Kind.LABELS: gettext_lazy("Confirmed since a dataset was learned from; fires at the threshold."),
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A day of the history, as SVG attributes; the chart is one high and a unit a day wide."""

    x: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Gauge:
    """A trigger as the page shows it. width, mark: of the figure and the threshold in the gauge, [0, 1]."""

    kind: Kind
    reading: Reading
    meaning: str | Promise
    now: str
    threshold: str
    width: str
    mark: str
    level: str  # of the threshold in the history, from above
    bars: tuple[Bar, ...]
    days: int
    history: tuple[tuple[datetime.date, str, int], ...]

    @property
    def has_evidence(self) -> bool:
        return self.reading.figure is not None


def gauges(project: Project, found: Outlook) -> list[Gauge]:
    return [_gauge(reading, queries.history(project, reading.kind)) for reading in found.readings]


def show(kind: str, figure: float | None) -> str:
    """Return a figure of a trigger for people."""
    if figure is None:
        return "–"
    if kind in SHARES:
        return f"{100 * figure:.1f} %"
    return f"{figure:.0f}" if kind == Kind.LABELS else f"{figure:.2f}"


def _gauge(reading: Reading, history: list[DailyFigure]) -> Gauge:
    trigger, kind = reading.trigger, reading.kind
    figures = [row.figure for row in history] + ([reading.figure] if reading.figure is not None else [])
    low, high = _scale(kind, trigger, figures)

    def place(figure: float) -> float:
        return min(1.0, max(0.0, (figure - low) / (high - low)))

    first = timezone.localdate() - HISTORY + datetime.timedelta(days=1)
    bars = []
    for row in history:
        height = max(0.02, place(row.figure))
        x = (row.day - first).days + (1 - BAR_WIDTH) / 2
        bars.append(Bar(f"{x:.2f}", f"{1 - height:.4f}", f"{height:.4f}"))
    return Gauge(
        kind=kind,
        reading=reading,
        meaning=MEANINGS[kind],
        now=show(kind, reading.figure),
        threshold=show(kind, trigger.threshold),
        width=f"{place(reading.figure):.4f}" if reading.figure is not None else "0",
        mark=f"{place(trigger.threshold):.4f}",
        level=f"{1 - place(trigger.threshold):.4f}",
        bars=tuple(bars),
        days=HISTORY.days,
        history=tuple((row.day, show(kind, row.figure), row.evidence) for row in reversed(history)),
    )


def _scale(kind: Kind, trigger: Trigger, figures: list[float]) -> tuple[float, float]:
    """Return the ends of a gauge: the threshold in the middle where the figures let it."""
    if kind == Kind.ACCURACY:
        return min([max(0.0, 2 * trigger.threshold - 1), *figures]) - 0.01, 1.0
    high = max([2 * trigger.threshold, *figures]) or 1.0
    return 0.0, min(high, 1.0) if kind == Kind.UNKNOWN else high


def plan(project: Project, found: Outlook) -> dict[str, Any]:
    """Return the schedule: its next times, and what came of the last one."""
    row = queries.policy_row(project)
    return {
        "cron": found.policy.cron,
        "paused": found.policy.paused,
        "next": [] if found.policy.paused else schedule.next_times(found.policy.cron, timezone.now(), TIMES),
        "last": queries.decisions(project).filter(trigger=Kind.SCHEDULE).order_by("-id").first(),
        "looked_at": row.considered_at if row is not None else None,
    }


def ladder(row: Circle) -> list[dict[str, Any]]:
    """Return the rungs of a circle: label, mark, class of its standing; the template links what each is about."""
    reached = _reached(row)
    labels = [
        ("fired", _("Fired")),
        ("dataset", _("Dataset")),
        ("run", _("Training and gate")),
        ("deployment", _("Trial")),
        ("end", row.get_state_display() if row.state not in OPEN else _("Outcome")),
    ]
    found = []
    for number, (name, label) in enumerate(labels):
        found.append({"name": name, "label": label, **_standing(row, number, reached)})
    return found


def _reached(row: Circle) -> int:
    """Return the number of rungs that are done."""
    done = [True, _is_frozen(row), _is_trained(row), row.deployment is not None, True]
    open_at = {S.FIRED: 1, S.FREEZING: 1, S.FROZEN: 2, S.TRAINING: 2, S.GATE: 3, S.TRYING: 3}
    return open_at[S(row.state)] if row.state in OPEN else sum(done[: done.index(False)] if False in done else done)


def _is_frozen(row: Circle) -> bool:
    return row.dataset is not None and row.dataset.state == DatasetState.FROZEN


def _is_trained(row: Circle) -> bool:
    return row.run is not None and row.run.state == RunState.DONE


def _standing(row: Circle, number: int, reached: int) -> dict[str, str]:
    is_open, last = row.state in OPEN, 4
    if not is_open and number == last:
        if row.state == S.PROMOTED:
            return {"key": "done", "mark": "✓", "state": _("done")}
        return {"key": "failed", "mark": "✗", "state": _("ended")}
    if number < reached:
        return {"key": "done", "mark": "✓", "state": _("done")}
    if number == reached and is_open:
        if row.waits_for:
            return {"key": "yielded", "mark": "▲", "state": _("waits for you")}
        return {"key": "running", "mark": "◔", "state": _("under way")}
    return {"key": "ahead", "mark": "○", "state": _("ahead")}


def poll_s(row: Circle | None) -> int:
    """Return after how many seconds the page asks again: soon after something moved; 0 = never."""
    if row is None or row.state not in OPEN or row.waits_for:
        return 0
    busy = row.run is not None and row.run.state in OPEN_RUNS
    since = max(row.state_changed_at, row.run.state_changed_at if busy and row.run else row.state_changed_at)
    return FASTEST_POLL_S if (timezone.now() - since).total_seconds() < SOON_S else SLOWEST_POLL_S
