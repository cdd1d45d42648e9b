"""Learning where a template's values begin, end and go on, from confirmed values that are not candidates yet.

A value that is printed in one piece tells the words beside it, or the form of an id. One that no candidate is made of
even so may be printed in several pieces: kinds of breaks are tried, the most usual first, until it has a candidate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from invex.fields.labels import LabelValue

from .breaks import GAP, LOOSE, RIGHT, Breaks, code_form, cut_form, words_before, words_behind
from .candidates import TEXT_TYPES, Candidates, find
from .layout import ALIGNED_HEIGHTS, Layout
from .locate import LEAST_CHARS, flat, locate, words_in

LEARNED_TYPES = (*TEXT_TYPES, "id", "iban")  # of values whose breaks are learned
MOST_BREAKS = 12
MOST_GROUPS = 8  # of an id
MOST_LINES = 12  # that follow the first of a text
LEAST_PIECE = 4  # letters and digits of a part of a value, that tell the words beside it
JOINS = ((), (RIGHT,), (LOOSE,), (GAP,), (RIGHT, GAP), (LOOSE, GAP))

# Where a name was seen to begin after one of these, folded, it begins after any of them.
_TITLES = """
    mr mrs ms miss mx sir dr prof messrs herr herrn frau familie firma fa ing dipl.-ing
    m mm mme mlle monsieur madame sr sra señor señora sig sig.ra dott dhr mevr
"""
TITLES = frozenset(_TITLES.split())


def learn_breaks(pairs: Iterable[tuple[Candidates, LabelValue]]) -> Breaks:
    """Return what makes candidates of confirmed values of LEARNED_TYPES that are not a document's candidates yet."""
    after: Counter[str] = Counter()
    before: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    unfound = []
    joins: set[tuple[str, str]] = set()
    for candidates, label in pairs:
        layout = candidates.layout
        if candidates.kind not in LEARNED_TYPES or len(flat(label.value)) < LEAST_CHARS:
            continue
        meant = np.flatnonzero(locate(candidates, label).meant).tolist()
        if meant:
            joins |= {(candidates.kind, RIGHT) for k in meant if _has_one_right_edge(layout, candidates.words(k))}
            continue
        if candidates.kind == "iban":
            loose = ("iban", LOOSE)
            if locate(find(layout, "iban", Breaks(joins=frozenset({loose}))), label).matching.any():
                joins.add(loose)
            continue
        found = occurrences(layout, label.value)
        if candidates.kind == "id":
            for first, last in found:
                if first < last < first + MOST_GROUPS and layout.cell[first] == layout.cell[last]:
                    codes[code_form(layout.text(first, last + 1))] += 1
            codes.update(_inside_words(layout, label.value))
            continue
        after.update(words_before(layout, (first for first, _ in found)))
        before.update(words_behind(layout, (last for _, last in found)))
        unfound.append((candidates, label))
    breaks = Breaks(_with_titles(_commonest(after)), _commonest(before), _commonest(codes), frozenset(joins))
    for candidates, label in unfound:
        breaks = _in_pieces(breaks, candidates, label)
    return breaks


def _inside_words(layout: Layout, value: str) -> list[str]:
    """The forms of an id that is a part of words: `cut_form` of each."""
    sought = value.casefold()
    found = [(text, text.casefold().find(sought)) for text in layout.texts if len(text) > len(sought)]
    return [form for text, at in found if at >= 0 and (form := cut_form(text, at, at + len(sought)))]


def _in_pieces(breaks: Breaks, candidates: Candidates, label: LabelValue) -> Breaks:
    """`breaks` with what makes a candidate of a text that is printed in several pieces; as it is where nothing does."""
    layout, kind = candidates.layout, candidates.kind
    if not _may_be_printed(layout, label) or locate(find(layout, kind, breaks), label).matching.any():
        return breaks
    begins = _begins(layout, label)
    if not begins:
        return breaks
    firsts, lasts = _edges(layout, label)
    beside = replace(
        breaks,
        after=breaks.after | _with_titles(frozenset(words_before(layout, firsts))),
        before=breaks.before | frozenset(words_behind(layout, lasts)),
    )
    for known in dict.fromkeys((breaks, beside)):
        for joins in JOINS:
            tried = replace(known, joins=known.joins | {(kind, join) for join in joins})
            if locate(find(layout, kind, _up_to(tried, kind, MOST_LINES), begins=begins), label).meant.any():
                each = (_up_to(tried, kind, lines) for lines in (breaks.lines_of(kind), *range(1, MOST_LINES + 1)))
                return next(b for b in each if locate(find(layout, kind, b, begins=begins), label).meant.any())
    return breaks


def _up_to(breaks: Breaks, kind: str, lines: int) -> Breaks:
    """`breaks` with so many lines that follow the first of a value, 0: as many as of any."""
    others = frozenset(known for known in breaks.lines if known[0] != kind)
    return replace(breaks, lines=others | {(kind, max(lines, breaks.lines_of(kind)))} if lines else breaks.lines)


def _may_be_printed(layout: Layout, label: LabelValue) -> bool:
    """Whether all words of the value are on the page, or it has boxes with words in them."""
    if label.boxes:
        return bool(words_in(layout, label.boxes))
    page = flat(layout.printed)
    return all(flat(word) in page for word in label.value.split())


def _begins(layout: Layout, label: LabelValue) -> set[int]:
    """The words that the value may begin with: all that follows in their cell is of it, or all of it follows."""
    if label.boxes:
        return set(words_in(layout, label.boxes)[:1])
    sought = flat(label.value)
    found = set()
    for word, text in enumerate(layout.texts):
        if (first := flat(text)) and sought.startswith(first):
            follows = flat(layout.text(word, int(layout.cell_start[layout.cell[word] + 1])))
            if sought.startswith(follows) or follows.startswith(sought):
                found.add(word)
    return found


def _edges(layout: Layout, label: LabelValue) -> tuple[list[int], list[int]]:
    """Return the words that may be the first of the value, and its last: inside a cell that has only a part of it."""
    if label.boxes:
        words = words_in(layout, label.boxes)
        return words[:1], words[-1:]
    sought = flat(label.value)
    firsts, lasts = [], []
    pieces = [flat(text) for text in layout.texts]
    for start, stop in pairwise(layout.cell_start.tolist()):
        for word in range(start + 1, stop):
            if pieces[word] and sought.startswith(pieces[word]):
                end = "".join(pieces[word:stop])
                if len(end) >= LEAST_PIECE and sought.startswith(end) and sought != end:
                    firsts.append(word)
            if pieces[word - 1] and sought.endswith(pieces[word - 1]):
                begin = "".join(pieces[start:word])
                if len(begin) >= LEAST_PIECE and sought.endswith(begin) and sought != begin:
                    lasts.append(word - 1)
    return firsts, lasts


def _has_one_right_edge(layout: Layout, words: Sequence[int]) -> bool:
    """Whether the lines end alike and do not begin alike; such lines are candidates as long as their centres agree."""
    boxes = layout.boxes(words)
    if len({page for page, _ in boxes}) > 1:
        return False
    edges = np.array([(box.x0, box.x1) for _, box in boxes]) * layout.pixel[layout.page[words[0]], 0]
    most = ALIGNED_HEIGHTS * layout.height[list(words)].max() * layout.pixel[layout.page[words[0]], 1]
    left, right = np.ptp(edges, axis=0) < most
    return bool(right and not left)


def _with_titles(words: frozenset[str]) -> frozenset[str]:
    return words | TITLES if words & TITLES else words


def _commonest(counts: Counter[str]) -> frozenset[str]:
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
