"""What a message puts into its sentence, as data: whoever shows it to people can call fields and types by their names.

As JSON (dataclasses.asdict) a text stays a text, and what has a name of its own is an object of its keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldKey:
    """A field, by its key."""

    field: str

    def __str__(self) -> str:
        return self.field


@dataclass(frozen=True, slots=True)
class CellKey:
    """A cell of a table, by keys; rows count from 1."""

    table: str
    row: int
    column: str

    def __str__(self) -> str:
        return f"{self.table}, row {self.row}, {self.column}"


@dataclass(frozen=True, slots=True)
class TypeKey:
    """A type of fields."""

    type: str

    def __str__(self) -> str:
        return self.type


@dataclass(frozen=True, slots=True)
class Words:
    """English that is translated where people read it (docs/translating.md)."""

    words: str

    def __str__(self) -> str:
        return self.words


Part = str | FieldKey | CellKey | TypeKey | Words
Parts = tuple[Part, ...]  # put in one after the other


def filled(sentence: str, parts: Sequence[Parts]) -> str:
    """Return the sentence with keys, `parts` in the place of {1}, {2} …"""
    return sentence.format("", *("".join(map(str, some)) for some in parts))


def listed(items: Iterable[Parts], between: Parts = (", ",)) -> Parts:
    """Return the items one after the other, with `between` between them."""
    found: Parts = ()
    for item in items:
        found += (*between, *item) if found else item
    return found
