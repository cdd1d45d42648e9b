"""Beside the fields stand the pages: whichever way somebody comes to a document, they show where its chosen field stands."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from fixtures.generator.canvas import Canvas, Sheet
from fixtures.generator.render_pdf import render_pdf
from fixtures.generator.vendor import Vendor

VENDOR = Vendor(4720, kind="invoice", locale="en-US")
OF_TWELVE_ROWS = Vendor(1298, kind="invoice", locale="en-GB")
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


def upload(page: Page, installation: Any, files: dict[str, Canvas], folder: Path) -> Iterator[None]:
    """Upload such files, name -> pages, and show their batch once they are read; then put them aside, for other tests."""
    for name, canvas in files.items():
        (folder / name).write_bytes(render_pdf(canvas, title=f"{folder.name} {name}"))
    page.goto("/p/demo/batches/")
    page.locator("#upload-files").set_input_files([folder / name for name in files])
    page.wait_for_url(re.compile(r"/p/demo/batches/\d+/$"))
    expect(page.locator("#batch-live .state-review")).to_have_count(len(files), timeout=60_000)
    batch = page.url.split("/")[-2]
    yield
    put_aside = f"Document.objects.filter(batch={batch}, state='review').update(state='rejected', held_until=None)"
    installation.manage("shell", "-v", "0", "-c", f"from invex.documents.models import Document; {put_aside}")


def covered(number: int) -> Canvas:
    """An invoice behind papers that say nothing of it."""
    canvas = VENDOR.document(number).canvas
    first = canvas.sheets[0]
    canvas.sheets[:0] = [Sheet(first.width, first.height) for _ in range(COVERING)]
    for page in range(COVERING):
        canvas.write(first.width / 8, first.height / 2, "See the next page", first.runs[0].font, 11, page=page)
    return canvas


@pytest.fixture
def batch(admin_page: Page, installation: Any, tmp_path: Path) -> Iterator[str]:
    """Two invoices behind other papers, read; the query of their queue."""
    files = {f"covered-{number}.pdf": covered(number) for number in range(2)}
    for _ in upload(admin_page, installation, files, tmp_path):
        yield f"?order=age&batch={admin_page.url.split('/')[-2]}"


@pytest.fixture
def rows(admin_page: Page, installation: Any, tmp_path: Path) -> Iterator[str]:
    """An invoice of twelve line items, read and open; its address."""
    page, name = admin_page, "rows.pdf"
    for _ in upload(page, installation, {name: OF_TWELVE_ROWS.document(0).canvas}, tmp_path):
        page.get_by_role("link", name=name).click()
        expect(page.locator("[data-grid] tbody tr")).to_have_count(12)
        page.wait_for_load_state("networkidle")
        yield page.url


def start(page: Page, batch: str) -> str:
    page.goto(f"/p/demo/inbox/start/{batch}")
    page.wait_for_url(re.compile(r"/documents/\d+/"))
    return page.url


def can_be_seen(page: Page) -> None:
    """Wait until what came has stood there for a moment: before that nothing is approved."""
    expect(page.locator("#review-form [name=awaited]")).to_have_value("")


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
    expect(page.locator("#review-form .field", has=page.locator("[data-number='1']"))).to_be_in_viewport()
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
    can_be_seen(page)
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
    expect(cell.locator("input, textarea")).to_be_focused()  # nothing moved below the pointer
    page.wait_for_function("(was) => document.querySelector('.fields').offsetWidth > was", arg=before["width"] + 20)
    assert page.locator(".fields").bounding_box()["width"] <= 0.55 * 1280
    assert page.evaluate(OVERFLOW) <= 0
    expect(cell.locator("input, textarea")).to_be_focused()
    page.set_viewport_size({"width": 390, "height": 844})
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


MISSED = re.compile(r"▲ \d+ not in view yet")


def test_what_is_marked_and_was_never_in_view_is_shown_before_it_is_approved(admin_page: Page, rows: str) -> None:
    page, said = admin_page, admin_page.locator("[data-kept]")
    page.set_viewport_size({"width": 1440, "height": 500})
    amount = page.locator("[data-grid] tbody tr").last.locator("td").last
    page.locator("[data-grid] tbody tr").last.locator("td").last.click()
    page.keyboard.type("many")
    page.keyboard.press("Tab")
    expect(page.locator("[data-kept]")).to_contain_text("draft kept")
    page.goto(rows)
    expect(page.locator("[data-value]:focus, td:focus")).to_have_count(1)
    expect(amount.locator(".mark-wrong")).to_be_attached()
    expect(amount).not_to_be_in_viewport()
    can_be_seen(page)
    page.keyboard.press("Control+Enter")
    expect(said).to_have_text(MISSED)
    can_be_seen(page)
    page.keyboard.press("Control+Enter")  # asked once: now it is the value that stops it
    expect(page.get_by_text("Some values are not understood")).to_be_visible()


def test_what_is_marked_and_was_in_view_is_approved_with_one_key(admin_page: Page, rows: str) -> None:
    page = admin_page
    page.set_viewport_size({"width": 1440, "height": 500})
    fields = page.locator(".fields")
    height = fields.evaluate("(e) => e.scrollHeight")
    fields.hover()
    for _ in range(0, height, 150):
        page.mouse.wheel(0, 150)
        page.wait_for_timeout(60)
    page.locator("[data-frame]").hover()
    for _ in range(6):
        page.mouse.wheel(0, 100)
        page.wait_for_timeout(60)
    assert page.locator(".field.needs, .field.wrong, td.look, td.wrong").count(), "something is marked"
    fields.evaluate("(e) => { e.scrollTop = 0; }")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: url != rows)
