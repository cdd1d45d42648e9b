"""Words as JSON, words/ID.json of the dataset folder (FORMATS.md, section 1)."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, overload

from invex.fields.geometry import Box

from .types import THUMBNAIL_COLUMNS, THUMBNAIL_ROWS, Document, Page, Word


def to_json(document: Document) -> dict[str, Any]:
    """Return the JSON object of a document's words; keys beyond FORMATS.md are our own and optional."""
    pages = []
    for page in document.pages:
        one: dict[str, Any] = {
            "width": page.width,
            "height": page.height,
            "words": [{"text": w.text, "box": list(w.box), "confidence": w.confidence} for w in page.words],
        }
        if page.source != "given":
            one["source"] = page.source
        if page.rules:
            one["rules"] = [list(b) for b in page.rules]
        if page.rotation:
            one["rotation"] = page.rotation
        if page.thumbnail:
            one["thumbnail"] = thumbnail_to_text(page.thumbnail)
        pages.append(one)
    return {"pages": pages}


def from_json(data: dict[str, Any], *, file: str = "", reader: str = "") -> Document:
    """Return the document that `data` describes. Raises ValueError with the place that is wrong."""
    return Document(pages=tuple(LazyPages(data)), file=file, reader=reader)


def thumbnail_to_text(thumbnail: bytes) -> str:
    """Page.thumbnail as JSON has it: base64."""
    return base64.b64encode(thumbnail).decode("ascii")


def thumbnail_from_text(text: str) -> bytes:
    """The inverse of thumbnail_to_text. Raises ValueError: not base64, or of another size."""
    thumbnail = base64.b64decode(text, validate=True)
    if len(thumbnail) not in (0, THUMBNAIL_ROWS * THUMBNAIL_COLUMNS):
        raise ValueError(f"a thumbnail of {len(thumbnail)} bytes")
    return thumbnail


class LazyPages(Sequence[Page]):
    """The pages of a document's words JSON, each made when it is first asked for: of a long one people look at few.

    Asking for a page raises ValueError with the place that is wrong.
    """

    def __init__(self, data: dict[str, Any]) -> None:
        self._raw: list[dict[str, Any]] = data.get("pages", [])
        self._made: dict[int, Page] = {}

    def __len__(self) -> int:
        return len(self._raw)

    def words(self, index: int) -> list[list[Any]]:
        """Return the words of a page as [text, x0, y0, x1, y1]; no page is made for it. [] where there is no page."""
        found = self._raw[index]["words"] if 0 <= index < len(self._raw) else []
        return [[w["text"], *(round(v, 5) for v in w["box"])] for w in found]

    @overload
    def __getitem__(self, index: int) -> Page: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Page]: ...

    def __getitem__(self, index: int | slice) -> Page | Sequence[Page]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        number = range(len(self))[index]  # as of any sequence: counted from the end, IndexError
        if number not in self._made:
            self._made[number] = _page(number, self._raw[number])
        return self._made[number]


def _page(number: int, page: dict[str, Any]) -> Page:
    try:
        words = tuple(
            Word(str(w["text"]), Box(*(float(v) for v in w["box"])), float(w.get("confidence", 1.0)))
            for w in page["words"]
        )
        return Page(
            width=float(page["width"]),
            height=float(page["height"]),
            words=words,
            source=page.get("source", "given"),
            rules=tuple(Box(*(float(v) for v in b)) for b in page.get("rules", [])),
            rotation=int(page.get("rotation", 0)),
            thumbnail=thumbnail_from_text(str(page.get("thumbnail") or "")),
        )
    except (KeyError, TypeError, ValueError) as e:
        raise ValueError(f"page {number}: {type(e).__name__}: {e}") from e
