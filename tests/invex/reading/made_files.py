"""Documents made for the tests of reading."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfgen.canvas import Canvas

from invex.reading.pdf import Pixels

LINES = ("Invoice number 2024-0815", "Date of issue 12 March 2024", "Net amount 1,234.50 EUR", "Total due 1,469.06 EUR")


SLIP = (240, 170)  # a small page, in points


def draw_invoice(canvas: Canvas) -> None:
    canvas.setFont("Helvetica", 12)
    for number, line in enumerate(LINES):
        canvas.drawString(72, 720 - 30 * number, line)


def draw_slip(canvas: Canvas) -> None:
    """The lines of draw_invoice on a page of SLIP: an OCR takes a fifth of the time of a whole page."""
    canvas.setFont("Helvetica", 12)
    for number, line in enumerate(LINES):
        canvas.drawString(30, 130 - 30 * number, line)


def scan_of(path: Path, *, dpi: int = 200, rotation: int = 0) -> Pixels:
    """The first page as a scanner sees it, BGR."""
    document = pdfium.PdfDocument(path)
    pixels = document[0].render(scale=dpi / 72).to_numpy()[..., :3]
    document.close()
    return np.ascontiguousarray(np.rot90(pixels, -rotation // 90))


def text_image(
    lines: tuple[str, ...] = LINES, *, size: tuple[int, int] = (1000, 420), font_px: int = 36
) -> Image.Image:
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        pen.text((40, 30 + number * 2.5 * font_px), line, fill="black", font=ImageFont.load_default(font_px))
    return image
