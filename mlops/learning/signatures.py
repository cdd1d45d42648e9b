"""What a page looks like, as a sparse vector: the shingles of its text and where they are.

Shingles (Broder, "On the resemblance and containment of documents", 1997) are runs of four characters of the folded
text without white space, so that a misread character or a word that was split costs four of them and not the line.
Pairs of neighbouring words say more about boilerplate, and shingles tied to a coarse x say where the columns are; y is
left out, because tables push everything below them down.

Beside it stand the words to the letter, for what shingles with folded digits cannot say: whose form it is; and the
thumbnail of a page that OCR read, for when its words cannot be trusted (`thumbnails.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from invex.reading.types import Document, Page

from .hashing import Hashes, mix, tokens
from .thumbnails import legibility
from .wording import Words

GROUPS = ("text", "column", "pair")  # shingles; shingles with their x; pairs of neighbouring words
# How much each says about likeness: where words stand tells kinds apart that use the same words.
GROUP_WEIGHTS = (0.25, 0.5, 0.25)
GROUP_BITS = 16
GROUP_SIZE = 1 << GROUP_BITS
SIZE = len(GROUPS) * GROUP_SIZE

MAX_PAGES = 3  # later pages repeat the earlier ones or are terms
LATER_PAGE_WEIGHT = 0.3  # the first page says what a document is
SHINGLE = 4
X_BINS = 10
MIN_WORD = 3  # letters and digits; shorter words are on every page
MIN_SHINGLES = 16  # a document with fewer has too little text to look like anything

_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
_DIGIT = re.compile(r"\d")
_CODE_BASE = np.uint64(1000003)
_COLUMN_SALT = np.uint64(1)
_NO_THUMBNAIL: NDArray[np.uint8] = np.zeros(0, np.uint8)


class Signature(NamedTuple):
    """A sparse vector over SIZE buckets, a third for each of GROUPS.

    buckets: (n,) int32, ascending, none twice. weights: (n,) float32, log(1 + occurrences), later pages counting less.
    words: (w,) uint32, hashes of the words to the letter, ascending, none twice.
    thumbnail: (thumbnails.SIZE,) uint8 of the first page, (0,) where OCR did not read it or it is blank.
    legibility: how far the words of these pages can be trusted, [0, 1].
    """

    buckets: NDArray[np.int32]
    weights: NDArray[np.float32]
    words: Words
    thumbnail: NDArray[np.uint8] = _NO_THUMBNAIL
    legibility: float = 1.0

    @property
    def is_empty(self) -> bool:
        """Whether it has too few words to look like anything; it may have a thumbnail."""
        return int(np.searchsorted(self.buckets, GROUP_SIZE)) < MIN_SHINGLES


def signature(document: Document) -> Signature:
    """Return what `document` looks like; an empty signature when its pages have no words."""
    buckets: list[NDArray[np.int64]] = []
    counts: list[NDArray[np.float64]] = []
    for number, page in enumerate(document.pages[:MAX_PAGES]):
        for group, hashes in enumerate(_page_hashes(page)):
            buckets.append((hashes >> np.uint64(64 - GROUP_BITS)).astype(np.int64) + group * GROUP_SIZE)
            counts.append(np.full(len(hashes), 1.0 if number == 0 else LATER_PAGE_WEIGHT))
    if not buckets:
        return Signature(np.zeros(0, np.int32), np.zeros(0, np.float32), np.zeros(0, np.uint32))
    unique, inverse = np.unique(np.concatenate(buckets), return_inverse=True)
    total = np.bincount(inverse, np.concatenate(counts), minlength=len(unique))
    first = document.pages[0]
    return Signature(
        unique.astype(np.int32),
        np.log1p(total).astype(np.float32),
        _words(document),
        np.frombuffer(first.thumbnail, np.uint8) if any(first.thumbnail) else _NO_THUMBNAIL,
        _legibility(document.pages[:MAX_PAGES]),
    )


@lru_cache(maxsize=1 << 16)
def plain(text: str) -> str:
    """Letters and digits only, case folded."""
    return _NOT_ALPHANUMERIC.sub("", text.casefold())


@lru_cache(maxsize=1 << 16)
def fold(text: str) -> str:
    """Letters and digits only, case folded, every digit 0: what two documents of one template have in common."""
    return _DIGIT.sub("0", plain(text))


def _words(document: Document) -> Words:
    texts = {plain(word.text) for page in document.pages[:MAX_PAGES] for word in page.words}
    return np.unique(tokens([text for text in texts if len(text) >= MIN_WORD]).astype(np.uint32))


def _legibility(pages: Sequence[Page]) -> float:
    """Mean legibility of pages, of which there is at least one, by their letters: a cover sheet with specks has none.

    Letters are those of words that are long enough for `_words`.
    """
    letters = [sum(n for word in page.words if (n := len(plain(word.text))) >= MIN_WORD) for page in pages]
    if not any(letters):
        return legibility(pages[0])
    return sum(legibility(page) * n for page, n in zip(pages, letters, strict=True)) / sum(letters)


def _page_hashes(page: Page) -> tuple[Hashes, Hashes, Hashes]:
    folded = [(text, word.box.x0) for word in page.words if (text := fold(word.text))]
    texts = [text for text, _ in folded]
    codes = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32).astype(np.uint64)
    shingles = len(codes) - SHINGLE + 1
    if shingles < 1:
        empty = np.zeros(0, np.uint64)
        return empty, empty, empty
    rolling = np.zeros(shingles, np.uint64)
    for offset in range(SHINGLE):
        rolling = rolling * _CODE_BASE + codes[offset : offset + shingles]
    text_hashes = mix(rolling)
    x_of_code = np.repeat([x for _, x in folded], [len(text) for text in texts])[:shingles]
    column_hashes = mix(text_hashes + np.rint(x_of_code * X_BINS).astype(np.uint64) + _COLUMN_SALT)
    words = tokens(texts)
    pair_hashes = mix(words[:-1] * np.uint64(3) + mix(words[1:]))
    return text_hashes, column_hashes, pair_hashes
