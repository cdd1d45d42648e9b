"""What the monitoring adds to /metrics (settings.METRICS): no names of projects, templates or fields."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Max
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from . import tallies
from .models import DriftReading, Tally


def families() -> Iterator[Metric]:
    """Yield the metrics as they are now: counters that only grow, and the newest drift of each project."""
    counted = {row.key: row for row in Tally.objects.all()}
    events = CounterMetricFamily("invex_events", "What happened, by the name of the event", labels=["event"])
    for key, row in sorted(counted.items()):
        if key.startswith(tallies.EVENT):
            events.add_metric([key.removeprefix(tallies.EVENT)], row.count)
    yield events
    for name, key, about in (
        ("predictions", tallies.EVENT + tallies.PREDICTION, "Documents that were read, again too"),
        ("predictions_unknown", tallies.UNKNOWN, "Of them, those of no known template"),
        ("corrections", tallies.EVENT + "field.corrected", "Fields and tables that a person corrected"),
    ):
        yield CounterMetricFamily(f"invex_{name}", about, value=counted[key].count if key in counted else 0)
    yield _confidence(counted)
    drift = GaugeMetricFamily(
        "invex_drift", "Newest figure of the drift: size without what chance adds", labels=["project", "kind"]
    )
    newest = DriftReading.objects.filter(figure__isnull=False).order_by().values("project", "kind")
    for one in newest.annotate(newest=Max("day")):
        figure = DriftReading.objects.get(project=one["project"], kind=one["kind"], day=one["newest"]).figure
        if figure is not None:
            drift.add_metric([str(one["project"]), one["kind"]], figure)
    yield drift


def _confidence(counted: dict[str, Tally]) -> Metric:
    buckets, cumulated, total = [], 0, 0.0
    for bound in tallies.CONFIDENCES:
        row = counted.get(tallies.CONFIDENCE + bound)
        if row is not None:
            cumulated, total = cumulated + row.count, total + row.total
        buckets.append((bound, cumulated))
    family = HistogramMetricFamily("invex_template_confidence", "How sure predictions are of the template")
    family.add_metric([], [*buckets, ("+Inf", cumulated)], sum_value=total)
    return family
