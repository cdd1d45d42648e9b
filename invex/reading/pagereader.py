"""Page by page, and region by region: the text layer, OCR, or both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pypdfium2 as pdfium

from invex.fields.geometry import Box

from . import coverage, trust
from .artwork import Artwork, artwork_of
from .images import Frame
from .layout import in_reading_order
from .limits import Limits
from .ocr_port import EngineSource, OcrEngine
from .pageframe import PageFrame, frame_of
from .pdf import Pixels, draw
from .textlayer import TextLayer, read_text_layer
from .thumbnail import thumbnail
from .turning import turn_boxes
from .types import Page, Word

SYMBOLS = 0.03  # share of odd characters from which a text layer is checked
UNMAPPED = 0.05  # share of characters without a Unicode mapping from which it is
PAGE_SIZE = 0.6  # share of a page under images from which it is taken for a scan
PICTURE = 0.045  # share of a page from which a picture is read: smaller ones are logos, at a fifth of a second each
STAMP = 0.015  # share of a scan from which ink is read that its text layer does not cover
MIN_GLYPHS = 40  # shapes of a letter's size that may be text drawn as outlines
STAMPED_WORDS = 25  # up to so many words printed over a scan do not say which way up it is
SAME = 0.5  # share of a word's area under the other source's words from which it was read twice


class PageReader:
    """Reads the pages of one document. engine: None reads text layers alone.

    engine_name: of the OCR engine, "" as long as no page needed it. warnings: for people, about pages.
    """

    def __init__(self, limits: Limits, engine: EngineSource | None) -> None:
        self._limits = limits
        self._engine_source = engine
        self._engine: OcrEngine | None = None
        self.warnings: list[str] = []

    @property
    def engine_name(self) -> str:
        return self._engine.name if self._engine is not None else ""

    def read_image(self, frame: Frame, *, rotation: int | None = None) -> Page:
        """Return a page of an image file. rotation: as for read_pdf_page."""
        turned = rotation or 0
        width, height = (frame.height, frame.width) if turned % 180 else (frame.width, frame.height)
        page = Page(width, height, (), "blank", rotation=turned)
        if self._engine_source is None:
            return page
        pixels = np.ascontiguousarray(np.rot90(frame.pixels, -turned // 90))
        return self._ocr_page(pixels, page, may_turn=rotation is None)

    def read_pdf_page(self, page: pdfium.PdfPage, index: int, *, rotation: int | None = None) -> Page:
        """Return a page of a PDF; index is for warnings.

        rotation: degrees clockwise by which a person turned the page; None = as its text runs.
        """
        frame = frame_of(page)
        layer = read_text_layer(page, frame, rotation)
        seen = frame.turned(layer.rotation)
        art = artwork_of(page, seen)
        source = "text" if layer.words else "blank"
        text_page = Page(seen.width, seen.height, layer.words, source, art.rules, layer.rotation)
        if self._engine_source is None or art.is_empty:
            return text_page
        may_turn = rotation is None
        if not layer.words:
            return self._whole(page, text_page, may_turn=may_turn) if self._shows_ink(page) else text_page
        if not self._is_true(page, layer, seen, art):
            read = self._whole(page, text_page, may_turn=may_turn)
            if read.words:
                return read
            self.warnings.append(f"page {index + 1}: its text looks garbled, and OCR found nothing to put in its place")
            return text_page
        return self._completed(page, text_page, art, may_turn=may_turn)

    def _ocr(self) -> OcrEngine:
        if self._engine is None:
            assert self._engine_source is not None
            self._engine = self._engine_source()
        return self._engine

    def _draw(self, page: pdfium.PdfPage, dpi: float, rotation: int) -> Pixels:
        return draw(page, dpi=dpi, rotation=rotation, max_pixels=self._limits.pixels)

    def _shows_ink(self, page: pdfium.PdfPage) -> bool:
        return coverage.has_ink(draw(page, dpi=coverage.COVERAGE_DPI, max_pixels=self._limits.pixels, is_gray=True))

    def _whole(self, page: pdfium.PdfPage, text_page: Page, *, may_turn: bool) -> Page:
        """All of a PDF page by OCR; its words are not used."""
        pixels = self._draw(page, self._limits.dpi, text_page.rotation)
        return self._ocr_page(pixels, text_page, may_turn=may_turn)

    def _ocr_page(self, pixels: Pixels, page: Page, *, may_turn: bool) -> Page:
        """`page` with the words of its pixels instead of its own, turned as OCR found it to be."""
        read = self._ocr().read(pixels, may_turn=may_turn)
        width, height = (page.height, page.width) if read.rotation % 180 else (page.width, page.height)
        return Page(
            width,
            height,
            read.words,
            "ocr" if read.words else "blank",
            _turned(page.rules, read.rotation),
            (page.rotation + read.rotation) % 360,
            thumbnail(np.rot90(pixels, -read.rotation // 90)),
        )

    def _is_true(self, page: pdfium.PdfPage, layer: TextLayer, seen: PageFrame, art: Artwork) -> bool:
        """Whether the text layer says what is printed. Only one that gives cause for doubt is compared with pixels."""
        is_scan = coverage.area_share(art.images) >= PAGE_SIZE
        is_odd = layer.symbol_share > SYMBOLS or layer.unmapped_share > UNMAPPED
        if not (is_scan or is_odd):
            return True
        samples = trust.sample_lines(layer.words, width=seen.width, height=seen.height)
        if not samples:
            return not is_odd
        similarity = trust.similarity(samples, self._draw(page, trust.SPOT_CHECK_DPI, layer.rotation), self._ocr())
        return similarity >= (trust.TRUSTED if is_scan else trust.FALSE)

    def _completed(self, page: pdfium.PdfPage, text_page: Page, art: Artwork, *, may_turn: bool) -> Page:
        """A page whose text layer is true, with the text of pictures and outlines that it does not cover."""
        pictures = [*art.images, *(art.glyphs if len(art.glyphs) >= MIN_GLYPHS else ())]
        share = coverage.area_share(pictures)
        if share < PICTURE:
            return text_page
        gray = draw(
            page,
            dpi=coverage.COVERAGE_DPI,
            rotation=text_page.rotation,
            max_pixels=self._limits.pixels,
            is_gray=True,
        )
        smallest = STAMP if share >= PAGE_SIZE else PICTURE
        missing = coverage.uncovered(gray, [w.box for w in text_page.words], pictures, min_area=smallest)
        if not missing.regions:
            return text_page
        pixels = self._draw(page, self._limits.dpi, text_page.rotation)
        if not missing.is_most:
            found = [word for region in missing.regions for word in self._region_words(pixels, region)]
            return _merged(text_page, found, rotation=0)
        read = self._ocr().read(pixels, may_turn=may_turn and len(text_page.words) <= STAMPED_WORDS)
        merged = _merged(text_page, read.words, rotation=read.rotation)
        turned = (merged.rotation - text_page.rotation) // 90
        return replace(merged, thumbnail=thumbnail(np.rot90(pixels, -turned)))

    def _region_words(self, pixels: Pixels, region: Box) -> list[Word]:
        """Words of a part of a page, relative to the page."""
        height, width = pixels.shape[:2]
        top, bottom = int(region.y0 * height), int(np.ceil(region.y1 * height))
        left, right = int(region.x0 * width), int(np.ceil(region.x1 * width))
        part = np.ascontiguousarray(pixels[top:bottom, left:right])
        scale = np.array([(right - left) / width, (bottom - top) / height] * 2)
        offset = np.array([left / width, top / height] * 2)
        return [
            word._replace(box=Box(*(np.array(word.box) * scale + offset).clip(0, 1).round(6).tolist()))
            for word in self._ocr().read(part, may_turn=False).words
        ]


def _merged(page: Page, found: Sequence[Word], *, rotation: int) -> Page:
    """`page` turned clockwise by `rotation`, with those found words that its own do not already say."""
    own = [word._replace(box=box) for word, box in zip(page.words, _turned([w.box for w in page.words], rotation))]
    boxes = np.array([word.box for word in own]).reshape(-1, 4)
    new = [word for word in found if _share_under(word.box, boxes) < SAME]
    if not new:
        return page
    width, height = (page.height, page.width) if rotation % 180 else (page.width, page.height)
    return Page(
        width,
        height,
        in_reading_order([*own, *new]),
        "mixed",
        _turned(page.rules, rotation),
        (page.rotation + rotation) % 360,
    )


def _share_under(box: Box, others: np.ndarray) -> float:
    """Share of the area of `box` under the one of `others` (n, 4) that covers most of it, or is covered most by it."""
    if not len(others):
        return 0.0
    wide = np.minimum(box.x1, others[:, 2]) - np.maximum(box.x0, others[:, 0])
    tall = np.minimum(box.y1, others[:, 3]) - np.maximum(box.y0, others[:, 1])
    common = wide.clip(0) * tall.clip(0)
    areas = (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1])
    smaller = np.minimum(areas, box.width * box.height)
    return float((common / np.maximum(smaller, 1e-12)).max())


def _turned(boxes: Sequence[Box], degrees: int) -> tuple[Box, ...]:
    if degrees == 0 or not boxes:
        return tuple(boxes)
    return tuple(Box(*row) for row in turn_boxes(np.array(boxes, float), degrees).round(6).tolist())
