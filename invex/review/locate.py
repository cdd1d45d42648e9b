"""Pure: where a value that somebody typed stands on the page, when only one place says it.

A value that stands in several places keeps no box: which one was meant is the learner's question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, pairwise

from invex.extraction.lines import lines_of
from invex.fields.charges import Charges
from invex.fields.folding import fold
from invex.fields.geometry import PageBox, union
from invex.fields.identifiers import collapse
from invex.fields.labels import Label, LabelValue
from invex.fields.locale import DocumentLocale, infer
from invex.fields.readings import Span
from invex.fields.values import NUMERIC_TYPES, is_same, spans
from invex.reading.types import Page, Word

from .labels import Shape, named, type_of

CONVENTION_LINES = 200  # that tell how a document writes; the rest of a long one says the same
PREPARED_PAGES = 20
LEVEL = 0.4  # of the height of a place, which it shares with what stands on its line
LONG = 12  # characters, from which a text of a row is one that no other part of a document repeats
AS_PRINTED = frozenset({"text", "address", "id"})  # these have no readings: the characters must be the same
WRITTEN_OTHERWISE = NUMERIC_TYPES | {"date", "currency"}  # what is printed may have other letters and digits
KEPT_ANSWERS = 4096  # of values, whether they are printed


@dataclass(frozen=True, slots=True)
class Line:
    """A run of words on one level of a page; `starts` are the offsets of the words in `text`."""

    page: int
    words: tuple[Word, ...]
    text: str
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value was found, as it is printed there."""

    text: str
    box: PageBox


def lines(pages: Sequence[Page]) -> Iterator[Line]:
    """Yield the words, which come in reading order, as lines; a page is not looked at before its turn."""
    return (_line(number, run) for number, page in enumerate(pages) for run in lines_of(page.words))


def _line(page: int, words: list[Word]) -> Line:
    starts, at = [], 0
    for word in words:
        starts.append(at)
        at += len(word.text) + 1
    return Line(page, tuple(words), " ".join(w.text for w in words), tuple(starts))


class Printed:
    """The pages of a document, asked by type and value; the values of a type are found once for all questions."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self.pages = pages
        self._read: dict[str, list[tuple[Line, Span]]] = {}
        self._is_printed: dict[tuple[str, str], bool] = {}

    @cached_property
    def conventions(self) -> DocumentLocale:
        """How the document writes dates and numbers, told from its beginning."""
        return infer(line.text for line in islice(lines(self.pages), CONVENTION_LINES))

    @cached_property
    def charges(self) -> Charges:
        """What the document prints beside its line items."""
        return Charges(line.text for line in self._lines)

    @cached_property
    def _lines(self) -> tuple[Line, ...]:
        return tuple(lines(self.pages))

    def prepare(self) -> None:
        """Find out now what the first question would have to wait for; of a long document lines come page by page."""
        _ = self.conventions
        if len(self.pages) <= PREPARED_PAGES:
            _ = self._lines, self._flat

    def places(self, kind: str, value: str) -> tuple[Place, ...]:
        """Return where `value`, canonical and of type `kind`, is printed within one line."""
        find = self._as_printed(value) if kind in AS_PRINTED else self._as_read(kind, value)
        found: dict[PageBox, Place] = {}
        for line, start, end in find:
            inside = [w for w, at in zip(line.words, line.starts) if at < end and at + len(w.text) > start]
            box = PageBox(line.page, union([w.box for w in inside]))
            found[box] = Place(" ".join(w.text for w in inside), box)
        return tuple(found.values())

    @cached_property
    def has_words(self) -> bool:
        return bool(self._lines)

    def is_printed(self, kind: str, value: str) -> bool:
        """Say whether `value`, canonical and of type `kind`, may stand anywhere: also broken, in pieces, negated."""
        asked = (kind, value)
        if asked not in self._is_printed:
            if len(self._is_printed) >= KEPT_ANSWERS:
                self._is_printed.clear()
            self._is_printed[asked] = self._stands(kind, value)
        return self._is_printed[asked]

    def _stands(self, kind: str, value: str) -> bool:
        if self.places(kind, value):
            return True
        if kind in NUMERIC_TYPES:
            other = value.removeprefix("-") if value.startswith("-") else f"-{value}"
            return bool(self.places(kind, other))
        if kind == "date":
            year, day = value[2:4], str(int(value[-2:]))  # without which a text is not read at all: it takes a while
            both = (f"{one.text} {other.text}" for one, other in pairwise(self._lines))
            likely = (text for text in both if year in text and day in text)
            return any(is_same(kind, r.value, value) for text in likely for s in spans(kind, text) for r in s.readings)
        if kind in WRITTEN_OTHERWISE:
            return False
        wanted = [flat for word in value.split() if (flat := _flat(word))]
        return any("".join(wanted) in text or words.issuperset(wanted) for text, words in self._flat)

    @cached_property
    def _flat(self) -> tuple[tuple[str, frozenset[str]], ...]:
        """The letters and digits of each page, as one text and by words."""
        pages = ([_flat(word.text) for word in page.words] for page in self.pages)
        return tuple(("".join(words), frozenset(words)) for words in pages)

    def _as_printed(self, value: str) -> Iterator[tuple[Line, int, int]]:
        wanted = fold(value)
        for line in self._lines:
            text = fold(line.text)
            at = text.find(wanted)
            while at >= 0:
                end = at + len(wanted)
                if not text[at - 1 : at].isalnum() and not text[end : end + 1].isalnum():
                    yield line, at, end
                at = text.find(wanted, end)

    def _as_read(self, kind: str, value: str) -> Iterator[tuple[Line, int, int]]:
        if kind not in self._read:
            self._read[kind] = [(line, span) for line in self._lines for span in spans(kind, line.text)]
        for line, span in self._read[kind]:
            if any(is_same(kind, reading.value, value) for reading in span.readings):
                yield line, span.start, span.end


def _flat(text: str) -> str:
    """The letters and digits, without accents and in lower case."""
    return "".join(c for c in fold(text) if c.isalnum())


def lacks_boxes(label: Label) -> bool:
    """Say whether a value of the label has no box."""
    return any(not value.boxes for _, value in named(label))


def with_boxes(label: Label, printed: Printed, shape: Shape) -> Label:
    """Return `label` with a box and the printed text for every value that has none and stands in one place only.

    A cell stands on a line with others of its row: the "1" of a quantity is not that of "Page 1".
    """

    def located(key: str, value: LabelValue) -> LabelValue:
        return _placed(value, _places(printed, type_of(key, shape), value))

    def row_located(table: str, row: Mapping[str, LabelValue]) -> dict[str, LabelValue]:
        found = {c: _places(printed, type_of(f"{table}.{c}", shape), v) for c, v in row.items() if not v.boxes}
        given = [box for value in row.values() for box in value.boxes]
        cells = dict(row)
        for column, places in found.items():
            # Its row may be printed in several places, too; two cells in the same place say nothing for each other.
            others = (p for other, these in found.items() if other != column for p in these)
            beside = given or [p.box for p in others if p not in places]
            is_long = not given and len(row[column].value) > LONG
            if len(row) == 1 or is_long or any(_is_level(place.box, box) for place in places for box in beside):
                cells[column] = _placed(row[column], places)
        return cells

    return replace(
        label,
        fields={k: tuple(located(k, v) for v in vs) for k, vs in label.fields.items()},
        tables={k: tuple(row_located(k, row) for row in rows) for k, rows in label.tables.items()},
    )


def _places(printed: Printed, kind: str, value: LabelValue) -> tuple[Place, ...]:
    return () if value.boxes else printed.places(kind, collapse(value.value))


def _placed(value: LabelValue, places: Sequence[Place]) -> LabelValue:
    if len(places) != 1:
        return value
    [place] = places
    return replace(value, text=value.text or place.text, boxes=(place.box,))


def _is_level(place: PageBox, other: PageBox) -> bool:
    """Say whether the place stands on a line with the other one, as static/js/review/grid.js has it."""
    shared = min(place.box.y1, other.box.y1) - max(place.box.y0, other.box.y0)
    return place.page == other.page and shared > LEVEL * place.box.height
