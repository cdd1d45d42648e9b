"""The audit log: one row a change."""

from __future__ import annotations

from typing import Any

from . import request_ids
from .actor import Actor
from .models import AuditEntry


def record(actor: Actor, action: str, subject_type: str, subject: object, *, project: str = "", **detail: Any) -> None:
    """Write one audit row; call it in the transaction of the change."""
    AuditEntry.objects.create(
        actor=str(actor),
        project=project,
        action=action,
        subject_type=subject_type,
        subject=str(subject),
        detail=detail,
        request_id=request_ids.current(),
    )
