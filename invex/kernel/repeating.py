"""Something that is done again and again in a thread of its own, while a block runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def repeated(
    do: Callable[[], object],
    *,
    every_s: float,
    name: str,
    at_once: bool = False,
    after: Callable[[], object] | None = None,
    join_s: float | None = None,
) -> Iterator[None]:
    """While the block runs, call `do` every `every_s` seconds; what it raises ends the calls.

    name: of the thread. at_once: the first time now, not after the first wait. after: called in the thread at its end,
    for what belongs to a thread. join_s: how long the end of the block waits for a call that is under way; None = for
    ever.
    """
    over = threading.Event()

    def work() -> None:
        if at_once:
            do()
        while not over.wait(every_s):
            do()
        if after is not None:
            after()

    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(join_s)
