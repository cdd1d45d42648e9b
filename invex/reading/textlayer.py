"""The text layer of a PDF page: words with boxes, and how far it can be trusted at first sight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray

from invex.fields.geometry import Box

from . import pdfium_bulk
from .characters import normalise
from .layout import break_points, join_letter_spaced, reading_order
from .pageframe import PageFrame
from .types import Word

SAMPLE = 200  # characters that are asked for a mapping error
MOSTLY = 0.8  # share of characters written in one direction that decides how the page is turned
# Characters that no text on a business document holds: private use, replacement, and what no encoding maps to.
_MEANINGLESS = ((0xE000, 0xF8FF), (0xFFF0, 0xFFFF), (0xF0000, 0x10FFFF), (0x0001, 0x0008), (0x000E, 0x001F))
_PUNCTUATION = frozenset(".,:;-–—/()%€$£&'’‘\"“”„+*#@!?_=[]<>|•·…°§©®™«»²³½¼×■□▪●○✓")


@dataclass(frozen=True, slots=True)
class TextLayer:
    """Words in reading order, relative to the page turned by `rotation` degrees clockwise.

    symbol_share: share of characters that are neither letters, digits nor common punctuation, [0, 1].
    unmapped_share: share of characters that their font does not map to Unicode, [0, 1], from a sample.
    """

    words: tuple[Word, ...]
    rotation: int = 0
    symbol_share: float = 0.0
    unmapped_share: float = 0.0


def read_text_layer(page: pdfium.PdfPage, frame: PageFrame, rotation: int | None = None) -> TextLayer:
    """Return the text layer of a page. Raises PdfiumError when pdfium cannot make one.

    rotation: degrees clockwise by which the page is to be turned; None = as most of its text runs.
    """
    textpage = page.get_textpage()
    try:
        return _read(pdfium_bulk.address(textpage.raw), textpage.count_chars(), frame, rotation)
    finally:
        textpage.close()


def _read(textpage: int, count: int, frame: PageFrame, said: int | None) -> TextLayer:
    codes = pdfium_bulk.char_codes(textpage, count)
    space = _is_space(codes)
    printed = np.flatnonzero(~space)
    if printed.size == 0:
        return TextLayer((), said or 0)
    boxes = frame.relative(pdfium_bulk.char_boxes(textpage, count)[printed])
    directions = frame.directions(pdfium_bulk.char_angles(textpage, count)[printed])
    rotation = _rotation(directions) if said is None else said
    if rotation:
        frame = frame.turned(rotation)
        boxes = frame.turn(boxes, rotation)
        directions = (directions - rotation // 90) % 4
    scale = np.array([frame.width, frame.height, frame.width, frame.height], np.float32)
    points = boxes * scale
    starts = break_points(points, directions)
    starts[1:] |= np.diff(printed) > 1  # white space lies between
    first = np.flatnonzero(starts)
    first = first[_join(textpage, codes, printed, points, directions, first)]
    word_boxes = np.concatenate(
        (np.minimum.reduceat(boxes[:, :2], first), np.maximum.reduceat(boxes[:, 2:], first)), axis=1
    )
    text = codes[printed].astype("<u4").tobytes().decode("utf-32-le", "replace")
    words = _words(text, first, word_boxes)
    sample = printed[:: max(1, printed.size // SAMPLE)].tolist()
    return TextLayer(words, rotation, symbol_share(text), pdfium_bulk.unmapped_share(textpage, sample))


def _rotation(directions: NDArray[np.intp]) -> int:
    """Degrees clockwise by which a page is turned so that its text runs level, where most of it runs alike."""
    counts = np.bincount(directions, minlength=4)
    return 90 * int(counts.argmax()) if counts[0] < directions.size * MOSTLY <= counts.max() else 0


def _is_space(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """White space and characters that print nothing of their own."""
    kinds, where = np.unique(codes, return_inverse=True)
    blank = np.array([c == 0 or (c < 0x110000 and chr(c).isspace()) for c in kinds.tolist()], bool)
    spaces: NDArray[np.bool_] = blank[where]
    return spaces


def _join(
    textpage: int,
    codes: NDArray[np.uint32],
    printed: NDArray[np.intp],
    points: NDArray[np.float32],
    directions: NDArray[np.intp],
    first: NDArray[np.intp],
) -> NDArray[np.bool_]:
    """For each word whether it still starts one when letters that are spaced out are joined."""
    lengths = np.diff(np.append(first, printed.size))
    single = lengths == 1
    if single.sum() < 4:
        return np.ones(first.size, bool)
    # Letters are joined over any space; digits only over one that pdfium guessed: "1 2 3 4" of a form is no number.
    may_join = np.zeros(first.size, bool)
    candidates = np.flatnonzero(single & (directions[first] == 0))
    where = printed[first[candidates]]
    letters = np.array([chr(c).isalpha() for c in codes[where].tolist()], bool)
    guessed = np.array(pdfium_bulk.are_generated(textpage, (where - 1).clip(0).tolist()), bool)
    may_join[candidates] = letters | guessed
    return join_letter_spaced(lengths, points[first], may_join)


def _words(text: str, first: NDArray[np.intp], boxes: NDArray[np.float32]) -> tuple[Word, ...]:
    """Words in reading order; what lies outside the page or prints nothing is left out."""
    centers = (boxes[:, :2] + boxes[:, 2:]) / 2
    inside: NDArray[np.bool_] = np.all((centers >= 0) & (centers <= 1), axis=1)
    boxes = boxes.clip(0.0, 1.0)
    ends = np.append(first[1:], len(text))
    order = reading_order(boxes)
    order = order[inside[order]]
    plain = text.isascii() and text.isprintable()
    words = []
    for a, b, box in zip(first[order].tolist(), ends[order].tolist(), boxes[order].astype(float).round(6).tolist()):
        word = text[a:b] if plain else normalise(text[a:b])
        if word:
            words.append(Word(word, Box(*box)))
    return tuple(words)


def symbol_share(text: str) -> float:
    """Share of the characters of `text` that belong to no word, number or common punctuation, [0, 1]."""
    odd = 0
    for character in set(text):
        if not (character.isalnum() or character in _PUNCTUATION) or _is_meaningless(ord(character)):
            odd += text.count(character)
    return odd / max(1, len(text))


def _is_meaningless(code: int) -> bool:
    return any(low <= code <= high for low, high in _MEANINGLESS)
