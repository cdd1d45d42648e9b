"""A layout as the network sees it: identity, form and place of each word, and the geometry of its cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

import numpy as np

from ..context import TRIGRAMS
from ..hashing import fold, token
from ..layout import Floats, Ints, Layout

MOST_CELLS = 900  # of a document; attention is quadratic in them
LAST_CELLS = 300  # of them at its end, where the sums are; the others are at its beginning
BINS = 12  # of a position; each falls into its two nearest with weights that add up to 1
LEAST_NAME_LETTERS = 4
_NAME = re.compile(r"[^\W\d_]{4,}")
_ADDRESS = re.compile(r"(?:@|www\.|//)([\w-]{3,})\.")
WORD_FLOATS = 27
PLACE_FLOATS = 3 * (BINS + 1)  # of them: left edge, right edge, middle
CELL_FLOATS = PLACE_FLOATS + 9


@dataclass(frozen=True, slots=True)
class Inputs:
    """n words, m cells.

    grams: int32 (n, TRIGRAMS) hashes of letter trigrams, 0 = none. word: int32 (n,) hash of the folded word.
    form: float32 (n, WORD_FLOATS). cell: int32 (n,) the cell of each word. start, stop: int32 (m,) its words.
    place: float32 (m, CELL_FLOATS). box: float32 (m, 4) x0, x1 in page widths, middle in lines, page.
    at: int32 (n,) which word of the layout each one is.
    """

    grams: Ints
    word: Ints
    form: Floats
    cell: Ints
    start: Ints
    stop: Ints
    place: Floats
    box: Floats
    at: Ints

    @property
    def words(self) -> int:
        return len(self.word)

    @property
    def cells(self) -> int:
        return len(self.start)


def is_read_whole(layout: Layout) -> bool:
    """Does the network read every word? Of long documents it reads the beginning and the end."""
    return layout.cells <= MOST_CELLS


def read_inputs(layout: Layout) -> Inputs:
    """Return what the network reads: all of a document, of a long one the beginning and the end."""
    if is_read_whole(layout):
        return _whole(layout, layout.texts)
    cells = np.arange(MOST_CELLS, dtype=np.int32)
    cells = np.where(cells < MOST_CELLS - LAST_CELLS, cells, cells + layout.cells - MOST_CELLS)
    first, last = layout.cell_start[MOST_CELLS - LAST_CELLS], layout.cell_start[layout.cells - LAST_CELLS]
    return _only(_whole(layout, (*layout.texts[:first], *layout.texts[last:])), cells)


def first_cells(inputs: Inputs, most: int) -> Inputs:
    """The same document up to its cell number `most`."""
    return inputs if inputs.cells <= most else _only(inputs, np.arange(most, dtype=np.int32))


def _only(inputs: Inputs, cells: Ints) -> Inputs:
    """The document without its other cells."""
    size = inputs.stop[cells] - inputs.start[cells]
    stop = np.cumsum(size, dtype=np.int32)
    start = stop - size
    words = np.repeat(inputs.start[cells] - start, size) + np.arange(size.sum())
    of_words = {name: getattr(inputs, name)[words] for name in ("grams", "word", "form", "at")}
    cell = np.repeat(np.arange(len(cells), dtype=np.int32), size)
    return Inputs(**of_words, cell=cell, start=start, stop=stop, place=inputs.place[cells], box=inputs.box[cells])


def _whole(layout: Layout, read: Iterable[str]) -> Inputs:
    """The whole document. read: texts of the words that count, of which alone identity and form are worked out."""
    cells, words = layout.cells, layout.words
    start, stop = layout.cell_start[:-1], layout.cell_start[1:]
    grams, word, form = _spoken(layout.texts, set(read))
    cell, height = layout.cell, layout.height
    typical = max(float(np.median(height)), 1e-4) if words else 1.0
    size = np.clip(np.log2(np.maximum(height, 1e-4) / typical), -1, 2)
    inside = np.arange(words) - start[cell]
    left = stop[cell] - 1 - np.arange(words)
    place_in_cell = np.stack([inside == 0, left == 0, np.minimum(inside, 6) / 6, np.minimum(left, 6) / 6, size], axis=1)
    box = layout.cell_box
    page = layout.line_page[layout.cell_line]
    pages = len(layout.document.pages)
    line = layout.cell_line
    first_of_line = np.searchsorted(line, line)
    in_line = np.arange(cells) - first_of_line
    of_line = np.bincount(line)[line] if cells else np.zeros(0, int)
    about = np.stack(
        [
            np.minimum(page, 3) / 3,
            page == 0,
            page == pages - 1,
            np.minimum(in_line, 6) / 6,
            np.minimum(of_line - 1 - in_line, 6) / 6,
            np.minimum(stop - start, 8) / 8,
            np.log2(np.maximum(box[:, 3] - box[:, 1], 1e-4) / typical).clip(-1, 2) if cells else np.zeros(0),
            layout.pixel[page, 1] / np.maximum(layout.pixel[page, 0], 1e-6) / 2,
            layout.line_start.searchsorted(start, "right") / max(layout.lines, 1),
        ],
        axis=1,
    )
    middle = ((box[:, 1] + box[:, 3]) / 2).astype(np.float32)
    return Inputs(
        grams,
        word,
        np.concatenate([form, place_in_cell], axis=1).astype(np.float32),
        cell.astype(np.int32),
        start.astype(np.int32),
        stop.astype(np.int32),
        np.concatenate([_soft(box[:, 0]), _soft(box[:, 2]), _soft(middle), about], axis=1).astype(np.float32),
        np.stack([box[:, 0], box[:, 2], (middle + page) / typical, page], axis=1).astype(np.float32),
        np.arange(words, dtype=np.int32),
    )


def padded(inputs: Sequence[Inputs], buckets: int) -> dict[str, np.ndarray]:
    """The arguments of Encoder.forward, by name: B documents, filled up with zeros.

    Hashes become rows of tables of `buckets` + 1 rows, of which row 0 is nothing.
    """
    n, m = max(i.words for i in inputs), max(i.cells for i in inputs)

    def stacked(name: str, length: int) -> np.ndarray:
        arrays = [getattr(i, name) for i in inputs]
        out = np.zeros((len(arrays), length, *arrays[0].shape[1:]), arrays[0].dtype)
        for row, a in zip(out, arrays):
            row[: len(a)] = a
        return out if out.dtype == np.float32 else out.astype(np.int64)

    words = {name: stacked(name, n) for name in ("grams", "word", "form", "cell")}
    for name in ("grams", "word"):
        words[name] = np.where(words[name] > 0, 1 + words[name] % buckets, 0)
    return words | {name: stacked(name, m) for name in ("start", "stop", "place", "box")}


def _soft(position: Floats) -> Floats:
    """(m,) in [0, 1] -> (m, BINS + 1)"""
    at = np.clip(position, 0, 1)[:, None] * BINS
    out: Floats = np.maximum(0, 1 - np.abs(at - np.arange(BINS + 1))).astype(np.float32)
    return out


def _spoken(texts: tuple[str, ...], read: Set[str]) -> tuple[Ints, Ints, Floats]:
    """Identity and form of words, 0 of those not in `read`; whatever depends on the text alone is made once a text."""
    domains = {m[1].replace("-", "") for t in texts for m in [_ADDRESS.search(t.casefold())] if m}
    number: dict[str, int] = {}
    at = np.array([number.setdefault(t, len(number)) for t in texts], np.int64)
    distinct = list(number)
    grams = np.zeros((len(distinct), TRIGRAMS), np.int32)
    word = np.zeros(len(distinct), np.int32)
    form = np.zeros((len(distinct), WORD_FLOATS - 5), np.float32)
    folded: dict[str, int] = {}
    for text, count in zip(distinct, np.bincount(at, minlength=len(distinct)).tolist()):
        name = fold(text)
        folded[name] = folded.get(name, 0) + count
    for text, i in number.items():
        if text not in read:
            continue
        name = fold(text)
        marked = f"^{name}$"
        parts = [marked[j : j + 3] for j in range(len(marked) - 2)]
        if len(parts) > TRIGRAMS:
            parts = [*parts[: TRIGRAMS // 2], *parts[-TRIGRAMS // 2 :]]
        grams[i, : len(parts)] = [1 + token(p) % (2**31 - 2) for p in parts]
        word[i] = 1 + token(name) % (2**31 - 2)
        form[i] = _form(text, domains, folded[name])
    return grams[at], word[at], form[at]


def _form(text: str, domains: set[str], count: int) -> list[float]:
    letters, digits = sum(map(str.isalpha, text)), sum(map(str.isdigit, text))
    core = text.rstrip(".,;:")
    names = [n for n in _NAME.findall(text.casefold()) if len(n) >= LEAST_NAME_LETTERS]
    return [
        letters / len(text),
        digits / len(text),
        text[0].isupper(),
        letters > 1 and text.isupper(),
        text.islower(),
        text[0].isupper() and text[1:].islower() and len(text) > 1,
        any(map(str.islower, text[:-1])) and any(map(str.isupper, text[1:])),
        min(len(text), 20) / 20,
        len(text) == 1,
        text.endswith(":"),
        text.endswith(","),
        text.endswith("."),
        "@" in text or "www." in text.casefold() or "http" in text.casefold(),
        "/" in text,
        "-" in text,
        "&" in text or "+" in text,
        "." in core or "," in core,
        digits == len(text) and len(text) in (4, 5, 6),
        digits > 0 and letters > 0,
        min(count - 1, 3) / 3,
        bool(domains),
        any(n in d for n in names for d in domains) and "@" not in text and "www" not in text.casefold(),
    ]
