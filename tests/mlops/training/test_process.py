"""The process that trains."""

from __future__ import annotations

import os
import time

from mlops.training import process


def test_it_comes_after_everything_else(monkeypatch, tmp_path):
    monkeypatch.setattr(process, "LOWEST_PRIORITY", 19)
    deadline = time.monotonic() + 20
    with (tmp_path / "said").open("wb") as output:
        ended = process.supervised(
            ["sh", "-c", 'until [ "$(nice)" = 19 ]; do sleep 0.02; done'], output, dict(os.environ),
            stop=lambda: "it never got there" if time.monotonic() > deadline else "", look=lambda: None, stop_s=1,
        )  # fmt: skip
    assert ended == (0, "")
