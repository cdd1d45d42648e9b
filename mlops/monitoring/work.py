"""Charts of the work: what came, how much of it needed nobody, how long it took, and what waits."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain

import numpy as np
from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _

from invex.accounts.models import Project

from .chart import Chart, Curve, Mark, Point
from .models import Approval, Observation, QueueSample
from .selection import Selection

WHOLE = 100.0
LATE = 90  # percentile: nine of ten documents were faster


def charts(project: Project, chosen: Selection, marks: tuple[Mark, ...]) -> list[Chart]:
    return [
        received(project, chosen, marks),
        automated(project, chosen, marks),
        took(project, chosen, marks),
        waited(project, chosen, marks),
    ]


def received(project: Project, chosen: Selection, marks: tuple[Mark, ...]) -> Chart:
    """Documents that were read."""
    rows = Observation.objects.filter(**chosen.filters, project=project).order_by()
    counts: dict[int, int] = defaultdict(int)
    for day, n in rows.values_list("day").annotate(n=Count("pk")):
        counts[chosen.number(day)] += n
    points = tuple(Point(float(counts[number]), counts[number]) for number in range(len(chosen.periods)))
    curves = (Curve("received", _("documents"), "accent", points),)
    return Chart("received", _("Documents read"), "", chosen.periods, curves, marks, floor=0.0)


def automated(project: Project, chosen: Selection, marks: tuple[Mark, ...]) -> Chart:
    """The share of approvals that needed nobody."""
    rows = Approval.objects.filter(**chosen.filters, project=project).order_by()
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    by_day = rows.values_list("day").annotate(n=Count("pk"), alone=Count("pk", filter=Q(is_automatic=True)))
    for day, n, alone in by_day:
        counts[chosen.number(day)][0] += n
        counts[chosen.number(day)][1] += alone
    points = tuple(
        Point(WHOLE * counts[number][1] / counts[number][0], counts[number][0]) if counts[number][0] else Point()
        for number in range(len(chosen.periods))
    )
    curves = (Curve("automatic", _("approved automatically"), "sure", points),)
    return Chart("automated", _("Automation"), "%", chosen.periods, curves, marks, floor=0.0)


def took(project: Project, chosen: Selection, marks: tuple[Mark, ...]) -> Chart:
    """Hours from arrival to the first approval: of the middle document, and of one in ten that is late.

    Minutes where none took an hour.
    """
    rows = Approval.objects.filter(**chosen.filters, project=project).order_by()
    hours: dict[int, list[float]] = defaultdict(list)
    for day, took in rows.values_list("day", "hours"):
        hours[chosen.number(day)].append(took)
    unit, factor = ("h", 1.0) if max(chain.from_iterable(hours.values()), default=1.0) >= 1 else ("min", 60.0)

    def percentiles(q: int) -> tuple[Point, ...]:
        return tuple(
            Point(factor * float(np.percentile(hours[number], q)), len(hours[number])) if hours[number] else Point()
            for number in range(len(chosen.periods))
        )

    curves = (
        Curve("median", _("the middle document"), "accent", percentiles(50)),
        Curve("late", _("one of ten takes longer"), "soft", percentiles(LATE)),
    )
    return Chart("hours", _("Time to approval"), unit, chosen.periods, curves, marks, floor=0.0)


def waited(project: Project, chosen: Selection, marks: tuple[Mark, ...]) -> Chart:
    """How long the oldest document of the queue had waited at the worst; of all templates."""
    rows = QueueSample.objects.filter(project=project, day__gte=chosen.since).order_by()
    worst: dict[int, tuple[float, int]] = {}
    for day, oldest, most in rows.values_list("day").annotate(oldest=Max("oldest_hours"), most=Max("waiting")):
        number = chosen.number(day)
        before = worst.get(number, (0.0, 0))
        worst[number] = (max(before[0], oldest), max(before[1], most))
    points = tuple(Point(*worst[number]) if number in worst else Point() for number in range(len(chosen.periods)))
    curves = (Curve("oldest", _("age of the oldest"), "look", points),)
    about = _("Looked at every hour; of all templates.")
    return Chart("queue", _("Queue age"), "h", chosen.periods, curves, marks, about, floor=0.0)
