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


def test_the_error_that_is_told_is_the_last_one_of_this_process_however_many_lines_it_has(tmp_path):
    log = tmp_path / "log.txt"
    log.write_text("error: of an earlier attempt\n")
    start = log.stat().st_size
    assert process._last_error(log, start) == ""
    with log.open("a") as out:
        out.write("reading\nKeyError: 'x'\n")
    assert process._last_error(log, start) == "KeyError: 'x'"
    with log.open("a") as out:
        out.write("error: 2 files cannot be used\n  words/a.json: é\n  words/b.json: no\n")
    assert process._last_error(log, start) == "error: 2 files cannot be used words/a.json: é words/b.json: no"
