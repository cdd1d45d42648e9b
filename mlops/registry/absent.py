"""What every kind of repository says of a file that it does not have."""

from __future__ import annotations

from invex.kernel.errors import BadInput


def absent(path: str) -> BadInput:
    """Return the error of a path that is not there."""
    return BadInput(f"{path} is not in the repository; push it there, or mend the path.", code="not_in_repository")
