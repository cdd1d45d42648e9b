"""Counters of the whole installation for Prometheus: they only grow, whatever is erased or forgotten."""

from __future__ import annotations

from collections.abc import Iterable

from invex.kernel.models import Event

from .models import Tally

ALL = "events"  # all events that were taken; its row is locked while some are
EVENT = "event:"  # + name
UNKNOWN = "predictions:unknown"
CONFIDENCE = "confidence:"  # + upper bound of a bucket: predictions whose template was as sure as that, and no surer
CONFIDENCES = ("0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "0.95", "0.99", "1")
PREDICTION = "prediction.made"


def count(events: Iterable[Event]) -> None:
    """Add events to the counters; in the transaction that takes them, which holds the row ALL locked."""
    counts: dict[str, list[float]] = {}

    def add(key: str, amount: float = 0.0) -> None:
        one = counts.setdefault(key, [0.0, 0.0])
        one[0] += 1
        one[1] += amount

    for event in events:
        add(ALL)
        add(EVENT + event.name)
        if event.name == PREDICTION:
            confidence = float(event.payload.get("confidence") or 0.0)
            bound = next((b for b in CONFIDENCES if confidence <= float(b)), CONFIDENCES[-1])
            add(CONFIDENCE + bound, confidence)
            if not event.payload.get("template"):
                add(UNKNOWN)
    before = Tally.objects.in_bulk(counts, field_name="key")
    rows = []
    for key, (number, total) in sorted(counts.items()):
        row = before.get(key) or Tally(key=key)
        rows.append(Tally(key=key, count=row.count + int(number), total=row.total + total))
    Tally.objects.bulk_create(rows, update_conflicts=True, unique_fields=["key"], update_fields=["count", "total"])
