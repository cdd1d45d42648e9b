"""A page as a few hundred cells of ink: how it looks from afar, where its words cannot be read."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .pdf import Pixels
from .types import THUMBNAIL_COLUMNS as COLUMNS
from .types import THUMBNAIL_ROWS as ROWS

_CELL_PX = 10
_SAMPLES = 3  # for each of a cell's pixels so many are looked at, each way; finer pages are thinned out, to save time
_FAINT = 0.1  # share of the paper's brightness: what is darker by less is noise of the scanner


def thumbnail(pixels: Pixels) -> bytes:
    """Return Page.thumbnail of an upright page. pixels: BGR (h, w, 3).

    The page's width is that of the thumbnail; a page longer than 4:3 loses its end, a shorter one ends in empty rows.
    """
    every = max(1, pixels.shape[1] // (COLUMNS * _CELL_PX * _SAMPLES))
    green = np.ascontiguousarray(pixels[::every, ::every, 1])
    height, width = green.shape
    rows = min(ROWS * _CELL_PX, max(1, round(height * COLUMNS * _CELL_PX / width)))
    seen = (0, 0, width, min(height, rows * width / (COLUMNS * _CELL_PX)))
    small = Image.fromarray(green).resize((COLUMNS * _CELL_PX, rows), Image.Resampling.BOX, box=seen)
    page = np.empty((ROWS * _CELL_PX, COLUMNS * _CELL_PX), np.float32)
    page[:rows] = np.asarray(small)
    if rows < len(page):
        page[rows:] = np.median(page[:rows])  # no ink
    cells = page.reshape(ROWS, _CELL_PX, COLUMNS, _CELL_PX)
    # Paper is the brightest place near a cell, since a scan is darker towards its edges.
    brightest = np.pad(cells.max(axis=1).max(axis=2), 1, mode="edge")
    paper = np.max([brightest[i : i + ROWS, j : j + COLUMNS] for i in range(3) for j in range(3)], axis=0)
    # Of what is darker than paper by more than noise, the share of a cell's brightness.
    dark = (1.0 - _FAINT) - cells / np.maximum(paper, 1.0)[:, None, :, None]
    ink = np.maximum(dark, 0.0).mean(axis=3).mean(axis=1)
    return bytes(np.rint(255.0 * np.sqrt(ink)).astype(np.uint8).tobytes())
