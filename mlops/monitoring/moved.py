"""Charts and tables of drift: how far the documents of each day were from the reference, and in what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invex.accounts.models import Project

from .chart import Chart, Curve, Mark, Point
from .drift import CHANCE, MUCH, SOME, Kind
from .models import DriftReading
from .selection import Selection

NAMES = {
    "pages": gettext_lazy("Pages"),
    "words_per_page": gettext_lazy("Words a page"),
    "ocr_share": gettext_lazy("Share of words read by OCR"),
    "hour": gettext_lazy("Hour of arrival (does not count)"),
    "locale": gettext_lazy("How dates and numbers are written"),
    "template": gettext_lazy("Template"),
    "template_confidence": gettext_lazy("Confidence of the template"),
    "confidence": gettext_lazy("Confidence of the values"),
    "absent": gettext_lazy("Fields without a value"),
    "values": gettext_lazy("Values found"),
    "kinds": gettext_lazy("Type of most values"),
    "is_known": gettext_lazy("Of a known template"),
}
CATEGORIES = {"known": gettext_lazy("known"), "unknown": gettext_lazy("unknown"), "-": gettext_lazy("none")}


def charts(project: Project, chosen: Selection, marks: tuple[Mark, ...]) -> list[Chart]:
    """Return the chart of both drifts: the largest figure of each period."""
    rows = DriftReading.objects.filter(project=project, day__gte=chosen.since, figure__isnull=False)
    worst: dict[tuple[str, int], Point] = {}
    for row in rows.order_by("figure"):  # the largest of a period is the last
        worst[row.kind, chosen.number(row.day)] = Point(row.figure, row.detail["current_count"])
    numbers = range(len(chosen.periods))
    curves = (
        Curve("input", _("what comes"), "accent", tuple(worst.get((Kind.INPUT, n), Point()) for n in numbers)),
        Curve("output", _("what is read"), "live", tuple(worst.get((Kind.OUTPUT, n), Point()) for n in numbers)),
    )
    about = _(
        "Population stability index of the figure that moved most, without what chance adds: from 0.1 on some, from "
        "0.25 on much. Of all templates."
    )
    return [Chart("drift", _("Drift"), "", chosen.periods, curves, marks, about, (SOME, MUCH), floor=0.0)]


@dataclass(frozen=True, slots=True)
class Bar:
    """A bin as two bars of a viewBox that is 1 wide: shares of the reference and of the current window."""

    label: str
    reference: float
    current: float


@dataclass(frozen=True, slots=True)
class MovedRow:
    """A figure of the newest measurement. mark: "much", "some" or "" (chance explains it)."""

    name: str
    size: float
    p: float
    mark: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest measurement of a kind, for its table."""

    reading: DriftReading
    rows: tuple[MovedRow, ...]

    @property
    def auc(self) -> float | None:
        test = self.reading.detail["test"]
        return test["auc"] if test else None

    @property
    def accuracy_percent(self) -> float | None:
        test = self.reading.detail["test"]
        return 100 * test["accuracy"] if test else None

    @property
    def p(self) -> float | None:
        test = self.reading.detail["test"]
        return test["p"] if test else None

    @property
    def dataset(self) -> str:
        """The hash of the dataset that is the reference; "" when it is the time before."""
        name, _, hash = str(self.reading.detail["reference"]).partition(" ")
        return hash if name == "dataset" else ""


def newest(project: Project, kind: Kind) -> Newest | None:
    """Return what was measured last; None before the first measurement."""
    row = DriftReading.objects.filter(project=project, kind=kind).order_by("-day").first()
    if row is None:
        return None
    moved = sorted(row.detail["moved"], key=lambda one: (one["p"] >= CHANCE, -one["size"]))
    return Newest(row, tuple(_row(one) for one in moved))


def _row(one: dict[str, Any]) -> MovedRow:
    is_real = one["p"] < CHANCE and one["counts"]
    mark = "much" if is_real and one["size"] >= MUCH else "some" if is_real and one["size"] >= SOME else ""
    bars = tuple(
        Bar(str(CATEGORIES.get(bin["label"], bin["label"])), bin["reference"], bin["current"]) for bin in one["bins"]
    )
    return MovedRow(str(NAMES[one["name"]]), one["size"], one["p"], mark, bars)
