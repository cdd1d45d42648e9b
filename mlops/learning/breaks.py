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
IBAN = "iban"  # an IBAN goes on in the next line
CUT = "|"  # in the form of an id that is a part of a word: where it begins and ends
EDGES = ".,;:()[]#"  # beside a group of an id
_DIGITS, _LETTERS = re.compile(r"\d+"), re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Breaks:
    """after, before: folded words; a text may start after one, end before one. COMMA in `after`: one may start after a
    comma, but in running text; in `before`: end there.

    codes: forms of ids that are printed in groups, see `code_form`, or inside of words, see `cut_form`. joins: RIGHT,
    LOOSE, GAP, IBAN. lines: that follow the first line of the longest confirmed text, where they are more than those of
    any text; else 0.
    """

    after: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    joins: frozenset[str] = frozenset()
    lines: int = 0

    def of_texts(self) -> Breaks:
        """What of it the candidates of a text depend on."""
        return Breaks(self.after, self.before, joins=self.joins - {IBAN}, lines=self.lines)

    def of_ibans(self) -> Breaks:
        """What of it the candidates of an IBAN depend on."""
        return Breaks(joins=self.joins & {IBAN})

    def of_ids(self) -> Breaks:
        """What of it the candidates of an id depend on."""
        return Breaks(codes=self.codes)

    def to_json(self) -> dict[str, Any]:
        return {k: v if isinstance(v, int) else sorted(v) for k, v in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Breaks:
        """The inverse of to_json; what an older version did not know of is empty."""
        after, before, codes, joins = (frozenset(data.get(k, ())) for k in ("after", "before", "codes", "joins"))
        return cls(after, before, codes, joins, data.get("lines", 0))


NO_BREAKS = Breaks()


@lru_cache(maxsize=1 << 15)
def code_form(text: str) -> str:
    """What an id in groups looks like: "86 131082 W 256" is "0 0 a 0", however long its groups are."""
    return " ".join(_LETTERS.sub("a", _DIGITS.sub("0", word.strip(EDGES))) for word in text.split(" "))


def cut_form(text: str, start: int, end: int) -> str:
    """What an id within a word looks like, and the signs that part it: of AB3883/10 "AB3883" is "|a0|/"; "" where it is
    not parted, or is all of the word."""
    before, after = text[:start][-1:], text[end:][:1]
    signs = before + after
    return f"{before}{CUT}{code_form(text[start:end])}{CUT}{after}" if signs and not re.search(r"[\w|]", signs) else ""


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
