"""Reads of the monitoring that others decide by: the unknown rate, and accuracy from review."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Count
from django.utils import timezone

from invex.accounts.models import Project

from .accuracy import Estimate, Judged, estimate
from .models import FieldJudgement, Judgement, Observation


@dataclass(frozen=True, slots=True)
class Unknown:
    """Documents that were of no known template when they came. rate: None when none came. total: that came."""

    rate: float | None
    total: int
    documents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReviewAccuracy:
    """How much of what was read was right, as people said.

    drawn: from documents drawn at random, weighted: an estimate for all documents. reviewed: from all that somebody
    looked at, which is biased, since people are shown what is doubtful.
    """

    drawn: Estimate
    reviewed: Estimate


def unknown_rate(project: Project, days: int) -> Unknown:
    """Return how many of the documents that were read in the last `days` were unknown then, the newest first."""
    rows = Observation.objects.filter(project=project, day__gte=since(days)).order_by("-id")
    total = rows.count()
    unknown = rows.filter(template="")
    documents = tuple(pk for pk in unknown.values_list("document", flat=True) if pk is not None)
    return Unknown(unknown.count() / total if total else None, total, documents)


def review_accuracy(project: Project, days: int, *, template: str | None = None, field: str = "") -> ReviewAccuracy:
    """Return the accuracy of what was read in the last `days`.

    template: as it was read, "" = unknown; None = all. field: key of a field or table; "" = all of them.
    """
    filters = {"day__gte": since(days)} | ({} if template is None else {"template": template})
    rows = [Row(p, judged) for _, p, judged in judgements(project, filters, field=field)]
    return ReviewAccuracy(drawn(rows), reviewed(rows))


class Row(NamedTuple):
    """Like documents that were judged. probability: of being drawn, None when they were not."""

    probability: float | None
    judged: Judged


def judgements(
    project: Project, filters: Mapping[str, object], *, field: str = ""
) -> Iterator[tuple[datetime.date, float | None, Judged]]:
    """Yield day, probability of being drawn and what was judged, summed up over like documents of a day."""
    if field:
        rows = FieldJudgement.objects.filter(**filters, project=project, field=field)
        groups = rows.order_by().values_list("day", "probability", "is_right").annotate(n=Count("pk"))
        for day, p, is_right, n in groups:
            yield day, p, Judged(int(is_right), 1, p or 1.0, n)
    else:
        sums = Judgement.objects.filter(**filters, project=project)
        wholes = sums.order_by().values_list("day", "probability", "asked", "corrected").annotate(n=Count("pk"))
        for day, p, asked, corrected, n in wholes:
            yield day, p, Judged(asked - corrected, asked, p or 1.0, n)


def drawn(rows: Iterable[Row]) -> Estimate:
    """Estimate from documents that were drawn at random, weighted."""
    return estimate(row.judged for row in rows if row.probability is not None)


def reviewed(rows: Iterable[Row]) -> Estimate:
    """The share among all that somebody looked at: each counts the same, whatever brought it there."""
    return estimate(row.judged._replace(probability=1.0) for row in rows)


def since(days: int) -> datetime.date:
    """Return the first of the last `days` days, today included."""
    return timezone.localdate() - datetime.timedelta(days=days - 1)
