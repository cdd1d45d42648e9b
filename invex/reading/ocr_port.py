"""The port for OCR: pixels in, words out. Engines: ocr_rapid (default), ocr_tesseract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from .pdf import Pixels
from .types import Word


@dataclass(frozen=True, slots=True)
class OcrPage:
    """What OCR read: words in reading order, relative to the image turned clockwise by `rotation` to be upright."""

    words: tuple[Word, ...]
    rotation: int = 0


class OcrEngine(Protocol):
    """Reads printed text. Not thread-safe: one engine, one thread.

    All pixels are BGR, uint8 (h, w, 3).
    """

    @property
    def name(self) -> str:
        """Engine and version, as Document.reader names it: "rapidocr-3.10.0"."""

    def read(self, pixels: Pixels, *, may_turn: bool = True) -> OcrPage:
        """Return the words of an image; with may_turn, of the image turned upright. No text gives no words."""

    def recognise(self, lines: list[Pixels]) -> list[tuple[str, float]]:
        """Return text and confidence [0, 1] of each image of one upright line; ("", 0.0) where there is none."""


# An engine is heavy: whoever may need one is given this, and calls it when it does; it returns the same each time.
EngineSource = Callable[[], OcrEngine]
