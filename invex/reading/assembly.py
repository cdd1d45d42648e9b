"""New PDF files of pages of others: to split and join documents. Runs in the parser process, like all reading."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pypdfium2 as pdfium
from PIL import Image

from . import images, pdf
from .errors import Unreadable
from .filetype import PDF_HEADER_WITHIN, FileType, sniff
from .limits import Limits


@dataclass(frozen=True, slots=True)
class Piece:
    """One page of a file, counted from 0."""

    path: Path
    page: int


def assemble(pieces: Sequence[Piece], *, limits: Limits) -> bytes:
    """Return a PDF of these pages, in this order.

    Pages of PDFs are copied as they are, without attachments, which belong to the file; pages of images are put in
    without loss. Raises Unreadable: encrypted, corrupt, unsupported, pages_lost for a page that is not there.
    """
    made = pdfium.PdfDocument.new()
    try:
        for piece in pieces:
            with piece.path.open("rb") as file:
                kind = sniff(file.read(2 * PDF_HEADER_WITHIN))
            if kind is FileType.PDF:
                _copy(made, piece, limits)
            elif kind is FileType.IMAGE:
                _draw(made, piece, limits)
            else:
                raise Unreadable("unsupported", "an e-invoice without pages of its own")
        out = io.BytesIO()
        made.save(out)
        return out.getvalue()
    finally:
        made.close()


def _copy(made: pdfium.PdfDocument, piece: Piece, limits: Limits) -> None:
    with pdf.open_pdf(piece.path, password="", limits=limits) as source:
        _require(piece, len(source))
        made.import_pages(source, pages=[piece.page])


def _draw(made: pdfium.PdfDocument, piece: Piece, limits: Limits) -> None:
    frame = next(islice(images.open_frames(piece.path, limits), piece.page, None), None)
    if frame is None:
        raise Unreadable("pages_lost", f"page {piece.page + 1} is not there")
    bitmap = pdfium.PdfBitmap.from_pil(Image.fromarray(frame.pixels[..., ::-1]))
    picture = pdfium.PdfImage.new(made)
    picture.set_bitmap(bitmap)
    picture.set_matrix(pdfium.PdfMatrix().scale(frame.width, frame.height))
    page = made.new_page(frame.width, frame.height)
    page.insert_obj(picture)
    page.gen_content()
    page.close()
    bitmap.close()


def _require(piece: Piece, count: int) -> None:
    if not 0 <= piece.page < count:
        raise Unreadable("pages_lost", f"page {piece.page + 1} of {count}")
