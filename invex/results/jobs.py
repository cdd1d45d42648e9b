"""Jobs and sweeps of the results queue: thin, by id, may run twice."""

from __future__ import annotations

from invex.kernel.queue import is_idle, wake

from . import export_queries, exports
from .models import Export

QUEUE = "results"


def write_export(export_id: int | str) -> bool:
    """Write an export that waits. Return False when it was not there to write, or another worker has it."""
    row = Export.objects.select_related("project").filter(pk=export_id).first()
    return row is not None and exports.write(row)


def sweep_exports() -> int:
    """Take up exports whose worker or wake-up is gone, and delete the files of those whose time is over."""
    taken_up = sum(exports.take_back(row) for row in export_queries.stranded())
    lost = export_queries.lost() if is_idle(QUEUE) else []  # while it is busy nobody can tell
    woken = sum(wake("invex.results.jobs.write_export", pk, queue=QUEUE) for pk in lost)
    return taken_up + woken + sum(exports.expire(row) for row in export_queries.expired()) + exports.clear_folders()
