"""What a page of the monitoring shows, as it stands in the address: `?days=&template=&field=`."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from invex.documents.filters import UNKNOWN
from invex.kernel.errors import BadInput

WINDOWS = (14, 28, 84, 364)  # days
USUAL = 28
BY_DAY = 28  # a longer window is shown by weeks
WEEK = 7


@dataclass(frozen=True, slots=True)
class Period:
    """Some days, both included."""

    first: datetime.date
    last: datetime.date


@dataclass(frozen=True)
class Selection:
    """days: up to today. template: a name, UNKNOWN, or "" for all. field: a key, "" for all fields and tables."""

    days: int = USUAL
    template: str = ""
    field: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Selection:
        """Read an address's query. Raises BadInput for a window that is not offered."""
        days = query.get("days") or str(USUAL)
        if days not in [str(window) for window in WINDOWS]:
            raise BadInput(_("There is no window of %(days)s days.") % {"days": days[:20]}, code="bad_window")
        return cls(int(days), query.get("template") or "", query.get("field") or "")

    def query(self, **changes: Any) -> str:
        """Return the address's query, some of it changed; "" where all is as usual."""
        said = {"days": self.days if self.days != USUAL else "", "template": self.template, "field": self.field}
        return urlencode({key: value for key, value in (said | changes).items() if value})

    @cached_property
    def since(self) -> datetime.date:
        return timezone.localdate() - datetime.timedelta(days=self.days - 1)

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """The days or weeks of the window, the oldest first."""
        step = 1 if self.days <= BY_DAY else WEEK
        firsts = (self.since + datetime.timedelta(days=n) for n in range(0, self.days, step))
        return tuple(Period(first, first + datetime.timedelta(days=step - 1)) for first in firsts)

    def number(self, day: datetime.date) -> int:
        """Return which period a day is in."""
        return (day - self.since).days // (1 if self.days <= BY_DAY else WEEK)

    @property
    def filters(self) -> dict[str, Any]:
        """What rows with a day and a template are filtered by."""
        found: dict[str, Any] = {"day__gte": self.since}
        if self.template:
            found["template"] = "" if self.template == UNKNOWN else self.template
        return found


def period_of(query: Mapping[str, str]) -> Period:
    """Return the days that an address names: `?from=&until=`. Raises BadInput."""
    return Period(_day(query.get("from", "")), _day(query.get("until", "")))


def _day(text: str) -> datetime.date:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise BadInput(_("%(text)s is no day. Write it like 2026-03-29.") % {"text": text[:40]}, code="bad_day")
    return day
