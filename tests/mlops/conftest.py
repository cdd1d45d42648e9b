"""What is trained in a process of its own is not the last to get its turn here."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def no_lower_priority() -> Iterator[None]:
    """At the lowest priority a training takes five times as long: the other worker's tests never leave the machine idle."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("mlops.training.process.LOWEST_PRIORITY", os.getpriority(os.PRIO_PROCESS, 0))
        yield
