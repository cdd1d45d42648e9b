"""Hashes of a page's words, cells, headings and blocks: what the features of all its candidates are made of."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .hashing import MARKS, Hashes, RangeHasher, fold, token, tokens
from .layout import NO_CELL, Ints, Layout

TRIGRAMS = 8  # of a word, at most
SECTION_STEPS = 8  # cells to climb until the heading of a block is found
HEADER_STEPS = 60  # cells to climb in a column until a heading is found
_DOMAIN = re.compile(r"(?:@|www\.|//)([\w-]{3,})\.")


class Context:
    """Hashes of a layout that the candidates of every type share."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        n = layout.words
        words, of = _distinct(layout.texts)
        self.word = np.append(words.identity[of], np.uint64(token("\n")))  # word n: no word
        self.range = RangeHasher(self.word[:n])
        self.trigrams = np.append(words.trigrams[of], np.zeros((1, TRIGRAMS), np.uint64), axis=0)
        spoken = np.where(words.is_spoken[of], np.arange(n), -1)
        # (n,) the nearest earlier word with letters or digits: punctuation between label and value says little
        self.spoken_before = (
            np.concatenate([[-1], np.maximum.accumulate(spoken)[:-1]]).astype(np.int32) if n else spoken
        )
        start, stop = layout.cell_start[:-1], layout.cell_start[1:]
        self.cell_text = np.append(self.range(start, stop), np.uint64(0))  # cell -1: no cell
        alpha = np.concatenate([[0], np.cumsum(words.is_alpha[of])])
        self.is_alpha_cell = (
            np.append(2 * (alpha[stop] - alpha[start]) >= (stop - start), False) if n else np.zeros(1, bool)
        )
        self.header = self._headers()
        cells = layout.cell_texts
        # The heading of a block stands alone, or beside other headings; `Number: 4711` heads nothing.
        colons = np.array([t.rstrip().endswith(":") for t in cells], bool)
        in_line = np.bincount(layout.cell_line, colons, minlength=layout.lines) if n else np.zeros(0)
        self.section = self._sections(
            colons & (in_line == np.bincount(layout.cell_line, minlength=layout.lines))[layout.cell_line]
        )
        self.form = np.append(tokens(list(map(_form, cells))), np.uint64(0))
        self.domains = _domains(layout.texts)
        self.line_first = layout.line_start[:-1]
        self.cell_in_line = (
            np.arange(layout.cells) - np.searchsorted(layout.cell_line, layout.cell_line) if n else np.zeros(0, int)
        )
        self.cells_of_line = np.bincount(layout.cell_line, minlength=layout.lines) if n else np.zeros(0, int)

    def _sections(self, headings: np.ndarray) -> Ints:
        """(m + 1,) the nearest cell above that heads a block, NO_CELL when there is none."""
        above = np.append(self.layout.above, NO_CELL).astype(np.int32)
        is_heading = np.append(headings, False)
        section = above.copy()
        for _ in range(SECTION_STEPS):
            climb = (section != NO_CELL) & ~is_heading[section]
            if not climb.any():
                break
            section = np.where(climb, above[section], section)
        return np.where(is_heading[section], section, NO_CELL).astype(np.int32)

    def _headers(self) -> Ints:
        """(m + 1,) the nearest cell above that consists of letters, NO_CELL when there is none."""
        above = np.append(self.layout.above, NO_CELL).astype(np.int32)
        header = above.copy()
        for _ in range(HEADER_STEPS):
            climb = (header != NO_CELL) & ~self.is_alpha_cell[header]
            if not climb.any():
                break
            header = np.where(climb, above[header], header)
        return header


class WordHashes(NamedTuple):
    """A text: the hash of what it is as context, whether most of it is letters, whether any of it is letter or digit.

    trigrams: TRIGRAMS hashes, 0 where it has no more.
    """

    identity: int
    is_alpha: bool
    is_spoken: bool
    trigrams: tuple[int, ...]


class _Words(NamedTuple):
    """t texts: the fields of WordHashes, (t,) and (t, TRIGRAMS)."""

    identity: Hashes
    is_alpha: NDArray[np.bool_]
    is_spoken: NDArray[np.bool_]
    trigrams: Hashes


def _distinct(texts: tuple[str, ...]) -> tuple[_Words, NDArray[np.intp]]:
    """Return the distinct texts, and (n,) which of them each is."""
    number: dict[str, int] = {}
    of = np.array([number.setdefault(text, len(number)) for text in texts], np.intp)
    found = list(map(word_hashes, number))
    words = _Words(
        np.array([w.identity for w in found], np.uint64),
        np.array([w.is_alpha for w in found], bool),
        np.array([w.is_spoken for w in found], bool),
        np.array([w.trigrams for w in found], np.uint64).reshape(-1, TRIGRAMS),
    )
    return words, of


@lru_cache(maxsize=1 << 15)
def word_hashes(text: str) -> WordHashes:
    """A template prints most of its words on every document."""
    folded = fold(text)
    marked = f"^{folded}$"
    grams = [marked[j : j + 3] for j in range(len(marked) - 2)]
    if len(grams) > TRIGRAMS:  # the sense of a German compound is at its end
        grams = [*grams[: TRIGRAMS // 2], *grams[-TRIGRAMS // 2 :]]
    hashes = (*map(token, grams), *(0,) * (TRIGRAMS - len(grams)))
    return WordHashes(
        token(folded), sum(map(str.isalpha, text)) * 2 > len(text), text in MARKS or any(map(str.isalnum, text)), hashes
    )


def _domains(texts: tuple[str, ...]) -> list[str]:
    """Names of the web and mail addresses on a document, without www and the top-level domain."""
    found: dict[str, None] = {}
    for text in map(str.casefold, texts):
        if "@" in text or "www." in text or text.startswith("http"):
            for match in _DOMAIN.finditer(text):
                found[match[1].replace("-", "")] = None
    return list(found)


@lru_cache(maxsize=1 << 15)
def _form(text: str) -> str:
    """What kinds of words a line has: `D-10115 Berlin` -> `m a`; a: letters, 0: digits, m: mixed, -: neither."""
    forms = []
    for word in text.split()[:4]:
        letters, digits = any(map(str.isalpha, word)), any(map(str.isdigit, word))
        forms.append("m" if letters and digits else "a" if letters else f"{min(len(word), 6)}" if digits else "-")
    return " ".join(forms)
