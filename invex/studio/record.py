"""How a template does: what reviewers corrected, week by week and field by field, and what it is confused with."""

from __future__ import annotations

import datetime
import statistics
from collections import Counter
from dataclasses import dataclass

from django.utils import timezone

from invex.catalog import queries as catalog
from invex.catalog.field_names import field_name, names_of
from invex.catalog.models import Template
from invex.documents.models import Document
from invex.fields.template_json import template_from_json
from invex.review import queries as reviews
from invex.review.models import ConfirmedLabel
from invex.review.ports import HeldExample, held_examples

from . import ports

MOST = 2000  # labels that are counted, the newest
EXAMPLES = 20  # shown
SLOWEST = 5  # fields
WEEKS = 12
WEEK = datetime.timedelta(days=7)
JUDGED = ("person", "token")  # sources of labels that somebody looked at; bulk approvals judge nothing


@dataclass(frozen=True, slots=True)
class Field:
    """How often one field or table was asked for, and corrected, by its label.

    seconds: that a reviewer is in it when they go there, in the mean; None = nobody did since that is counted.
    """

    label: str
    asked: int
    corrected: int
    seconds: float | None

    @property
    def percent(self) -> float:
        return 100 * self.corrected / self.asked if self.asked else 0.0


@dataclass(frozen=True, slots=True)
class Week:
    """The documents confirmed in a week, from its Monday, and how many of them needed no correction."""

    monday: datetime.date
    documents: int
    untouched: int

    @property
    def share(self) -> float | None:
        return self.untouched / self.documents if self.documents else None


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the chart: x counts weeks, y and height are shares of it, as SVG attributes."""

    x: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Change:
    """A version of the template, and what it asked for anew or no longer, by label."""

    number: int
    author: str
    made_at: datetime.datetime
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """How a template does. fields: the worst first; confused: (other template, "" = unknown) -> times, both ways.

    examples: with the names of what was corrected.
    """

    judged: int
    untouched: int
    fields: tuple[Field, ...]
    weeks: tuple[Week, ...]
    taken_for: tuple[tuple[str, int], ...]
    mistaken_for_it: tuple[tuple[str, int], ...]
    examples: tuple[tuple[ConfirmedLabel, tuple[str, ...]], ...]
    suspected: tuple[Document, ...]
    held: tuple[HeldExample, ...]
    versions: tuple[Change, ...]

    @property
    def percent(self) -> float:
        return 100 * self.untouched / self.judged if self.judged else 0.0

    @property
    def slowest(self) -> list[Field]:
        """The fields that cost most time, the slowest first."""
        timed = [field for field in self.fields if field.seconds is not None]
        return sorted(timed, key=lambda f: (-(f.seconds or 0.0), f.label))[:SLOWEST]

    @property
    def bars(self) -> list[Bar]:
        return [
            Bar(f"{number + 0.15:.2f}", f"{1 - week.share:.4f}", f"{week.share:.4f}")
            for number, week in enumerate(self.weeks)
            if week.share is not None
        ]


def record(row: Template) -> Record:
    """Return how the template does, from the current labels of its approved documents.

    What was read before there was the template, as the document that it was made from, does not count.
    """
    labels = list(reviews.confirmed(row.project_id, template=row.name).select_related("extraction")[:MOST])
    judged = [
        one
        for one in labels
        if one.source in JUDGED and one.extraction is not None and one.extraction.created_at >= row.created_at
    ]
    untouched = [one for one in judged if _is_untouched(one)]
    others = ConfirmedLabel.objects.filter(
        is_current=True, document__project=row.project_id, extraction__template=row.name, source__in=JUDGED
    ).exclude(template=row.name)
    suspected = ports.suspected(row.project)
    called = names_of(row.project)
    return Record(
        judged=len(judged),
        untouched=len(untouched),
        fields=_fields(row, judged),
        weeks=_weeks(judged),
        taken_for=_counted([_shown_as(one) or "" for one in judged if _shown_as(one) != row.name]),
        mistaken_for_it=_counted(list(others.values_list("template", flat=True)[:MOST])),
        examples=tuple((one, tuple(map(called, one.corrected))) for one in labels[:EXAMPLES]),
        held=tuple(held_examples(row.project, row.name)),
        suspected=tuple(one.document for one in labels if one.document.sha256 in suspected),
        versions=_versions(row),
    )


def _is_untouched(one: ConfirmedLabel) -> bool:
    return not one.corrected and _shown_as(one) == one.template


def _shown_as(one: ConfirmedLabel) -> str | None:
    """The template that the reviewer was shown; None when that is forgotten."""
    return one.extraction.template if one.extraction is not None else None


def _fields(row: Template, judged: list[ConfirmedLabel]) -> tuple[Field, ...]:
    """Only of documents that were read as this template: on the others everything had to be said anew."""
    as_it = [one for one in judged if _shown_as(one) == row.name]
    asked = Counter(key for one in as_it for part in ("fields", "tables") for key in one.label.get(part, {}))
    corrected = Counter(key for one in as_it for key in one.corrected)
    labels = {field.key: field.label for field in catalog.spec(row).fields}
    found = [
        Field(field_name(key, labels.get(key, "")), n, corrected[key], _seconds(key, as_it)) for key, n in asked.items()
    ]
    return tuple(sorted(found, key=lambda f: (-f.percent, f.label)))


def _seconds(key: str, labels: list[ConfirmedLabel]) -> float | None:
    spent = [one.field_seconds[key] for one in labels if key in one.field_seconds]
    return statistics.mean(spent) if spent else None


def _weeks(judged: list[ConfirmedLabel]) -> tuple[Week, ...]:
    today = timezone.localdate()
    monday = today - datetime.timedelta(days=today.weekday())
    counts: Counter[datetime.date] = Counter()
    right: Counter[datetime.date] = Counter()
    for one in judged:
        day = timezone.localtime(one.created_at).date()
        week = day - datetime.timedelta(days=day.weekday())
        counts[week] += 1
        right[week] += _is_untouched(one)
    mondays = [monday - back * WEEK for back in reversed(range(WEEKS))]
    return tuple(Week(m, counts[m], right[m]) for m in mondays)


def _counted(names: list[str]) -> tuple[tuple[str, int], ...]:
    return tuple(Counter(names).most_common())


def _versions(row: Template) -> tuple[Change, ...]:
    """The versions, the newest first."""
    found = []
    before: dict[str, str] = {}
    for version in row.versions.order_by("version"):
        spec = template_from_json(version.spec)
        now = {f.key: field_name(f.key, f.label) for f in spec.fields}
        columns = [(f"{t.key}.{c.key}", c.label) for t in spec.tables for c in t.columns]
        now |= {path: field_name(path, label) for path, label in columns}
        added = tuple(label for key, label in now.items() if key not in before)
        removed = tuple(label for key, label in before.items() if key not in now)
        found.append(Change(version.version, version.created_by, version.created_at, added, removed))
        before = now
    return tuple(reversed(found))
