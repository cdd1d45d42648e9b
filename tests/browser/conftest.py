"""A real installation and a real browser."""

from __future__ import annotations

import faulthandler
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from invex.documents.states import WORKING
from tests.chromium import NO_CHROMIUM, chromium
from tests.installed import PASSWORD, Installation, start, stop, wait_for

KNOWS_KEYS = "from invex.accounts.models import User; User.objects.update(knows_keys=True)"
DEMO_S = 240  # its scans, on a busy machine
HANGS_S = 300  # a test that takes longer hangs, unless its mark `own_time` gives it more


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One installation for all tests of the session, with the demo project, all of it read."""
    found = start(tmp_path_factory.mktemp("installation") / "data")
    at_work = ", ".join(f"'{state}'" for state in WORKING)

    def demo_is_read() -> bool:
        return found.rows(f"SELECT COUNT(*) FROM documents_document WHERE state IN ({at_work})") == [(0,)]

    wait_for(demo_is_read, timeout_s=DEMO_S)
    found.manage("shell", "-v", "0", "-c", KNOWS_KEYS)
    yield found
    stop(found)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    path = chromium()
    assert path is not None, "pytest_collection_modifyitems has skipped all tests"
    return {**browser_type_launch_args, "executable_path": path, "args": ["--no-sandbox"]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any], installation: Installation) -> dict[str, Any]:
    return {**browser_context_args, "base_url": installation.url, "viewport": {"width": 1440, "height": 900}}


@pytest.fixture(autouse=True)
def no_hanging_browser(request: pytest.FixtureRequest, installation: Installation) -> Iterator[None]:
    """Kill a Chromium that hangs: much of Playwright (a key, a new page, the end of a page) waits for it without limit.

    The call that waited then raises TargetClosedError, and the test is run once more.
    """
    own = request.node.get_closest_marker("own_time")
    timer = threading.Timer(own.args[0] if own else HANGS_S, _kill_browsers)
    timer.start()
    yield
    timer.cancel()


def _kill_browsers() -> None:
    faulthandler.dump_traceback(sys.__stderr__)
    for process in psutil.Process().children(recursive=True):
        try:
            if "--remote-debugging-pipe" in process.cmdline():
                process.kill()
        except psutil.Error:
            continue


@pytest.fixture
def browser(no_hanging_browser: None, launch_browser: Any) -> Iterator[Any]:
    """A Chromium of its own for each test: what one does to it, no other feels."""
    found = launch_browser()
    yield found
    found.close()


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
    """All tests here share one installation, so they run without pytest-xdist."""
    here = Path(__file__).parent
    found = [item for item in items if here in item.path.parents]
    is_missing = bool(found) and chromium() is None
    for item in found:
        item.add_marker(pytest.mark.browser)
        item.add_marker(pytest.mark.flaky(reruns=1, only_rerun="TargetClosedError"))
        if is_missing:  # before an installation is started for them
            item.add_marker(pytest.mark.skip(reason=NO_CHROMIUM))
