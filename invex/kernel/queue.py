"""Redis wakes workers; losing a wake-up loses nothing, the sweeper sends it again."""

from __future__ import annotations

import logging

import django_rq
import redis

log = logging.getLogger(__name__)


def wake(job: str, *args: int | str, queue: str = "default") -> bool:
    """Enqueue the job with the dotted name `job`; arguments are ids. Return False when Redis cannot be reached.

    Call it outside of a transaction or from on_commit: a worker must find the row that it is woken for.
    """
    try:
        django_rq.get_queue(queue).enqueue(job, *args, result_ttl=0, failure_ttl=24 * 3600)
    except redis.RedisError as e:
        log.warning("Redis cannot be reached (%s); %s%s waits for the sweeper", e, job, args)
        return False
    return True
