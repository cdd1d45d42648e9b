"""Liveness of workers, /healthz, /readyz and /metrics."""

from __future__ import annotations

import fnmatch

import pytest
import redis
from django.db import DatabaseError

from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.kernel import liveness
from invex.operations import views


class Keys:
    """Redis, as far as liveness needs it: keys with their seconds to live."""

    def __init__(self) -> None:
        self.ttl: dict[str, int] = {}
        self.is_away = False

    def set(self, key: str, value: str, ex: int) -> None:
        self._answer()
        self.ttl[key] = ex

    def delete(self, *keys: str) -> None:
        self._answer()
        for key in keys:
            self.ttl.pop(key, None)

    def scan_iter(self, pattern: str, count: int):
        self._answer()
        return [key.encode() for key in self.ttl if fnmatch.fnmatch(key, pattern)]

    def _answer(self) -> None:
        if self.is_away:
            raise redis.ConnectionError("Redis is away")


@pytest.fixture
def keys(monkeypatch, run_jobs) -> Keys:
    found = Keys()
    monkeypatch.setattr(liveness.django_rq, "get_connection", lambda name: found)
    monkeypatch.setattr(liveness, "BEAT_S", 0.01)
    return found


def until(condition) -> None:
    import time

    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("waited in vain")


def test_a_worker_is_alive_while_it_runs(keys):
    with liveness.beating(["read", "default"]):
        until(lambda: liveness.live_queues() == {"read": 1, "default": 1})
        assert set(keys.ttl.values()) == {liveness.LIFE_S}
    assert liveness.live_queues() == {}


def test_it_is_alive_again_after_redis_forgot(keys):
    with liveness.beating(["read"]):
        until(liveness.live_queues)
        keys.ttl.clear()
        until(liveness.live_queues)


def test_a_beat_survives_redis_being_away(keys):
    keys.is_away = True
    with liveness.beating(["read"]):
        keys.is_away = False
        until(liveness.live_queues)
        keys.is_away = True
    assert keys.ttl, "it could not be deleted, and runs out by itself"


def alive(keys: Keys, *queues: str) -> None:
    for queue in queues:
        keys.set(f"{liveness.PREFIX}{queue}:host:1", "1", ex=1)


def test_healthz_says_that_the_process_lives(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.django_db
class TestReady:
    def test_with_a_worker_for_each_queue(self, client, keys):
        alive(keys, *views.NEEDED_QUEUES)
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["ready"]) == (200, True)

    @pytest.mark.parametrize("missing", views.NEEDED_QUEUES)
    def test_not_without_a_worker_of_some_queue(self, client, keys, missing):
        alive(keys, *(queue for queue in views.NEEDED_QUEUES if queue != missing))
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["checks"][f"worker:{missing}"] == "no live worker"

    def test_not_without_redis(self, client, keys):
        keys.is_away = True
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert "ConnectionError" in answer.json()["checks"]["redis"]

    def test_not_without_the_database(self, client, keys, monkeypatch):
        def away():
            raise DatabaseError

        alive(keys, *views.NEEDED_QUEUES)
        monkeypatch.setattr(views.connection, "cursor", away)
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert "DatabaseError" in answer.json()["checks"]["database"]


def test_metrics_count_documents_jobs_and_workers(client, keys, receive, run_jobs):
    receive()
    Document.objects.filter(pk=receive().pk).update(state=DocumentState.REVIEW)
    alive(keys, "read")
    text = client.get("/metrics").content.decode()
    assert 'invex_documents{state="received"} 1.0' in text
    assert 'invex_documents{state="review"} 1.0' in text
    assert 'invex_workers{queue="read"} 1.0' in text
    assert 'invex_workers{queue="extract"} 0.0' in text
    assert "invex_events_undispatched 2.0" in text
    assert "invex_redis_up 1.0" in text
    assert "invoice.pdf" not in text


def test_metrics_say_that_redis_is_away(client, keys, db):
    keys.is_away = True
    assert "invex_redis_up 0.0" in client.get("/metrics").content.decode()
