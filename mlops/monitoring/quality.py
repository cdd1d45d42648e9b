"""Charts and tables of quality: what was right, what was unknown, how sure Invex was; by template and by field."""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Avg, Case, Count, F, IntegerField, Max, Min, Q, Sum, When
from django.utils.translation import gettext as _

from invex.accounts.models import Project
from invex.catalog.field_names import names_of
from invex.documents.states import DocumentState

from .accuracy import Estimate, Judged, estimate
from .chart import Chart, Curve, Mark, Point
from .models import FieldJudgement, Judgement, Observation
from .queries import Row, drawn, judgements, reviewed
from .selection import Selection

WHOLE = 100.0


def charts(project: Project, chosen: Selection, marks: tuple[Mark, ...]) -> list[Chart]:
    """Return the charts of quality."""
    return [
        accuracy(project, chosen, marks),
        *observed(project, chosen, marks),
        audited(project, chosen, marks),
    ]


def accuracy(project: Project, chosen: Selection, marks: tuple[Mark, ...]) -> Chart:
    """How much was right: of documents drawn at random, and beside it of all that somebody looked at."""
    rows: list[list[Row]] = [[] for _ in chosen.periods]
    for day, p, judged in judgements(project, chosen.filters, field=chosen.field):
        rows[chosen.number(day)].append(Row(p, judged))
    waiting = undecided(project, chosen)
    curves = (
        Curve("drawn", _("drawn at random"), "sure", tuple(
            _estimated(drawn(some), is_open=number in waiting) for number, some in enumerate(rows)
        )),
        Curve("reviewed", _("all reviews, biased"), "soft", tuple(_estimated(reviewed(some)) for some in rows)),
    )  # fmt: skip
    about = _(
        "Documents drawn at random speak for all, each with its weight. All reviews are biased: people are shown what "
        "is doubtful. A hollow point: some of its drawn documents still wait."
    )
    return Chart("accuracy", _("Right values"), "%", chosen.periods, curves, marks, about)


def undecided(project: Project, chosen: Selection) -> set[int]:
    """Return the numbers of the periods of which drawn documents still wait for a person."""
    rows = Observation.objects.filter(
        **chosen.filters,
        project=project,
        document__state=DocumentState.REVIEW,
        document__extractions__is_current=True,
        document__extractions__draw__lt=F("document__extractions__sampled"),
    )
    return {chosen.number(day) for day in rows.order_by().values_list("day", flat=True).distinct()}


def observed(project: Project, chosen: Selection, marks: tuple[Mark, ...]) -> list[Chart]:
    """The share of unknown documents, and how sure Invex was."""
    # Sums by day: those of a period are added up from them.
    days = (
        Observation.objects.filter(**chosen.filters, project=project)
        .order_by()
        .values("day")
        .annotate(
            n=Count("pk"),
            unknown=Count("pk", filter=Q(template="")),
            sure=Sum("template_confidence"),
            valued=Count("confidence"),
            confidence=Sum("confidence"),
        )
    )
    sums: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for day in days:
        for key in ("n", "unknown", "sure", "valued", "confidence"):
            sums[chosen.number(day["day"])][key] += day[key] or 0

    def shares(part: str, of: str) -> tuple[Point, ...]:
        return tuple(
            Point(WHOLE * sums[number][part] / sums[number][of], int(sums[number][of])) if sums[number][of] else Point()
            for number in range(len(chosen.periods))
        )

    unknown = Curve("unknown", _("unknown when they came"), "look", shares("unknown", "n"))
    sure = (
        Curve("values", _("of values"), "sure", shares("confidence", "valued")),
        Curve("template", _("of the template"), "soft", shares("sure", "n")),
    )
    return [
        Chart("unknown", _("Unknown documents"), "%", chosen.periods, (unknown,), marks, floor=0.0),
        Chart("confidence", _("Mean confidence"), "%", chosen.periods, sure, marks),
    ]


def audited(project: Project, chosen: Selection, marks: tuple[Mark, ...]) -> Chart:
    """Of the documents that would have passed without a person and were looked at all the same: how many were wrong."""
    rows: list[list[Judged]] = [[] for _ in chosen.periods]
    wrong = Case(When(Q(corrected__gt=0) | Q(template_right=False), then=1), default=0, output_field=IntegerField())
    audits = Judgement.objects.filter(**chosen.filters, project=project, is_audit=True)
    for day, p, n, bad in (
        audits.order_by().values_list("day", "probability").annotate(n=Count("pk"), bad=Sum(wrong))
    ):  # fmt: skip
        some = rows[chosen.number(day)]
        some += [Judged(1, 1, p or 1.0, bad), Judged(0, 1, p or 1.0, n - bad)]
    points = tuple(_estimated(estimate(one for one in some if one.documents)) for some in rows)
    about = _("Documents that were approved automatically but for the draw, with at least one value wrong.")
    curves = (Curve("audit", _("wrong in audit"), "wrong", points),)
    return Chart("audit", _("Audit errors"), "%", chosen.periods, curves, marks, about, floor=0.0)


def _estimated(found: Estimate, *, is_open: bool = False) -> Point:
    if found.share is None:
        return Point()
    return Point(WHOLE * found.share, found.documents, WHOLE * found.low, WHOLE * found.high, is_open)


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A template in the window. now, before: documents in it, and in the window before. first, last: days it was seen.

    change: "new", "gone" or "".
    """

    name: str
    now: int
    before: int
    first: datetime.date
    last: datetime.date
    change: str
    drawn: Estimate
    reviewed: Estimate
    confidence: float | None

    @property
    def confidence_percent(self) -> float | None:
        return None if self.confidence is None else WHOLE * self.confidence


def templates(project: Project, chosen: Selection) -> list[TemplateRow]:
    """Return what came of each template, the most frequent first; also of those that came only before the window."""
    since = chosen.since
    before = since - datetime.timedelta(days=chosen.days)
    rows = Observation.objects.filter(project=project)
    oldest = rows.aggregate(day=Min("day"))["day"]
    counted = (
        rows.order_by()
        .values("template")
        .annotate(
            now=Count("pk", filter=Q(day__gte=since)),
            before=Count("pk", filter=Q(day__gte=before, day__lt=since)),
            first=Min("day"),
            last=Max("day"),
            confidence=Avg("confidence", filter=Q(day__gte=since)),
        )
    )
    judged: dict[str, list[Row]] = defaultdict(list)
    sums = Judgement.objects.filter(project=project, day__gte=since).order_by()
    for name, p, asked, corrected, n in (
        sums.values_list("template", "probability", "asked", "corrected").annotate(n=Count("pk"))
    ):  # fmt: skip
        judged[name].append(Row(p, Judged(asked - corrected, asked, p or 1.0, n)))
    found = []
    for row in counted:
        name = row["template"]
        is_new = bool(oldest and oldest < since <= row["first"])
        change = "new" if is_new and name else "gone" if row["before"] and not row["now"] else ""
        if row["now"] or row["before"]:
            found.append(
                TemplateRow(
                    name, row["now"], row["before"], row["first"], row["last"], change, drawn(judged[name]),
                    reviewed(judged[name]), row["confidence"],
                )
            )  # fmt: skip
    return sorted(found, key=lambda row: (-row.now, -row.before, row.name))


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field or table in the window, of the chosen templates. name: what people call it."""

    key: str
    name: str
    drawn: Estimate
    reviewed: Estimate


def fields(project: Project, chosen: Selection) -> list[FieldRow]:
    """Return the accuracy of each field, the worst first."""
    judged: dict[str, list[Row]] = defaultdict(list)
    rows = FieldJudgement.objects.filter(**chosen.filters, project=project).order_by()
    for key, p, is_right, n in rows.values_list("field", "probability", "is_right").annotate(n=Count("pk")):
        judged[key].append(Row(p, Judged(int(is_right), 1, p or 1.0, n)))
    called = names_of(project)
    found = [FieldRow(key, called(key), drawn(some), reviewed(some)) for key, some in judged.items()]
    return sorted(found, key=lambda row: (row.drawn.share if row.drawn.share is not None else 2.0, row.key))
