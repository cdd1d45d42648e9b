"""What a template asks for: fields, tables, rules."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

FieldType = Literal[
    "text", "id", "date", "amount", "number", "percentage", "currency", "iban", "vat_id", "email", "address"
]
FIELD_TYPES: tuple[str, ...] = get_args(FieldType)
KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")


class BadSpec(ValueError):
    """A field, table or template is described wrongly; the message says what to change."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field: its key in the vocabulary, its type, and the label that people see."""

    key: str
    type: str
    label: str = ""
    required: bool = False

    def __post_init__(self) -> None:
        if not KEY.fullmatch(self.key):
            raise BadSpec(f"field key {self.key!r}: use lower-case letters, digits and _, starting with a letter")
        if self.type not in FIELD_TYPES:
            raise BadSpec(f"field {self.key!r}: unknown type {self.type!r}; use one of {', '.join(FIELD_TYPES)}")


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table of line items: its key and its columns, in reading order."""

    key: str
    columns: tuple[FieldSpec, ...]

    def __post_init__(self) -> None:
        if not KEY.fullmatch(self.key):
            raise BadSpec(f"table key {self.key!r}: use lower-case letters, digits and _, starting with a letter")
        keys = [c.key for c in self.columns]
        twice = next((key for key in keys if keys.count(key) > 1), "")
        if twice:
            raise BadSpec(f"Table {self.key}: two columns have the same key, {twice}; rename one.")


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """A check that a person defined; `kind` and its parameters are read by invex.fields.rules."""

    kind: str  # pattern | range | sum | order | list | master_data
    fields: tuple[str, ...]
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LocaleSpec:
    """How a template writes dates and numbers; None where it is not known yet and must be inferred.

    date_order: "dmy", "mdy", "ymd" or the rare "ydm" ("2017-21-04"). decimal: "." or ",".
    """

    date_order: str | None = None
    decimal: str | None = None


@dataclass(frozen=True, slots=True)
class TemplateSpec:
    """A kind of document: what is to be read from it."""

    name: str
    fields: tuple[FieldSpec, ...] = ()
    tables: tuple[TableSpec, ...] = ()
    rules: tuple[RuleSpec, ...] = ()
    locale: LocaleSpec = LocaleSpec()

    def field(self, key: str) -> FieldSpec | None:
        return next((f for f in self.fields if f.key == key), None)


def title_of(key: str) -> str:
    """Return a key as people write it: "line_items" -> "Line items"."""
    return key.replace("_", " ").capitalize()
