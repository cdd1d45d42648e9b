"""This process's reader pool: its parser processes stay warm from one document to the next."""

from __future__ import annotations

import atexit
import os
from functools import lru_cache

from django.conf import settings

from invex.reading.limits import Limits
from invex.reading.pool import ReaderPool


def reader() -> ReaderPool:
    """Return the pool of this process, made when it is first needed; after a fork, a new one."""
    return _pool(os.getpid())


@lru_cache(maxsize=1)
def _pool(pid: int) -> ReaderPool:
    pool = ReaderPool(workers=1, limits=Limits(file_bytes=settings.MAX_UPLOAD_BYTES, pages=settings.MAX_PAGES))
    atexit.register(pool.close)
    return pool
