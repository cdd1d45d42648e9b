"""Jobs of a queue go to its faster sister as long as that one has a live worker."""

from __future__ import annotations

from typing import Any
from unittest.mock import MagicMock

import pytest
import redis

from invex.kernel import queue


class Queue:
    def __init__(self, name: str, jobs: list[tuple[str, str]]) -> None:
        self.name, self._jobs, self.connection = name, jobs, MagicMock()

    def enqueue(self, job: str, *args: Any, **options: Any) -> None:
        self._jobs.append((self.name, job))

    @property
    def count(self) -> int:
        return sum(name == self.name for name, _ in self._jobs)


@pytest.fixture
def jobs(monkeypatch) -> list[tuple[str, str]]:
    """What was enqueued: (queue, job)."""
    found: list[tuple[str, str]] = []
    monkeypatch.setattr(queue, "named", lambda name: Queue(name, found))
    return found


@pytest.fixture
def alive(monkeypatch) -> set[str]:
    """The queues with a live worker."""
    names: set[str] = set()
    monkeypatch.setattr(queue.liveness, "is_served", lambda name: name in names)
    return names


def test_documents_go_to_the_gpu_while_a_worker_for_it_lives(jobs, alive):
    alive.update({"extract", "extract-gpu"})
    assert queue.wake("a.job", 1, queue="extract")
    alive.remove("extract-gpu")
    assert queue.wake("a.job", 2, queue="extract")
    assert [name for name, _ in jobs] == ["extract-gpu", "extract"]


def test_other_queues_have_no_sister(jobs, alive):
    alive.add("extract-gpu")
    queue.wake("a.job", 1, queue="read")
    assert jobs == [("read", "a.job")]


def test_a_full_queue_is_the_one_that_is_served(jobs, alive):
    alive.add("extract-gpu")
    queue.wake("a.job", 1, queue="extract")
    assert not queue.is_idle("extract")
    alive.clear()
    assert queue.is_idle("extract"), "what waits for a worker that died is sent again by the sweeper"


def test_redis_away(jobs, monkeypatch):
    def away(name: str) -> bool:
        raise redis.ConnectionError

    monkeypatch.setattr(queue.liveness, "is_served", away)
    assert not queue.wake("a.job", 1, queue="extract")
    assert not queue.is_idle("extract")
