"""What the pages of the models area send."""

from __future__ import annotations

import datetime
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from invex.kernel.errors import BadInput
from invex.kernel.sent import sent_number
from mlops.datasets.selection import Selection

MOST_SEED = 2**31 - 1


def read_selection(data: QueryDict) -> Selection:
    """Return the selection that a form says; an empty entry leaves nothing out. Raises BadInput."""
    percent = sent_number(data, "share", _("the share in percent"))
    if percent is not None and not 0 < percent <= 100:
        raise BadInput(_("The share is above 0 and at most 100 percent."), code="bad_share")
    return Selection(
        since=_day(data.get("since", "")),
        templates=tuple(name for name in data.getlist("template")),
        with_held=data.get("with_held") == "on",
        without_suspects=data.get("without_suspects") == "on",
        share=1.0 if percent is None else percent / 100,
        newest=_count(data, "newest", _("the newest documents")),
        per_template=_count(data, "per_template", _("the documents of each template")),
    )


def read_seed(data: QueryDict) -> int:
    """Return the seed that was sent, 0 for none. Raises BadInput."""
    seed = sent_number(data, "seed", _("the seed")) or 0
    if seed != int(seed) or not 0 <= seed <= MOST_SEED:
        raise BadInput(_("The seed is a whole number from 0 to %(most)s.") % {"most": MOST_SEED}, code="bad_seed")
    return int(seed)


def read_load(data: QueryDict) -> float:
    """Return the load of others above which training waits, (0, 1]. Raises BadInput."""
    percent = sent_number(data, "most_load", _("the load in percent"))
    if percent is None or not 0 < percent <= 100:
        raise BadInput(_("The load is above 0 and at most 100 percent."), code="bad_load")
    return percent / 100


def read_gpu(data: QueryDict) -> dict[str, Any]:
    """Return what training may take of GPUs, as services.set_policy takes it. Raises BadInput."""
    percent = sent_number(data, "gpu_share", _("the share of GPUs in percent")) or 0
    if not 0 <= percent <= 100:
        raise BadInput(_("The share of GPUs is between 0 and 100 percent."), code="bad_share")
    free = sent_number(data, "gpu_free_mb", _("the free memory of a GPU"))
    others = sent_number(data, "gpu_others_mb", _("the memory of others on a GPU"))
    if free is None or others is None or min(free, others) < 0:
        raise BadInput(_("Give the memory of a GPU in MB, 0 or more."), code="bad_memory")
    return {"gpu_share": percent / 100, "gpu_free_mb": int(free), "gpu_others_mb": int(others)}


def read_windows(data: QueryDict, most: int) -> list[dict[str, Any]]:
    """Return the time windows that were sent as services.set_policy takes them; those without a day are left out."""
    found: list[dict[str, Any]] = []
    for n in range(most):
        days = [int(day) for day in data.getlist(f"days:{n}") if day in "0123456" and len(day) == 1]
        if days:
            found.append({"days": days, "from": data.get(f"from:{n}", ""), "to": data.get(f"to:{n}", "")})
    return found


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput(_("Write the day as 2026-03-29."), code="bad_day") from None


def _count(data: QueryDict, name: str, what: str) -> int | None:
    value = sent_number(data, name, what)
    if value is not None and (value < 1 or value != int(value)):
        raise BadInput(_("Give %(what)s as a whole number of at least 1.") % {"what": what}, code="bad_number")
    return None if value is None else int(value)
