"""A list in memory: exact and fuzzy look-up by column."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from invex.fields.folding import fold

CANDIDATES = 60  # rows that a quick comparison finds, for the thorough one
LEAST_SCORE = 0.7
SAME_ROW = 0.15  # what a row gains for each other value of the document that it holds, too


def match_key(text: str) -> str:
    """Return what of `text` counts when it is compared: letters and digits, without case and accents."""
    return "".join(c for c in fold(text) if c.isalnum())


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A row that may be meant. value: of the column asked for; row: all of it, by column.

    score: how alike, [0, 1], and more where the row also holds what else the document says, in the columns `agrees`.
    """

    value: str
    score: float
    row: Mapping[str, str]
    agrees: tuple[str, ...] = ()


class ListIndex:
    """One version of a list. Its columns are indexed when they are first asked for; it never changes otherwise."""

    def __init__(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self.columns = tuple(columns)
        self.rows = rows
        self._exact: dict[str, dict[str, list[int]]] = {}
        self._folded: dict[str, list[str]] = {}

    def rows_with(self, column: str, value: str) -> frozenset[int]:
        """Return the rows whose `column` holds `value`, whatever its case, accents, spaces and punctuation."""
        key = match_key(value)
        return frozenset(self._keys(column).get(key, ())) if key else frozenset()

    def suggest(
        self, column: str, text: str, *, others: Mapping[str, str] | None = None, limit: int = 5
    ) -> list[Suggestion]:
        """Return the rows whose `column` is most like `text`, the best first, each value once.

        others: what the document says in other columns; a row that agrees is likelier meant, and is suggested even if
        `text` is empty or unlike.
        """
        agreeing = self._agreeing(others or {})
        query = fold(text).strip()
        choices = self._choices(column)
        candidates = {*self._alike(choices, query), *heapq.nsmallest(CANDIDATES, agreeing)}
        found: dict[str, Suggestion] = {}
        for number in candidates:
            alike = fuzz.WRatio(query, choices[number]) / 100 if query else 0.0
            agrees = agreeing.get(number, ())
            score = alike + SAME_ROW * len(agrees)
            value = self.rows[number][self.columns.index(column)]
            is_better = value not in found or found[value].score < score
            if value and (alike >= LEAST_SCORE or agrees) and is_better:
                found[value] = Suggestion(value, score, dict(zip(self.columns, self.rows[number])), agrees)
        # Many are alike in parts; of those, the one that is more alike as a whole.
        return sorted(found.values(), key=lambda s: (-s.score, -fuzz.ratio(query, fold(s.value)), s.value))[:limit]

    def _alike(self, choices: list[str], query: str) -> set[int]:
        """Rows that a quick comparison finds: thorough scores of 100,000 rows would take half a second."""
        if not query:
            return set()
        inside = [n for n, choice in enumerate(choices) if query in choice]
        found = set(heapq.nsmallest(CANDIDATES, inside, key=lambda n: len(choices[n])))
        for scorer in (fuzz.ratio, fuzz.token_sort_ratio):
            found |= {n for _, _, n in process.extract(query, choices, scorer=scorer, limit=CANDIDATES)}
        return found

    def _agreeing(self, others: Mapping[str, str]) -> dict[int, tuple[str, ...]]:
        agreeing: dict[int, tuple[str, ...]] = {}
        for column, value in others.items():
            for number in self.rows_with(column, value):
                agreeing[number] = (*agreeing.get(number, ()), column)
        return agreeing

    def _keys(self, column: str) -> dict[str, list[int]]:
        if column not in self._exact:
            at = self.columns.index(column)
            keys: dict[str, list[int]] = {}
            for number, row in enumerate(self.rows):
                if key := match_key(row[at]):
                    keys.setdefault(key, []).append(number)
            self._exact[column] = keys
        return self._exact[column]

    def _choices(self, column: str) -> list[str]:
        if column not in self._folded:
            at = self.columns.index(column)
            self._folded[column] = [fold(row[at]) for row in self.rows]
        return self._folded[column]
