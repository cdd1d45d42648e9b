"""Reading errors that people corrected before: "Hétel" was confirmed as "Hôtel", so the next "Hétel" is one too.

Only pages that were read by OCR are touched, never a text layer; a word that was ever confirmed as it was read stays.
The `text` of a value remains what was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from invex.fields.folding import fold
from invex.fields.labels import LabelValue

from .locate import Located
from .tokens import Tokens

LEAST_LETTERS = 3


@dataclass(frozen=True, slots=True)
class Spelling:
    """corrections: word as read -> word as confirmed."""

    corrections: Mapping[str, str] = field(default_factory=dict)

    def repair(self, text: str) -> str:
        """Return `text` with known reading errors undone."""
        if not self.corrections:
            return text
        return " ".join(self._word(word) for word in text.split())

    def _word(self, word: str) -> str:
        found = self.corrections.get(word) or self.corrections.get(_key(word), word)
        return found if found[:1].isupper() == word[:1].isupper() else word


def _key(word: str) -> str:
    """How a word is looked up when its accents were misread or lost."""
    return fold(word)


def learn_spelling(
    columns: Sequence[tuple[int, str]],
    documents: Iterable[tuple[Tokens, Located, Sequence[Mapping[str, LabelValue]]]],
) -> Spelling:
    """Return the corrections seen in located text columns, given as (tag, key)."""
    as_read: dict[str, set[str]] = {}
    for tokens, located, labels in documents:
        for tag, key in columns:
            for i, row in enumerate(labels):
                if key not in row:
                    continue
                printed = [
                    tokens.items[t].text for t in range(len(tokens)) if located.tags[t] == tag and located.rows[t] == i
                ]
                confirmed = row[key].value.split()
                if len(printed) == len(confirmed):
                    for read, true in zip(printed, confirmed):
                        as_read.setdefault(read, set()).add(true)
    corrections: dict[str, str] = {}
    vocabulary: dict[str, set[str]] = {}
    for words in as_read.values():
        for true in words:
            vocabulary.setdefault(_key(true), set()).add(true)
    for read, words in sorted(as_read.items()):
        if len(words) == 1 and read not in words and len(read) >= LEAST_LETTERS:
            corrections[read] = next(iter(words))
    for key, words in sorted(vocabulary.items()):
        only = next(iter(words))
        if len(words) == 1 and only != key and len(key) >= LEAST_LETTERS and only.lower() != key:
            corrections.setdefault(key, only)
    return Spelling(corrections)
