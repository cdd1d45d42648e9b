"""What is drawn on a PDF page beside text: images, ruled lines, and shapes that may be letters."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray

from invex.fields.geometry import Box

from . import pdfium_bulk
from .pageframe import PageFrame

# In points.
RULE_WIDTH = 3.0  # a filled shape, or the distance of two parallel lines, up to this is one rule
RULE_LENGTH = 8.0  # at least
GLYPH_SIZE = 40.0  # a filled shape up to this in both directions may be a letter drawn as an outline
MAX_RULES = 3000  # of a page: more are hatching or a drawing
_MAX_OBJECTS = 50_000
_MAX_SEGMENTS = 400  # of a path that is looked at for lines
_MAX_DEPTH = 3  # of forms within forms

Matrix = NDArray[np.float64]  # (3, 2): points as rows [x y 1] @ matrix


@dataclass(frozen=True, slots=True)
class Artwork:
    """Boxes relative to the page as it is seen. rules: thin; images: of any kind; glyphs: small filled shapes."""

    rules: tuple[Box, ...] = ()
    images: tuple[Box, ...] = ()
    glyphs: tuple[Box, ...] = ()
    is_empty: bool = True


def artwork_of(page: pdfium.PdfPage, frame: PageFrame) -> Artwork:
    """Return the artwork of a page."""
    count = min(pdfium_c.FPDFPage_CountObjects(page.raw), _MAX_OBJECTS)
    collected = _Collected([], [], [])
    _collect(pdfium_bulk.address(page.raw), count, np.array([[1.0, 0], [0, 1], [0, 0]]), collected, depth=0)
    rules, images, glyphs = (_relative(boxes, frame) for boxes in (collected.rules, collected.images, collected.glyphs))
    return Artwork(rules[:MAX_RULES], images, glyphs, is_empty=count == 0)


@dataclass(frozen=True, slots=True)
class _Collected:
    """Boxes (n, 4) in the page's own coordinates: left, bottom, right, top."""

    rules: list[NDArray[np.float64]]
    images: list[NDArray[np.float64]]
    glyphs: list[NDArray[np.float64]]


def _collect(container: int, count: int, matrix: Matrix, into: _Collected, *, depth: int) -> None:
    handles, types = pdfium_bulk.objects(container, count, in_form=depth > 0)
    wanted = np.flatnonzero(
        (types == pdfium_bulk.PATH_OBJECT) | (types == pdfium_bulk.IMAGE_OBJECT) | (types == pdfium_bulk.FORM_OBJECT)
    )
    bounds = _transformed(pdfium_bulk.object_bounds([handles[i] for i in wanted.tolist()]), matrix)
    types = types[wanted]
    into.images.append(bounds[types == pdfium_bulk.IMAGE_OBJECT])
    width, height = bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]
    thin = np.minimum(width, height) <= RULE_WIDTH
    is_path = types == pdfium_bulk.PATH_OBJECT
    into.rules.append(bounds[is_path & thin & (np.maximum(width, height) >= RULE_LENGTH)])
    for i in np.flatnonzero(is_path & ~thin).tolist():
        handle = handles[int(wanted[i])]
        if max(width[i], height[i]) <= GLYPH_SIZE and pdfium_c.FPDFPath_CountSegments(_typed(handle)) > 5:
            into.glyphs.append(bounds[i : i + 1])
        else:
            into.rules.append(_transformed(np.array(list(_stroked_lines(handle))).reshape(-1, 4), matrix, handle))
    if depth < _MAX_DEPTH:
        for i in np.flatnonzero(types == pdfium_bulk.FORM_OBJECT).tolist():
            handle = handles[int(wanted[i])]
            inner = min(max(0, pdfium_c.FPDFFormObj_CountObjects(_typed(handle))), _MAX_OBJECTS)
            _collect(handle, inner, _compose(handle, matrix), into, depth=depth + 1)


def _typed(handle: int) -> ctypes._Pointer[pdfium_c.fpdf_pageobject_t__]:
    return ctypes.cast(handle, pdfium_c.FPDF_PAGEOBJECT)


def _compose(handle: int, outer: Matrix) -> Matrix:
    """The matrix of an object's own coordinates."""
    inner = pdfium_bulk.object_matrix(handle).reshape(3, 2).astype(np.float64)
    square = np.hstack((outer, [[0], [0], [1]]))
    composed: Matrix = np.hstack((inner, [[0], [0], [1]])) @ square
    return composed[:, :2]


def _transformed(boxes: NDArray[np.floating], matrix: Matrix, handle: int | None = None) -> NDArray[np.float64]:
    """Boxes (n, 4) through a matrix, and before it through that of the object they are part of."""
    if handle is not None:
        matrix = _compose(handle, matrix)
    corners = boxes[:, [0, 1, 2, 1, 0, 3, 2, 3]].reshape(-1, 4, 2).astype(np.float64)
    moved = corners @ matrix[:2] + matrix[2]
    return np.concatenate((moved.min(axis=1), moved.max(axis=1)), axis=1)


def _stroked_lines(handle: int) -> Iterator[tuple[float, float, float, float]]:
    """Horizontal and vertical lines that a path draws, in its own coordinates, left bottom right top."""
    path = _typed(handle)
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium_c.FPDFPath_GetDrawMode(path, ctypes.byref(fill), ctypes.byref(stroke))
    count = pdfium_c.FPDFPath_CountSegments(path)
    if not stroke.value or count > _MAX_SEGMENTS:
        return
    x, y = ctypes.c_float(), ctypes.c_float()
    start = here = (0.0, 0.0)
    for i in range(count):
        segment = pdfium_c.FPDFPath_GetPathSegment(path, i)
        if not pdfium_c.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y)):
            return
        to = (x.value, y.value)
        kind = pdfium_c.FPDFPathSegment_GetType(segment)
        if kind == pdfium_c.FPDF_SEGMENT_MOVETO:
            start = to
        elif kind == pdfium_c.FPDF_SEGMENT_LINETO:
            yield from _straight(here, to)
        if pdfium_c.FPDFPathSegment_GetClose(segment):
            yield from _straight(to, start)
        here = to


def _straight(a: tuple[float, float], b: tuple[float, float]) -> Iterator[tuple[float, float, float, float]]:
    wide, tall = abs(a[0] - b[0]), abs(a[1] - b[1])
    if min(wide, tall) <= RULE_WIDTH and max(wide, tall) >= RULE_LENGTH:
        yield min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])


def _relative(parts: list[NDArray[np.float64]], frame: PageFrame) -> tuple[Box, ...]:
    """Boxes relative to the page, without what lies outside."""
    boxes = np.concatenate([p for p in parts if len(p)] or [np.zeros((0, 4))])
    relative = frame.relative(boxes).clip(0.0, 1.0)
    visible = (relative[:, 2:] - relative[:, :2]).max(axis=1, initial=0) > 0
    return tuple(Box(*row) for row in relative[visible].astype(float).round(5).tolist())
