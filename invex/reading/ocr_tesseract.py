"""Tesseract, where it is installed: a fallback of a quarter of RapidOCR's memory that reads worse (docs/reading.md)."""

from __future__ import annotations

import pytesseract
from PIL import Image

from invex.fields.geometry import Box

from .characters import normalise
from .layout import in_reading_order
from .ocr_port import OcrPage
from .pdf import Pixels
from .types import Word

WANTED_LANGUAGES = ("eng", "fra", "deu")
_PAGE = "--psm 6"  # one block of text: finds more on forms than automatic layout
_LINE = "--psm 7"


class TesseractEngine:
    """OCR by the tesseract program. Raises RuntimeError when it is not there."""

    def __init__(self) -> None:
        try:
            self.name = f"tesseract-{pytesseract.get_tesseract_version().base_version}"
            installed = set(pytesseract.get_languages())
        except pytesseract.TesseractNotFoundError as error:
            raise RuntimeError("tesseract is not installed; install it, or use the engine rapidocr") from error
        self._languages = "+".join(lang for lang in WANTED_LANGUAGES if lang in installed) or "eng"
        self._finds_orientation = "osd" in installed

    def read(self, pixels: Pixels, *, may_turn: bool = True) -> OcrPage:
        image = Image.fromarray(pixels[..., ::-1])
        rotation = self._rotation(image) if may_turn and self._finds_orientation else 0
        if rotation:
            image = image.rotate(-rotation, expand=True)
        return OcrPage(in_reading_order(self._words(image, _PAGE)), rotation)

    def recognise(self, lines: list[Pixels]) -> list[tuple[str, float]]:
        results = []
        for line in lines:
            words = self._words(Image.fromarray(line[..., ::-1]), _LINE)
            confidence = sum(w.confidence for w in words) / len(words) if words else 0.0
            results.append((" ".join(w.text for w in words), confidence))
        return results

    def _rotation(self, image: Image.Image) -> int:
        try:
            found = pytesseract.image_to_osd(image, output_type=pytesseract.Output.DICT)
        except pytesseract.TesseractError:  # too few characters to tell
            return 0
        return int(found["rotate"])

    def _words(self, image: Image.Image, config: str) -> list[Word]:
        found = pytesseract.image_to_data(
            image, lang=self._languages, config=config, output_type=pytesseract.Output.DICT
        )
        words = []
        for text, confidence, x, y, w, h in zip(
            *(found[key] for key in ("text", "conf", "left", "top", "width", "height"))
        ):
            clean = normalise(text).strip()
            if clean and float(confidence) >= 0:
                box = Box(x / image.width, y / image.height, (x + w) / image.width, (y + h) / image.height)
                words.append(Word(clean, box, float(confidence) / 100))
        return words
