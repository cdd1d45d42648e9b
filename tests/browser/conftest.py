"""A real installation and a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from invex.documents.states import WORKING
from tests.installed import PASSWORD, Installation, start, stop, wait_for

KNOWS_KEYS = "from invex.accounts.models import User; User.objects.update(knows_keys=True)"
DEMO_S = 240  # its scans, on a busy machine


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
    """All tests here share one installation, so they run without pytest-xdist."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
