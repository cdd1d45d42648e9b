"""A state changes in one place: by compare-and-swap, along a table of allowed moves, with an audit row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from django.db import models, transaction
from django.utils import timezone

from . import audit
from .actor import Actor


class IllegalMove(Exception):
    """A bug: nothing in the table of moves leads from the one state to the other."""


class Stateful(Protocol):
    """A model with a `state`, a `state_changed_at` and a class-level table MOVES: state -> states it may go to."""

    MOVES: ClassVar[Mapping[str, frozenset[str]]]
    _meta: ClassVar[Any]
    _default_manager: Any
    pk: Any
    state: str


def move(
    row: Stateful,
    to: str,
    *,
    actor: Actor,
    project: str,
    only_if: models.Q | None = None,
    detail: dict[str, Any] | None = None,
    **updates: Any,
) -> bool:
    """Move `row` from the state that it was loaded with to `to`, and set `updates` with it.

    Return True when this caller won; False when the row had already left its state or `only_if` no longer holds (the
    caller then does nothing). On success the instance carries the new values. Raises IllegalMove.
    """
    old = row.state
    if to not in row.MOVES.get(old, frozenset()):
        raise IllegalMove(f"{type(row).__name__} {row.pk}: {old} -> {to}")
    now = timezone.now()
    # update() leaves auto_now fields alone, so they are named.
    touched = {f.name: now for f in row._meta.concrete_fields if getattr(f, "auto_now", False)}
    changes = {"state": to, "state_changed_at": now, **touched, **updates}
    with transaction.atomic(savepoint=False):  # whoever called in a transaction fails with it
        matching = type(row)._default_manager.filter(pk=row.pk, state=old)
        if only_if is not None:
            matching = matching.filter(only_if)
        if not matching.update(**changes):
            return False
        audit.record(
            actor,
            f"{old} -> {to}",
            type(row)._meta.model_name or "",
            row.pk,
            project=project,
            **(detail or {}),
        )
    for name, value in changes.items():
        if not isinstance(value, models.F | models.expressions.Combinable):
            setattr(row, name, value)
    return True
