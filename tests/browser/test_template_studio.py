"""Templates drawn in the studio: of two look-alikes one is drawn upon and the other read with it; one with two tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from fixtures.generator.render_pdf import render_pdf
from fixtures.generator.vendor import Vendor
from invex.fields.geometry import Box, PageBox

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
    while page.locator("[data-drop-table]").count():
        page.locator("[data-drop-table]").first.click()

    name = page.locator(".review-head .crumbs a").nth(1).inner_text()
    number = int(name.removeprefix("alike-").removesuffix(".pdf"))
    none_named = page.locator("[data-none-named]")
    expect(none_named).to_be_visible(timeout=20_000)
    sample, other = VENDOR.document(number).label, VENDOR.document(1 - number).label
    for key, (label, kind) in DRAWN.items():
        with page.expect_response(lambda answer: "/meaning/" in answer.url):
            drag_over(page, sample.fields[key][0].boxes[0])
        row = page.locator(".studio-field.chosen")
        expect(row.locator("[data-type]")).to_have_value(kind)
        row.locator("[data-name]").fill(label)
        expect(none_named).to_be_hidden(timeout=1500)  # what is tried takes longer to be said
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


ITEMS = ((72, "Description"), (300, "Quantity"), (420, "Amount"))
TAXES = ((72, "Rate"), (220, "Base"), (420, "Tax"))


def two_tables(path: Path, number: int) -> Path:
    """A delivery of two items, taxed at two rates; the number makes each document another one."""
    out = Canvas(str(path), pagesize=A4, invariant=1)
    out.drawString(72, 780, "Harbour Supplies Delivery Statement")
    tables = (
        (700, ITEMS, [("Rope", str(number), f"{number}20.50"), ("Paint", "3", f"{number}7.25")]),
        (500, TAXES, [("19 %", f"{number}00.00", f"{number}9.00"), ("7 %", "50.00", f"{number}.50")]),
    )
    for top, columns, rows in tables:
        for line, texts in enumerate([tuple(name for _, name in columns), *rows]):
            for (x, _), text in zip(columns, texts, strict=True):
                out.drawString(x, top - 20 * line, text)
    out.save()
    return path


def click_row(page: Page, x_of_cells: list[int], y: float) -> None:
    """Drag over the cells of a row at these points of the PDF, one after the other."""
    width, height = A4
    for x in x_of_cells:
        box = Box((x + 1) / width, 1 - (y + 9) / height, (x + 20) / width, 1 - y / height)
        drag_over(page, PageBox(0, box))
        page.wait_for_timeout(700)  # the rest of the rows is read after a pause


def upload(page: Page, path: Path) -> None:
    page.goto("/p/demo/batches/")
    page.locator("#upload-files").set_input_files([path])
    page.wait_for_url(re.compile(r"/p/demo/batches/\d+/$"))
    expect(page.locator("#batch-live .state-review")).to_have_count(1, timeout=120_000)
    page.get_by_role("link", name=path.name).click()


def test_a_template_with_two_tables_is_drawn_and_changed(admin_page: Page, tmp_path: Path) -> None:
    page = admin_page
    upload(page, two_tables(tmp_path / "harbour-4.pdf", 4))
    page.get_by_role("link", name="New template from this").click()
    page.wait_for_selector("svg rect.word", state="attached")
    for what in ("[data-drop]", "[data-drop-table]"):
        while page.locator(what).count():
            page.locator(what).first.click()

    # What was looked for and not found is offered, and stays part of the template without a value.
    offered = page.locator(".unread[data-unread]").first.get_by_role("button")
    offered.get_by_text("Purchase order").click()
    expect(page.locator(".studio-field.chosen [data-meaning]")).to_contain_text("stays part of the template")
    expect(offered.get_by_text("Purchase order")).to_have_count(0)

    tables, rows = page.locator(".studio-table"), "tbody tr"
    for at, (name, columns, top) in enumerate((("Line items", ITEMS, 700), ("Taxes", TAXES, 500))):
        page.keyboard.press("Alt+t")
        page.keyboard.type(name)
        expect(tables.nth(at).get_by_label("Name of the table")).to_be_focused()
        click_row(page, [x for x, _ in columns], top - 20)
        for column, (_, title) in enumerate(columns):
            expect(tables.nth(at).get_by_label("Name of the column").nth(column)).to_have_value(title)
    columns = tables.nth(0).get_by_label("Name of the column")
    tables.nth(0).get_by_role("button", name="+ Unit", exact=True).click()
    expect(columns.nth(3)).to_have_value("Unit")
    page.keyboard.press("Control+z")
    expect(columns).to_have_count(3)
    for at in range(2):  # the first one was read on to the end of the page until the second began there
        expect(tables.nth(at).locator(rows)).to_have_count(2)

    # By keyboard alone, and back.
    page.keyboard.press("Alt+t")
    page.keyboard.type("Notes")
    for key in ("Tab", "Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    page.keyboard.type("Note")
    expect(tables.nth(2).get_by_label("Name of the column")).to_have_value("Note")
    tables.nth(2).get_by_role("button", name="Remove the table").click()
    expect(tables).to_have_count(2)
    page.keyboard.press("Control+z")
    expect(tables.nth(2).get_by_label("Name of the table")).to_have_value("Notes")
    page.keyboard.press("Control+Shift+z")
    expect(tables).to_have_count(2)

    page.get_by_label("Name of the template").fill("Harbour delivery")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message.success")).to_contain_text("Harbour delivery")
    expect(page.get_by_label("Key of the table").nth(1)).to_have_value("taxes")
    expect(page.locator("input[value='purchase_order']")).to_have_count(1)

    upload(page, two_tables(tmp_path / "harbour-6.pdf", 6))
    expect(page.locator("#template-choice")).to_have_value("Harbour delivery")
    expect(page.locator("[data-grid=line_items] [data-count]")).to_have_text("2")
    expect(page.locator("[data-grid=taxes] [data-count]")).to_have_text("2")
    page.get_by_role("link", name="Change this template here").click()
    expect(tables.nth(1).locator("tbody input").nth(1)).to_have_value(re.compile("600"))
    tables.nth(1).get_by_label("Name of the column").nth(2).fill("Tax amount")
    page.wait_for_timeout(800)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message.success")).to_contain_text("Version 2")
    for at, label in enumerate(("Rate", "Base", "Tax amount")):
        expect(page.locator(f"[name='column1:{at}:label']")).to_have_value(label)


LAB = ((72, "Test"), (200, "Result"), (262, "Flag"), (300, "Units"), (380, "Reference range"))
LAB_ROWS = (
    ("Sodium", "140", "", "mmol/l", "133 - 146"),
    ("Urea", "17.0", "H", "mmol/l", "2.5 - 7.8"),
    ("Creatinine", "170", "H", "umol/l", "59 - 104"),
)
BANK = ((72, "Date"), (140, "Details"), (300, "Paid out"), (370, "Paid in"), (450, "Balance"))
BANK_ROWS = (
    ("01 Sep", "Rent", "850.00", "", "1,150.00"),
    ("04 Sep", "Salary", "", "2,400.00", "3,550.00"),
    ("09 Sep", "Rates", "120.00", "", "3,430.00"),
)


def one_table(path: Path, title: str, columns: tuple, rows: tuple) -> Path:
    """A page with one table, whose columns stand close together; numbers end at the right edge of their column's name."""
    out = Canvas(str(path), pagesize=A4, invariant=1)
    out.setFont("Helvetica", 11)
    out.drawString(72, 780, title)
    for line, texts in enumerate([tuple(name for _, name in columns), *rows]):
        for (x, name), text in zip(columns, texts, strict=True):
            if line and text[:1].isdigit() and name not in ("Date", "Reference range"):
                out.drawRightString(x + out.stringWidth(name), 700 - 20 * line, text)
            else:
                out.drawString(x, 700 - 20 * line, text)
    out.save()
    return path


def click_word(page: Page, columns: tuple, rows: tuple, row: int, column: int) -> None:
    """Click a cell of the page, in the middle of its text."""
    width, height = A4
    text, (x, name) = rows[row][column], columns[column]
    size, y = stringWidth(text, "Helvetica", 11), 700 - 20 * (row + 1)
    if text[:1].isdigit() and name not in ("Date", "Reference range"):
        x = x + stringWidth(name, "Helvetica", 11) - size
    drag_over(page, PageBox(0, Box((x + 1) / width, 1 - (y + 9) / height, (x + size - 1) / width, 1 - y / height)))


def cells_of(page: Page) -> list[list[str]]:
    lines = page.locator(".studio-table tbody tr").all()
    return [[cell.input_value() for cell in line.locator("[data-cell]").all()] for line in lines]


def open_studio(page: Page, path: Path) -> None:
    upload(page, path)
    page.get_by_role("link", name="New template from this").click()
    page.wait_for_selector("svg rect.word", state="attached")
    for what in ("[data-drop]", "[data-drop-table]"):
        while page.locator(what).count():
            page.locator(what).first.click()
    page.keyboard.press("Alt+t")
    page.keyboard.type("Lines")


def test_each_cell_of_the_first_row_begins_a_column_however_slowly_one_clicks(admin_page: Page, tmp_path: Path) -> None:
    page = admin_page
    open_studio(page, one_table(tmp_path / "lab.pdf", "Pathology report of the county", LAB, LAB_ROWS))
    for column in (0, 1, 3, 4):
        click_word(page, LAB, LAB_ROWS, 0, column)
        page.wait_for_timeout(900)  # what is below is read like it meanwhile
    click_word(page, LAB, LAB_ROWS, 1, 2)
    names = page.get_by_label("Name of the column")
    expect(names).to_have_count(5)
    assert [name.input_value() for name in names.all()] == [name for _, name in LAB]
    page.wait_for_timeout(900)
    assert cells_of(page) == [list(row) for row in LAB_ROWS]
    expect(page.locator("[data-status]")).to_have_text("1 row was read like yours")


def test_a_word_under_another_printed_header_is_another_column(admin_page: Page, tmp_path: Path) -> None:
    page = admin_page
    open_studio(page, one_table(tmp_path / "bank.pdf", "Statement of the current account", BANK, BANK_ROWS))
    for column in (0, 1, 2, 4):
        click_word(page, BANK, BANK_ROWS, 0, column)
        page.wait_for_timeout(900)
    click_word(page, BANK, BANK_ROWS, 1, 3)
    page.wait_for_timeout(900)
    names = page.get_by_label("Name of the column")
    assert [name.input_value() for name in names.all()] == [name for _, name in BANK]
    assert [row[2:4] for row in cells_of(page)] == [["850.00", ""], ["", "2,400.00"], ["120.00", ""]]


def test_what_is_clicked_goes_into_the_added_column_and_undo_keeps_its_name(admin_page: Page, tmp_path: Path) -> None:
    page = admin_page
    open_studio(page, one_table(tmp_path / "lab-2.pdf", "Pathology report of the town", LAB, LAB_ROWS))
    for column in (0, 1, 3):
        click_word(page, LAB, LAB_ROWS, 0, column)
        page.wait_for_timeout(900)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="+ Column", exact=True).click()
    page.keyboard.type("Normal")
    click_word(page, LAB, LAB_ROWS, 0, 4)
    page.wait_for_timeout(900)
    expect(page.locator("[data-fields] [data-name]")).to_have_count(0)
    names = page.get_by_label("Name of the column")
    assert [name.input_value() for name in names.all()] == ["Test", "Result", "Units", "Normal"]
    assert cells_of(page)[0][3] == LAB_ROWS[0][4]
    page.keyboard.press("Control+z")
    assert [name.input_value() for name in names.all()] == ["Test", "Result", "Units", "Normal"]
    assert cells_of(page)[0][3] == ""


def test_words_of_lines_that_stand_close_belong_to_fields_of_their_own(admin_page: Page, tmp_path: Path) -> None:
    path, page = tmp_path / "close.pdf", admin_page
    out = Canvas(str(path), pagesize=A4, invariant=1)
    out.setFont("Helvetica", 12)
    for line, text in enumerate(("Booking of rooms by the harbour", "", "Osprey", "Kanalveien")):
        out.drawString(72, 780 - 11 * line, text)
    out.save()
    open_studio(page, path)
    page.keyboard.press("Escape")
    values = page.locator("[data-fields] [data-value]")
    width, height = A4
    for line, text in ((2, "Osprey"), (3, "Kanalveien")):
        middle = 1 - (780 - 11 * line + 4) / height
        drag_over(page, PageBox(0, Box(80 / width, middle - 0.001, 82 / width, middle + 0.001)))
        expect(values.last).to_have_value(text)
    assert [value.input_value() for value in values.all()] == ["Osprey", "Kanalveien"]
