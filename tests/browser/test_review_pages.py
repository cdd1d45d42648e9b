"""Beside the fields stand the pages: whichever way somebody comes to a document, they show where its chosen field stands."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from fixtures.generator.canvas import Sheet
from fixtures.generator.render_pdf import render_pdf
from fixtures.generator.vendor import Vendor

VENDOR = Vendor(4720, kind="invoice", locale="en-US")
OF_TWELVE_ROWS = Vendor(411, kind="invoice", locale="en-GB")
COVERING = 2  # pages in front of the invoice, that say nothing of it
PICTURE = re.compile(r"/documents/\d+/pages/\d+\?")
# Whether the place of the field or cell that is chosen can be seen, and on which page it stands.
CHOSEN = """() => {
  const view = document.getElementById("pages").getBoundingClientRect(), place = document.querySelector("#pages rect.chosen");
  if (!place) return null;
  const {top, bottom} = place.getBoundingClientRect();
  return {page: Number(place.closest(".page").dataset.page), isSeen: top >= view.top && bottom <= view.bottom};
}"""
CHOSEN_IS_SEEN = f"() => ({CHOSEN})()?.isSeen"


@pytest.fixture
def batch(admin_page: Page, installation: Any, tmp_path: Path) -> str:
    """Two invoices behind blank pages, read; the query of their queue."""
    files = []
    for number in range(2):
        canvas = VENDOR.document(number).canvas
        first = canvas.sheets[0]
        canvas.sheets[:0] = [Sheet(first.width, first.height) for _ in range(COVERING)]
        files.append(tmp_path / f"covered-{tmp_path.name}-{number}.pdf")
        files[-1].write_bytes(render_pdf(canvas, title=files[-1].name))
    admin_page.goto("/p/demo/batches/")
    admin_page.locator("#upload-files").set_input_files(files)
    admin_page.wait_for_url(re.compile(r"/p/demo/batches/\d+/$"))
    expect(admin_page.locator("#batch-live .state-review")).to_have_count(2, timeout=60_000)
    return f"?order=age&batch={admin_page.url.split('/')[-2]}"


@pytest.fixture
def rows(admin_page: Page, tmp_path: Path) -> str:
    """An invoice of twelve line items, read; its address."""
    path = tmp_path / f"rows-{tmp_path.name}.pdf"
    path.write_bytes(render_pdf(OF_TWELVE_ROWS.document(0).canvas, title=path.name))
    admin_page.goto("/p/demo/batches/")
    admin_page.locator("#upload-files").set_input_files([path])
    admin_page.wait_for_url(re.compile(r"/p/demo/batches/\d+/$"))
    expect(admin_page.locator("#batch-live .state-review")).to_have_count(1, timeout=60_000)
    admin_page.get_by_role("link", name=path.name).click()
    expect(admin_page.locator("[data-grid] tbody tr")).to_have_count(12)
    admin_page.wait_for_load_state("networkidle")
    return admin_page.url


def start(page: Page, batch: str) -> str:
    page.goto(f"/p/demo/inbox/start/{batch}")
    page.wait_for_url(re.compile(r"/documents/\d+/"))
    return page.url


def chosen_is_seen(page: Page) -> None:
    page.wait_for_function(CHOSEN_IS_SEEN)
    page.wait_for_load_state("networkidle")
    found = page.evaluate(CHOSEN)
    assert found["page"] >= COVERING
    assert found["isSeen"]


def test_the_place_of_the_chosen_field_is_seen_whichever_way_one_comes_to_it(admin_page: Page, batch: str) -> None:
    page = admin_page
    first = start(page, batch)
    chosen_is_seen(page)
    page.keyboard.press("Control+Alt+ArrowRight")
    page.wait_for_url(lambda url: url != first)
    chosen_is_seen(page)
    page.keyboard.press("Control+Alt+ArrowLeft")
    page.wait_for_url(lambda url: url == first)
    chosen_is_seen(page)
    page.keyboard.press("Alt+1")
    page.keyboard.press("Control+a")
    page.keyboard.type("typed")
    page.locator(".zoom [data-zoom='-1']").focus()
    page.locator("#pages").evaluate("(pages) => { pages.scrollTop = 0; }")
    page.locator(".fields").evaluate("(fields) => { fields.scrollTop = fields.scrollHeight; }")
    page.keyboard.press("Control+z")
    expect(page.locator("#review-form .field").first).to_be_in_viewport()
    chosen_is_seen(page)
    page.get_by_label("Template", exact=False).first.select_option("Purchase order")
    page.wait_for_url(re.compile("template=Purchase"))
    expect(page.locator("#review")).not_to_have_attribute("data-read-as", re.compile("."))
    chosen_is_seen(page)


def test_the_place_of_the_chosen_field_is_seen_after_an_approval_and_as_the_page_comes_anew(
    admin_page: Page, batch: str
) -> None:
    page = admin_page
    page.route("**/learned/**", lambda route: route.fulfill(headers={"HX-Refresh": "true"}), times=1)
    first = start(page, batch)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: url != first)
    chosen_is_seen(page)
    root = page.locator("#review").element_handle()
    with page.expect_request("**/learned/**"):
        pass
    page.wait_for_function("(root) => !root.isConnected", arg=root)
    chosen_is_seen(page)


def test_the_place_of_the_chosen_field_is_seen_once_pictures_of_another_size_came(admin_page: Page, batch: str) -> None:
    page, waiting, is_late = admin_page, [], [True]
    long, made = Image.new("RGB", (300, 1500), "white"), io.BytesIO()
    long.save(made, "PNG")
    picture = {"body": made.getvalue(), "content_type": "image/png"}
    page.route(PICTURE, lambda route: waiting.append(route) if is_late else route.fulfill(**picture))
    page.goto(f"/p/demo/inbox/start/{batch}", wait_until="domcontentloaded")
    page.wait_for_function(CHOSEN_IS_SEEN)
    heights = "() => [...document.querySelectorAll('.page')].map((page) => page.getBoundingClientRect().height)"
    before = page.evaluate(heights)
    is_late.clear()
    for route in waiting:
        route.fulfill(**picture)
    page.wait_for_function(f"(height) => ({heights})()[{COVERING}] > 2 * height", arg=before[COVERING])
    chosen_is_seen(page)
    page.locator("#pages").hover()
    page.mouse.wheel(0, -20_000)  # its person looks elsewhere: nothing takes them back
    page.wait_for_function("() => document.getElementById('pages').scrollTop === 0")
    page.wait_for_timeout(500)
    assert page.evaluate("document.getElementById('pages').scrollTop") == 0


def test_words_are_fetched_of_pages_that_are_near_alone(admin_page: Page, batch: str) -> None:
    page, asked = admin_page, []
    page.route("**/ahead/**", lambda route: route.abort())
    first = start(page, batch)
    page.on("request", lambda request: asked.append(request.url) if "/words" in request.url else None)
    page.keyboard.press("Control+Alt+ArrowRight")
    page.wait_for_url(lambda url: url != first)
    chosen_is_seen(page)
    assert asked, "of those that are seen"
    assert not [url for url in asked if re.search(r"/0\?", url)], "the first page is not near"


def test_a_telephone_shows_the_page_of_what_needs_its_person_without_a_keyboard_over_it(
    admin_page: Page, batch: str
) -> None:
    page = admin_page
    page.set_viewport_size({"width": 390, "height": 844})
    start(page, batch)
    page.wait_for_function(f"() => document.querySelector('.page[data-page=\"{COVERING}\"] .value')")
    expect(page.locator(f".page[data-page='{COVERING}']")).to_be_in_viewport()
    expect(page.locator(".page[data-page='0']")).not_to_be_in_viewport()
    expect(page.locator("#review-form :focus")).to_have_count(0)


ROWS_SEEN = """() => [...document.querySelectorAll("[data-grid] tbody tr")].filter((row) => {
  const {left, bottom} = row.getBoundingClientRect();
  return row.contains(document.elementFromPoint(left + 5, bottom - 2));
}).length"""
OVERFLOW = "() => { const f = document.querySelector('[data-frame]'); return f.scrollWidth - f.clientWidth; }"
HIGHEST_ROW = "() => Math.max(...[...document.querySelectorAll('[data-grid] tbody tr')].map((row) => row.offsetHeight))"


def test_who_goes_to_the_line_items_sees_all_of_ten_rows_beside_the_page(admin_page: Page, rows: str) -> None:
    page, fields = admin_page, admin_page.locator(".fields")
    page.keyboard.press("Alt+g")
    assert page.evaluate(ROWS_SEEN) == 12
    assert page.evaluate(HIGHEST_ROW) < 40, "each on one line"
    chosen = page.evaluate(CHOSEN)
    assert chosen["isSeen"]
    wide = fields.bounding_box()
    assert wide
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+1")
    assert fields.bounding_box() == wide, "nothing moves as one leaves it"


def test_a_table_takes_the_width_that_its_columns_need_and_leaves_the_page_its_part(
    admin_page: Page, rows: str
) -> None:
    page = admin_page
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(rows)
    before = page.locator(".fields").bounding_box()
    cell = page.locator("[data-grid] tbody td").first
    cell.dblclick()
    expect(cell.locator("input")).to_be_focused()  # nothing moved below the pointer
    page.wait_for_function("(was) => document.querySelector('.fields').offsetWidth > was", arg=before["width"] + 20)
    assert page.locator(".fields").bounding_box()["width"] <= 0.55 * 1280
    assert page.evaluate(OVERFLOW) <= 0
    expect(cell.locator("input")).to_be_focused()
    page.set_viewport_size({"width": 390, "height": 844})
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
