"""A plain e-invoice has no pages: this lays its values out on some, so that a person can look at them."""

from __future__ import annotations

from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from invex.fields.geometry import Box
from invex.fields.standard import LINE_ITEMS, STANDARD_FIELDS

from .pdf import POINTS_PER_INCH, Pixels
from .types import EInvoice, Page, Word

# In points, on A4.
PAGE_WIDTH, PAGE_HEIGHT = 595.0, 842.0
MARGIN = 48.0
FONT_SIZE = 10.0
LINE_HEIGHT = 16.0
VALUE_X = 190.0  # where the values of the fields begin
_COLUMN_X = (MARGIN, 250.0, 310.0, 360.0, 430.0, 480.0)  # of LINE_ITEMS.columns
_LINES_A_PAGE = int((PAGE_HEIGHT - 2 * MARGIN) // LINE_HEIGHT)

Cell = tuple[float, float, str]  # left edge, right limit, text
Line = list[Cell]


def pages_of(invoice: EInvoice) -> tuple[Page, ...]:
    """Return pages of label and value lines, then one line for each line item; at least one page."""
    lines: list[Line] = []
    for field in STANDARD_FIELDS:
        for value in invoice.fields.get(field.key, ()):
            lines += _wrapped([(MARGIN, VALUE_X, field.label), (VALUE_X, PAGE_WIDTH - MARGIN, value)])
    if invoice.lines:
        limits = (*_COLUMN_X[1:], PAGE_WIDTH - MARGIN)
        lines.append([])
        lines += _wrapped([(x, end, c.label) for x, end, c in zip(_COLUMN_X, limits, LINE_ITEMS.columns)])
        for item in invoice.lines:
            lines += _wrapped(
                [(x, end, item.get(c.key, "")) for x, end, c in zip(_COLUMN_X, limits, LINE_ITEMS.columns)]
            )
    chunks = [lines[i : i + _LINES_A_PAGE] for i in range(0, len(lines), _LINES_A_PAGE)] or [[]]
    return tuple(Page(PAGE_WIDTH, PAGE_HEIGHT, _words(chunk), "text") for chunk in chunks)


def draw(page: Page, *, dpi: float) -> Pixels:
    """Return the image of such a page, BGR (h, w, 3)."""
    scale = dpi / POINTS_PER_INCH
    image = Image.new("L", (round(page.width * scale), round(page.height * scale)), 255)
    pen = ImageDraw.Draw(image)
    font = _font(FONT_SIZE * scale)
    for word in page.words:
        pen.text((word.box.x0 * image.width, word.box.y0 * image.height), word.text, fill=0, font=font)
    return np.repeat(np.asarray(image)[..., None], 3, axis=2)


@cache
def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _width(text: str) -> float:
    return float(_font(FONT_SIZE).getlength(text))


def _wrapped(cells: Line) -> list[Line]:
    """One line of cells as several, so that no cell runs into the next. A word longer than its cell stays whole."""
    columns = []
    for x, end, text in cells:
        rows = [""]
        for word in text.split():
            longer = f"{rows[-1]} {word}".strip()
            if rows[-1] and x + _width(longer) > end:
                rows.append(word)
            else:
                rows[-1] = longer
        columns.append([(x, end, row) for row in rows])
    depth = max(len(column) for column in columns)
    return [[column[i] for column in columns if i < len(column) and column[i][2]] for i in range(depth)]


def _words(lines: list[Line]) -> tuple[Word, ...]:
    words = []
    for number, line in enumerate(lines):
        top = MARGIN + number * LINE_HEIGHT
        for left, _, text in line:
            x = left
            for part in text.split():
                right = min(x + _width(part), PAGE_WIDTH)
                box = (x / PAGE_WIDTH, top / PAGE_HEIGHT, right / PAGE_WIDTH, (top + FONT_SIZE * 1.2) / PAGE_HEIGHT)
                words.append(Word(part, Box(*(round(v, 6) for v in box))))
                x += _width(part + " ")
    return tuple(words)
