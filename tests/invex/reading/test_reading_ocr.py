"""OCR: one contract for both engines, and how the reader decides when to ask for it."""

import os
import shutil
import signal
import time

import numpy as np
import pytest
from PIL import Image, ImageFilter
from reportlab.lib.utils import ImageReader

from invex.fields.geometry import Box
from invex.reading import coverage, trust
from invex.reading.errors import Unreadable
from invex.reading.ocr_engines import ENGINES, make_engine
from invex.reading.ocr_port import OcrPage
from invex.reading.pool import ReaderPool
from invex.reading.reader import READER_VERSION, read_file
from invex.reading.textlayer import symbol_share
from invex.reading.thumbnail import thumbnail
from invex.reading.types import Word
from tests.invex.reading.made_files import LINES, SLIP, draw_invoice, draw_slip, scan_of, text_image

WORDS = " ".join(LINES).split()


@pytest.fixture(params=ENGINES, scope="module")
def engine(request):
    if request.param == "tesseract" and shutil.which("tesseract") is None:
        pytest.skip("tesseract is not installed")
    return make_engine(request.param)


def test_an_engine_reads_words_where_they_are(engine, slip_pdf):
    printed = read_file(slip_pdf).pages[0].words
    read = engine.read(scan_of(slip_pdf))
    assert [w.text for w in read.words] == WORDS
    assert read.rotation == 0
    for word, truth in zip(read.words, printed):
        assert word.box.overlap(truth.box) > 0.5 * word.box.width * word.box.height
        assert abs(word.box.x0 - truth.box.x0) * SLIP[0] < 4
        assert abs(word.box.x1 - truth.box.x1) * SLIP[0] < 4
        assert 0.5 <= word.confidence <= 1


@pytest.mark.parametrize("rotation", [90, *(pytest.param(other, marks=pytest.mark.slow) for other in (180, 270))])
def test_an_engine_turns_a_page_upright(engine, make_pdf, rotation):
    def full_page(canvas):
        canvas.setFont("Helvetica", 11)
        for row in range(4):
            canvas.drawString(30, 110 - 22 * row, f"Line {row + 1} of a page with enough text to tell which way is up")

    pixels = scan_of(make_pdf(full_page, size=(420, 140)), dpi=130, rotation=rotation)
    page = engine.read(pixels)
    assert page.rotation == 360 - rotation
    assert "enough" in {w.text for w in page.words}
    assert engine.read(pixels, may_turn=False).rotation == 0


def test_an_engine_finds_nothing_on_an_empty_page(engine):
    assert engine.read(np.full((800, 600, 3), 255, np.uint8)) == OcrPage(())


def test_an_engine_recognises_single_lines(engine):
    line = np.asarray(text_image(("Invoice 4711",), size=(420, 110)))
    text, confidence = engine.recognise([line, np.full((40, 200, 3), 255, np.uint8)])[0]
    assert text == "Invoice 4711"
    assert confidence > 0.8
    assert engine.recognise([]) == []


def test_an_engine_that_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="use one of rapidocr, tesseract"):
        make_engine("handwriting")


def scanned(pixels: np.ndarray) -> ImageReader:
    return ImageReader(Image.fromarray(pixels[..., ::-1]).filter(ImageFilter.GaussianBlur(0.6)))


SIDEWAYS = (SLIP[1], SLIP[0])


def test_a_scan_is_read_by_ocr_and_turned(make_pdf, slip_pdf):
    sideways = scan_of(slip_pdf, rotation=90)
    path = make_pdf(lambda canvas: canvas.drawImage(scanned(sideways), 0, 0, *SIDEWAYS), name="scan.pdf", size=SIDEWAYS)
    document = read_file(path)
    (page,) = document.pages
    assert document.reader.startswith(f"{READER_VERSION}+rapidocr-")
    assert (page.source, page.rotation, page.width, page.height) == ("ocr", 270, *SLIP)
    assert [w.text for w in page.words] == WORDS
    upright = np.frombuffer(thumbnail(scan_of(slip_pdf)), np.uint8)
    assert np.corrcoef(np.frombuffer(page.thumbnail, np.uint8), upright)[0, 1] > 0.9
    unread = read_file(path, ocr="never").pages[0]
    assert (unread.words, unread.thumbnail) == ((), b"")


def test_a_scan_that_a_person_turned_is_read_so(make_pdf, slip_pdf, tmp_path):
    sideways = Image.fromarray(scan_of(slip_pdf, rotation=90)[..., ::-1])
    sideways.save(tmp_path / "scan.png", dpi=(200, 200))
    path = make_pdf(
        lambda canvas: canvas.drawImage(ImageReader(sideways), 0, 0, *SIDEWAYS), name="scan.pdf", size=SIDEWAYS
    )
    for file in (path, tmp_path / "scan.png"):
        (page,) = read_file(file, rotations={0: 270}).pages
        assert (page.source, page.rotation, round(page.width), round(page.height)) == ("ocr", 270, *SLIP)
        assert [w.text for w in page.words] == WORDS
        assert read_file(file, rotations={0: 0}).pages[0].rotation == 0


def test_a_picture_of_text_completes_the_text_layer(make_pdf, invoice_pdf):
    picture = scan_of(invoice_pdf)[:600]  # the upper quarter of the page

    def draw(canvas):
        canvas.setFont("Helvetica", 12)
        for row in range(12):
            canvas.drawString(72, 100 + 20 * row, f"Printed text {row} that pdfium reads")
        canvas.drawImage(scanned(picture), 0, 842 - 216, 595, 216)

    page = read_file(make_pdf(draw, name="mixed.pdf")).pages[0]
    texts = [w.text for w in page.words]
    assert page.source == "mixed"
    assert texts[: len(WORDS)] == WORDS
    assert texts.count("pdfium") == 12


def test_a_scan_with_a_true_text_layer_keeps_it(make_pdf, slip_pdf):
    pixels = scan_of(slip_pdf)

    def draw(canvas):
        canvas.drawImage(scanned(pixels), 0, 0, *SLIP)
        text = canvas.beginText()
        text.setTextRenderMode(3)  # invisible, as OCR programs write it
        text.setFont("Helvetica", 12)
        for row, line in enumerate(LINES):
            text.setTextOrigin(30, 130 - 30 * row)
            text.textOut(line)
        canvas.drawText(text)

    page = read_file(make_pdf(draw, name="searchable.pdf", size=SLIP)).pages[0]
    assert (page.source, [w.text for w in page.words]) == ("text", WORDS)
    assert {w.confidence for w in page.words} == {1.0}


def test_a_scan_with_a_false_text_layer_is_read_anew(make_pdf, slip_pdf):
    pixels = scan_of(slip_pdf)

    def draw(canvas):
        canvas.drawImage(scanned(pixels), 0, 0, *SLIP)
        text = canvas.beginText()
        text.setTextRenderMode(3)
        text.setFont("Helvetica", 12)
        for row, line in enumerate(LINES):
            text.setTextOrigin(30, 130 - 30 * row)
            text.textOut("".join(chr((ord(c) - 29) % 64 + 62) if c != " " else c for c in line))
        canvas.drawText(text)

    page = read_file(make_pdf(draw, name="garbled.pdf", size=SLIP)).pages[0]
    assert (page.source, [w.text for w in page.words]) == ("ocr", WORDS)


def test_a_small_logo_is_not_worth_an_ocr(make_pdf):
    logo = np.asarray(text_image(("ACME",), size=(200, 100), font_px=60))

    def draw(canvas):
        draw_invoice(canvas)
        canvas.drawImage(scanned(logo), 400, 760, 100, 50)

    document = read_file(make_pdf(draw, name="logo.pdf"))
    assert document.reader == READER_VERSION
    assert document.pages[0].source == "text"


def test_text_drawn_as_outlines_is_read(make_pdf):
    def draw(canvas):
        draw_slip(canvas)
        for row in range(4):  # letters as filled shapes, as programs write that "convert text to curves"
            for column in range(13):
                x, y = 30 + column * 14, 270 - row * 24
                path = canvas.beginPath()
                path.moveTo(x, y)
                for dx, dy in (
                    (2, 0),
                    (2, 5),
                    (8, 5),
                    (8, 0),
                    (10, 0),
                    (10, 12),
                    (8, 12),
                    (8, 7),
                    (2, 7),
                    (2, 12),
                    (0, 12),
                ):
                    path.lineTo(x + dx, y + dy)
                path.close()
                canvas.drawPath(path, stroke=0, fill=1)

    page = read_file(make_pdf(draw, name="outlines.pdf", size=(SLIP[0], 2 * SLIP[1]))).pages[0]
    assert page.source == "mixed"
    assert sum("H" in w.text for w in page.words) >= 4


def test_uncovered_ink_is_found_by_region():
    page = np.full((580, 410), 255, np.uint8)
    for y in (*range(40, 130, 10), *range(400, 480, 10)):
        page[y : y + 4, 40:360:2] = 0
    whole = [Box(0, 0, 1, 1)]
    upper = Box(0, 0, 1, 0.3)
    assert coverage.has_ink(page)
    assert coverage.uncovered(page, [upper, Box(0, 0.6, 1, 1)], whole).regions == ()
    missing = coverage.uncovered(page, [upper], whole)
    assert len(missing.regions) == 1
    assert missing.regions[0].overlap(Box(0.1, 0.69, 0.87, 0.82)) > 0.08
    assert coverage.uncovered(page, [], whole).is_most
    assert coverage.uncovered(page, [], [Box(0.9, 0, 1, 1)]).regions == ()


def test_samples_for_the_spot_check_are_stretches_of_lines():
    words = [
        Word(f"word{i}", Box(0.1 + 0.1 * (i % 5), 0.05 * (i // 5), 0.19 + 0.1 * (i % 5), 0.05 * (i // 5) + 0.02))
        for i in range(60)
    ]
    samples = trust.sample_lines(words, width=600, height=800)
    assert len(samples) == trust.SAMPLES
    for text, box in samples:
        assert len(text) >= trust.MIN_CHARACTERS
        assert trust.ASPECT[0] <= box.width * 600 / (box.height * 800) <= trust.ASPECT[1]


@pytest.mark.parametrize(
    ("text", "is_odd"),
    [
        ("Summe 1.234,50 € (19 % MwSt.)", False),
        ("Über Öl – Œuvre №", True),
        ("\x01\x02\x03 garbled", True),
        ("\uf020\uf041", True),
    ],
)
def test_odd_characters_are_counted(text, is_odd):
    assert (symbol_share("".join(text.split())) > 0.03) is is_odd


def test_ocr_in_a_process_of_its_own(tmp_path, slip_pdf):
    """The pool reads scans as this process does, and an OCR process that dies costs one document."""
    path = tmp_path / "scan.png"
    Image.fromarray(scan_of(slip_pdf)[..., ::-1]).save(path, dpi=(200, 200))
    with ReaderPool() as shared:
        document = shared.read(path)
        assert document.pages == read_file(path).pages
        assert [w.text for w in document.pages[0].words] == WORDS
        assert "rapidocr" in document.reader
        os.kill(shared._workers[0]._ocr.pid, signal.SIGSEGV)
        time.sleep(0.2)
        with pytest.raises(Unreadable) as caught:
            shared.read(path)
        assert caught.value.code == "crashed"
        assert shared.read(path).pages == document.pages


def test_small_text_is_enlarged_and_its_words_lie_where_they_are(slip_pdf):
    read = make_engine("rapidocr").read(scan_of(slip_pdf, dpi=36))  # without it, two words are misread
    assert {w.text for w in read.words} >= set(WORDS)
    for word, truth in zip(read.words, read_file(slip_pdf).pages[0].words):
        assert word.box.overlap(truth.box) > 0.3 * word.box.width * word.box.height


def test_text_of_usual_size_is_not_enlarged(slip_pdf, monkeypatch):
    from invex.reading import ocr_rapid

    def enlarged(pixels):
        raise AssertionError("it costs time and brings nothing")

    monkeypatch.setattr(ocr_rapid, "_enlarged", enlarged)
    assert make_engine("rapidocr").read(scan_of(slip_pdf, dpi=100)).words
