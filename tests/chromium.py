"""The Chromium that the tests and benches drive."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

NO_CHROMIUM = "no Chromium: apt-get install chromium, or python -m playwright install chromium"


def chromium() -> str | None:
    """Return a Chromium that is installed: the one that CHROMIUM names, the system's, or the one of Playwright.

    The headless shell comes first: it is what Playwright itself is tested with, and it has no windows to wait for.
    """
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None
