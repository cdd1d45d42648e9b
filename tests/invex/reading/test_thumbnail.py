"""The thumbnail of a page: where ink is, and what does not change it."""

import numpy as np
import pytest

from invex.fields.geometry import Box
from invex.reading.thumbnail import thumbnail
from invex.reading.types import THUMBNAIL_COLUMNS, THUMBNAIL_ROWS, Document, Page
from invex.reading.words import from_json, to_json


def seen(pixels: np.ndarray) -> np.ndarray:
    return np.frombuffer(thumbnail(pixels), np.uint8).reshape(THUMBNAIL_ROWS, THUMBNAIL_COLUMNS)


def paper(height: int, width: int, *ink: Box) -> np.ndarray:
    pixels = np.full((height, width, 3), 255, np.uint8)
    for box in ink:
        pixels[round(box.y0 * height) : round(box.y1 * height), round(box.x0 * width) : round(box.x1 * width)] = 0
    return pixels


def test_ink_is_where_it_is_printed():
    cells = seen(paper(1600, 1200, Box(0.5, 0.25, 0.54, 0.3)))
    rows, columns = np.nonzero(cells)
    assert set(rows) <= {8, 9}
    assert set(columns) == {12}
    assert cells.max() > 200


def test_the_width_is_the_same_whatever_the_page_is():
    block = Box(0.25, 0.0, 0.75, 0.1)
    portrait, landscape, receipt = paper(1600, 1200, block), paper(600, 1200, block), paper(6000, 1000, block)
    for pixels in (portrait, landscape, receipt, portrait[:1, :1], landscape[:3]):
        assert seen(pixels).shape == (THUMBNAIL_ROWS, THUMBNAIL_COLUMNS)
    assert not seen(landscape)[16:].any()
    assert seen(receipt)[5, 12] > 0


def test_a_dark_and_uneven_scan_looks_the_same():
    page = paper(1600, 1200, Box(0.2, 0.2, 0.24, 0.7), Box(0.6, 0.1, 0.8, 0.12))
    shade = np.linspace(0.6, 0.9, 1200)[None, :, None]
    assert np.abs(seen(page).astype(int) - seen((page * shade).astype(np.uint8))).max() < 25


def test_words_keep_the_thumbnail_and_refuse_one_of_another_size():
    page = Page(595.0, 842.0, (), "blank", thumbnail=bytes(range(256)) * 3)
    kept = to_json(Document((page,)))
    assert from_json(kept).pages == (page,)
    assert "thumbnail" not in to_json(Document((Page(595.0, 842.0, ()),)))["pages"][0]
    for wrong in ("AAAA", "page1.png", 7, {"width": 24}):
        kept["pages"][0]["thumbnail"] = wrong
        with pytest.raises(ValueError, match=r"^pages\[0\]\.thumbnail: 768 bytes in base64 are expected, not "):
            from_json(kept)


def test_words_of_others_may_say_that_there_is_no_thumbnail():
    page = {"width": 595, "height": 842, "words": [], "thumbnail": None}
    assert from_json({"pages": [page]}).pages[0].thumbnail == b""
