"""A template drawn in the studio: two documents that look alike come in, one is drawn upon, the other is read with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from fixtures.generator.render_pdf import render_pdf
from fixtures.generator.vendor import Vendor
from invex.fields.geometry import PageBox

VENDOR = Vendor(4712, kind="invoice", locale="en-US")
DRAWN = {  # key -> the name that the author types, and the type that must be found out
    "invoice_number": ("Invoice number", "id"),
    "invoice_date": ("Invoice date", "date"),
    "total_amount": ("Total amount", "amount"),
}


@pytest.fixture
def alike(tmp_path: Path) -> list[Path]:
    files = []
    for number in range(2):
        path = tmp_path / f"alike-{number}.pdf"
        path.write_bytes(render_pdf(VENDOR.document(number).canvas))
        files.append(path)
    return files


def drag_over(page: Page, place: PageBox) -> None:
    """Drag the pointer over a box of the page's picture, scrolled into view."""
    picture, view = page.locator(".page").nth(place.page), page.locator("#pages").bounding_box()
    x0, y0, x1, y1 = place.box
    middle = (y0 + y1) / 2
    frame = picture.bounding_box()
    assert view is not None
    assert frame is not None
    page.mouse.move(view["x"] + 20, view["y"] + 100)
    page.mouse.wheel(0, frame["y"] + middle * frame["height"] - view["y"] - view["height"] / 2)
    page.wait_for_timeout(300)
    frame = picture.bounding_box()
    assert frame is not None
    top = frame["y"] + middle * frame["height"]
    page.mouse.move(frame["x"] + (x0 + 0.002) * frame["width"], top)
    page.mouse.down()
    page.mouse.move(frame["x"] + (x1 - 0.002) * frame["width"], top)
    page.mouse.up()


def test_a_template_of_two_look_alikes(admin_page: Page, alike: list[Path]) -> None:
    page = admin_page
    page.get_by_role("link", name="Batches").click()
    page.locator("#upload-files").set_input_files(alike)
    page.wait_for_url(re.compile(r"/p/demo/batches/\d+/$"))
    expect(page.locator("#batch-live .state-review")).to_have_count(2, timeout=120_000)
    group = page.locator(".look-alikes", has_text="alike-0.pdf")
    for _ in range(30):  # found by a job that the scheduler wakes
        page.goto("/p/demo/templates/")
        page.wait_for_load_state("networkidle")
        if group.count():
            break
        page.wait_for_timeout(1000)
    expect(group).to_contain_text("2 unknown documents look alike")
    group.get_by_role("link", name="Make a template").click()
    page.wait_for_selector("svg rect.word", state="attached")
    while page.locator("[data-drop]").count():  # what was read already goes, so that all is drawn
        page.locator("[data-drop]").first.click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-drop]")).to_have_count(1)
    page.locator("[data-drop]").click()
    if page.get_by_role("button", name="Remove the table").is_visible():
        page.get_by_role("button", name="Remove the table").click()

    name = page.locator(".review-head .crumbs a").nth(1).inner_text()
    number = int(name.removeprefix("alike-").removesuffix(".pdf"))
    sample, other = VENDOR.document(number).label, VENDOR.document(1 - number).label
    for key, (label, kind) in DRAWN.items():
        with page.expect_response(lambda answer: "/meaning/" in answer.url):
            drag_over(page, sample.fields[key][0].boxes[0])
        row = page.locator(".studio-field.chosen")
        expect(row.locator("[data-type]")).to_have_value(kind)
        row.locator("[data-name]").fill(label)
    tried = page.locator(".tried-one")
    for key in DRAWN:
        expect(tried).to_contain_text(other.fields[key][0].value, timeout=30_000)
    expect(tried).to_have_class(re.compile("good|look"))

    page.get_by_label("Name of the template").fill("Drawn vendor")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message.success")).to_contain_text("Drawn vendor")
    row = page.locator("tbody tr", has_text=f"alike-{1 - number}.pdf")
    for _ in range(60):  # the memory is refitted, then the document is read again; opening it would hold it back
        page.goto(f"/p/demo/documents/?q=alike-{1 - number}")
        if "Drawn vendor" in row.inner_text():
            break
        page.wait_for_timeout(500)
    row.get_by_role("link", name=f"alike-{1 - number}.pdf").click()
    expect(page.locator("#template-choice")).to_have_value("Drawn vendor")
    for key in DRAWN:
        expect(page.locator(f"[name='f:{key}:0']")).to_have_value(other.fields[key][0].value)
