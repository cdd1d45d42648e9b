"""Redis wakes workers; losing a wake-up loses nothing, the sweeper sends it again."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import cache
from typing import Any

import django_rq
import redis
from rq.job import JobStatus
from rq.queue import Queue
from rq.results import Result

from . import liveness
from .errors import NotNow

log = logging.getLogger(__name__)

LONGEST_READ_S = 4  # redis-py gives up on a connection that is silent for 5 s
RETRY_S = 10  # after which a caller that found no worker may come again
FASTER = {"extract": "extract-gpu"}  # queue -> the one that is woken instead while it has a live worker


@cache
def named(queue: str) -> Queue:
    """Return the queue, with its connections to Redis: made anew each time, it would ask who it talks to first."""
    found: Queue = django_rq.get_queue(queue)
    return found


def wake(job: str, *args: int | str, queue: str = "default", at_front: bool = False) -> bool:
    """Enqueue the job with the dotted name `job`; arguments are ids. Return False when Redis cannot be reached.

    at_front: somebody waits for it. Call it outside of a transaction or from on_commit: a worker must
    find the row that it is woken for.
    """
    return wake_all([(job, queue)], *args, at_front=at_front)


def wake_all(jobs: Iterable[tuple[str, str]], *args: int | str, at_front: bool = False) -> bool:
    """Enqueue several (job, queue) with the same arguments at once, all or none: see `wake`."""
    jobs = list(jobs)
    try:
        queues = {name: named(_served(name)) for name in {queue for _, queue in jobs}}
        if not queues:
            return True
        with next(iter(queues.values())).connection.pipeline() as sent:
            for job, name in jobs:
                queues[name].enqueue(job, *args, at_front=at_front, result_ttl=0, failure_ttl=24 * 3600, pipeline=sent)
            sent.execute()
    except redis.RedisError as e:
        log.warning("Redis cannot be reached (%s); %s%s is not woken now", e, ", ".join(job for job, _ in jobs), args)
        return False
    return True


def is_idle(queue: str) -> bool:
    """Say whether no job waits in the queue; False when Redis cannot be reached."""
    try:
        return bool(named(_served(queue)).count == 0)
    except redis.RedisError as e:
        log.warning("Redis cannot be reached (%s)", e)
        return False


def _served(queue: str) -> str:
    """Return the queue that takes the jobs of `queue` now. What a worker leaves behind, the sweeper sends again."""
    faster = FASTER.get(queue)
    return faster if faster is not None and liveness.is_served(faster) else queue


def ask(job: str, *args: int | str, queue: str, timeout_s: int) -> Any:
    """Run the job on a worker of the queue, wait for what it returns, and return that (JSON).

    Raises NotNow when Redis cannot be reached or no worker answers in time; the job is then withdrawn. What the job
    itself raises is a bug and becomes a RuntimeError.
    """
    try:
        asked = named(queue).enqueue(job, *args, ttl=2 * timeout_s, result_ttl=60, failure_ttl=60)
        result = next((found for wait_s in _waits(timeout_s) if (found := asked.latest_result(timeout=wait_s))), None)
        if result is None and asked.get_status() == JobStatus.QUEUED:
            asked.delete()
    except redis.RedisError as e:
        raise NotNow("The queue cannot be reached at the moment. Try again.", retry_after_s=RETRY_S) from e
    if result is None:
        raise NotNow(f"No worker was free within {timeout_s} seconds. Try again.", retry_after_s=RETRY_S)
    if result.type != Result.Type.SUCCESSFUL:
        raise RuntimeError(f"{job}{args} failed: {result.exc_string}")
    return result.return_value


def _waits(timeout_s: int) -> list[int]:
    """Return how long to wait each time, so that together it is the whole time."""
    whole, rest = divmod(timeout_s, LONGEST_READ_S)
    return [LONGEST_READ_S] * whole + ([rest] if rest else [])
