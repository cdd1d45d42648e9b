"""Charts of the machines: processor, memory, disk, input and output, GPUs, over some hours or days."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from .chart import Chart, Curve, Mark, Point
from .models import HardwareSample
from .selection import Period

HOURS = (24, 168, 720)  # windows that are offered
STEPS = 96  # points of a curve at most
MB = 1e6


@dataclass(frozen=True, slots=True)
class Moment(Period):
    """A part of a day or more: `start` names it."""

    start: datetime.datetime


class MachineChart(Chart):
    """A chart whose periods are parts of a day."""

    @property
    def span(self) -> tuple[datetime.datetime, datetime.datetime]:
        first, second = self.periods[:2]
        assert isinstance(first, Moment)
        assert isinstance(second, Moment)
        return first.start, first.start + (second.start - first.start) * len(self.periods)

    def when(self, number: int) -> str:
        period = self.periods[number]
        assert isinstance(period, Moment)
        return formats.date_format(timezone.localtime(period.start), "DATETIME_FORMAT")


def hosts() -> list[str]:
    return list(HardwareSample.objects.order_by("host").values_list("host", flat=True).distinct())


def charts(host: str, hours: int, marks: Sequence[Mark]) -> list[Chart]:
    """Return the charts of one machine over the last hours; means of each step."""
    now = timezone.now()
    step = datetime.timedelta(hours=hours) / STEPS
    begin = now - step * STEPS
    rows = HardwareSample.objects.filter(host=host, at__gte=begin).order_by("at")
    samples: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows.values("at", "cpu", "memory", "disk", "read_rate", "write_rate", "gpus"):
        samples[min(STEPS - 1, int((row["at"] - begin) / step))].append(row)
    periods = tuple(_moment(begin + step * number, step) for number in range(STEPS))

    def curve(key: str, label: str, kind: str, scale: float = 1.0) -> Curve:
        return Curve(key, label, kind, tuple(_mean([s[key] / scale for s in samples[n]]) for n in range(STEPS)))

    def chart(name: str, title: str, unit: str, *curves: Curve, about: str = "") -> Chart:
        return MachineChart(name, title, unit, periods, curves, tuple(marks), about, floor=0.0)

    found = [
        chart("cpu", _("Processor"), "%", curve("cpu", _("of all cores"), "accent")),
        chart("memory", _("Memory"), "%", curve("memory", _("in use"), "accent")),
        chart("disk", _("Disk"), "%", curve("disk", _("in use, where the data lies"), "accent")),
        chart(
            "io", _("Disk input and output"), "MB/s",
            curve("read_rate", _("read"), "accent", MB), curve("write_rate", _("written"), "live", MB),
        ),
    ]  # fmt: skip
    names = {number: gpu["name"] for some in samples.values() for s in some for number, gpu in enumerate(s["gpus"])}
    for number, name in sorted(names.items()):
        curves = [
            Curve(key, label, kind, tuple(
                _mean([s["gpus"][number][key] for s in samples[n] if number < len(s["gpus"])]) for n in range(STEPS)
            ))
            for key, label, kind in (("utilisation", _("busy"), "accent"), ("memory", _("memory in use"), "live"))
        ]  # fmt: skip
        found.append(chart(f"gpu{number}", f"GPU {number}: {name}", "%", *curves))
    return found


def _moment(start: datetime.datetime, step: datetime.timedelta) -> Moment:
    return Moment(timezone.localdate(start), timezone.localdate(start + step), start)


def _mean(values: list[float]) -> Point:
    return Point(sum(values) / len(values), len(values)) if values else Point()
