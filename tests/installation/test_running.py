"""`manage.py run`: a second start is quick, Ctrl-C leaves nothing, a killed supervisor leaves nothing in the way."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.installed import ROOT, Installation, free_port, make_empty, run_command, start, stop

READY_AGAIN_S = 45  # some six seconds on an idle machine
REFUSED_S = 60
BAD_INPUT = 2


class Home:
    """One data folder, and the installation that runs on it now; started only when a test needs one."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._running: Installation | None = None

    def running(self) -> Installation:
        if self._running is None or self._running.process.poll() is not None:
            self._running = start(self.data)
        return self._running

    def close(self) -> None:
        if self._running is not None and self._running.process.poll() is None:
            stop(self._running)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("running") / "data"
    make_empty(folder)
    found = Home(folder)
    yield found
    found.close()


def refused(data: Path, port: int) -> str:
    """Run a second one, which must refuse; return its sentence."""
    environment = {**os.environ, "DATA": str(data)}
    answer = subprocess.run(
        run_command(port), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=REFUSED_S
    )
    assert answer.returncode == BAD_INPUT, answer.stderr
    assert "Traceback" not in answer.stderr
    return answer.stderr


def are_gone(processes: list[psutil.Process]) -> bool:
    return not [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def test_ctrl_c_leaves_no_process_and_the_next_start_is_quick(home: Home) -> None:
    running = home.running()
    processes = running.processes()
    assert len(processes) >= 7  # redis, web and its workers, read, extract, online, default, scheduler
    assert stop(running) == 0
    assert are_gone(processes)
    before = time.monotonic()
    home.running()
    assert time.monotonic() - before < READY_AGAIN_S


def test_a_second_run_on_the_same_data_or_port_says_what_to_do(home: Home, tmp_path: Path) -> None:
    running = home.running()
    assert "already runs" in refused(home.data, free_port())
    port = int(running.url.rsplit(":", 1)[1])
    sentence = refused(tmp_path / "other", port)
    assert f"Port {port} is taken" in sentence
    assert f"PORT={port + 1}" in sentence
    assert running.is_ready()


def test_a_killed_supervisor_leaves_nothing_in_the_way(home: Home) -> None:
    running = home.running()
    processes = running.processes()
    running.process.kill()
    running.process.wait()
    again = home.running()
    assert are_gone(processes)
    assert again.is_ready()
