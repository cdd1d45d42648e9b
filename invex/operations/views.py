"""Health and metrics, outside of login: no names, no document text, only whether it works and how much."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import django_rq
import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.module_loading import import_string

from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.kernel import liveness

# The queues without which documents stop; extract-gpu is an addition to extract.
NEEDED_QUEUES = ("read", "extract", "online", "default", "results", "training")


def healthz(request: HttpRequest) -> HttpResponse:
    """The process lives."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """Database, Redis and a live worker for each queue; 503 and the reason when one is missing."""
    checks: dict[str, Any] = {"database": _database(), "redis": "ok"}
    try:
        live = liveness.live_queues()
        for queue in NEEDED_QUEUES:
            checks[f"worker:{queue}"] = "ok" if live.get(queue) else "no live worker"
    except redis.RedisError as e:
        checks["redis"] = f"cannot be reached: {type(e).__name__}"
    is_ready = all(v == "ok" for v in checks.values())
    return JsonResponse({"ready": is_ready, "checks": checks}, status=200 if is_ready else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as e:
        return f"cannot be reached: {type(e).__name__}"
    return "ok"


class _Collected:
    """What another part adds to the metrics, asked when they are written."""

    def __init__(self, families: Callable[[], Iterable[Any]]) -> None:
        self.families = families

    def collect(self) -> Iterable[Any]:
        return self.families()

    def describe(self) -> Iterable[Any]:
        return ()  # else the registry would collect once more, to learn the names


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text format: documents by state, queue lengths, live workers, undispatched events, METRICS."""
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

    from invex.kernel.models import Event

    registry = CollectorRegistry()
    documents = Gauge("invex_documents", "Documents by state", ["state"], registry=registry)
    counted = dict(Document.objects.order_by().values_list("state").annotate(n=Count("id")))
    for state in DocumentState.values:
        documents.labels(state).set(counted.get(state, 0))
    Gauge("invex_events_undispatched", "Events that wait for their jobs", registry=registry).set(
        Event.objects.filter(dispatched_at__isnull=True).count()
    )
    reachable = Gauge("invex_redis_up", "1 when Redis can be reached", registry=registry)
    queue_length = Gauge("invex_queue_length", "Jobs that wait", ["queue"], registry=registry)
    workers = Gauge("invex_workers", "Live workers", ["queue"], registry=registry)
    try:
        live = liveness.live_queues()
        for queue in settings.QUEUES:
            queue_length.labels(queue).set(django_rq.get_queue(queue).count)
            workers.labels(queue).set(live.get(queue, 0))
        reachable.set(1)
    except redis.RedisError:
        reachable.set(0)
    for name in settings.METRICS:
        registry.register(_Collected(import_string(name)))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
