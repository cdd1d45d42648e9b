"""How much a file may ask of the reader."""

from __future__ import annotations

from dataclasses import dataclass, fields

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one document; each has its code in errors.SENTENCES. All are positive, else ValueError.

    pixels: of one page, as stored in an image file, and as rendered; an image inside a PDF is held to memory_bytes.
    cpu_s, wall_s: of the parser a document, without the time that OCR takes. ocr_wall_s: of OCR an image.
    memory_bytes: address space of the parser process; ocr_memory_bytes: of the OCR process, whose models need 1 GiB.
    dpi: at which a PDF page is drawn for OCR; below 200 values get lost.
    """

    file_bytes: int = 100 * MIB
    pages: int = 500
    pixels: int = 80_000_000
    attachments: int = 50
    attachment_bytes: int = 25 * MIB
    memory_bytes: int = 2048 * MIB
    ocr_memory_bytes: int = 6144 * MIB
    cpu_s: float = 120.0
    wall_s: float = 180.0
    ocr_wall_s: float = 120.0
    dpi: int = 200

    def __post_init__(self) -> None:
        for f in fields(self):
            if getattr(self, f.name) <= 0:
                raise ValueError(f"limit {f.name} is {getattr(self, f.name)}; it must be greater than 0")
