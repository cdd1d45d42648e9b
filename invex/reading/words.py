"""Words as JSON, words/ID.json of the dataset folder (FORMATS.md, section 1)."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, overload

from invex.fields.geometry import Box
from invex.fields.shapes import BadShape, box_of, list_of, number_of, object_of, part_of, text_of, wrong

from .types import THUMBNAIL_COLUMNS, THUMBNAIL_ROWS, Document, Page, Word

OUTSIDE = 0.5  # of the page: so far may a box stick out; of units other than shares of the page some word is beyond
MOST_POINTS = 1_000_000  # of a page; PDF allows 14,400, some say pixels
ROUNDED = 0.01  # so far may its edges be the wrong way round, and a confidence be beyond 0 or 1


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


def from_json(data: Any, *, file: str = "", reader: str = "") -> Document:
    """Return the document that `data` describes. Raises BadShape with the place that is wrong."""
    list_of(object_of(data, "").get("pages", []), "pages")
    return Document(pages=tuple(LazyPages(data)), file=file, reader=reader)


def check(data: Any) -> None:
    """Raise BadShape for words that are no words of FORMATS.md: for those that somebody else has read.

    Besides what `from_json` cannot do without: every word lies on its page, and confidences are from 0 to 1.
    """
    for number, page in enumerate(list_of(part_of(object_of(data, ""), "pages", ""), "pages")):
        _check_page(page, f"pages[{number}]")


def check_box(box: Box, where: str) -> None:
    """Raise BadShape for a box that is not on its page at all: pixels, points, or a width in the place of an edge."""
    is_near = min(box) >= -OUTSIDE and max(box) <= 1 + OUTSIDE
    if not is_near or box.x0 > box.x1 + ROUNDED or box.y0 > box.y1 + ROUNDED:
        raise BadShape(
            f"{where}: [{', '.join(f'{v:g}' for v in box)}] is not on the page; [x0, y0, x1, y1] are the left upper "
            "and right lower corner, as shares of the page from 0 to 1"
        )


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

    Asking for a page raises BadShape with the place that is wrong.
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
            Word(str(w["text"]), Box(*(float(v) for v in w["box"])), _confidence(w.get("confidence")))
            for w in page["words"]
        )
        return Page(
            width=float(page["width"]),
            height=float(page["height"]),
            words=words,
            source=page.get("source") or "given",
            rules=tuple(Box(*(float(v) for v in b)) for b in page.get("rules") or ()),
            rotation=int(page.get("rotation") or 0),
            thumbnail=thumbnail_from_text(str(page.get("thumbnail") or "")),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as e:
        _check_page(page, f"pages[{number}]")  # says what it is
        raise BadShape(f"pages[{number}]: no page as FORMATS.md has it") from e


def _confidence(given: Any) -> float:
    return 1.0 if given is None else min(max(float(given), 0.0), 1.0)


def _check_page(page: Any, where: str) -> None:
    said = object_of(page, where)
    for key in ("width", "height"):
        if not 0 < number_of(part_of(said, key, where), f"{where}.{key}") <= MOST_POINTS:
            raise wrong(f"{where}.{key}", "points, more than 0, are expected", said[key])
    for index, word in enumerate(list_of(part_of(said, "words", where), f"{where}.words")):
        here = f"{where}.words[{index}]"
        one = object_of(word, here)
        text_of(part_of(one, "text", here), f"{here}.text")
        check_box(box_of(part_of(one, "box", here), f"{here}.box"), f"{here}.box")
        sure = one.get("confidence")
        if sure is not None and not -ROUNDED <= number_of(sure, f"{here}.confidence") <= 1 + ROUNDED:
            raise wrong(f"{here}.confidence", "a number from 0 to 1 is expected", sure)
    for index, rule in enumerate(list_of(said.get("rules") or (), f"{where}.rules")):
        box_of(rule, f"{where}.rules[{index}]")
    number_of(said.get("rotation") or 0, f"{where}.rotation")
    text_of(said.get("source") or "given", f"{where}.source")
    try:
        thumbnail_from_text(str(said.get("thumbnail") or ""))
    except ValueError as e:
        size = THUMBNAIL_ROWS * THUMBNAIL_COLUMNS
        raise wrong(f"{where}.thumbnail", f"{size} bytes in base64 are expected", said["thumbnail"]) from e
