"""What reading produces: words with boxes on pages.

Geometry is relative to the page as a person sees it (after its rotation): x and y in [0, 1], origin top left.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from invex.fields.geometry import Box

THUMBNAIL_COLUMNS, THUMBNAIL_ROWS = 24, 32


class Word(NamedTuple):
    """One run of printed characters without white space."""

    text: str
    box: Box
    confidence: float = 1.0  # of the recogniser, [0, 1]; 1 for a text layer


@dataclass(frozen=True, slots=True)
class Page:
    """One page as a person sees it.

    width, height: in points (1/72 inch), after rotation.
    words: in reading order.
    source: "text" (text layer), "ocr", "mixed" (regions of both), "given" (words somebody else read) or "blank".
    rules: ruled lines as thin boxes, where the file draws them (tables); may be empty.
    rotation: degrees clockwise by which the page image was turned to be upright.
    thumbnail: of a page that OCR read: the root of each cell's share of ink, 0..255, row by row, THUMBNAIL_ROWS ×
    THUMBNAIL_COLUMNS bytes. Empty where nobody drew the page.
    """

    width: float
    height: float
    words: tuple[Word, ...]
    source: str = "given"
    rules: tuple[Box, ...] = ()
    rotation: int = 0
    thumbnail: bytes = b""

    @property
    def text(self) -> str:
        return " ".join(w.text for w in self.words)


@dataclass(frozen=True, slots=True)
class EInvoice:
    """What the e-invoice XML of a file says, canonical as FORMATS.md writes values.

    Field keys are the standard invoice fields (invex.fields.standard).
    """

    syntax: str  # "cii" or "ubl"
    profile: str  # the guideline URN, "" when absent
    fields: dict[str, tuple[str, ...]]  # key -> canonical values
    lines: tuple[dict[str, str], ...] = ()  # one dict of canonical values a line item, keys of standard columns


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read.

    file: its name, for people. reader: version of the code that read it, e.g. "2+rapidocr-3.10.0".
    """

    pages: tuple[Page, ...]
    file: str = ""
    reader: str = ""
    einvoice: EInvoice | None = None
    warnings: tuple[str, ...] = field(default=())
