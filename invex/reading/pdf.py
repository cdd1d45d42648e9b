"""PDF files through pdfium: pages, pixels, attachments."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray

from .errors import Unreadable
from .limits import Limits

POINTS_PER_INCH = 72
PdfDocument = pdfium.PdfDocument
_PRINTED_ANNOTATIONS = (pdfium_c.FPDF_ANNOT_WIDGET, pdfium_c.FPDF_ANNOT_FREETEXT, pdfium_c.FPDF_ANNOT_STAMP)

Pixels = NDArray[np.uint8]


@contextmanager
def open_pdf(path: Path, *, password: str, limits: Limits) -> Iterator[pdfium.PdfDocument]:
    """Open a PDF; the empty password is tried first. Raises Unreadable: encrypted, corrupt, empty, too_many_pages."""
    document = _load(path, ("", password) if password else ("",))
    try:
        count = len(document)
        if count == 0:
            raise Unreadable("empty", "no pages")
        if count > limits.pages:
            raise Unreadable("too_many_pages", f"{count} pages, {limits.pages} allowed")
        yield document
    finally:
        document.close()


def _load(path: Path, passwords: tuple[str, ...]) -> pdfium.PdfDocument:
    for password in passwords:
        try:
            return pdfium.PdfDocument(path, password=password or None)
        except pdfium.PdfiumError as error:
            if error.err_code in (pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY):
                continue
            raise Unreadable("corrupt") from error
    raise Unreadable("encrypted")


@contextmanager
def load_page(document: pdfium.PdfDocument, index: int) -> Iterator[pdfium.PdfPage]:
    """Load one page, with the values of its form fields as part of it. Raises Unreadable: pages_lost."""
    try:
        page = document.get_page(index)
    except pdfium.PdfiumError as error:
        raise Unreadable("pages_lost", f"page {index + 1} of {len(document)}") from error
    try:
        if _has_printed_annotations(page):
            # Text in form fields is no part of a page's text until it is flattened into it (in memory only).
            pdfium_c.FPDFPage_Flatten(page.raw, pdfium_c.FLAT_NORMALDISPLAY)
            page.close()
            page = document.get_page(index)
        yield page
    finally:
        page.close()


def _has_printed_annotations(page: pdfium.PdfPage) -> bool:
    for i in range(pdfium_c.FPDFPage_GetAnnotCount(page.raw)):
        annotation = pdfium_c.FPDFPage_GetAnnot(page.raw, i)
        if not annotation:
            continue
        try:
            if pdfium_c.FPDFAnnot_GetSubtype(annotation) in _PRINTED_ANNOTATIONS:
                return True
        finally:
            pdfium_c.FPDFPage_CloseAnnot(annotation)
    return False


def draw(page: pdfium.PdfPage, *, dpi: float, rotation: int = 0, max_pixels: int, is_gray: bool = False) -> Pixels:
    """Return a page as a person sees it, turned clockwise by `rotation` more: (h, w, 3) BGR, or (h, w) gray.

    A page so large that it has more than `max_pixels` at `dpi` is drawn smaller.
    """
    width, height = page.get_size()
    scale = dpi / POINTS_PER_INCH
    scale = min(scale, (max_pixels / max(1.0, width * height)) ** 0.5)
    bitmap = page.render(scale=scale, rotation=rotation, grayscale=is_gray, no_smoothtext=False)
    try:
        return (
            np.array(bitmap.to_numpy())[..., :3]
            if not is_gray
            else np.array(bitmap.to_numpy()).reshape(bitmap.height, bitmap.width)
        )
    finally:
        bitmap.close()


def attachments(document: pdfium.PdfDocument, limits: Limits) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the attached files. Raises Unreadable: too_many_attachments, before it unpacks them."""
    count = pdfium_c.FPDFDoc_GetAttachmentCount(document.raw)
    if count > limits.attachments:
        raise Unreadable("too_many_attachments", f"{count} attachments, {limits.attachments} allowed")
    for index in range(max(0, count)):
        attachment = pdfium_c.FPDFDoc_GetAttachment(document.raw, index)
        if attachment:
            yield _name(attachment), _content(attachment, limits)


def _name(attachment: Any) -> str:
    size = pdfium_c.FPDFAttachment_GetName(attachment, None, 0)  # bytes of UTF-16 with its final zero
    buffer = ctypes.create_string_buffer(size)
    pdfium_c.FPDFAttachment_GetName(attachment, ctypes.cast(buffer, ctypes.POINTER(pdfium_c.FPDF_WCHAR)), size)
    return buffer.raw[: max(0, size - 2)].decode("utf-16-le", "replace")


def _content(attachment: Any, limits: Limits) -> bytes:
    size = ctypes.c_ulong()
    if not pdfium_c.FPDFAttachment_GetFile(attachment, None, 0, ctypes.byref(size)):
        return b""
    if size.value > limits.attachment_bytes:
        raise Unreadable("too_many_attachments", f"one of {size.value >> 20} MiB")
    buffer = ctypes.create_string_buffer(size.value)
    if not pdfium_c.FPDFAttachment_GetFile(attachment, buffer, size.value, ctypes.byref(size)):
        return b""
    return buffer.raw[: size.value]
