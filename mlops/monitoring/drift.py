"""Drift: did what comes, or what is read from it, move away from what the deployed build was made for?

Input: pages, words, OCR, how dates and numbers are written, the share of each template. Output: confidences, fields
without a value, the types of the values. Each figure of the reference window is compared with the current one
(stability.py), and all of them together by a classifier (two_sample.py).

The figure of a drift is the largest size, among the figures that moved more than chance explains: 0 where none did.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from django.db.models import QuerySet
from django.utils import timezone

from invex.accounts.models import Project
from mlops.datasets.models import DatasetDocument
from mlops.deployment import queries as deployments

from .models import Observation
from .stability import Bin, Shift, category_shift, holm, numeric_shift
from .two_sample import Floats, TwoSample, two_sample

DAYS = 7  # the current window
REFERENCE_DAYS = 28  # before it, where the deployed build's dataset is not known
LEAST = 30  # documents in each window, to say anything
MOST = 5000  # of a window, the newest
SOME, MUCH = 0.1, 0.25  # of the figure, by the convention of the population stability index
CHANCE = 0.01  # of a false alarm: a figure that moved, though nothing did


class Kind(StrEnum):
    INPUT = "input"
    OUTPUT = "output"


NUMBERS = {
    Kind.INPUT: ("pages", "words_per_page", "ocr_share"),
    Kind.OUTPUT: ("template_confidence", "confidence", "absent", "values"),
}
CATEGORIES = {Kind.INPUT: ("locale", "template"), Kind.OUTPUT: ("is_known",)}
# Shown, but not part of the figure: documents come in batches, so an hour is that of a few uploads, not of many
# documents, and no model reads worse for it.
ASIDE = ("hour",)


@dataclass(frozen=True, slots=True)
class Moved:
    """How one figure of the documents moved. p: corrected for the number of figures. counts: for the drift's figure."""

    name: str
    psi: float
    size: float
    p: float
    counts: bool
    bins: tuple[Bin, ...]

    @property
    def is_significant(self) -> bool:
        return self.p < CHANCE


@dataclass(frozen=True, slots=True)
class Drift:
    """How far the current documents are from those of the reference.

    figure: see above; None = fewer than LEAST documents on a side. reference: "dataset HASH" of the deployed build, or
    "before" for the REFERENCE_DAYS before the window. documents: primary keys of those that were compared and still
    exist. test: None = not asked for, or too few documents.
    """

    kind: Kind
    days: int
    figure: float | None
    moved: tuple[Moved, ...]
    test: TwoSample | None
    reference: str
    reference_count: int
    current_count: int
    reference_documents: tuple[int, ...]
    current_documents: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """Return all but the documents, as a DriftReading keeps it."""
        return {
            "days": self.days,
            "reference": self.reference,
            "reference_count": self.reference_count,
            "current_count": self.current_count,
            "test": asdict(self.test) if self.test else None,
            "moved": [asdict(one) for one in self.moved],
        }


def input_drift(project: Project, days: int = DAYS, *, permutations: int = 0) -> Drift:
    """Return how far what came in the last `days` is from the reference; permutations: of the classifier's test."""
    return drift(project, Kind.INPUT, days, permutations=permutations)


def drift(project: Project, kind: Kind, days: int, *, permutations: int = 0) -> Drift:
    """Compare the documents of the last `days` with the reference: see Drift."""
    name, before, now = _windows(project, days)
    moved: tuple[Moved, ...] = ()
    figure: float | None = None
    test: TwoSample | None = None
    if min(len(before), len(now)) >= LEAST:
        moved = _compare(kind, before, now)
        figure = max((one.size for one in moved if one.counts and one.is_significant), default=0.0)
        if permutations:
            test = two_sample(*_matrices(kind, before, now), permutations=permutations)
    documents = [tuple(o.document_id for o in side if o.document_id is not None) for side in (before, now)]
    return Drift(kind, days, figure, moved, test, name, len(before), len(now), documents[0], documents[1])


def _windows(project: Project, days: int) -> tuple[str, list[Observation], list[Observation]]:
    """Return the name of the reference, its observations, and the current ones."""
    since = timezone.localdate() - datetime.timedelta(days=days - 1)
    rows = Observation.objects.filter(project=project).order_by("-id")
    current = rows.filter(day__gte=since)
    for build in _deployed(project):
        used = DatasetDocument.objects.filter(version__project=project, version__hash=build, document__isnull=False)
        ids = used.values("document")
        before = _newest(rows.filter(document__in=ids))
        if len(before) >= LEAST:
            return f"dataset {build}", before, _newest(current.exclude(document__in=ids))
    start = since - datetime.timedelta(days=REFERENCE_DAYS)
    return "before", _newest(rows.filter(day__gte=start, day__lt=since)), _newest(current)


def _deployed(project: Project) -> list[str]:
    """Return the hashes of the datasets that the deployed builds were learned from."""
    live = deployments.live(project)
    if live is None:
        return []
    members = (build for builds in deployments.builds(live).values() for build in builds)
    return list(dict.fromkeys(build.dataset for build in members if build.dataset))


def _newest(rows: QuerySet[Observation]) -> list[Observation]:
    return list(rows[:MOST])


def _compare(kind: Kind, before: Sequence[Observation], now: Sequence[Observation]) -> tuple[Moved, ...]:
    shifts: dict[str, Shift] = {}
    for name in (*NUMBERS[kind], *(ASIDE if kind is Kind.INPUT else ())):
        sides = [[v for o in side if (v := _number(o, name)) is not None] for side in (before, now)]
        if all(len(side) >= LEAST for side in sides):
            shifts[name] = numeric_shift(*sides)
    for name in CATEGORIES[kind]:
        shifts[name] = category_shift(*([_category(o, name) for o in side] for side in (before, now)))
    if kind is Kind.OUTPUT:
        shifts["kinds"] = category_shift(*([_main_kind(o) for o in side] for side in (before, now)))
    counting = [name for name in shifts if name not in ASIDE]
    corrected = dict(zip(counting, holm([shifts[name].p for name in counting])))
    return tuple(
        Moved(name, one.psi, one.size, corrected.get(name, one.p), name in corrected, one.bins)
        for name, one in shifts.items()
    )


def _number(row: Observation, name: str) -> float | None:
    if name == "words_per_page":
        return row.words / max(row.pages, 1)
    if name == "values":
        return float(sum(row.kinds.values()))
    value = getattr(row, name)
    return None if value is None else float(value)


def _category(row: Observation, name: str) -> str:
    if name == "is_known":
        return "known" if row.template else "unknown"
    return str(getattr(row, name)) or "-"


def _main_kind(row: Observation) -> str:
    """Return the type of most of the document's values, the first by name of equals; "-" when it has none."""
    return max(sorted(row.kinds), key=lambda kind: row.kinds[kind], default="-")


def _matrices(kind: Kind, before: Sequence[Observation], now: Sequence[Observation]) -> tuple[Floats, Floats]:
    """Return float [documents, figures] of both sides: numbers, and a column for each common category."""
    columns = [
        np.log1p([_number(o, name) or 0.0 for o in (*before, *now)]) for name in NUMBERS[kind]
    ]  # a document without a figure has none of it
    for name in CATEGORIES[kind]:
        said = np.array([_category(o, name) for o in (*before, *now)])
        names, counts = np.unique(said, return_counts=True)
        columns += [(said == one).astype(float) for one in names[counts >= LEAST]]
    if kind is Kind.OUTPUT:
        types = sorted({type for o in (*before, *now) for type in o.kinds})
        columns += [np.log1p([float(o.kinds.get(type, 0)) for o in (*before, *now)]) for type in types]
    matrix = np.column_stack(columns)
    return matrix[: len(before)], matrix[len(before) :]
