"""Pure but for translated figures: curves over time as SVG attributes, with the table of the same figures."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass
from functools import cached_property

from django.utils import formats, timezone
from django.utils.http import urlencode

from .selection import Period

WIDTH, HEIGHT = 400, 150  # of the viewBox; about the pixels of a chart on a telephone and beside others
LEFT, RIGHT, TOP, BOTTOM = 40.0, 394.0, 8.0, 140.0  # of the plot in it
SMALL = 0.01  # below it three places say nothing
MOST_TICKS = 5


@dataclass(frozen=True, slots=True)
class Point:
    """A figure of a period. value: None where there is nothing to say. count: what it is a figure of.

    low, high: of a 95 % interval, where there is one. is_open: more of the period's documents are still to be judged.
    """

    value: float | None = None
    count: int = 0
    low: float | None = None
    high: float | None = None
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Curve:
    """Figures of one kind, one a period. key: its name in addresses. kind: its class in the stylesheet."""

    key: str
    label: str
    kind: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened. kind: "deployment" or "training"."""

    at: datetime.datetime
    label: str
    url: str
    kind: str


@dataclass(frozen=True, slots=True)
class Dot:
    x: str
    y: str
    kind: str
    title: str
    query: str  # of the address of its documents


@dataclass(frozen=True, slots=True)
class Line:
    """A line across the plot: a tick with y, or a mark with x."""

    at: str
    label: str
    kind: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure of the table. query: as of a dot; "" where there is no figure."""

    text: str
    count: int
    query: str


@dataclass(frozen=True)
class Chart:
    """Curves over the same periods. unit: behind each figure, "" for counts. about: what one must know to read it."""

    name: str
    title: str
    unit: str
    periods: tuple[Period, ...]
    curves: tuple[Curve, ...]
    marks: tuple[Mark, ...] = ()
    about: str = ""
    limits: tuple[float, ...] = ()  # drawn as lines, where a figure means something from there on
    floor: float | None = None  # the axis begins here at the latest; None = near the least figure

    @property
    def is_empty(self) -> bool:
        return all(point.value is None for curve in self.curves for point in curve.points)

    @cached_property
    def scale(self) -> tuple[float, float, float]:
        """Least and largest figure of the axis, and the step between its ticks."""
        values = [p.value for curve in self.curves for p in curve.points if p.value is not None] + list(self.limits)
        if self.floor is not None:
            values.append(self.floor)
        low, high = min(values, default=0.0), max(values, default=1.0)
        if high - low < 1e-9:
            low, high = (low - 1, high) if self.unit == "%" and high >= 100 else (low, high + 1)
        rough = (high - low) / (MOST_TICKS - 1)
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * n for n in (1, 2, 5, 10) if power * n >= rough * 0.999)
        return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, step

    @property
    def ticks(self) -> list[Line]:
        low, high, step = self.scale
        numbers = range(round((high - low) / step) + 1)
        return [Line(self._y(low + n * step), figure(low + n * step)) for n in numbers]

    @property
    def limit_lines(self) -> list[str]:
        return [self._y(limit) for limit in self.limits]

    @property
    def paths(self) -> list[tuple[str, str]]:
        """(class, path data) of each curve; a period without a figure is a gap."""
        return [(curve.kind, " ".join(self._runs(curve))) for curve in self.curves]

    def _runs(self, curve: Curve) -> list[str]:
        found, is_on = [], False
        for number, point in enumerate(curve.points):
            if point.value is not None:
                found.append(f"{'L' if is_on else 'M'}{self._x(number)} {self._y(point.value)}")
            is_on = point.value is not None
        return found

    @property
    def dots(self) -> list[Dot]:
        return [
            Dot(
                self._x(number), self._y(point.value), f"{curve.kind}{' open' if point.is_open else ''}",
                f"{curve.label}, {self.times[number]}: {self.texts[curve.key][number]}", self.query(number, curve),
            )
            for curve in self.curves
            for number, point in enumerate(curve.points)
            if point.value is not None
        ]  # fmt: skip

    @property
    def span(self) -> tuple[datetime.datetime, datetime.datetime]:
        """Where the axis of time begins and ends."""
        days = (self.periods[0].first, self.periods[-1].last + datetime.timedelta(days=1))
        begin, end = (timezone.make_aware(datetime.datetime.combine(day, datetime.time.min)) for day in days)
        return begin, end

    @property
    def mark_lines(self) -> list[Line]:
        begin, end = self.span
        found = ((mark, (mark.at - begin) / (end - begin)) for mark in self.marks)
        return [
            Line(f"{LEFT + (RIGHT - LEFT) * x:.1f}", mark.label, mark.kind, mark.url)
            for mark, x in found
            if 0 <= x <= 1
        ]

    @property
    def rows(self) -> list[tuple[str, list[Cell]]]:
        """The table, the newest first: name of the period, and a cell a curve."""
        return [
            (self.times[number], [self._cell(number, curve) for curve in self.curves])
            for number in reversed(range(len(self.periods)))
            if any(curve.points[number].value is not None for curve in self.curves)
        ]

    def _cell(self, number: int, curve: Curve) -> Cell:
        point = curve.points[number]
        return Cell(
            self.texts[curve.key][number], point.count, "" if point.value is None else self.query(number, curve)
        )

    def query(self, number: int, curve: Curve) -> str:
        """Return which documents a point speaks of, for the address of their list."""
        period = self.periods[number]
        return urlencode({"chart": self.name, "curve": curve.key, "from": str(period.first), "until": str(period.last)})

    @property
    def now(self) -> str:
        """The newest figure of the first curve."""
        found = [point.value for point in self.curves[0].points if point.value is not None]
        return f"{figure(found[-1])} {self.unit}".strip() if found else "–"

    @cached_property
    def times(self) -> list[str]:
        """The name of each period."""
        return [self.when(number) for number in range(len(self.periods))]

    @property
    def last_time(self) -> str:
        return self.times[-1]

    @cached_property
    def texts(self) -> dict[str, list[str]]:
        """What each point of a curve says, by the curve's key."""
        return {curve.key: [self.said(point) for point in curve.points] for curve in self.curves}

    def when(self, number: int) -> str:
        period = self.periods[number]
        first = formats.date_format(period.first, "MONTH_DAY_FORMAT")
        return (
            first
            if period.first == period.last
            else f"{first} – {formats.date_format(period.last, 'MONTH_DAY_FORMAT')}"
        )

    def said(self, point: Point) -> str:
        """Return a figure with its interval and what it is a figure of."""
        if point.value is None:
            return "–"
        text = f"{figure(point.value)} {self.unit}".strip()
        if point.low is not None and point.high is not None:
            text += f" ({figure(point.low)} – {figure(point.high)})"
        return text

    def _x(self, number: int) -> str:
        return f"{LEFT + (RIGHT - LEFT) * (number + 0.5) / len(self.periods):.1f}"

    def _y(self, value: float) -> str:
        low, high, _ = self.scale
        return f"{BOTTOM - (BOTTOM - TOP) * (value - low) / (high - low):.1f}"


def figure(value: float) -> str:
    """Return a number in the reader's language: whole from a hundred on, with one place from one on, else three.

    A smaller one keeps two figures of its own.
    """
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 1 else 3
    if 1e-9 < abs(value) < SMALL:
        digits = 1 - math.floor(math.log10(abs(value)))
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if digits else text
    return text.replace(".", formats.get_format("DECIMAL_SEPARATOR"))
