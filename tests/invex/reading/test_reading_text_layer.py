"""Text layers of PDF pages: words, boxes, rotation, rules."""

import math

import numpy as np
import pypdf
import pytest
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from invex.reading.reader import READER_VERSION, read_file
from invex.reading.turning import turn_boxes
from tests.invex.reading.made_files import LINES, draw_invoice

WORDS = " ".join(LINES).split()


def texts(page):
    return [w.text for w in page.words]


def test_words_and_boxes_are_where_they_were_drawn(invoice_pdf):
    page = read_file(invoice_pdf).pages[0]
    assert (page.source, page.width, page.height, page.rotation) == ("text", 595, 842, 0)
    assert texts(page) == WORDS
    first = page.words[0]
    width = pdfmetrics.stringWidth("Invoice", "Helvetica", 12)
    assert first.box.x0 == pytest.approx(72 / 595, abs=0.002)
    assert first.box.x1 == pytest.approx((72 + width) / 595, abs=0.002)
    assert first.box.y0 < (842 - 720 - 4) / 842 < first.box.y1  # the middle of its letters


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_page_that_asks_to_be_turned_is_read_as_it_is_seen(invoice_pdf, tmp_path, degrees):
    """/Rotate turns what upright text was drawn on, so that the text then runs sideways, and the reader turns it back."""
    writer = pypdf.PdfWriter(clone_from=invoice_pdf)
    writer.pages[0].rotate(degrees)
    path = tmp_path / "rotated.pdf"
    writer.write(path)
    page = read_file(path).pages[0]
    assert texts(page) == WORDS
    assert page.rotation == 360 - degrees
    assert (page.width, page.height) == (595, 842)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_page_that_a_person_turned_is_not_turned_back(invoice_pdf, degrees):
    upright, turned = read_file(invoice_pdf), read_file(invoice_pdf, rotations={0: degrees})
    (page,) = turned.pages
    assert (page.rotation, page.width < page.height) == (degrees, degrees == 180)
    places = turn_boxes(np.array([word.box for word in upright.pages[0].words]), degrees)
    assert {word.text for word in page.words} == {word.text for word in upright.pages[0].words}
    for word, box in zip(upright.pages[0].words, places, strict=True):
        assert any(w.text == word.text and np.allclose(w.box, box, atol=0.002) for w in page.words)


def test_a_landscape_page_made_by_rotation_needs_no_turning(make_pdf, tmp_path):
    def sideways(canvas: Canvas) -> None:
        canvas.rotate(90)
        canvas.translate(0, -595)
        canvas.setFont("Helvetica", 12)
        canvas.drawString(72, 400, "Invoice number 2024-0815")

    path = make_pdf(sideways)
    writer = pypdf.PdfWriter(clone_from=path)
    writer.pages[0].rotate(90)
    writer.write(path)
    page = read_file(path).pages[0]
    assert (page.width, page.height, page.rotation) == (842, 595, 0)
    assert texts(page) == ["Invoice", "number", "2024-0815"]
    assert page.words[0].box.y0 == pytest.approx((595 - 412) / 595, abs=0.01)


def test_a_margin_note_that_runs_upwards_stays_whole(make_pdf):
    def draw(canvas: Canvas) -> None:
        draw_invoice(canvas)
        canvas.saveState()
        canvas.translate(30, 300)
        canvas.rotate(90)
        canvas.drawString(0, 0, "Printed sideways")
        canvas.restoreState()

    page = read_file(make_pdf(draw)).pages[0]
    note = [w for w in page.words if w.text in ("Printed", "sideways")]
    assert len(note) == 2
    assert all(w.box.height * 842 > 2 * w.box.width * 595 for w in note)
    assert page.rotation == 0


def test_slightly_turned_text_keeps_its_words(make_pdf):
    def draw(canvas: Canvas) -> None:
        canvas.rotate(2)
        draw_invoice(canvas)

    assert sorted(texts(read_file(make_pdf(draw)).pages[0])) == sorted(WORDS)


def test_words_of_a_crop_box_are_relative_to_it_and_others_are_left_out(invoice_pdf, tmp_path):
    writer = pypdf.PdfWriter(clone_from=invoice_pdf)
    box = pypdf.generic.RectangleObject([60, 680, 400, 760])  # the first two lines
    writer.pages[0].cropbox = box
    path = tmp_path / "cropped.pdf"
    writer.write(path)
    page = read_file(path).pages[0]
    assert (page.width, page.height) == (340, 80)
    assert texts(page) == " ".join(LINES[:2]).split()
    assert page.words[0].box.x0 == pytest.approx(12 / 340, abs=0.01)


def test_letter_spaced_headings_are_words_again(make_pdf):
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 14)
        canvas.drawString(72, 700, "I N V O I C E")
        text = canvas.beginText(72, 650)
        text.setCharSpace(5)
        text.textOut("RECHNUNG")
        canvas.drawText(text)

    assert texts(read_file(make_pdf(draw)).pages[0]) == ["INVOICE", "RECHNUNG"]


def test_digits_of_a_form_with_typed_spaces_stay_apart(make_pdf):
    page = read_file(make_pdf(lambda canvas: canvas.drawString(72, 700, "1 2 3 4 5"))).pages[0]
    assert texts(page) == ["1", "2", "3", "4", "5"]


def test_columns_without_a_space_between_them_are_split(make_pdf):
    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "Total")
        canvas.drawString(72 + 28 + 12, 700, "99.00")

    assert texts(read_file(make_pdf(draw)).pages[0]) == ["Total", "99.00"]


def test_rules_of_a_table_are_found_whether_stroked_or_filled(make_pdf):
    def draw(canvas: Canvas) -> None:
        draw_invoice(canvas)
        canvas.line(72, 500, 500, 500)
        canvas.rect(72, 300, 400, 100)  # four edges
        canvas.rect(72, 200, 400, 0.5, stroke=0, fill=1)

    rules = read_file(make_pdf(draw)).pages[0].rules
    horizontal = [r for r in rules if r.width > r.height]
    assert len(horizontal) == 4
    assert len([r for r in rules if r.height > r.width]) == 2
    assert min(r.y0 for r in rules) == pytest.approx((842 - 500) / 842, abs=0.002)


def test_values_typed_into_form_fields_are_words(make_pdf):
    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "Customer")
        canvas.acroForm.textfield(name="customer", value="Typed GmbH", x=150, y=690, width=200, height=20)

    assert {"Typed", "GmbH"} <= set(texts(read_file(make_pdf(draw)).pages[0]))


def test_an_empty_page_is_blank_and_counted(make_pdf):
    document = read_file(make_pdf(draw_invoice, lambda canvas: None, draw_invoice))
    assert [p.source for p in document.pages] == ["text", "blank", "text"]


def test_reader_names_no_engine_where_none_was_used(invoice_pdf):
    assert read_file(invoice_pdf).reader == READER_VERSION


def test_a_page_of_diagonal_text_is_not_lost(make_pdf):
    def draw(canvas: Canvas) -> None:
        draw_invoice(canvas)
        canvas.translate(200, 200)
        canvas.rotate(math.degrees(math.atan2(1, 1)))
        canvas.setFont("Helvetica", 20 * mm / 3)
        canvas.drawString(0, 0, "DRAFT")

    assert "DRAFT" in texts(read_file(make_pdf(draw)).pages[0])
