"""Kinds of files, their limits, and what is wrong with them."""

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pypdf
import pytest
from PIL import Image

from invex.reading.errors import SENTENCES, Unreadable
from invex.reading.filetype import FileType, sniff
from invex.reading.images import open_frames
from invex.reading.limits import Limits
from invex.reading.reader import read_file, render_page
from tests.invex.reading.made_files import draw_invoice, scan_of, text_image


def code_of(path: Path, **options) -> str:
    with pytest.raises(Unreadable) as caught:
        read_file(path, ocr="never", **options)
    assert caught.value.message.startswith(SENTENCES[caught.value.code])
    return caught.value.code


def encrypted(source: Path, target: Path, *, user: str, owner: str = "owner") -> Path:
    writer = pypdf.PdfWriter(clone_from=source)
    writer.encrypt(user_password=user, owner_password=owner, algorithm="AES-256")
    writer.write(target)
    return target


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7", FileType.PDF),
        (b"\0\0junk of a mail gateway\n%PDF-1.4", FileType.PDF),
        (b"\x89PNG\r\n\x1a\n", FileType.IMAGE),
        (b"\xff\xd8\xff\xe0", FileType.IMAGE),
        (b"II*\0", FileType.IMAGE),
        (b"RIFF\0\0\0\0WEBP", FileType.IMAGE),
        (b"\xef\xbb\xbf<?xml", FileType.XML),
        ("\ufeff<?xml".encode("utf-16-le"), FileType.XML),
    ],
)
def test_the_type_comes_from_the_content(head, kind):
    assert sniff(head) is kind


def test_the_name_does_not_matter(invoice_pdf):
    lying = invoice_pdf.rename(invoice_pdf.with_name("photo.jpg"))
    document = read_file(lying, name="What people call it.pdf")
    assert document.file == "What people call it.pdf"
    assert document.pages[0].words


@pytest.mark.parametrize("content", [b"MZ\x90\0", b"PK\x03\x04", b"<!doctype html><html>", b"plain text", b"\0" * 5000])
def test_other_files_are_unsupported(tmp_path, content):
    path = tmp_path / "invoice.pdf"
    path.write_bytes(content)
    assert code_of(path) == "unsupported"


def test_an_empty_file_is_empty(tmp_path):
    path = tmp_path / "a.pdf"
    path.touch()
    assert code_of(path) == "empty"


def test_a_password_is_asked_for_only_when_the_empty_one_fails(invoice_pdf, tmp_path):
    needs = encrypted(invoice_pdf, tmp_path / "needs.pdf", user="secret")
    opens = encrypted(invoice_pdf, tmp_path / "opens.pdf", user="")
    assert read_file(opens).pages == read_file(invoice_pdf).pages
    assert code_of(needs) == "encrypted"
    assert code_of(needs, password="wrong") == "encrypted"
    assert read_file(needs, password="secret").pages == read_file(invoice_pdf).pages
    assert read_file(opens, password="not needed").pages


def test_a_pdf_of_garbage_is_corrupt(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 20)
    assert code_of(path) == "corrupt"


def test_every_truncation_of_a_pdf_is_read_whole_or_refused(make_pdf, tmp_path):
    whole = make_pdf(*[draw_invoice] * 5).read_bytes()
    cut = tmp_path / "cut.pdf"
    outcomes = set()
    for size in range(len(whole) // 20, len(whole), len(whole) // 20):
        cut.write_bytes(whole[:size])
        try:
            document = read_file(cut, ocr="never")
        except Unreadable as error:
            outcomes.add(error.code)
        else:
            assert [len(p.words) for p in document.pages] == [len(document.pages[0].words)] * 5
            outcomes.add("whole")
    assert outcomes <= {"corrupt", "pages_lost", "empty", "whole"}
    assert outcomes - {"whole"}


def test_limits_have_their_codes(make_pdf, tmp_path):
    path = make_pdf(draw_invoice, draw_invoice)
    assert code_of(path, limits=Limits(pages=1)) == "too_many_pages"
    assert code_of(path, limits=Limits(file_bytes=100)) == "too_large"
    tiff = tmp_path / "a.tif"
    image = text_image()
    image.save(tiff, save_all=True, append_images=[image, image])
    assert code_of(tiff, limits=Limits(pages=2)) == "too_many_pages"
    assert code_of(tiff, limits=Limits(pixels=1000)) == "too_many_pixels"
    writer = pypdf.PdfWriter(clone_from=path)
    for number in range(3):
        writer.add_attachment(f"{number}.txt", b"x" * 100)
    attached = tmp_path / "attached.pdf"
    writer.write(attached)
    assert code_of(attached, limits=Limits(attachments=2)) == "too_many_attachments"
    assert code_of(attached, limits=Limits(attachment_bytes=10)) == "too_many_attachments"
    assert read_file(attached).pages


def test_a_limit_that_allows_nothing_is_refused():
    with pytest.raises(ValueError, match="limit pages is 0"):
        Limits(pages=0)


def test_a_png_bomb_is_refused_by_its_header(tmp_path):
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1 << 20))))
    assert code_of(path) == "too_many_pixels"


def test_a_huge_page_is_drawn_smaller_instead_of_refused(make_pdf):
    path = make_pdf(draw_invoice, size=(14000, 14000))
    limits = Limits(pixels=1_000_000)
    image = Image.open(io.BytesIO(render_page(path, 0, dpi=200, limits=limits)))
    assert image.width * image.height <= 1_010_000


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_a_cut_image_is_corrupt(tmp_path, kind):
    buffer = io.BytesIO()
    text_image().save(buffer, kind)
    path = tmp_path / "cut"
    path.write_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 3])
    assert code_of(path) == "corrupt"


def test_each_page_of_a_tiff_is_a_page(tmp_path):
    path = tmp_path / "fax.tif"
    first, second = text_image().convert("1"), text_image(size=(420, 1000)).convert("1")
    first.save(path, save_all=True, append_images=[second], dpi=(200, 200), compression="group4")
    frames = list(open_frames(path, Limits()))
    assert [(f.width, f.height) for f in frames] == [(360.0, pytest.approx(151.2)), (pytest.approx(151.2), 360.0)]


def test_a_lost_page_of_a_tiff_fails_the_file(tmp_path):
    path = tmp_path / "fax.tif"
    image = text_image()
    image.save(path, save_all=True, append_images=[image, image])
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    assert code_of(path) in ("pages_lost", "corrupt")


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA", "CMYK", "I;16"])
def test_images_of_any_mode_are_dark_on_white(tmp_path, mode):
    path = tmp_path / "image.tif"
    gray = text_image().convert("L")
    if mode == "I;16":
        image = Image.fromarray(np.asarray(gray).astype(np.uint16) * 257)
    else:
        image = gray.convert("RGB").convert(mode)
    image.save(path)
    (frame,) = open_frames(path, Limits())
    assert frame.pixels.shape == (420, 1000, 3)
    assert frame.pixels.min() < 20
    assert np.median(frame.pixels) > 250


def test_a_photo_is_turned_as_the_camera_was_held(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to look at it
    path = tmp_path / "photo.jpg"
    text_image().save(path, exif=exif)
    (frame,) = open_frames(path, Limits())
    assert frame.pixels.shape == (1000, 420, 3)


@pytest.mark.parametrize("rotation", [0, 90])
def test_a_page_is_drawn_as_a_person_sees_it(invoice_pdf, rotation):
    image = Image.open(io.BytesIO(render_page(invoice_pdf, 0, dpi=72, rotation=rotation)))
    assert image.size == ((842, 595) if rotation else (595, 842))
    drawn = np.asarray(image.convert("L")).astype(int)
    expected = scan_of(invoice_pdf, dpi=72, rotation=rotation)[..., 0].astype(int)
    assert np.abs(drawn - expected).mean() < 3


def test_a_page_that_is_not_there_is_no_fault_of_the_file(invoice_pdf):
    with pytest.raises(IndexError, match="page 7"):
        render_page(invoice_pdf, 7, dpi=72)


def test_reading_text_loads_no_ocr(invoice_pdf):
    program = (
        "import sys; from invex.reading.reader import read_file; "
        f"assert read_file({str(invoice_pdf)!r}).pages[0].words; "
        "print([m for m in ('onnxruntime', 'cv2', 'rapidocr', 'django', 'pytesseract') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
