"""What confirmed values tell of where a template's values begin, end and go on, beyond what holds for any template."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from .hashing import fold
from .layout import Layout

COMMA = ","
RIGHT = "right"  # a text goes on in the cell below that has the same right edge, ...
LOOSE = "loose"  # ... in the one below, however it is aligned, ...
GAP = "gap"  # ... behind a wide gap in a line
CUT = "\x1f"  # in the form of an id that is a part of a word: where it begins and ends; no page prints it
EDGES = ".,;:()[]#"  # beside a group of an id
_DIGITS, _LETTERS = re.compile(r"\d+"), re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Breaks:
    """after, before: folded words; a text may start after one, end before one. COMMA in `after`: one may start after a
    comma, but in running text; in `before`: end there.

    codes: forms of ids that are printed in groups, see `code_form`, or inside of words, see `cut_form`. joins: (type
    of field, RIGHT, LOOSE or GAP). lines: (type of field, lines that follow the first of its longest confirmed value),
    where they are more than of any value of it.
    """

    after: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    joins: frozenset[tuple[str, str]] = frozenset()
    lines: frozenset[tuple[str, int]] = frozenset()

    def joined(self, kind: str) -> frozenset[str]:
        """What a value of a type goes on over."""
        return frozenset(join for type, join in self.joins if type == kind)

    def lines_of(self, kind: str) -> int:
        """The lines that follow the first of a type's longest confirmed value; 0: no more than of any."""
        return max((lines for type, lines in self.lines if type == kind), default=0)

    def of_texts(self, kind: str) -> Breaks:
        """What of it the candidates of a type of text depend on."""
        joins = frozenset((type, join) for type, join in self.joins if type == kind)
        return Breaks(self.after, self.before, joins=joins, lines=frozenset(x for x in self.lines if x[0] == kind))

    def of_ibans(self) -> Breaks:
        """What of it the candidates of an IBAN depend on."""
        return Breaks(joins=frozenset((type, join) for type, join in self.joins if type == "iban"))

    def of_ids(self) -> Breaks:
        """What of it the candidates of an id depend on."""
        return Breaks(codes=self.codes)

    def to_json(self) -> dict[str, Any]:
        return {name: sorted(known) for name, known in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Breaks:
        """The inverse of to_json; what an older version did not know of is empty."""
        after, before, codes = (frozenset(data.get(name, ())) for name in ("after", "before", "codes"))
        joins, lines = (frozenset((type, what) for type, what in data.get(name, ())) for name in ("joins", "lines"))
        return cls(after, before, codes, joins, lines)


NO_BREAKS = Breaks()


@lru_cache(maxsize=1 << 15)
def code_form(text: str) -> str:
    """What an id in groups looks like: "86 131082 W 256" is "0 0 a 0", however long its groups are."""
    return " ".join(_folded(word.strip(EDGES)) for word in text.split(" "))


def _folded(text: str) -> str:
    return _LETTERS.sub("a", _DIGITS.sub("0", text))


def cut_form(text: str, start: int, end: int) -> str:
    """What an id within a word looks like, and the signs that part it: of AB3883/10 "AB3883" is "|a0|/"; "" where it is
    not parted, or is all of the word."""
    before, after = text[:start][-1:], text[end:][:1]
    signs = before + after
    is_parted = signs and not re.search(r"\w", signs)
    return f"{before}{CUT}{_folded(text[start:end])}{CUT}{after}" if is_parted else ""


@lru_cache(maxsize=1 << 10)
def pattern_of(cut: str) -> re.Pattern[str]:
    """Finds the ids of a form that `cut_form` tells."""
    before, form, after = cut.split(CUT)
    runs = "".join({"0": r"\d+", "a": r"[^\W\d_]+"}.get(sign, re.escape(sign)) for sign in form)
    left, right = (
        f"(?<={re.escape(before)})" if before else r"(?<!\S)",
        f"(?={re.escape(after)})" if after else r"(?!\S)",
    )
    return re.compile(left + runs + right)


def words_before(layout: Layout, firsts: Iterable[int]) -> list[str]:
    """What of `Breaks.after` stands before each of the words that are not the first of their cell."""
    inner = (word for word in firsts if word > layout.cell_start[layout.cell[word]])
    return [_sign(layout, word - 1) or fold(layout.texts[word - 1]) for word in inner]


def words_behind(layout: Layout, lasts: Iterable[int]) -> list[str]:
    """What of `Breaks.before` stands behind each of the words that are not the last of their cell."""
    inner = (word for word in lasts if word + 1 < layout.cell_start[layout.cell[word] + 1])
    return [_sign(layout, word) or fold(layout.texts[word + 1]) for word in inner]


def _sign(layout: Layout, word: int) -> str:
    """The comma that a word ends with, "" in running text: names beside a value differ, how it is parted does not."""
    is_prose = layout.is_prose[layout.cell[word]]
    return COMMA if not is_prose and layout.texts[word].endswith(COMMA) else ""
