"""Reads of the monitoring: accuracy from review."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from django.db.models import Count

from invex.accounts.models import Project

from .accuracy import Estimate, Judged, estimate
from .models import FieldJudgement, Judgement


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
