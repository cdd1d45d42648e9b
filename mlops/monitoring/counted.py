"""The documents that a point of a curve speaks of."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from invex.accounts.models import Project
from invex.documents import queries as documents
from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.kernel.errors import NotFound

from .drift import DAYS
from .models import Approval, FieldJudgement, Judgement, Observation
from .selection import Period, Selection

GONE = (DocumentState.REJECTED, DocumentState.SPLIT)


def documents_of(project: Project, chosen: Selection, period: Period, chart: str, curve: str) -> QuerySet[Document]:
    """Return the documents of a period that the curve of a chart counts; those that were erased are missing.

    Raises NotFound for a curve that there is not.
    """
    template = {key: value for key, value in chosen.filters.items() if key == "template"}
    days = {"day__gte": period.first, "day__lte": period.last}
    wanted = {**template, **days, "project": project}
    rows: QuerySet[Any]
    match chart, curve:
        case "accuracy", "drawn":
            rows = _judged(chosen.field, wanted).filter(probability__isnull=False)
        case "accuracy", "reviewed":
            rows = _judged(chosen.field, wanted)
        case "accuracy", "wrong":
            wrong = Q(is_right=False) if chosen.field else Q(corrected__gt=0) | Q(template_right=False)
            rows = _judged(chosen.field, wanted).filter(wrong)
        case "audit", _:
            rows = Judgement.objects.filter(**wanted, is_audit=True)
        case "unknown", _:
            rows = Observation.objects.filter(**wanted).filter(template="")
        case "automated", _:
            rows = Approval.objects.filter(**wanted, is_automatic=True)
        case "hours", _:
            rows = Approval.objects.filter(**wanted)
        case "queue", _:
            waiting = Observation.objects.filter(project=project, day__lte=period.last)
            rows = waiting.filter(Q(document__approval=None) | Q(document__approval__day__gt=period.last)).exclude(
                document__state__in=GONE
            )
        case "drift", _:
            first = period.last - datetime.timedelta(days=DAYS - 1)
            rows = Observation.objects.filter(project=project, day__gte=first, day__lte=period.last)
        case (("received" | "confidence" | "all" | "cpu" | "memory" | "disk" | "io"), _):
            rows = Observation.objects.filter(**wanted)
        case _ if chart.startswith("gpu"):
            rows = Observation.objects.filter(**wanted)
        case _:
            raise NotFound(gettext("There is no such chart."))
    key = "judgement__document" if rows.model is FieldJudgement else "document"
    ids: Any = rows.filter(**{f"{key}__isnull": False}).values(key)
    return documents.documents(project).filter(pk__in=ids)


def _judged(field: str, wanted: dict[str, Any]) -> QuerySet[Any]:
    if field:
        return FieldJudgement.objects.filter(**wanted, field=field)
    return Judgement.objects.filter(**wanted)
