"""What a worker computes may wait for those who work with the pages; what it writes may not.

A process of low priority that holds the lock of the database keeps everybody waiting until it gets its turn (priority
inversion: Lampson and Redell, CACM 1980). So a worker itself runs like the web server, and computes in a thread of a
lower priority: on Linux each thread has its own, and a process that is started takes over that of the thread.
"""

from __future__ import annotations

import contextvars
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

P = ParamSpec("P")
T = TypeVar("T")
_patient: ThreadPoolExecutor | None = None


def compute_at(niceness: int) -> None:
    """Let this process compute at a lower priority from now on, 0 to 19."""
    global _patient
    _patient = ThreadPoolExecutor(1, "patient", initializer=os.nice, initargs=(niceness,))


def patiently(compute: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what `compute` returns, called at the low priority of this process if it has one.

    It may read the database, but must not write: it does not belong to the caller's transaction.
    """
    if _patient is None:
        return compute(*args, **kwargs)
    context = contextvars.copy_context()

    def computed() -> T:
        close_old_connections()
        return compute(*args, **kwargs)

    return _patient.submit(context.run, computed).result()
