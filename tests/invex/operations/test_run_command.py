"""`manage.py run` before it starts anything: what stands in its way gets a sentence that says what to do."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from invex.operations import processes
from invex.operations.management.commands import run

BAD_INPUT = 2


@pytest.fixture
def data(settings, tmp_path, monkeypatch):
    settings.DATA_DIR = tmp_path / "data"
    settings.TMP_DIR = settings.DATA_DIR / "tmp"
    monkeypatch.delenv("INVEX_RUN_DIR", raising=False)
    monkeypatch.setattr(processes, "stop_leftovers", lambda run_dir: 0)
    monkeypatch.setattr(processes, "programs", lambda **_: pytest.fail("nothing may be started"))
    yield settings.DATA_DIR
    os.environ.pop("INVEX_RUN_DIR", None)


def refusal(**options) -> str:
    with pytest.raises(CommandError) as refused:
        call_command("run", **options)
    assert refused.value.returncode == BAD_INPUT
    return str(refused.value)


def test_a_taken_port(data):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert refusal(port=port) == f"Port {port} is taken by another program. Try: make run PORT={port + 1}"


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_is_none(data, port):
    assert "between 1 and 65535" in refusal(port=port)


def test_an_address_of_another_machine(data):
    assert "Cannot listen on 192.0.2.1:" in refusal(host="192.0.2.1", port=8123)


def test_the_same_data_twice(data):
    (data / "run").mkdir(parents=True)
    with open(data / "run" / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        sentence = refusal(port=8123)
    assert "already runs" in sentence
    assert "DATA=/another/folder" in sentence


def test_a_full_disk(data, monkeypatch):
    free = run.LEAST_FREE_BYTES - 1
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=free))
    sentence = refusal(port=8123)
    assert "MB are free" in sentence
    assert "DATA=/a/folder" in sentence


def test_data_that_cannot_be_written(data):
    data.write_text("a file stands where the folder should be")
    assert "Cannot write in" in refusal(port=8123)


def test_no_redis(data, monkeypatch):
    def none(**_):
        raise processes.NoRedis

    monkeypatch.setattr(processes, "programs", none)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    assert "REDIS_URL=" in refusal(port=port)
