"""Where on the page is a confirmed value? Labels from an ERP have no boxes, so every occurrence may be meant.

A value matches a candidate by its type: the same date, the same number within half a cent, the same letters and digits.
Values that no candidate matches are looked for in the running text, which teaches where such values begin and end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from invex.fields.geometry import PageBox
from invex.fields.labels import LabelValue
from invex.fields.values import NUMERIC_TYPES, readings

from .candidates import COMMA, TEXT_TYPES, Breaks, Candidates, code_form
from .hashing import fold
from .layout import Layout
from .misreadings import is_misread, is_same_shape, words_of

HALF_A_CENT = 0.005
ADDRESS_EDITS = 3  # letters that may differ between a confirmed address and the page
LEAST_COVER = 0.5  # of the area of a candidate that must lie in the confirmed boxes
LEAST_CHARS = 2  # of a value that is looked for in running text
LEAST_MISREAD, MOST_LOST = 6, 6  # letters and digits of a text that is looked for with errors; that may be lost of it
MOST_BREAKS = 12
MOST_GROUPS = 8  # of an id

# Where a name was seen to begin after one of these, folded, it begins after any of them.
_TITLES = """
    mr mrs ms miss mx sir dr prof messrs herr herrn frau familie firma fa ing dipl.-ing
    m mm mme mlle monsieur madame sr sra señor señora sig sig.ra dott dhr mevr
"""
TITLES = frozenset(_TITLES.split())

_NOT_ALNUM = re.compile(r"[\W_]+")


def flat(text: str) -> str:
    """Letters and digits, case folded: two texts with the same ones are the same value."""
    return _NOT_ALNUM.sub("", text.casefold())


@dataclass(frozen=True, slots=True)
class Located:
    """Candidates that may be one confirmed value, (K,) each.

    matching: all occurrences. meant: those in the confirmed boxes. Without boxes `meant` equals `matching`.
    """

    matching: NDArray[np.bool_]
    meant: NDArray[np.bool_]


def locate(candidates: Candidates, label: LabelValue) -> Located:
    """Return the occurrences of `label` among `candidates`."""
    matching = np.zeros(len(candidates), bool)
    exactly = np.zeros(len(candidates), bool)
    for key in _keys(candidates.kind, label):
        for value, rows in candidates.by_value.items():
            found = _key(candidates.kind, value)
            if _same(candidates.kind, found, key):
                matching[rows] = True
                exactly[rows] |= found == key
    if not matching.any() and not label.boxes and candidates.layout.is_recognised:
        matching = _misread(candidates, label)
    if candidates.kind == "address" and exactly.any():
        matching &= exactly | ~_shares_words(candidates, matching, exactly)
    if not label.boxes:
        return Located(matching, matching)
    meant = matching & _inside(candidates, label.boxes)
    if not matching.any():  # a misread value: then the boxes alone say which words were meant
        meant = matching = _same_place(candidates, label.boxes)
    return Located(matching, meant if meant.any() else matching)


def as_printed(candidates: Candidates, label: LabelValue) -> LabelValue:
    """Return the label, with the other sign where only that is printed: "(1,200.00)" is a commission of 1200.00."""
    kind, value = candidates.kind, label.value
    if kind not in NUMERIC_TYPES or any(_same(kind, printed, value) for printed in candidates.by_value):
        return label
    other = value.removeprefix("-") if value.startswith("-") else f"-{value}"
    is_there = any(_same(kind, printed, other) for printed in candidates.by_value)
    return replace(label, value=other) if is_there else label


def _keys(kind: str, label: LabelValue) -> tuple[str, ...]:
    """What a candidate's value may equal: the value, and the printed text where that reads as something else."""
    keys = [label.value]
    if label.text is not None:
        keys += [r.value for r in readings(kind, label.text) if kind not in ("date", *NUMERIC_TYPES)]
        printed = readings(kind, label.text)
        if kind in ("date", *NUMERIC_TYPES) and not any(_same(kind, r.value, label.value) for r in printed):
            keys += [r.value for r in printed]  # the words disagree with the truth: an OCR error
    return tuple(_key(kind, k) for k in keys)


@lru_cache(maxsize=1 << 16)  # the values of a page are asked for by every field of their type
def _key(kind: str, value: str) -> str:
    if kind in NUMERIC_TYPES or kind in ("date", "currency"):
        return value.strip()
    return flat(value)


def _same(kind: str, a: str, b: str) -> bool:
    if kind in NUMERIC_TYPES:
        try:
            return abs(float(a) - float(b)) < HALF_A_CENT
        except ValueError:
            return False
    if kind == "address" and abs(len(a) - len(b)) <= ADDRESS_EDITS:
        return _edits(a, b) <= ADDRESS_EDITS
    return a == b and a != ""


def _edits(a: str, b: str) -> int:
    """Edit distance (Levenshtein), cut off early: texts whose first and last quarter both differ are far apart."""
    if a == b:
        return 0
    quarter = max(len(b) // 4, 1)
    if a[:quarter] != b[:quarter] and a[-quarter:] != b[-quarter:]:
        return ADDRESS_EDITS + 1
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]


def _misread(candidates: Candidates, label: LabelValue) -> NDArray[np.bool_]:
    """(K,) is a candidate the confirmed text with errors of a recogniser? Of an id only shapes may differ."""
    result = np.zeros(len(candidates), bool)
    known = words_of(label.value)
    if candidates.kind not in (*TEXT_TYPES, "id") or sum(map(len, known)) < LEAST_MISREAD:
        return result
    for value, rows in candidates.by_value.items():
        if abs(len(value) - len(label.value)) > MOST_LOST:
            continue
        read = words_of(value)
        if is_misread(read, known) and (candidates.kind != "id" or is_same_shape("".join(read), "".join(known))):
            result[rows] = True
    return result


def _shares_words(candidates: Candidates, rows: NDArray[np.bool_], others: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(K,) which of `rows` share a word with one of `others`: an address without its last line, "USA"."""
    held = {word for k in np.flatnonzero(others).tolist() for word in candidates.words(k)}
    result = np.zeros(len(candidates), bool)
    for k in np.flatnonzero(rows).tolist():
        result[k] = not held.isdisjoint(candidates.words(k))
    return result


def _inside(candidates: Candidates, boxes: tuple[PageBox, ...]) -> NDArray[np.bool_]:
    """(K,) does most of the candidate's first line lie in one of the boxes?"""
    result = np.zeros(len(candidates), bool)
    box = candidates.box
    page = candidates.layout.page[candidates.first] if len(candidates) else np.zeros(0, np.int32)
    area = np.maximum((box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1]), 1e-9)
    for number, b in boxes:
        wide = np.minimum(box[:, 2], b.x1) - np.maximum(box[:, 0], b.x0)
        high = np.minimum(box[:, 3], b.y1) - np.maximum(box[:, 1], b.y0)
        result |= (page == number) & (wide > 0) & (high > 0) & (wide * high > LEAST_COVER * area)
    return result


def _same_place(candidates: Candidates, boxes: tuple[PageBox, ...]) -> NDArray[np.bool_]:
    """(K,) does the candidate consist of the words in the boxes, and of no others?"""
    layout = candidates.layout
    words = np.zeros(layout.words, bool)
    center = (layout.box[:, :2] + layout.box[:, 2:]) / 2
    for number, b in boxes:
        inside = (center[:, 0] > b.x0) & (center[:, 0] < b.x1) & (center[:, 1] > b.y0) & (center[:, 1] < b.y1)
        words |= inside & (layout.page == number)
    wanted = set(np.flatnonzero(words).tolist())
    return np.array([bool(wanted) and set(candidates.words(k)) == wanted for k in range(len(candidates))], bool)


def learn_breaks(pairs: Iterable[tuple[Candidates, LabelValue]]) -> Breaks:
    """Return the words beside confirmed texts, and the forms of confirmed ids, that are not among a document's
    candidates yet."""
    after: dict[str, int] = {}
    before: dict[str, int] = {}
    codes: dict[str, int] = {}
    for candidates, label in pairs:
        layout = candidates.layout
        if candidates.kind not in (*TEXT_TYPES, "id") or len(flat(label.value)) < LEAST_CHARS:
            continue
        if locate(candidates, label).matching.any():
            continue
        for first, last in occurrences(layout, label.value):
            if candidates.kind == "id":
                if first < last < first + MOST_GROUPS and layout.cell[first] == layout.cell[last]:
                    form = code_form(layout.text(first, last + 1))
                    codes[form] = codes.get(form, 0) + 1
                continue
            if first > layout.cell_start[layout.cell[first]]:
                word = _sign(layout, first - 1) or fold(layout.texts[first - 1])
                after[word] = after.get(word, 0) + 1
            if last + 1 < layout.cell_start[layout.cell[last] + 1]:
                word = _sign(layout, last) or fold(layout.texts[last + 1])
                before[word] = before.get(word, 0) + 1
    words = _commonest(after)
    return Breaks(words | TITLES if words & TITLES else words, _commonest(before), _commonest(codes))


def _sign(layout: Layout, word: int) -> str:
    """The comma that a word ends with, "" in running text: names beside a value differ, how it is parted does not."""
    is_prose = layout.is_prose[layout.cell[word]]
    return COMMA if not is_prose and layout.texts[word].endswith(COMMA) else ""


def _commonest(counts: dict[str, int]) -> frozenset[str]:
    return frozenset(sorted(counts, key=lambda w: (-counts[w], w))[:MOST_BREAKS])


def occurrences(layout: Layout, value: str) -> list[tuple[int, int]]:
    """Return (first, last) word of each run of words with the letters and digits of `value`."""
    sought = flat(value)
    if len(sought) < LEAST_CHARS:
        return []
    pieces = [flat(t) for t in layout.texts]
    starts = np.concatenate([[0], np.cumsum([len(p) for p in pieces])])
    text = "".join(pieces)
    found = []
    at = text.find(sought)
    while at >= 0:
        # Words of punctuation alone share their offset with the next one: begin at the last, end at the first of them.
        first = int(np.searchsorted(starts, at, side="right")) - 1
        last = int(np.searchsorted(starts, at + len(sought), side="left")) - 1
        if starts[first] == at and starts[last + 1] == at + len(sought):
            found.append((first, last))
        at = text.find(sought, at + 1)
    return found
