"""Which queues have a live worker: each worker renews a key in Redis, which outlives it by seconds only.

RQ's own registry of workers does not come back after a FLUSHALL; these keys do.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator, Sequence

import django_rq
import redis

from .repeating import repeated

BEAT_S = 3
LIFE_S = 15
JOIN_S = 1
PREFIX = "invex:alive:"


@contextlib.contextmanager
def beating(queues: Sequence[str]) -> Iterator[None]:
    """While the block runs, say every BEAT_S seconds that `queues` have a worker."""
    who = f"{socket.gethostname()}:{os.getpid()}"

    keys = [f"{PREFIX}{queue}:{who}" for queue in queues]
    connection = django_rq.get_connection(queues[0])

    def beat() -> None:
        with contextlib.suppress(redis.RedisError):  # the next beat tries again
            for key in keys:
                connection.set(key, "1", ex=LIFE_S)

    try:
        with repeated(beat, every_s=BEAT_S, name="liveness", at_once=True, join_s=JOIN_S):
            yield
    finally:
        with contextlib.suppress(redis.RedisError):  # Redis is gone as well; the keys run out
            connection.delete(*keys)


def live_queues() -> dict[str, int]:
    """Return how many live workers each queue has. Raises redis.RedisError when Redis is away."""
    counts: dict[str, int] = {}
    for key in django_rq.get_connection("default").scan_iter(f"{PREFIX}*", count=500):
        queue = key.decode().removeprefix(PREFIX).split(":", 1)[0]
        counts[queue] = counts.get(queue, 0) + 1
    return counts


def is_served(queue: str) -> bool:
    """Say whether the queue has a live worker. Raises redis.RedisError when Redis is away."""
    return next(django_rq.get_connection(queue).scan_iter(f"{PREFIX}{queue}:*", count=500), None) is not None
