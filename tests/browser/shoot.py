"""Pictures of every page, to be looked at: `python tests/browser/shoot.py URL PASSWORD OUT`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PAGES = {
    "dashboard": "/p/demo/",
    "inbox": "/p/demo/inbox/",
    "batches": "/p/demo/batches/",
    "batch": "/p/demo/batches/1/",
    "documents": "/p/demo/documents/",
    "templates": "/p/demo/templates/",
    "template-new": "/p/demo/templates/new/",
}
WIDTHS = {1440: 900, 390: 844}


def main(url: str, password: str, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for width, height in WIDTHS.items():
            for scheme in ("light", "dark"):
                context = browser.new_context(
                    base_url=url, viewport={"width": width, "height": height}, color_scheme=scheme
                )
                page = context.new_page()
                page.goto("/login/")
                page.screenshot(path=out / f"login-{width}-{scheme}.png")
                page.get_by_label("Name").fill("admin")
                page.get_by_label("Password").fill(password)
                page.get_by_role("button", name="Log in").click()
                pages = dict(PAGES)
                page.goto("/p/demo/inbox/")
                for number, link in enumerate(page.locator("td.name a").all()[:3]):
                    pages[f"document-{number}"] = link.get_attribute("href") or ""
                for name, path in pages.items():
                    page.goto(path)
                    page.wait_for_load_state("networkidle")
                    page.screenshot(path=out / f"{name}-{width}-{scheme}.png")
                context.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
