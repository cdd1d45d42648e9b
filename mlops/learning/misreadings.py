"""Is what a recogniser read a known text with an error? Few letters of long words, and shapes that it takes for others.

Digits are not changed into other digits, and short words not into other words: these tell values apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .comparison import edit_distance

LEAST_LETTERS = 5  # of a word that may be misread
LETTERS_AN_EDIT = 8  # of a word, for one letter that was misread, lost or made up
_SHAPES = str.maketrans("oilsbzg", "0115826")  # letters that are taken for digits, and the other way round
_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text, letters and digits alone, case folded."""
    return tuple(_WORD.findall(text.casefold()))


def is_misread(read: Sequence[str], known: Sequence[str]) -> bool:
    """Whether `read` is `known` with reading errors; both as `words_of` returns them. Not where they are the same."""
    if len(read) != len(known) or read == known:
        return False
    changed = [(a, b) for a, b in zip(read, known, strict=True) if not is_same_shape(a, b)]
    letters = sum(len(b) for _, b in changed)
    return 2 * letters <= sum(map(len, known)) and all(_is_misread_word(a, b) for a, b in changed)


def is_same_shape(a: str, b: str) -> bool:
    """Whether two case folded texts differ at most by letters that look like digits, or like each other: 5/B is S/B."""
    return a == b or a.translate(_SHAPES) == b.translate(_SHAPES)


def _is_misread_word(a: str, b: str) -> bool:
    return (
        min(len(a), len(b)) >= LEAST_LETTERS
        and (a + b).isalpha()
        and edit_distance(a, b) <= max(len(b) // LETTERS_AN_EDIT, 1)
    )
