"""Beginnings of words that say what printed text speaks of."""

from __future__ import annotations

import re
from collections.abc import Mapping

SHORT_STEM = 3  # stems up to this length must be the whole word

_LETTERS = re.compile(r"[a-z]+")


class Stems:
    """Stems, folded to lower-case ASCII letters, with bits; a word has the bits of the stems it starts with, or is."""

    def __init__(self, stems: Mapping[str, int]) -> None:
        self._stems = stems
        self._lengths = sorted({len(s) for s in stems if len(s) > SHORT_STEM})

    def __call__(self, text: str) -> int:
        """Return the bits of all the words of a folded text."""
        bits = 0
        for part in _LETTERS.findall(text):
            bits |= self._stems.get(part, 0)
            for length in self._lengths:
                if length < len(part):
                    bits |= self._stems.get(part[:length], 0)
        return bits
