"""Time windows in which training is welcome: nights, weekends."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from invex.kernel.errors import BadInput

DAYS = 7
MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Window:
    """On these days (0 = Monday) from `begin` to `end`, minutes since midnight; past midnight when end <= begin."""

    days: tuple[int, ...]
    begin: int
    end: int

    @classmethod
    def from_json(cls, data: Any) -> Window:
        """Return the window that `data` says. Raises BadInput with what to write."""
        try:
            days = tuple(sorted({int(day) for day in data["days"]}))
            begin, end = _minutes(data["from"]), _minutes(data["to"])
        except (KeyError, TypeError, ValueError):
            days, begin, end = (), 0, 0
        if not days or not all(0 <= day < DAYS for day in days):
            raise BadInput('A window is {"days": [0, 1], "from": "20:00", "to": "06:00"}; Monday is 0.')
        return cls(days, begin, end)

    def to_json(self) -> dict[str, Any]:
        return {"days": list(self.days), "from": _clock(self.begin), "to": _clock(self.end)}

    def holds(self, now: datetime.datetime) -> bool:
        """Say whether `now`, in local time, lies within the window."""
        minute, day = now.hour * 60 + now.minute, now.weekday()
        if self.begin < self.end:
            return day in self.days and self.begin <= minute < self.end
        return (day in self.days and minute >= self.begin) or ((day - 1) % DAYS in self.days and minute < self.end)


def is_open(windows: Sequence[Window], now: datetime.datetime) -> bool:
    """Say whether training is welcome now; without windows it always is."""
    return not windows or any(window.holds(now) for window in windows)


def next_opening(windows: Sequence[Window], now: datetime.datetime) -> datetime.datetime | None:
    """Return when training is welcome again, now when it is, to the minute; None = never within the next week."""
    moment = now.replace(second=0, microsecond=0)
    for _ in range(DAYS * MINUTES + 1):
        if is_open(windows, moment):
            return max(moment, now) if moment <= now else moment
        moment += datetime.timedelta(minutes=1)
    return None


def _minutes(clock: str) -> int:
    parsed = datetime.time.fromisoformat(clock)
    return parsed.hour * 60 + parsed.minute


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
