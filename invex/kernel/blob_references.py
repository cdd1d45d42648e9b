"""Which rows name which blobs. A model says it in `BLOBS`, so that nothing is deleted, or left out of a backup, unseen.

An entry of BLOBS is a column that holds a sha256 ("" = none), or `column.*.key` for a JSON object of objects.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models

ROWS = 2000  # read at once


@dataclass(frozen=True, slots=True)
class Reference:
    """A row that needs a blob."""

    sha256: str
    model: type[models.Model]
    pk: Any
    column: str

    def __str__(self) -> str:
        return f"{self.model._meta.label} {self.pk}, {self.column}"


def columns() -> Iterator[tuple[type[models.Model], str]]:
    """Yield every model and entry of its BLOBS."""
    for model in apps.get_models():
        for column in getattr(model, "BLOBS", ()):
            yield model, column


def references() -> Iterator[Reference]:
    """Yield every reference of every row."""
    for model, entry in columns():
        column, _, path = entry.partition(".")
        rows = model._base_manager.exclude(**{column: ""}).values_list("pk", column)
        for pk, value in rows.iterator(chunk_size=ROWS):
            for sha256 in _within(value, path):
                yield Reference(sha256, model, pk, column)


def in_use(candidates: Collection[str]) -> frozenset[str]:
    """Return those of the blobs that some row needs."""
    found: set[str] = set()
    for model, entry in columns():
        column, _, path = entry.partition(".")
        rows = model._base_manager.all()
        if not path:
            rows = rows.filter(**{f"{column}__in": list(candidates)})
        for value in rows.values_list(column, flat=True).distinct().iterator(chunk_size=ROWS):
            found.update(sha256 for sha256 in _within(value, path) if sha256 in candidates)
    return frozenset(found)


def _within(value: Any, path: str) -> list[str]:
    """Return the names in a column; path: "" for the column itself, else `*.key` in its objects."""
    if not path:
        return [value] if value else []
    key = path.removeprefix("*.")
    return [entry[key] for entry in value.values() if entry.get(key)]
