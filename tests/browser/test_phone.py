"""On a phone: nothing is wider than the screen, figures say what they are, and a menu says that it goes on."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

PAGES = (
    "", "inbox/", "batches/", "documents/", "templates/", "templates/new/", "master-data/", "exports/",
    "exports/layouts/new/", "models/", "models/datasets/", "models/runs/", "models/runs/new/", "models/compute/",
    "models/retraining/", "monitoring/", "monitoring/work/", "settings/members/", "settings/audit/",
)  # fmt: skip
OPENED = "(main) => main.querySelectorAll('details').forEach((details) => { details.open = true; })"
BEFORE = "(cell) => getComputedStyle(cell, '::before').content"


@pytest.fixture
def phone(admin_page: Page) -> Page:
    admin_page.set_viewport_size({"width": 390, "height": 844})
    return admin_page


def test_no_page_is_wider_than_the_screen(phone: Page, installation: Any) -> None:
    [[template]] = installation.rows("SELECT MIN(name) FROM catalog_template")
    wide = []
    for path in (*PAGES, f"templates/by-name/{template}/", f"templates/by-name/{template}/record/"):
        phone.goto(f"/p/demo/{path}")
        phone.locator("main").evaluate(OPENED)
        if phone.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(path)
    assert wide == []


def test_figures_of_a_list_say_what_they_are(phone: Page) -> None:
    phone.goto("/p/demo/templates/")
    row = phone.locator("table.stack-small tbody tr").first
    assert row.locator("td.number").first.evaluate(BEFORE) == '"To review: "'
    assert row.locator("td.name").evaluate(BEFORE) == "none", "the name needs no heading"
    phone.goto("/p/demo/templates/new/")
    key = phone.locator("table[data-rows=field] tbody tr").first.locator("td").nth(1)
    assert key.evaluate(BEFORE) == '"Key"'
    phone.set_viewport_size({"width": 1200, "height": 800})
    assert key.evaluate(BEFORE) == "none", "where there is room the column has its heading"


def test_the_menu_shows_where_one_is_and_that_it_goes_on(phone: Page) -> None:
    phone.goto("/p/demo/settings/members/")
    menu, entry = phone.locator(".frame nav"), phone.locator(".frame nav [aria-current=page]")
    assert "linear-gradient" in menu.evaluate("(menu) => getComputedStyle(menu).backgroundImage")
    assert menu.evaluate("(menu) => menu.scrollWidth > menu.clientWidth")
    box = entry.bounding_box()
    assert box is not None
    assert 0 <= box["x"] <= box["x"] + box["width"] <= 390
    goes_on = menu.locator(".goes-on:visible")
    assert goes_on.all_inner_texts() == ["‹"]
    while goes_on.first.inner_text() == "‹" and menu.evaluate("(menu) => menu.scrollLeft"):
        goes_on.first.click()
        phone.wait_for_timeout(600)
    assert goes_on.all_inner_texts() == ["›"]
    phone.set_viewport_size({"width": 1440, "height": 900})
    assert goes_on.count() == 0
