"""Candidates: every span of the page that could be a value of a type. The learner only chooses among them.

Typed values (dates, amounts, ids, ...) are found by invex.fields.values in the text of each cell, inside tokens too
(`Date:30/04/2017`). Names and addresses are runs of words between *breaks*: edges of cells and columns, wide gaps,
colons, opening brackets, and what confirmed values taught of them (`Breaks`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from invex.fields.identifiers import is_iban
from invex.fields.readings import Reading, Span
from invex.fields.spec import LocaleSpec
from invex.fields.values import choose, readings, spans

from .breaks import CUT, LOOSE, NO_BREAKS, Breaks, code_form, pattern_of
from .hashing import EMPTY_MARKS, FILLED_MARKS, MARKS
from .layout import NO_CELL, Floats, Ints, Layout
from .text_runs import most_chars, text_runs

TEXT_TYPES = ("text", "address")
# Types of values that running text breaks over two lines -> signs after which no space is missing.
BROKEN_TYPES = {"date": "-", "email": "-@_", "id": "-/", "iban": ""}
SPACED_TYPES = ("date", "iban")  # of them, those that may be broken at a space, too
BROKEN_WORDS, BROKEN_GROUPS = 4, 8  # of a value on either line, at most; of an IBAN
WRAPPED_LINES = {"text": 2, "address": 5}  # lines that may follow the first


class Values(NamedTuple):
    """distinct: values, as they first appear. of: (K,) which of them each candidate has."""

    distinct: list[str]
    of: NDArray[np.intp]

    @classmethod
    def of_each(cls, values: Iterable[str]) -> Values:
        """values: of K candidates."""
        number: dict[str, int] = {}
        which = [number.setdefault(value, len(number)) for value in values]
        return cls(list(number), np.array(which, np.intp))


@dataclass(frozen=True)
class Candidates:
    """K spans of one type.

    first, last: (K,) words of the first line of the span, inclusive. rest: words of the lines that follow it.
    start, end: (K,) characters of the span within the text of words first..last joined by spaces.
    """

    layout: Layout
    kind: str
    first: Ints
    last: Ints
    start: Ints
    end: Ints
    texts: tuple[str, ...]
    readings: tuple[tuple[Reading, ...], ...]
    rest: dict[int, tuple[int, ...]] = field(default_factory=dict)
    _values: dict[LocaleSpec, Values] = field(default_factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        return len(self.texts)

    def words(self, k: int) -> tuple[int, ...]:
        return (*range(int(self.first[k]), int(self.last[k]) + 1), *self.rest.get(k, ()))

    def overlap(self, one: int, other: int) -> bool:
        """Whether two candidates have a character of the page in common; of several lines, a word."""
        if one in self.rest or other in self.rest:
            return not set(self.words(one)).isdisjoint(self.words(other))
        begins = self.layout.begins
        (start, end), (its_start, its_end) = (
            (begins[self.first[k]] + self.start[k], begins[self.first[k]] + self.end[k]) for k in (one, other)
        )
        return bool(start < its_end and its_start < end)

    @cached_property
    def by_value(self) -> dict[str, list[int]]:
        """Value -> the candidates that can be read as it."""
        found: dict[str, list[int]] = {}
        for k, means in enumerate(self.readings):
            for value in dict.fromkeys(r.value for r in means):
                found.setdefault(value, []).append(k)
        return found

    @cached_property
    def distinct(self) -> Values:
        """The likeliest values."""
        return Values.of_each(means[0].value for means in self.readings)

    @cached_property
    def is_ambiguous(self) -> bool:
        """Whether any of them can be read in several ways."""
        return any(len(means) > 1 for means in self.readings)

    @cached_property
    def tail(self) -> Ints:
        """(K,) the very last word of each candidate, of its last line."""
        out = self.last.copy()
        out[list(self.rest)] = [words[-1] for words in self.rest.values()]
        return out

    def values(self, locale: LocaleSpec) -> Values:
        """What the candidates say under a locale."""
        if not self.is_ambiguous:
            return self.distinct
        if locale not in self._values:
            self._values[locale] = Values.of_each(choose(means, locale).value for means in self.readings)
        return self._values[locale]

    @cached_property
    def is_cut(self) -> NDArray[np.bool_]:
        """(K,) does its first line end although its cell goes on, and not with the box of another choice?

        In running text all are in the midst of a cell.
        """
        cell = self.layout.cell[self.last]
        is_box = np.array([text in MARKS for text in self.layout.texts] + [True], bool)
        out: NDArray[np.bool_] = (self.last + 1 < self.layout.cell_start[cell + 1]) & ~is_box[self.last + 1]
        return out & ~self.layout.is_prose[cell]

    @cached_property
    def is_ticked(self) -> NDArray[np.bool_]:
        """(K,) does a filled mark stand before it, in its line?"""
        ticks = np.array([text in FILLED_MARKS for text in self.layout.texts], bool)
        before = np.maximum(self.first - 1, 0)
        out: NDArray[np.bool_] = ticks[before] & (self.layout.line[before] == self.layout.line[self.first])
        return out & (self.first > 0)

    @cached_property
    def box(self) -> Floats:
        """(K, 4) box of the first line of each candidate, relative to its page."""
        box = self.layout.box
        if not len(self):
            return np.zeros((0, 4), np.float32)
        # Words of a line run left to right; only the vertical extent needs all of them, and a line has one.
        out: Floats = np.concatenate([box[self.first][:, :2], box[self.last][:, 2:]], axis=1)
        return out


# first, last, start, end, text and readings of a candidate, and the words of the lines that follow its first.
_Row = tuple[int, int, int, int, str, tuple[Reading, ...], tuple[int, ...]]


def find(layout: Layout, kind: str, breaks: Breaks = NO_BREAKS, *, begins: Container[int] | None = None) -> Candidates:
    """Return the candidates of type `kind` in reading order. begins: of texts those that begin with these words."""
    rows: list[_Row] = []
    if kind in TEXT_TYPES:
        left_out = _not_chosen(layout)
        most = most_chars(breaks.lines_of(kind))
        for first, last, rest, following in text_runs(layout, breaks, kind, WRAPPED_LINES[kind], begins):
            if first not in left_out:
                _text(layout, kind, first, last, rest, following, most, rows)
    elif kind == "iban":
        _ibans(layout, rows, is_broken=LOOSE in breaks.joined(kind))
    else:
        below = layout.continuations.tolist() if kind in BROKEN_TYPES else ()
        for cell, ((start, stop), text) in enumerate(zip(pairwise(layout.cell_start.tolist()), layout.cell_texts)):
            found = _spans(kind, text)
            if kind == "id" and breaks.codes:
                found = _with_codes(found, text, breaks.codes)
            if found:
                _typed(layout, found, start, stop, text, rows)
            if below and below[cell] != NO_CELL:
                _broken(layout, kind, cell, below[cell], rows)
    firsts, lasts, starts_at, ends_at, printed, means, rests = zip(*rows, strict=True) if rows else ((),) * 7
    return Candidates(
        layout,
        kind,
        np.array(firsts, np.int32),
        np.array(lasts, np.int32),
        np.array(starts_at, np.int32),
        np.array(ends_at, np.int32),
        printed,
        means,
        {k: rest for k, rest in enumerate(rests) if rest},
    )


def _ibans(layout: Layout, rows: list[_Row], *, is_broken: bool) -> None:
    """Add the IBANs, often spaced widely. is_broken: in two lines, too, however aligned, if the check digits say so."""
    for (start, stop), text in zip(pairwise(layout.line_start.tolist()), layout.line_texts, strict=True):
        if found := _spans("iban", text):
            _typed(layout, found, start, stop, text, rows)
    if not is_broken:
        return
    below = layout.adjoining(layout.below, 1, loosely=True)
    broken: list[_Row] = []
    for cell in np.flatnonzero(below != NO_CELL).tolist():
        _broken(layout, "iban", cell, int(below[cell]), broken)
    rows += [row for row in broken if is_iban(row[5][0].value)]
    rows.sort(key=lambda row: (row[0], row[2], row[1], row[3]))


def _not_chosen(layout: Layout) -> set[int]:
    """The words that stand behind an empty mark of their own, in a line in which another mark is filled.

    Between two words that are as near, a mark is of the one before it where the line ends with a mark.
    """
    texts, line, stop = layout.texts, layout.line, layout.line_start[1:]
    marks = [w for w, text in enumerate(texts) if text in MARKS]
    chosen = {int(line[w]) for w in marks if texts[w] in FILLED_MARKS}
    found = set()
    for w in marks:
        if texts[w] in EMPTY_MARKS and int(line[w]) in chosen and w + 1 < len(texts) and line[w + 1] == line[w]:
            x0, x1 = layout.box[w, 0], layout.box[w, 2]
            before = x0 - layout.box[w - 1, 2] if w and line[w - 1] == line[w] else np.inf
            after = layout.box[w + 1, 0] - x1
            is_behind = texts[stop[line[w]] - 1] in MARKS and 2 * after > before
            if after <= before and not is_behind:
                found.add(w + 1)
    return found


def _text(
    layout: Layout, kind: str, first: int, last: int, rest: tuple[int, ...], following: str, most: int, rows: list[_Row]
) -> None:
    """Add the words first..last with `rest`, and what of them stands beside a colon or bracket inside a token.

    following: the text of `rest`, after a space. most: letters of a text. No text begins or ends with signs alone: a
    rule, a box; and none goes from one mark to the next.
    """
    if not (_says(layout.texts[first]) and _says(layout.texts[rest[-1] if rest else last])):
        return
    if not MARKS.isdisjoint((*layout.texts[first : last + 1], *(layout.texts[word] for word in rest))):
        return
    line = layout.text(first, last + 1)
    ends = [len(line)]
    starts = [0]
    glued = line.rfind("(")
    if not rest and glued > 0 and line[glued - 1] != " ":
        ends.append(glued)  # "Smith(1234)"
    colon = line.find(":")
    if 0 < colon < len(layout.texts[first]) - 1:
        starts.append(colon + 1)  # "Name:Smith"
    for start in starts:
        for end in ends:
            text = line[start:end] + following
            means = _readings(kind, text) if len(text) <= most else ()
            if means:
                rows.append((first, last, start, end, text, means, rest))


@lru_cache(maxsize=1 << 15)
def _says(word: str) -> bool:
    return any(map(str.isalnum, word))


@lru_cache(maxsize=1 << 15)
def _readings(kind: str, text: str) -> tuple[Reading, ...]:
    """Of a text; a template prints most of its texts on every document."""
    return readings(kind, text) if any(map(str.isalnum, text)) else ()


def _typed(layout: Layout, found: Sequence[Span], start: int, stop: int, line: str, rows: list[_Row]) -> None:
    """Add the values that were found in `line`, the words start..stop-1."""
    begins = layout.begins
    for span in found:
        first = bisect_right(begins, begins[start] + span.start, start, stop) - 1
        last = bisect_right(begins, begins[start] + span.end - 1, start, stop) - 1
        at = begins[first] - begins[start]
        text = line[span.start : span.end]
        rows.append((first, last, span.start - at, span.end - at, text, span.readings, ()))


def _broken(layout: Layout, kind: str, cell: int, below: int, rows: list[_Row]) -> None:
    """Add the values that begin at the end of a cell and end at the beginning of the one below it: "3 March / 2025"."""
    starts, begins = layout.cell_start, layout.begins
    stop, start = int(starts[cell + 1]), int(starts[below])
    word = layout.texts[stop - 1]
    is_glued = any(map(str.isalnum, word)) and word[-1] in BROKEN_TYPES[kind]
    if not is_glued and kind not in SPACED_TYPES:
        return
    most = BROKEN_GROUPS if kind == "iban" else BROKEN_WORDS
    first, end = max(int(starts[cell]), stop - most), min(int(starts[below + 1]), start + most)
    above = layout.text(first, stop)
    joined = above + ("" if is_glued else " ")
    at = len(joined)
    text = joined + layout.text(start, end)
    for span in _spans(kind, text):
        if span.start < len(above) and span.end > at:
            one = bisect_right(begins, begins[first] + span.start, first, stop) - 1
            last = bisect_right(begins, begins[start] + span.end - 1 - at, start, end) - 1
            begin = span.start - (begins[one] - begins[first])
            rest = tuple(range(start, last + 1))
            printed = text[span.start : span.end]
            rows.append((one, stop - 1, begin, begins[stop] - 1 - begins[one], printed, span.readings, rest))


@lru_cache(maxsize=1 << 15)
def _spans(kind: str, line: str) -> tuple[Span, ...]:
    """A template prints most of its cells on every document, so most were read before."""
    return tuple(sorted(spans(kind, line)))


def _with_codes(found: tuple[Span, ...], text: str, codes: frozenset[str]) -> tuple[Span, ...]:
    """Add the runs of words of `text` that have one of the forms."""
    words = [(m.start(), m.end()) for m in re.finditer("[^ ]+", text)]
    forms = code_form(text).split(" ")
    known = {(span.start, span.end) for span in found}
    more = []
    for cut in sorted(code for code in codes if CUT in code):
        spans_at = [m.span() for m in pattern_of(cut).finditer(text) if m.span() not in known]
        more += [Span(start, end, readings("id", text[start:end])) for start, end in spans_at]
    for code in sorted(code for code in codes if CUT not in code):
        length = code.count(" ") + 1
        for i in range(len(words) - length + 1):
            start, end = words[i][0], words[i + length - 1][1]
            if " ".join(forms[i : i + length]) == code and (start, end) not in known:
                more.append(Span(start, end, readings("id", text[start:end])))
    return tuple(sorted((*found, *more))) if more else found
