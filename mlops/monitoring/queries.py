"""Reads of the monitoring that others decide by: the unknown rate, and accuracy from review."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.utils import timezone

from invex.accounts.models import Project

from .accuracy import Estimate, estimate
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
    chosen = {"project": project, "day__gte": since(days)} | ({} if template is None else {"template": template})
    judged: list[tuple[int, int, float | None]]
    if field:
        rows = FieldJudgement.objects.filter(**chosen, field=field).values_list("is_right", "probability")
        judged = [(int(is_right), 1, p) for is_right, p in rows]
    else:
        sums = Judgement.objects.filter(**chosen).values_list("asked", "corrected", "probability")
        judged = [(asked - corrected, asked, p) for asked, corrected, p in sums]
    return ReviewAccuracy(
        estimate((right, asked, p) for right, asked, p in judged if p is not None),
        estimate((right, asked, 1.0) for right, asked, _ in judged),
    )


def since(days: int) -> datetime.date:
    """Return the first of the last `days` days, today included."""
    return timezone.localdate() - datetime.timedelta(days=days - 1)
