"""Where on the page is a confirmed value? Labels from an ERP have no boxes, so every occurrence may be meant.

A value matches a candidate by its type: the same date, the same number within half a cent, the same letters and digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from invex.fields.geometry import PageBox
from invex.fields.labels import LabelValue
from invex.fields.values import NUMERIC_TYPES, readings

from .candidates import TEXT_TYPES, Candidates
from .comparison import ADDRESS_EDITS, edit_distance
from .layout import Layout
from .misreadings import is_misread, is_same_shape, words_of

HALF_A_CENT = 0.005
LEAST_COVER = 0.5  # of the area of a candidate that must lie in the confirmed boxes
LEAST_CHARS = 2  # of a value that is looked for in running text
LEAST_MISREAD, MOST_LOST = 6, 6  # letters and digits of a text that is looked for with errors; that may be lost of it

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
    rows = [k for printed, rows in candidates.by_value.items() if _same(kind, printed, other) for k in rows]
    is_there = bool(_inside(candidates, label.boxes)[rows].any()) if label.boxes else bool(rows)
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
        return is_near(a, b, HALF_A_CENT)
    if kind == "address" and abs(len(a) - len(b)) <= ADDRESS_EDITS and _may_be_near(a, b):
        return edit_distance(a, b) <= ADDRESS_EDITS
    return a == b and a != ""


def is_near(a: str, b: str, most: float) -> bool:
    """Whether two numbers differ by less; what is no number is near to none."""
    try:
        return abs(float(a) - float(b)) < most
    except ValueError:
        return False


def _may_be_near(a: str, b: str) -> bool:
    """Whether the first or the last quarter is the same: texts that differ in both are far apart."""
    quarter = max(len(b) // 4, 1)
    return a[:quarter] == b[:quarter] or a[-quarter:] == b[-quarter:]


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
    wanted = set(words_in(candidates.layout, boxes))
    return np.array([bool(wanted) and set(candidates.words(k)) == wanted for k in range(len(candidates))], bool)


def words_in(layout: Layout, boxes: tuple[PageBox, ...]) -> list[int]:
    """Return the words whose centre lies in one of the boxes, in reading order."""
    words = np.zeros(layout.words, bool)
    center = (layout.box[:, :2] + layout.box[:, 2:]) / 2
    for number, b in boxes:
        inside = (center[:, 0] > b.x0) & (center[:, 0] < b.x1) & (center[:, 1] > b.y0) & (center[:, 1] < b.y1)
        words |= inside & (layout.page == number)
    found: list[int] = np.flatnonzero(words).tolist()
    return found
