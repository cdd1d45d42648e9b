"""What a file is, from its first bytes; names lie."""

from __future__ import annotations

from enum import Enum

from .errors import Unreadable

PDF_HEADER_WITHIN = 1024  # bytes that may come before %PDF-, as Acrobat accepts


class FileType(Enum):
    PDF = "pdf"
    IMAGE = "image"  # PNG, JPEG, TIFF of one or more pages, WebP
    XML = "xml"


_IMAGE_STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_XML_STARTS = tuple(
    mark + "<".encode(encoding)
    for mark, encoding in (
        (b"", "ascii"),
        (b"\xef\xbb\xbf", "ascii"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
    )
)


def sniff(head: bytes) -> FileType:
    """Return the type of a file that begins with `head`, at least PDF_HEADER_WITHIN bytes where it has them.

    Raises Unreadable: empty, unsupported.
    """
    if not head:
        raise Unreadable("empty")
    if head.startswith(_IMAGE_STARTS) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return FileType.IMAGE
    if b"%PDF-" in head[:PDF_HEADER_WITHIN]:
        return FileType.PDF
    stripped = head.lstrip(b" \t\r\n")
    if stripped.startswith(_XML_STARTS) and b"<html" not in stripped[:PDF_HEADER_WITHIN].lower():
        return FileType.XML
    raise Unreadable("unsupported")
