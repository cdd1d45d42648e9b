"""The OCR engines by name; each is imported when it is asked for."""

from __future__ import annotations

from functools import cache

from .ocr_port import OcrEngine

ENGINES = ("rapidocr", "tesseract")


@cache
def make_engine(name: str) -> OcrEngine:
    """Return this process's engine of that name. Raises ValueError, or RuntimeError where it is not installed."""
    if name == "rapidocr":
        from .ocr_rapid import RapidEngine

        return RapidEngine()
    if name == "tesseract":
        from .ocr_tesseract import TesseractEngine

        return TesseractEngine()
    raise ValueError(f"OCR engine {name!r}: use one of {', '.join(ENGINES)}")
