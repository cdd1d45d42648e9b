"""Candidates: every span of the page that could be a value of a type. The learner only chooses among them.

Typed values (dates, amounts, ids, ...) are found by invex.fields.values in the text of each cell, inside tokens too
(`Date:30/04/2017`). Names and addresses are runs of words between *breaks*: edges of cells and columns, wide gaps,
colons, opening brackets, and words after which this template's values were seen to start.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from invex.fields.readings import Reading, Span
from invex.fields.spec import LocaleSpec
from invex.fields.values import choose, readings, spans

from .hashing import EMPTY_MARKS, FILLED_MARKS, MARKS, fold
from .layout import NO_CELL, Floats, Ints, Layout

TEXT_TYPES = ("text", "address")
# Types of values that running text breaks over two lines -> signs after which no space is missing.
BROKEN_TYPES = {"date": "-", "email": "-@_", "id": "-/"}
SPACED_TYPES = ("date",)  # of them, those that may be broken at a space, too
BROKEN_WORDS = 4  # of a value on either line
TEXT_GAP_HEIGHTS = 0.55  # within a cell, a wider gap may end a name
WRAPPED_LINES = {"text": 2, "address": 5}  # lines that may follow the first
MOST_SEGMENTS = 4  # of a cell, whose every run is a candidate; in longer cells only those from the start or to the end
MOST_TEXT_WORDS = 16
MOST_TEXT_CHARS = 200
COMMA = ","
EDGES = ".,;:()[]#"  # beside a group of an id
_DIGITS, _LETTERS = re.compile(r"\d+"), re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Breaks:
    """Folded words learned from confirmed values: a text may start after one, end before one.

    COMMA in `after`: one may start after a comma, but in running text; in `before`: end there.
    codes: forms of ids that are printed in groups, see `code_form`.
    """

    after: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()


NO_BREAKS = Breaks()


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


def find(layout: Layout, kind: str, breaks: Breaks = NO_BREAKS) -> Candidates:
    """Return the candidates of type `kind` in reading order."""
    rows: list[_Row] = []
    if kind in TEXT_TYPES:
        left_out = _not_chosen(layout)
        for first, last, rest, following in _runs(layout, breaks, WRAPPED_LINES[kind]):
            if first not in left_out:
                _text(layout, kind, first, last, rest, following, rows)
    else:
        # An IBAN is often spaced widely; other values end at the edge of a cell.
        starts, texts = (
            (layout.line_start, layout.line_texts) if kind == "iban" else (layout.cell_start, layout.cell_texts)
        )
        below = layout.continuations.tolist() if kind in BROKEN_TYPES else ()
        for number, ((start, stop), text) in enumerate(zip(pairwise(starts.tolist()), texts, strict=True)):
            found = _spans(kind, text)
            if kind == "id" and breaks.codes:
                found = _with_codes(found, text, breaks.codes)
            if found:
                _typed(layout, found, start, stop, text, rows)
            if below and below[number] != NO_CELL:
                _broken(layout, kind, number, below[number], rows)
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
    layout: Layout, kind: str, first: int, last: int, rest: tuple[int, ...], following: str, rows: list[_Row]
) -> None:
    """Add the words first..last with `rest`, and what of them stands beside a colon or bracket inside a token.

    following: the text of `rest`, after a space. No text begins or ends with signs alone: a rule, a box; and none goes
    from one mark to the next.
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
            means = _readings(kind, text)
            if means:
                rows.append((first, last, start, end, text, means, rest))


@lru_cache(maxsize=1 << 15)
def _says(word: str) -> bool:
    return any(map(str.isalnum, word))


@lru_cache(maxsize=1 << 15)
def _readings(kind: str, text: str) -> tuple[Reading, ...]:
    """Of a text; a template prints most of its texts on every document."""
    return readings(kind, text) if len(text) <= MOST_TEXT_CHARS and any(map(str.isalnum, text)) else ()


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
    first, end = max(int(starts[cell]), stop - BROKEN_WORDS), min(int(starts[below + 1]), start + BROKEN_WORDS)
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


@lru_cache(maxsize=1 << 15)
def code_form(text: str) -> str:
    """What an id in groups looks like: "86 131082 W 256" is "0 0 a 0", however long its groups are."""
    return " ".join(_LETTERS.sub("a", _DIGITS.sub("0", word.strip(EDGES))) for word in text.split(" "))


def _with_codes(found: tuple[Span, ...], text: str, codes: frozenset[str]) -> tuple[Span, ...]:
    """Add the runs of words of `text` that have one of the forms."""
    words = [(m.start(), m.end()) for m in re.finditer("[^ ]+", text)]
    forms = code_form(text).split(" ")
    known = {(span.start, span.end) for span in found}
    more = []
    for code in sorted(codes):
        length = code.count(" ") + 1
        for i in range(len(words) - length + 1):
            start, end = words[i][0], words[i + length - 1][1]
            if " ".join(forms[i : i + length]) == code and (start, end) not in known:
                more.append(Span(start, end, readings("id", text[start:end])))
    return tuple(sorted((*found, *more))) if more else found


def _runs(layout: Layout, breaks: Breaks, wrapped: int) -> Iterator[tuple[int, int, tuple[int, ...], str]]:
    """Yield (first, last, words of following lines, their text after a space) of each run that may be a text."""
    learned = _learned_breaks(layout, breaks)
    inner = np.flatnonzero(_inner_breaks(layout) | learned).tolist()
    ends = np.flatnonzero(learned).tolist()
    below = layout.continuations.tolist()
    cell_start = layout.cell_start.tolist()
    for cell, (start, stop) in enumerate(pairwise(cell_start)):
        cuts = [start, *inner[bisect_right(inner, start) : bisect_left(inner, stop)], stop]
        for i, first in enumerate(cuts[:-1]):
            for j in range(i + 1, len(cuts)):
                whole = i == 0 or j == len(cuts) - 1 or j == i + 1
                if cuts[j] - first > MOST_TEXT_WORDS or not (len(cuts) <= MOST_SEGMENTS + 1 or whole):
                    continue
                yield first, cuts[j] - 1, (), ""
                if j == len(cuts) - 1:
                    rest: tuple[int, ...] = ()
                    text, following = "", cell
                    for _ in range(wrapped):
                        following = below[following]
                        if following == NO_CELL:
                            break
                        start, stop_below = cell_start[following], cell_start[following + 1]
                        for end in ends[bisect_right(ends, start) : bisect_left(ends, stop_below)]:
                            if len(rest) + end - start > 2 * MOST_TEXT_WORDS:
                                break
                            below_it = f"{text} {layout.text(start, end)}"  # running text, in which the value ends
                            yield first, cuts[j] - 1, (*rest, *range(start, end)), below_it
                        rest += tuple(range(start, stop_below))
                        if len(rest) > 2 * MOST_TEXT_WORDS:
                            break
                        text += " " + layout.cell_texts[following]
                        yield first, cuts[j] - 1, rest, text


def _learned_breaks(layout: Layout, breaks: Breaks) -> np.ndarray:
    """(n,) does a text start at this word, or one end before it, as far as confirmed values tell?"""
    result = np.zeros(layout.words, bool)
    if layout.words and (breaks.after or breaks.before):
        folded = list(map(fold, layout.texts))
        result[1:] |= [t in breaks.after for t in folded[:-1]]
        result |= [t in breaks.before for t in folded]
        if COMMA in breaks.after | breaks.before:
            parts = ~layout.is_prose[layout.cell]
            result[1:] |= np.array([t.endswith(COMMA) for t in layout.texts[:-1]], bool) & parts[1:]
    return result


def _inner_breaks(layout: Layout) -> np.ndarray:
    """(n,) is a text allowed to start at this word although its cell started earlier?"""
    n = layout.words
    result = np.zeros(n, bool)
    if n < 2:
        return result
    width = layout.pixel[layout.page, 0]
    height = layout.height * layout.pixel[layout.page, 1]
    gap = (layout.box[1:, 0] - layout.box[:-1, 2]) * width[1:]
    result[1:] = gap > TEXT_GAP_HEIGHTS * np.minimum(height[1:], height[:-1])
    ends, starts = zip(*map(_breaks_beside, layout.texts), strict=True)
    result[1:] |= ends[:-1]
    result |= starts
    result |= layout.column_edges
    return result


@lru_cache(maxsize=1 << 15)
def _breaks_beside(word: str) -> tuple[bool, bool]:
    """Whether a text may start after the word, and with it."""
    return word in MARKS or word.endswith((":", "#")), word.startswith("(") or (len(word) == 1 and not word.isalnum())
