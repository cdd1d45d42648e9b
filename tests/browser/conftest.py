"""A real installation (`manage.py run`: web server, workers, scheduler, Redis) and a real browser."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a-password-for-tests"
START_S = 240  # first start: migrations, sample documents, OCR of a scan, on a busy machine


@dataclass(frozen=True)
class Installation:
    """A running Invex: its address, its data folder, and the process of its supervisor."""

    url: str
    data: Path
    process: subprocess.Popen[bytes]
    environment: dict[str, str]

    def manage(self, *arguments: str) -> str:
        """Run a management command on the installation and return what it printed."""
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        return subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True).stdout.strip()

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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(data: Path, **environment: str) -> Installation:
    """Start an installation with its data in `data` and wait until it is ready."""
    port = free_port()
    full = {**os.environ, "DATA": str(data), "INVEX_ADMIN_PASSWORD": PASSWORD, "INVEX_READERS": "1", **environment}
    for name in ("DATABASE_URL", "REDIS_URL"):  # it brings its own
        full.pop(name, None)
    data.mkdir(parents=True, exist_ok=True)
    with open(data / "run.log", "ab") as log:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "run", "--port", str(port)],
            cwd=ROOT, env=full, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    installation = Installation(f"http://127.0.0.1:{port}", data, process, full)
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"the installation ended:\n{(data / 'run.log').read_text()}")
        try:
            if installation.get("/readyz")[0] == 200:
                return installation
        except OSError:
            pass
        time.sleep(0.3)
    stop(installation)
    logs = "\n".join(f"== {f.name}\n{f.read_text()[-3000:]}" for f in sorted((data / "log").glob("*.log")))
    pytest.fail(f"not ready after {START_S} s:\n{(data / 'run.log').read_text()}\n{logs}")


def stop(installation: Installation) -> int:
    """Stop it as Ctrl-C does; return the exit code."""
    installation.process.send_signal(signal.SIGINT)
    return installation.process.wait(timeout=60)


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One installation for all tests of the session, with the demo project."""
    found = start(tmp_path_factory.mktemp("installation") / "data")
    yield found
    stop(found)


def chromium() -> str | None:
    """Return a Chromium that is installed: the system's, or the one that Playwright downloaded."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    path = chromium()
    if path is None:
        pytest.skip("no Chromium: apt-get install chromium, or python -m playwright install chromium")
    return {**browser_type_launch_args, "executable_path": path, "args": ["--no-sandbox"]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any], installation: Installation) -> dict[str, Any]:
    return {**browser_context_args, "base_url": installation.url, "viewport": {"width": 1440, "height": 900}}


@pytest.fixture
def admin_page(page: Any) -> Any:
    """A page where the administrator is logged in."""
    page.goto("/login/")
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/p/demo/")
    return page


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests here share one installation, so they run in one process of pytest-xdist."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("installation"))
