"""A worker computes at a low priority, and is itself not held up."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from invex.kernel import priority

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a thread has a priority of its own on Linux alone")


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@pytest.fixture
def low(monkeypatch):
    monkeypatch.setattr(priority, "_patient", None)  # put back afterwards
    priority.compute_at(3)


def test_what_is_computed_gives_way_and_the_caller_does_not(low):
    before = niceness()
    assert priority.patiently(niceness) == min(19, before + 3)
    assert niceness() == before


def test_what_goes_wrong_comes_back(low):
    with pytest.raises(ZeroDivisionError):
        priority.patiently(lambda x: x / 0, 1)


def test_elsewhere_it_is_an_ordinary_call():
    assert priority.patiently(threading.get_native_id) == threading.get_native_id()
