"""A file becomes a document: its pages, their words, and what its e-invoice says."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import numpy as np

from . import images, pdf, xmlpage
from .einvoice import embedded_einvoice, parse_einvoice
from .errors import Unreadable
from .filetype import PDF_HEADER_WITHIN, FileType, sniff
from .limits import Limits
from .ocr_engines import make_engine
from .ocr_port import EngineSource
from .pagereader import PageReader
from .types import Document, EInvoice, Page

# Of what reading yields; raised when that changes (2: thumbnails). Words that were stored keep the version they had.
READER_VERSION = "2"
DEFAULT_LIMITS = Limits()
DEFAULT_ENGINE: EngineSource = partial(make_engine, "rapidocr")
NOT_TURNED: Mapping[int, int] = MappingProxyType({})

OcrMode = Literal["auto", "never"]  # where a page asks for it; or text layers alone, whatever they are worth

_pdfium_lock = threading.Lock()  # pdfium may be used by one thread at a time


def read_file(
    path: Path | str,
    *,
    name: str | None = None,
    password: str = "",
    limits: Limits = DEFAULT_LIMITS,
    ocr: OcrMode = "auto",
    engine: EngineSource = DEFAULT_ENGINE,
    rotations: Mapping[int, int] = NOT_TURNED,
) -> Document:
    """Return the document in a file, read in this process: for files that are trusted; ReaderPool is for others.

    name: what people call it. engine: asked for an OCR engine once a page needs one.
    rotations: Page.rotation of pages that a person turned, by index; the others are turned as their text runs.
    Raises Unreadable with any code but timeout, out_of_memory, crashed. Every page of the file is in the result.
    """
    path = Path(path)
    kind = _file_type(path, limits)
    reader = PageReader(limits, engine if ocr == "auto" else None)
    invoice: EInvoice | None = None
    warnings: tuple[str, ...] = ()
    if kind is FileType.PDF:
        with _pdfium_lock, pdf.open_pdf(path, password=password, limits=limits) as document:
            invoice, warnings = embedded_einvoice(pdf.attachments(document, limits))
            pages = [_pdf_page(document, index, reader, rotations.get(index)) for index in range(len(document))]
    elif kind is FileType.IMAGE:
        pages = [
            reader.read_image(frame, rotation=rotations.get(index))
            for index, frame in enumerate(images.open_frames(path, limits))
        ]
    else:
        invoice = _plain_einvoice(path)
        pages = list(xmlpage.pages_of(invoice))
    version = f"{READER_VERSION}+{reader.engine_name}" if reader.engine_name else READER_VERSION
    return Document(tuple(pages), name or path.name, version, invoice, (*warnings, *reader.warnings))


def _pdf_page(document: pdf.PdfDocument, index: int, reader: PageReader, rotation: int | None) -> Page:
    with pdf.load_page(document, index) as page:
        return reader.read_pdf_page(page, index, rotation=rotation)


def render_page(
    path: Path | str,
    page_index: int,
    *,
    dpi: int,
    rotation: int = 0,
    password: str = "",
    limits: Limits = DEFAULT_LIMITS,
) -> bytes:
    """Return a WebP image of a page as a person sees it, turned clockwise by `rotation` (Page.rotation) more.

    Raises Unreadable; IndexError when there is no such page.
    """
    return next(render_pages(path, [page_index], dpi=dpi, rotations=[rotation], password=password, limits=limits))


def render_pages(
    path: Path | str,
    pages: Sequence[int],
    *,
    dpi: int,
    rotations: Sequence[int],
    password: str = "",
    limits: Limits = DEFAULT_LIMITS,
) -> Iterator[bytes]:
    """Yield a WebP image for each of `pages`, as render_page does."""
    path = Path(path)
    kind = _file_type(path, limits)
    turns = dict(zip(pages, rotations, strict=True))
    draw = {FileType.PDF: _draw_pdf, FileType.IMAGE: _draw_images, FileType.XML: _draw_einvoice}[kind]
    drawn = draw(path, sorted(turns), dpi, password, limits)
    encoded = {i: images.encode_webp(np.ascontiguousarray(np.rot90(p, -turns[i] // 90))) for i, p in drawn}
    for index in pages:
        if index not in encoded:
            raise IndexError(f"{path.name} has no page {index}")
        yield encoded[index]


def _draw_pdf(
    path: Path, pages: list[int], dpi: int, password: str, limits: Limits
) -> Iterator[tuple[int, pdf.Pixels]]:
    with _pdfium_lock, pdf.open_pdf(path, password=password, limits=limits) as document:
        for index in pages:
            if 0 <= index < len(document):
                with pdf.load_page(document, index) as page:
                    yield index, pdf.draw(page, dpi=dpi, max_pixels=limits.pixels)


def _draw_images(
    path: Path, pages: list[int], dpi: int, password: str, limits: Limits
) -> Iterator[tuple[int, pdf.Pixels]]:
    for index, frame in enumerate(images.open_frames(path, limits)):
        if index in pages:
            yield index, images.at_dpi(frame, dpi, max_pixels=limits.pixels)
        if index >= pages[-1]:
            return


def _draw_einvoice(
    path: Path, pages: list[int], dpi: int, password: str, limits: Limits
) -> Iterator[tuple[int, pdf.Pixels]]:
    for index, page in enumerate(xmlpage.pages_of(_plain_einvoice(path))):
        if index in pages:
            yield index, xmlpage.draw(page, dpi=dpi)


def _file_type(path: Path, limits: Limits) -> FileType:
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise Unreadable("too_large", f"{size / 2**20:.1f} MiB, {limits.file_bytes / 2**20:.1f} MiB allowed")
    with path.open("rb") as file:
        return sniff(file.read(2 * PDF_HEADER_WITHIN))


def _plain_einvoice(path: Path) -> EInvoice:
    invoice = parse_einvoice(path.read_bytes())
    if invoice is None:
        raise Unreadable("unsupported", "XML, but no e-invoice")
    return invoice
