"""Jobs and sweeps of the results queue: thin, by id, may run twice."""

from __future__ import annotations

from invex.kernel.queue import is_idle, wake

from . import deliveries, export_queries, exports, webhook_queries, webhooks
from .models import Export, WebhookDelivery

QUEUE = "results"


def write_export(export_id: int | str) -> bool:
    """Write an export that waits. Return False when it was not there to write, or another worker has it."""
    row = Export.objects.select_related("project").filter(pk=export_id).first()
    return row is not None and exports.write(row)


def forget_document(document_id: int | str) -> int:
    """End the exports that hold a document which was erased. Return how many."""
    return exports.forget(int(document_id))


def sweep_exports() -> int:
    """Take up exports whose worker or wake-up is gone, and delete the files of those whose time is over."""
    taken_up = sum(exports.take_back(row) for row in export_queries.stranded())
    lost = export_queries.lost() if is_idle(QUEUE) else []  # while it is busy nobody can tell
    woken = sum(wake("invex.results.jobs.write_export", pk, queue=QUEUE) for pk in lost)
    return taken_up + woken + sum(exports.expire(row) for row in export_queries.expired()) + exports.clear_folders()


def announce(subject: int | str) -> int:
    """Make the webhook messages about what happened to a document or an export. Return how many are new."""
    return webhooks.announce(str(subject))


def deliver(delivery_id: int | str) -> bool:
    """Try once to deliver a webhook message. Return False when it is not to be sent now."""
    row = WebhookDelivery.objects.select_related("endpoint__project").filter(pk=delivery_id).first()
    return row is not None and deliveries.deliver(row)


def sweep_webhooks() -> int:
    """Take up messages whose job or worker is gone, and wake those whose next attempt is due."""
    taken_up = webhooks.announce_missed() + sum(deliveries.take_back(row) for row in webhook_queries.stranded())
    due = webhook_queries.due() if is_idle(QUEUE) else []  # while it is busy, they may be in it already
    return taken_up + sum(wake("invex.results.jobs.deliver", pk, queue=QUEUE) for pk in due)


def sweep_log() -> int:
    """Delete the log of messages that have ended long ago. Return how many rows went."""
    return webhook_queries.forgotten().delete()[0]
