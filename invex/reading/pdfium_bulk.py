"""What pdfium knows of every character or object of a page, as numpy arrays, in one call a kind.

pypdfium2 crosses from Python to C with several Python objects a character; these functions cross with none, which makes
reading a page faster than pdfium's plain text and boxes through pypdfium2 (docs/reading.md has the figures).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from ctypes import PYFUNCTYPE, c_float, c_int, c_uint, c_void_p, cast
from itertools import repeat
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray

PATH_OBJECT = pdfium_c.FPDF_PAGEOBJ_PATH
IMAGE_OBJECT = pdfium_c.FPDF_PAGEOBJ_IMAGE
FORM_OBJECT = pdfium_c.FPDF_PAGEOBJ_FORM


def _address_typed(function: Any, result: Any, *arguments: Any) -> Any:
    """The same C function, taking plain addresses instead of typed pointers, and without a switch of threads a call."""
    return PYFUNCTYPE(result, *arguments)(cast(function, c_void_p).value or 0)


_unicode = _address_typed(pdfium_c.FPDFText_GetUnicode, c_uint, c_void_p, c_int)
_loose_box = _address_typed(pdfium_c.FPDFText_GetLooseCharBox, c_int, c_void_p, c_int, c_void_p)
_angle = _address_typed(pdfium_c.FPDFText_GetCharAngle, c_float, c_void_p, c_int)
_generated = _address_typed(pdfium_c.FPDFText_IsGenerated, c_int, c_void_p, c_int)
_unmapped = _address_typed(pdfium_c.FPDFText_HasUnicodeMapError, c_int, c_void_p, c_int)
_page_object = _address_typed(pdfium_c.FPDFPage_GetObject, c_void_p, c_void_p, c_int)
_form_object = _address_typed(pdfium_c.FPDFFormObj_GetObject, c_void_p, c_void_p, c_uint)
_object_type = _address_typed(pdfium_c.FPDFPageObj_GetType, c_int, c_void_p)
_object_bounds = _address_typed(pdfium_c.FPDFPageObj_GetBounds, c_int, *[c_void_p] * 5)
_object_matrix = _address_typed(pdfium_c.FPDFPageObj_GetMatrix, c_int, c_void_p, c_void_p)


def address(handle: Any) -> int:
    """The address behind a typed handle of pypdfium2.raw."""
    return cast(handle, c_void_p).value or 0


def _rows(array: NDArray[Any], column: int = 0) -> Iterator[int]:
    """The addresses of one column of a C-contiguous array, row by row."""
    start = array.ctypes.data + column * array.itemsize
    return iter(range(start, start + array.shape[0] * array.strides[0], array.strides[0]))


def char_codes(textpage: int, count: int) -> NDArray[np.uint32]:
    """Unicode code of every character, (count,)."""
    return np.fromiter(map(_unicode, repeat(textpage, count), range(count)), np.uint32, count)


def char_boxes(textpage: int, count: int) -> NDArray[np.float32]:
    """Advance width by font height of every character, (count, 4): left, top, right, bottom, y up.

    These boxes touch within a word, whatever the glyphs' shapes: a gap between them is really a gap in the text.
    """
    boxes = np.zeros((count, 4), np.float32)
    if count:
        deque(map(_loose_box, repeat(textpage, count), range(count), _rows(boxes)), maxlen=0)
    return boxes


def char_angles(textpage: int, count: int) -> NDArray[np.float32]:
    """Direction of writing of every character in radians, clockwise, (count,)."""
    return np.fromiter(map(_angle, repeat(textpage, count), range(count)), np.float32, count)


def are_generated(textpage: int, indices: list[int]) -> list[bool]:
    """For each character: did pdfium add it (a space guessed from a gap), rather than the file?"""
    return [flag > 0 for flag in map(_generated, repeat(textpage), indices)]


def unmapped_share(textpage: int, indices: list[int]) -> float:
    """Share of these characters for which the font has no mapping to Unicode, [0, 1]."""
    flags = list(map(_unmapped, repeat(textpage), indices))
    return sum(1 for flag in flags if flag > 0) / max(1, len(flags))


def objects(container: int, count: int, *, in_form: bool = False) -> tuple[list[int], NDArray[np.int32]]:
    """Addresses and types of the `count` objects of a page, or of a form object."""
    handles = list(map(_form_object if in_form else _page_object, repeat(container, count), range(count)))
    return handles, np.fromiter(map(_object_type, handles), np.int32, count)


def object_bounds(handles: list[int]) -> NDArray[np.float32]:
    """Bounds of page objects in the frame of their container, (n, 4): left, bottom, right, top."""
    bounds = np.zeros((len(handles), 4), np.float32)
    if handles:
        columns = (_rows(bounds, column) for column in range(4))
        deque(map(_object_bounds, handles, *columns), maxlen=0)
    return bounds


def object_matrix(handle: int) -> NDArray[np.float32]:
    """The matrix (a b c d e f) of an object."""
    matrix = np.array([1, 0, 0, 1, 0, 0], np.float32)
    _object_matrix(handle, matrix.ctypes.data)
    return matrix
