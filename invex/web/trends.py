"""Two weeks of a project, day by day: what came, what was approved, what had to be corrected, how long it took."""

from __future__ import annotations

import datetime
import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from invex.accounts.models import Project
from invex.documents import queries as documents
from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.review.models import ConfirmedLabel

DAYS = 14
HOUR_S = 3600.0
WHOLE_PERCENT = 100.0
BAR_WIDTH = 0.7  # of a day's place
BY_HAND = ("person", "token")  # label sources; bulk approvals are no look at the document


@dataclass(frozen=True, slots=True)
class Series:
    """Figures of one kind, one a day; None where there is nothing to say. kind: its class in the stylesheet."""

    label: str
    kind: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A bar in a chart one unit high and DAYS units wide, as SVG attributes."""

    x: str
    y: str
    height: str
    kind: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with its table. unit: behind each figure, "" for counts. now: all days in a few words."""

    name: str
    title: str
    unit: str
    now: str
    days: tuple[datetime.date, ...]
    series: tuple[Series, ...]

    @property
    def bars(self) -> list[Rectangle]:
        """Stacked bars, scaled to the highest day; shares to the whole."""
        totals = [
            sum(value or 0.0 for value in values) for values in zip(*(s.values for s in self.series), strict=True)
        ]
        most = WHOLE_PERCENT if self.unit == "%" else max(totals, default=0.0) or 1.0
        found = []
        for day in range(len(self.days)):
            top = 1.0
            for one in self.series:
                height = (one.values[day] or 0.0) / most
                if height:
                    top -= height
                    x = f"{day + (1 - BAR_WIDTH) / 2:.2f}"
                    found.append(Rectangle(x, f"{top:.4f}", f"{height:.4f}", one.kind))
        return found

    @property
    def rows(self) -> list[tuple[datetime.date, list[str]]]:
        """The table: a row a day, the newest first, a figure for each series."""
        return [
            (day, [_figure(one.values[number]) for one in self.series])
            for number, day in reversed(list(enumerate(self.days)))
        ]


def charts(project: Project) -> list[Chart]:
    """Return the project's charts over the last DAYS days, today included."""
    days = _days()
    return [make(project, days) for make in _CHARTS.values()]


def chart(project: Project, name: str) -> Chart | None:
    """Return one chart by its name."""
    make = _CHARTS.get(name)
    return make(project, _days()) if make is not None else None


def _days() -> tuple[datetime.date, ...]:
    today = timezone.localdate()
    return tuple(today - datetime.timedelta(days=back) for back in range(DAYS))[::-1]


def _received(project: Project, days: Sequence[datetime.date]) -> Chart:
    rows = Document.objects.filter(project=project, created_at__gte=_start(days))
    (values,) = _counts(days, rows, "created_at", n=Count("pk"))
    total = int(sum(values))
    now = ngettext("%(n)d document in 14 days", "%(n)d documents in 14 days", total) % {"n": total}
    return Chart(
        "received", str(_("Received")), "", now, tuple(days), (Series(str(_("documents")), "received", values),)
    )


def _approved(project: Project, days: Sequence[datetime.date]) -> Chart:
    rows = Document.objects.filter(project=project, state=DocumentState.APPROVED, approved_at__gte=_start(days))
    is_auto = Q(approved_by=documents.AUTO)
    by_people, by_itself = _counts(
        days, rows, "approved_at", by_people=Count("pk", filter=~is_auto), by_itself=Count("pk", filter=is_auto)
    )
    total = sum(by_people) + sum(by_itself)
    share = f"{WHOLE_PERCENT * sum(by_itself) / total:.0f} %" if total else "–"
    now = _("%(share)s automatically") % {"share": share}
    series = (
        Series(str(_("by people and programs")), "review", by_people),
        Series(str(_("automatically")), "approved", by_itself),
    )
    return Chart("approved", str(_("Approved")), "", now, tuple(days), series)


def _corrected(project: Project, days: Sequence[datetime.date]) -> Chart:
    rows = ConfirmedLabel.objects.filter(
        document__project=project, created_at__gte=_start(days), source__in=BY_HAND, extraction__isnull=False
    )
    by_day: dict[datetime.date, list[bool]] = defaultdict(list)
    for at, corrected in rows.values_list("created_at", "corrected"):
        by_day[timezone.localdate(at)].append(not corrected)
    values = tuple(WHOLE_PERCENT * statistics.mean(by_day[day]) if by_day[day] else None for day in days)
    looked = [right for found in by_day.values() for right in found]
    share = f"{WHOLE_PERCENT * statistics.mean(looked):.0f} %" if looked else "–"
    now = _("%(share)s needed no correction") % {"share": share}
    series = (Series(str(_("documents without a correction")), "approved", values),)
    return Chart("right", str(_("Read right")), "%", now, tuple(days), series)


def _worked(project: Project, days: Sequence[datetime.date]) -> Chart:
    rows = ConfirmedLabel.objects.filter(
        document__project=project, created_at__gte=_start(days), source="person", seconds__isnull=False
    )
    by_day: dict[datetime.date, list[float]] = defaultdict(list)
    for at, seconds in rows.values_list("created_at", "seconds"):
        if seconds is not None:
            by_day[timezone.localdate(at)].append(seconds)
    values = tuple(statistics.median(by_day[day]) if by_day[day] else None for day in days)
    all_seconds = [seconds for found in by_day.values() for seconds in found]
    typical = _figure(statistics.median(all_seconds) if all_seconds else None)
    now = str(_("%(seconds)s s of a person") % {"seconds": typical} if all_seconds else _("not counted yet"))
    series = (Series(str(_("seconds, the middle document")), "working", values),)
    return Chart("seconds", str(_("Time per document")), "s", now, tuple(days), series)


def _waited(project: Project, days: Sequence[datetime.date]) -> Chart:
    rows = Document.objects.filter(project=project, state=DocumentState.APPROVED, approved_at__gte=_start(days))
    by_day: dict[datetime.date, list[float]] = defaultdict(list)
    for received, approved in rows.values_list("created_at", "approved_at"):
        if approved is not None:
            by_day[timezone.localdate(approved)].append((approved - received).total_seconds() / HOUR_S)
    values = tuple(statistics.median(by_day[day]) if by_day[day] else None for day in days)
    hours = [hour for found in by_day.values() for hour in found]
    now = _("%(time)s from arrival to approval") % {"time": _time(statistics.median(hours)) if hours else "–"}
    series = (Series(str(_("hours, the middle document")), "working", values),)
    return Chart("hours", str(_("Time to approval")), "h", now, tuple(days), series)


def _start(days: Sequence[datetime.date]) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(days[0], datetime.time.min))


def _counts(
    days: Sequence[datetime.date], rows: QuerySet[Document], column: str, **counted: Count
) -> list[tuple[float, ...]]:
    """Return what is counted of the rows of each day, by a column of times; a day is one of the time zone here."""
    by_day = rows.order_by().annotate(day=TruncDate(column)).values("day").annotate(**counted)
    found = {day: numbers for day, *numbers in by_day.values_list("day", *counted)}
    nothing = [0] * len(counted)
    return [tuple(float(found.get(day, nothing)[index]) for day in days) for index in range(len(counted))]


def _figure(value: float | None) -> str:
    """Return whole numbers as such, others with one place, those below one with two."""
    if value is None:
        return "–"
    places = Decimal(1) if value == int(value) else Decimal("0.1") if value >= 1 else Decimal("0.01")
    return str(Decimal(value).quantize(places))


def _time(hours: float) -> str:
    """Return how long something took, in hours or minutes."""
    return f"{_figure(hours)} h" if hours >= 1 else f"{max(1, round(60 * hours))} min"


_CHARTS: dict[str, Callable[[Project, Sequence[datetime.date]], Chart]] = {
    "received": _received,
    "approved": _approved,
    "right": _corrected,
    "seconds": _worked,
    "hours": _waited,
}
