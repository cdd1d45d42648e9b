"""Pure: what a label may say, what it corrects, and which types new fields have."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from invex.fields.identifiers import collapse, is_iban
from invex.fields.labels import Label, LabelValue, label_from_json
from invex.fields.spec import KEY, FieldSpec, LocaleSpec, TableSpec, TemplateSpec, title_of
from invex.fields.standard import LINE_ITEMS, STANDARD_FIELDS
from invex.fields.validators import problem
from invex.fields.values import NUMERIC_TYPES, canonical, is_same, readings
from invex.kernel.errors import BadInput

_MONEY = re.compile(r"-?\d+\.\d\d")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
LONGEST_COUNT = 4  # digits of a whole number that is likelier a count than an identifier
LEAST_DIGIT_SHARE = 0.3  # of the characters of an identifier; "7-Eleven" is a name


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds that a person was at a document, and at each of its fields and tables that they were in."""

    seconds: float
    fields: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Shape:
    """The keys that a label may use, with their types."""

    fields: Mapping[str, str]
    tables: Mapping[str, Mapping[str, str]]


def shape_of(spec: TemplateSpec) -> Shape:
    return Shape({f.key: f.type for f in spec.fields}, {t.key: {c.key: c.type for c in t.columns} for t in spec.tables})


def shape_of_vocabulary(vocabulary: Mapping[str, str]) -> Shape:
    """The standard invoice fields and all that the project's templates ever asked for (see catalog.queries)."""
    fields = {f.key: f.type for f in STANDARD_FIELDS}
    tables = {LINE_ITEMS.key: {c.key: c.type for c in LINE_ITEMS.columns}}
    for key, kind in vocabulary.items():
        table, _, column = key.partition(".")
        if column:
            tables[table] = {**tables.get(table, {}), column: kind}
        elif kind != "table":
            fields[key] = kind
    return Shape(fields, tables)


def parse(data: dict[str, Any], *, pages: int) -> Label:
    """Return the label that `data` describes, white space of its values collapsed.

    Raises BadInput: not a label, an empty value, a box outside of its page, a page that the document does not have.
    """
    try:
        label = label_from_json(data)
    except (ValueError, KeyError, TypeError) as e:
        raise BadInput(f"This is no label: {e}", code="bad_label") from e

    def checked(where: str, value: LabelValue) -> LabelValue:
        text = collapse(value.value)
        if not text:
            raise BadInput(f"{where}: an empty value; leave it out, or send [] for a field that is not there.",
                           code="bad_label", field=where)  # fmt: skip
        for page, box in value.boxes:
            is_inside = all(math.isfinite(v) and 0 <= v <= 1 for v in box) and box.x0 <= box.x1 and box.y0 <= box.y1
            if not is_inside or not 0 <= page < max(pages, 1):
                raise BadInput(f"{where}: a box is [x0, y0, x1, y1] from 0 to 1 on pages 0 to {max(pages, 1) - 1}.",
                               code="bad_label", field=where)  # fmt: skip
        return replace(value, value=text)

    fields = {k: tuple(checked(k, v) for v in vs) for k, vs in label.fields.items()}
    tables = {
        k: tuple({c: checked(f"{k}.{c}", v) for c, v in row.items()} for row in rows)
        for k, rows in label.tables.items()
    }
    return replace(label, fields=fields, tables=tables)


def named(label: Label) -> Iterator[tuple[str, LabelValue]]:
    """Yield every value with its key, "table.column" for a cell."""
    for key, values in label.fields.items():
        for value in values:
            yield key, value
    for key, rows in label.tables.items():
        for row in rows:
            for column, value in row.items():
                yield f"{key}.{column}", value


def unknown_keys(label: Label, shape: Shape) -> tuple[str, ...]:
    """Return the keys of fields, tables and columns ("table.column") that `shape` does not have."""
    found = [k for k in label.fields if k not in shape.fields]
    for key, rows in label.tables.items():
        if key not in shape.tables:
            found.append(key)
            continue
        used = dict.fromkeys(column for row in rows for column in row)
        found.extend(f"{key}.{column}" for column in used if column not in shape.tables[key])
    return tuple(found)


def type_of(key: str, shape: Shape) -> str:
    """Return the type of a field or of "table.column". Raises KeyError."""
    table, _, column = key.partition(".")
    return shape.tables[table][column] if column else shape.fields[table]


def require_canonical(label: Label, shape: Shape, locale: LocaleSpec) -> None:
    """Raise BadInput with every value that is not canonical, and how it would be."""
    found = []
    for key, value in named(label):
        kind = type_of(key, shape)
        fault = problem(kind, value.value)
        if fault:
            hint = canonical(kind, value.value, locale)
            found.append({"field": key, "type": kind, "value": value.value, "canonical": hint, "fault": fault})
    if found:
        first = found[0]
        advice = f"; write {first['canonical']!r}" if first["canonical"] else ""
        raise BadInput(f"{first['field']}: {first['fault']}{advice}.", code="not_canonical", problems=found)


def corrections(label: Label, shown: Mapping[str, Any], shape: Shape) -> tuple[str, ...]:
    """Return the keys of fields and tables on which the label and the values shown (prediction JSON) differ.

    Keys that the label does not mention were not judged.
    """
    fields, tables = shown.get("fields", {}), shown.get("tables", {})
    found = [
        key
        for key, values in label.fields.items()
        if not _same_values(shape.fields[key], [v.value for v in values], [v["value"] for v in fields.get(key, ())])
    ]
    for key, rows in label.tables.items():
        before, types = tables.get(key, ()), shape.tables[key]
        if len(rows) != len(before) or not all(_same_row(types, a, b) for a, b in zip(rows, before)):
            found.append(key)
    return tuple(found)


def _same_values(kind: str, confirmed: list[str], shown: list[str]) -> bool:
    return len(confirmed) == len(shown) and all(is_same(kind, a, b) for a, b in zip(sorted(confirmed), sorted(shown)))


def _same_row(types: Mapping[str, str], row: Mapping[str, LabelValue], shown: Mapping[str, Any]) -> bool:
    keys = set(row) | {k for k in shown if k in types}
    return all(k in row and k in shown and is_same(types[k], row[k].value, shown[k]["value"]) for k in keys)


def infer_type(key: str, values: list[str]) -> str:
    """Return the type that canonical `values` of a new field seem to have; "text" when there is no evidence."""

    def all_are(kind: str) -> bool:
        return bool(values) and all(problem(kind, v) is None for v in values)

    if all_are("date"):
        return "date"
    if all_are("amount"):
        if any(_MONEY.fullmatch(v) for v in values):
            return "amount"
        if all("." in v or (len(v) <= LONGEST_COUNT and (v == "0" or not v.startswith("0"))) for v in values):
            return "number"
        return "id"
    if all_are("currency"):
        return "currency"
    if values and all(is_iban(v.replace(" ", "")) for v in values):
        return "iban"
    if values and all(_EMAIL.fullmatch(v) for v in values):
        return "email"
    if "address" in key:
        return "address"
    if values and all(_looks_like_id(v) for v in values):
        return "vat_id" if "vat" in key and all(readings("vat_id", v) for v in values) else "id"
    return "text"


def _looks_like_id(value: str) -> bool:
    return " " not in value and sum(c.isdigit() for c in value) >= LEAST_DIGIT_SHARE * len(value)


def extended(spec: TemplateSpec, label: Label, known: Shape) -> TemplateSpec:
    """Return `spec` with every field, table and column that the label has and it lacks.

    Types come from `known` (vocabulary and standard fields), else from the values. Raises BadInput on a bad key.
    """
    for key in unknown_keys(label, Shape({}, {})):
        if not KEY.fullmatch(key):
            raise BadInput(f"field key {key!r}: use lower-case letters, digits and _, starting with a letter",
                           code="bad_label", field=key)  # fmt: skip
    have = shape_of(spec)
    labels = {f.key: f.label for f in STANDARD_FIELDS}
    fields = [
        FieldSpec(
            key, known.fields.get(key) or infer_type(key, [v.value for v in values]), labels.get(key) or title_of(key)
        )
        for key, values in label.fields.items()
        if key not in have.fields
    ]
    tables = {t.key: t for t in spec.tables}
    for key, rows in label.tables.items():
        columns = list(tables[key].columns) if key in tables else []
        present = {c.key for c in columns}
        for column in dict.fromkeys(c for row in rows for c in row if c not in present):
            kind = known.tables.get(key, {}).get(column) or infer_type(
                column, [row[column].value for row in rows if column in row]
            )
            columns.append(FieldSpec(column, kind, title_of(column)))
        tables[key] = TableSpec(key, tuple(columns))
    return replace(spec, fields=spec.fields + tuple(fields), tables=tuple(tables.values()))


def observed_locale(label: Label, shape: Shape) -> LocaleSpec:
    """Return the conventions under which the printed texts of the label mean the confirmed values.

    Texts that can be read in one way alone decide, then the others. None where no text tells, or two disagree.
    """
    orders: dict[bool, set[str]] = {True: set(), False: set()}  # by whether the text can be read in several ways
    decimals: dict[bool, set[str]] = {True: set(), False: set()}
    for key, value in named(label):
        kind = type_of(key, shape)
        if not value.text or kind not in NUMERIC_TYPES | {"date"}:
            continue
        found = readings(kind, value.text)
        meant = [r for r in found if is_same(kind, r.value, value.value)]
        orders[len(found) > 1].update(r.date_order for r in meant if r.date_order)
        decimals[len(found) > 1].update(r.decimal for r in meant if r.decimal)
    return LocaleSpec(_agreed(orders[False] or orders[True]), _agreed(decimals[False] or decimals[True]))


def _agreed(said: set[str]) -> str | None:
    return next(iter(said)) if len(said) == 1 else None
