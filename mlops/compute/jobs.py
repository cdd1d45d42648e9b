"""What the scheduler calls."""

from __future__ import annotations

from . import gpus


def sweep() -> int:
    """Look at the GPUs of the scheduler's host, for the page of computing. Return 0: nothing was taken up again."""
    gpus.look()
    return 0
