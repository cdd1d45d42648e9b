"""Cron expressions, as RQ's own cron reads them (croniter), in the installation's time zone.

RQ's scheduler keeps its times in Redis and its jobs in a file. A schedule that people edit must outlive a flushed
Redis, so the next time is a column of the policy, and a sweep looks at it.
"""

from __future__ import annotations

import datetime
from typing import Any

from croniter import CroniterBadDateError, croniter
from django.utils import timezone

from invex.kernel.errors import BadInput

FIELDS = 5  # minute, hour, day of the month, month, day of the week


def check(cron: Any) -> None:
    """Raise BadInput unless `cron` is an expression of five fields that comes to pass."""
    is_cron = isinstance(cron, str) and len(cron.split()) == FIELDS and croniter.is_valid(cron)
    if not is_cron or next_time(cron, timezone.now()) is None:
        raise BadInput(
            "schedule: five fields (minute, hour, day, month, weekday), such as “0 2 * * 6” for Saturdays at 02:00.",
            code="bad_schedule",
        )


def next_time(cron: str, after: datetime.datetime) -> datetime.datetime | None:
    """Return the first time after `after`, None when there is none."""
    return next(iter(next_times(cron, after, 1)), None)


def next_times(cron: str, after: datetime.datetime, count: int) -> list[datetime.datetime]:
    """Return the next times in their order; fewer where no more come."""
    if not cron:
        return []
    times: list[datetime.datetime] = []
    following = croniter(cron, timezone.localtime(after))
    try:
        while len(times) < count:
            times.append(following.get_next(datetime.datetime))
    except CroniterBadDateError:  # such as 30 February
        pass
    return times
