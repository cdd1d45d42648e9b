"""Texts that were confirmed before, and misread now: "GERPANG ALAF SDN BHD" is the supplier "GERBANG ALAF SDN BHD".

Spelling correction by a noisy channel (Kernighan, Church and Gale, "A Spelling Correction Program Based on a Noisy
Channel Model", 1990). Its source is the field: where the confirmed documents say mostly the same, what looks like it is
the same with an error, and not something new. Its channel is a recogniser (`misreadings`), so that only pages that were
read by OCR are touched. The `text` of a value remains what was read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .misreadings import is_misread, words_of

LEAST_RECURRING = 0.5  # probability that the next document repeats a value that was confirmed
MOST_VALUES = 20  # of a field; the latest


@dataclass(frozen=True, slots=True)
class KnownValues:
    """values: what was confirmed of a field whose documents mostly say the same; empty where they do not.

    recurring: probability that the next document repeats one of them; what looks like one may as well be new.
    """

    values: tuple[str, ...] = ()
    recurring: float = LEAST_RECURRING

    @classmethod
    def of(cls, confirmed: Iterable[str]) -> KnownValues:
        """confirmed: one value a document, the latest last."""
        spelled = [(words_of(value), value) for value in confirmed]
        distinct: dict[tuple[str, ...], str] = {}
        for words, value in spelled:
            distinct.pop(words, None)  # the latest go last
            distinct |= {words: value} if words else {}
        recurring = (len(spelled) - len(distinct) + 1) / (len(spelled) + 1)  # the rule of succession (Laplace)
        return cls(tuple(distinct.values())[-MOST_VALUES:], recurring) if recurring >= LEAST_RECURRING else cls()

    def repair(self, read: str) -> str | None:
        """Return the one confirmed value that `read` is a misreading of; None = there is none, or more than one."""
        as_read = words_of(read)
        spelled = {words_of(value): value for value in self.values}
        if as_read in spelled:
            return None
        near = [value for known, value in spelled.items() if is_misread(as_read, known)]
        return near[0] if len(near) == 1 else None


NO_KNOWN_VALUES = KnownValues()
