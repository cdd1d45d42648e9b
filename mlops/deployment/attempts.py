"""Attempts that came to nothing: a replay or a re-read whose worker died waits for the next one, or is given up."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from invex.kernel import leases
from invex.kernel.actor import SYSTEM
from invex.kernel.states import move

from .models import CodeReplay, Reread
from .states import ReplayState, RereadState

ATTEMPTS = 3  # what ends its worker each time is given up

Work = CodeReplay | Reread
States = type[ReplayState] | type[RereadState]


def take_back_lost(rows: QuerySet[Any], states: States, *, why: str) -> int:
    """Put rows whose worker died back to waiting; fail those that were tried too often, for `why`. Return how many."""
    lost = rows.select_related("project").filter(state=states.RUNNING, leased_until__lt=timezone.now())
    return sum(_take_up_again(row, states, why) for row in lost)


def fail(row: Work, states: States, reason: str, *, only_if: Q) -> bool:
    """End it for a reason, unless `only_if` says that somebody else has it. Return whether that was so."""
    return move(
        row, states.FAILED, actor=SYSTEM, project=row.project.slug, only_if=only_if, reason=reason, leased_until=None,
        ended_at=timezone.now(),
    )  # fmt: skip


def _take_up_again(row: Work, states: States, why: str) -> bool:
    lost = leases.lost(row)
    if row.attempts >= ATTEMPTS:
        return fail(row, states, why, only_if=lost)
    return move(row, states.WAITING, actor=SYSTEM, project=row.project.slug, only_if=lost, leased_until=None)
