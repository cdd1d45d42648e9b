"""Where the slow part of a request ends and its writes begin.

A transaction that has written holds up every other writer of SQLite. So what takes its time (storing files, asking a
worker or another machine) comes first, and whoever does it calls `begin` before the first write. What wraps a request
in a transaction (accounts/idempotency.py) opens it then; elsewhere nothing happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_open: ContextVar[Callable[[], None] | None] = ContextVar("open_transaction", default=None)


def begin() -> None:
    """From here on the caller writes. Call it outside of a transaction of its own; a second call does nothing."""
    open_transaction = _open.get()
    if open_transaction is not None:
        open_transaction()


@contextmanager
def announced_to(open_transaction: Callable[[], None]) -> Iterator[None]:
    """Have `open_transaction` called whenever something inside says that its writes begin."""
    token = _open.set(open_transaction)
    try:
        yield
    finally:
        _open.reset(token)
