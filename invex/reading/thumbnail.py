"""A page as a few hundred cells of ink: how it looks from afar, where its words cannot be read."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .pdf import Pixels
from .types import THUMBNAIL_COLUMNS as COLUMNS
from .types import THUMBNAIL_ROWS as ROWS

_CELL_PX = 10
_FAINT = 0.1  # share of the paper's brightness: what is darker by less is noise of the scanner


def thumbnail(pixels: Pixels) -> bytes:
    """Return Page.thumbnail of an upright page. pixels: BGR (h, w, 3).

    The page's width is that of the thumbnail; a page longer than 4:3 loses its end, a shorter one ends in empty rows.
    """
    height, width = pixels.shape[:2]
    green = Image.fromarray(np.ascontiguousarray(pixels[..., 1]))
    rows = min(ROWS * _CELL_PX, max(1, round(height * COLUMNS * _CELL_PX / width)))
    seen = (0, 0, width, min(height, rows * width / (COLUMNS * _CELL_PX)))
    page = np.full((ROWS * _CELL_PX, COLUMNS * _CELL_PX), np.nan, np.float32)
    page[:rows] = np.asarray(green.resize((COLUMNS * _CELL_PX, rows), Image.Resampling.BOX, box=seen))
    page[rows:] = np.median(page[:rows])  # no ink
    cells = page.reshape(ROWS, _CELL_PX, COLUMNS, _CELL_PX).swapaxes(1, 2)
    # Paper is the brightest place near a cell, since a scan is darker towards its edges.
    brightest = np.pad(cells.max(axis=(2, 3)), 1, mode="edge")
    paper = np.max([brightest[i : i + ROWS, j : j + COLUMNS] for i in range(3) for j in range(3)], axis=0)
    ink = (1.0 - cells / np.maximum(paper, 1.0)[..., None, None] - _FAINT).clip(0.0).mean(axis=(2, 3))
    return bytes(np.rint(255.0 * np.sqrt(ink)).astype(np.uint8).tobytes())
