"""What a kind of documents is: the fields that are asked for, and how one document of it is drawn."""

from __future__ import annotations

import sys
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any

from invex.fields.spec import FieldSpec, TableSpec
from tests.bench.kinds.draw import Draw

# What one document says, by name; its HTML beside the module of the kind prints it. A date, a Decimal, an int, a text
# or Lines; a list for a field that repeats and for the rows of a table. Of what is asked for, None is not printed.
Content = Mapping[str, Any]
ALL = range(sys.maxsize)  # documents of a kind, where all are scans


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of documents.

    name: of its template, its module and its HTML. language: in which it prints numbers and names of months.
    scanned: which of its documents, counted from 0, are scans; the others are printed straight into a PDF.
    """

    name: str
    language: str
    fields: tuple[FieldSpec, ...]
    draw: Callable[[Draw], Content]
    table: TableSpec | None = None
    scanned: Container[int] = ()

    @property
    def tables(self) -> tuple[TableSpec, ...]:
        return (self.table,) if self.table is not None else ()


def specs(**types: str) -> tuple[FieldSpec, ...]:
    """Return fields, or columns of a table: key=type."""
    return tuple(FieldSpec(key, type_) for key, type_ in types.items())
