"""A real installation for tests: `manage.py run` in a data folder of its own, with web server, workers and Redis."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "a-password-for-tests"
START_S = 600  # first start: migrations, sample documents, OCR of scans, on a busy machine
STOP_S = 60
EMPTY_PROJECT = (
    "from invex.accounts.models import Project; Project.objects.get_or_create(slug='demo', defaults={'name': 'Demo'})"
)


@dataclass(frozen=True)
class Installation:
    """A running Invex: its address, its data folder, and the process of its supervisor."""

    url: str
    data: Path
    process: subprocess.Popen[bytes]
    environment: dict[str, str]

    def manage(self, *arguments: str) -> str:
        """Run a management command on the installation and return what it printed."""
        return manage(self.environment, *arguments)

    def get(self, path: str, token: str | None = None) -> tuple[int, Any]:
        """Return the status and the JSON (or text) that a GET answers."""
        request = urllib.request.Request(self.url + path)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                status, body = answer.status, answer.read()
        except urllib.error.HTTPError as e:
            status, body = e.code, e.read()
        try:
            return status, json.loads(body)
        except ValueError:
            return status, body.decode(errors="replace")

    def is_ready(self) -> bool:
        try:
            return self.get("/readyz")[0] == 200
        except OSError:
            return False

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return what a query answers, past all of our code."""
        with sqlite3.connect(f"file:{self.data / 'invex.sqlite3'}?mode=ro", uri=True, timeout=30) as database:
            return database.execute(sql).fetchall()

    def flush_redis(self) -> None:
        """FLUSHALL: Redis forgets every queue."""
        redis.Redis(unix_socket_path=str(self.data / "redis" / "redis.sock")).flushall()

    def processes(self, *words: str) -> list[psutil.Process]:
        """Return the processes below the supervisor whose command line contains each of these words."""
        found = []
        for process in psutil.Process(self.process.pid).children(recursive=True):
            try:
                line = " ".join(process.cmdline())
            except psutil.Error:
                continue
            if all(word in line for word in words):
                found.append(process)
        return found


def manage(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(
            f"manage.py {' '.join(arguments)} ended with {done.returncode}: {done.stderr or done.stdout}"
        )
    return done.stdout.strip()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment_of(data: Path, **changes: str) -> dict[str, str]:
    """Return the environment of an installation that brings its own database and Redis."""
    full = {**os.environ, "DATA": str(data), "INVEX_ADMIN_PASSWORD": PASSWORD, "INVEX_READERS": "1", **changes}
    for name in ("DATABASE_URL", "REDIS_URL", "STORAGE_URL"):
        full.pop(name, None)
    return full


def make_empty(data: Path) -> None:
    """Make the database with a project `demo` that has no documents: the first start then is as quick as any."""
    environment = environment_of(data)
    data.mkdir(parents=True, exist_ok=True)
    manage(environment, "migrate", "--verbosity", "0")
    manage(environment, "shell", "-v", "0", "-c", EMPTY_PROJECT)


def run_command(port: int) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), "run", "--port", str(port)]


def start(data: Path, **changes: str) -> Installation:
    """Start an installation with its data in `data` and wait until it is ready."""
    port = free_port()
    environment = environment_of(data, **changes)
    data.mkdir(parents=True, exist_ok=True)
    with open(data / "run.log", "ab") as log:
        process = subprocess.Popen(run_command(port), cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    installation = Installation(f"http://127.0.0.1:{port}", data, process, environment)
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"the installation ended:\n{(data / 'run.log').read_text()}")
        if installation.is_ready():
            return installation
        time.sleep(0.3)
    stop(installation)
    logs = "\n".join(f"== {f.name}\n{f.read_text()[-3000:]}" for f in sorted((data / "log").glob("*.log")))
    pytest.fail(f"not ready after {START_S} s:\n{(data / 'run.log').read_text()}\n{logs}")


def stop(installation: Installation) -> int:
    """Stop it as Ctrl-C does; return the exit code."""
    installation.process.send_signal(signal.SIGINT)
    return installation.process.wait(timeout=STOP_S)


def wait_for(what: Any, *, timeout_s: float, every_s: float = 0.3) -> Any:
    """Return what `what()` returns once that is true; fail the test when it is not in time."""
    deadline = time.monotonic() + timeout_s
    while True:
        if found := what():
            return found
        if time.monotonic() > deadline:
            pytest.fail(f"waited {timeout_s:.0f} s in vain for {getattr(what, '__name__', what)}")
        time.sleep(every_s)
