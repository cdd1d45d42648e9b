"""OCR of one box of a page, for a person who drew it where nothing was read."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from PIL import Image

from invex.fields.geometry import Box
from invex.kernel.blobs import store
from invex.reading.errors import Unreadable

from . import readings
from .models import Document
from .reader import reader

MARGIN = 0.25  # of the box's height, white around it: OCR finds no text that touches the edge
LEAST_HEIGHT_PX = 48  # smaller pictures are enlarged for OCR


def read(document: Document, index: int, box: Box) -> list[list[Any]]:
    """Return the words in a box of page `index` as [text, x0, y0, x1, y1], of the page; [] where there are none.

    The cut-out is read as an image of its own, by the same limited processes as every file.
    """
    found = readings.load(document)
    if found is None or not 0 <= index < len(found.pages):
        return []
    picture = _picture(document, index, found.pages[index].rotation)
    if picture is None:
        return []
    with Image.open(io.BytesIO(picture), formats=["WEBP"]) as page:
        width, height = page.size
        cut = page.convert("RGB").crop(
            (int(box.x0 * width), int(box.y0 * height), int(box.x1 * width) + 1, int(box.y1 * height) + 1)
        )
    scale = max(1, -(-LEAST_HEIGHT_PX // cut.height))
    margin = max(8, int(MARGIN * cut.height)) * scale
    sheet = Image.new("RGB", (cut.width * scale + 2 * margin, cut.height * scale + 2 * margin), "white")
    sheet.paste(cut.resize((cut.width * scale, cut.height * scale), Image.Resampling.LANCZOS), (margin, margin))
    settings.TMP_DIR.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=settings.TMP_DIR, suffix=".png") as file:
        sheet.save(file, "PNG")
        file.flush()
        try:
            words = reader().read(Path(file.name), name="region.png").pages[0].words
        except Unreadable:
            return []

    def back(x: float, length: int, origin: float, page_length: int) -> float:
        return min(1.0, max(0.0, origin + (x * length - margin) / scale / page_length))

    return [
        [
            word.text,
            back(word.box.x0, sheet.width, box.x0, width),
            back(word.box.y0, sheet.height, box.y0, height),
            back(word.box.x1, sheet.width, box.x0, width),
            back(word.box.y1, sheet.height, box.y0, height),
        ]
        for word in words
    ]


def _picture(document: Document, index: int, rotation: int) -> bytes | None:
    """The page as WebP, larger than a person sees it; the stored picture where the file opens only with a password."""
    try:
        path = store().path(document.sha256)
        return reader().render(path, [index], settings.SHARP_PAGE_DPI, rotations=[rotation])[0]
    except Unreadable:
        image = document.page_images.filter(index=index).exclude(blob="").first()
        return store().path(image.blob).read_bytes() if image is not None else None
