"""Page by page, and region by region: the text layer, OCR, or both."""

from __future__ import annotations

import pypdfium2 as pdfium

from .artwork import artwork_of
from .images import Frame
from .limits import Limits
from .ocr_port import EngineSource, OcrEngine
from .pageframe import frame_of
from .textlayer import read_text_layer
from .types import Page


class PageReader:
    def __init__(self, limits: Limits, engine: EngineSource | None) -> None:
        self._limits = limits
        self._engine_source = engine
        self._engine: OcrEngine | None = None
        self.warnings: list[str] = []

    @property
    def engine_name(self) -> str:
        return self._engine.name if self._engine is not None else ""

    def read_pdf_page(self, page: pdfium.PdfPage, index: int) -> Page:
        frame = frame_of(page)
        layer = read_text_layer(page, frame)
        seen = frame.turned(layer.rotation)
        art = artwork_of(page, seen)
        return Page(seen.width, seen.height, layer.words, "text", art.rules, layer.rotation)

    def read_image(self, frame: Frame) -> Page:
        if self._engine_source is None:
            return Page(frame.width, frame.height, (), "blank")
        self._engine = self._engine_source()
        read = self._engine.read(frame.pixels)
        sideways = read.rotation % 180 != 0
        w, h = (frame.height, frame.width) if sideways else (frame.width, frame.height)
        return Page(w, h, read.words, "ocr" if read.words else "blank", rotation=read.rotation)
