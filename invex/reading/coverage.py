"""Where a page shows ink that its text layer does not account for: scans, pictures of text, text drawn as outlines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from invex.fields.geometry import Box

COVERAGE_DPI = 50
_CONTRAST = 60  # gray levels by which ink is darker than paper
_CELL_PX = 6  # 8.6 points: about a line of text
_TEXT_INK = (0.04, 0.75)  # share of ink in a cell of text; photographs have more, specks less
_RULE_PX = 28  # 40 points; a longer run of ink is a line or an area
_BRIDGE_CELLS = 2  # gaps between words and lines that belong together
MIN_REGION_CELLS = 12  # of text-like cells: a few words
MAX_REGIONS = 6  # more are read as one page
MOSTLY = 0.5  # share of a page's ink that is not covered, from which all of the page is read
GRID = 64  # cells a side in which areas of boxes are added up

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Uncovered:
    """regions: where ink is not covered by words. is_most: whether that is most of the page's ink."""

    regions: tuple[Box, ...] = ()
    is_most: bool = False


def painted(boxes: Sequence[Box], height: int, width: int, *, margin: int = 0) -> Mask:
    """The cells (height, width) that relative boxes touch, grown by `margin` cells."""
    mask = np.zeros((height, width), bool)
    for x0, y0, x1, y1 in boxes:
        top, bottom = int(y0 * height) - margin, int(np.ceil(y1 * height)) + margin
        left, right = int(x0 * width) - margin, int(np.ceil(x1 * width)) + margin
        mask[max(0, top) : bottom, max(0, left) : right] = True
    return mask


def area_share(boxes: Sequence[Box]) -> float:
    """Share of a page that boxes cover together, [0, 1], to a grid of GRID × GRID."""
    return float(painted(boxes, GRID, GRID).mean())


def has_ink(gray: NDArray[np.uint8]) -> bool:
    """Whether a page drawn at COVERAGE_DPI, (h, w), shows anything but paper and specks."""
    return int(_ink(gray).sum()) >= MIN_REGION_CELLS


def uncovered(gray: NDArray[np.uint8], words: Sequence[Box], art: Sequence[Box], *, min_area: float = 0.0) -> Uncovered:
    """Compare a page drawn at COVERAGE_DPI, (h, w), with its words.

    Only ink within `art` (images, outlines) counts, and only regions of at least `min_area`, a share of the page.
    """
    from scipy import ndimage

    height, width = gray.shape
    ink = _ink(gray)
    ink &= ~_long_runs(ink) & ~_long_runs(ink.T).T
    unexplained = ink & ~painted(words, height, width, margin=1) & painted(art, height, width)
    cells = _text_like(unexplained)
    all_cells = _text_like(ink)
    if cells.sum() < MIN_REGION_CELLS:
        return Uncovered()
    joined = ndimage.binary_dilation(cells, np.ones((2 * _BRIDGE_CELLS + 1,) * 2, bool))
    labels, _ = ndimage.label(joined)
    regions = []
    for label, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        inside = cells[rows, columns] & (labels[rows, columns] == label)
        if inside.sum() >= MIN_REGION_CELLS:
            x0, x1 = columns.start * _CELL_PX / width, min(1.0, columns.stop * _CELL_PX / width)
            y0, y1 = rows.start * _CELL_PX / height, min(1.0, rows.stop * _CELL_PX / height)
            region = Box(x0, y0, x1, y1)
            if region.width * region.height >= min_area:
                regions.append(region)
    is_most = bool(cells.sum() > MOSTLY * all_cells.sum()) or len(regions) > MAX_REGIONS
    return Uncovered(tuple(regions), is_most and bool(regions))


def _ink(gray: NDArray[np.uint8]) -> Mask:
    """What is clearly darker than the paper, which is the middle of the page's gray levels."""
    mask: Mask = gray < float(np.median(gray)) - _CONTRAST
    return mask


def _long_runs(ink: Mask) -> Mask:
    """Ink in horizontal runs of at least _RULE_PX."""
    if ink.shape[1] < _RULE_PX:
        return np.zeros_like(ink)
    sums = np.cumsum(np.pad(ink, ((0, 0), (1, 0))), axis=1, dtype=np.int32)
    full = (sums[:, _RULE_PX:] - sums[:, :-_RULE_PX]) == _RULE_PX  # a run of ink begins here
    # Spread each full window over the pixels it covers.
    marks = np.zeros((ink.shape[0], ink.shape[1] + 1), np.int32)
    marks[:, : full.shape[1]] += full
    marks[:, _RULE_PX : _RULE_PX + full.shape[1]] -= full
    runs: Mask = np.cumsum(marks, axis=1)[:, : ink.shape[1]] > 0
    return runs


def _text_like(ink: Mask) -> Mask:
    """Cells of _CELL_PX squared whose share of ink is that of text."""
    rows, columns = -(-ink.shape[0] // _CELL_PX), -(-ink.shape[1] // _CELL_PX)
    padded = np.zeros((rows * _CELL_PX, columns * _CELL_PX), bool)
    padded[: ink.shape[0], : ink.shape[1]] = ink
    share = padded.reshape(rows, _CELL_PX, columns, _CELL_PX).mean(axis=(1, 3))
    low, high = _TEXT_INK
    mask: Mask = (share >= low) & (share <= high)
    return mask
