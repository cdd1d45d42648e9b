"""Counters of the whole installation for Prometheus: they only grow, whatever is erased or forgotten."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F

from invex.kernel.models import Event

from .models import Tally

ALL = "events"  # all events that were taken; its row is locked while some are
EVENT = "event:"  # + name
UNKNOWN = "predictions:unknown"
CONFIDENCE = "confidence:"  # + upper bound of a bucket: predictions whose template was as sure as that, and no surer
CONFIDENCES = ("0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "0.95", "0.99", "1")
PREDICTION = "prediction.made"


def count(events: Iterable[Event]) -> None:
    """Add events to the counters; in the transaction that takes them."""
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
    for key, (number, total) in sorted(counts.items()):
        row, _ = Tally.objects.get_or_create(key=key)
        Tally.objects.filter(pk=row.pk).update(count=F("count") + int(number), total=F("total") + total)
