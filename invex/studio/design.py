"""A template as it is drawn in the studio: its fields and tables, each with the values of the sample."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from invex.catalog.field_names import field_name, written_label
from invex.catalog.forms import key_of
from invex.fields.spec import FIELD_TYPES, BadSpec, FieldSpec, LocaleSpec, TemplateSpec, title_of
from invex.fields.template_json import template_from_json, template_to_json
from invex.kernel.errors import BadInput
from invex.review.forms import read_form

MOST_FIELDS = 500
MOST_TABLES = 20
NAMELESS = "no_name"  # code of what is refused since a part of the template has no name
UNNAMED = "new"  # what a template is called while it is tried without a name


@dataclass(frozen=True, slots=True)
class Design:
    """What the page drew: the template, and what it says of the sample.

    label: labels/ID.json. errors: what could not be understood, as sentences by the label of its field.
    """

    spec: TemplateSpec
    label: dict[str, Any]
    errors: dict[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """The fields, and by the key of their table the columns, that the project knows by name."""

    fields: Sequence[FieldSpec]
    columns: Mapping[str, Sequence[FieldSpec]]


def read_design(
    raw: str, known: Known, locale: LocaleSpec, *, unnamed: str = "", edited: TemplateSpec | None = None
) -> Design:
    """Return what the studio's page drew.

    raw: JSON {"name", "fields": [{"key", "label", "type", "required", "value", "text", "boxes"}],
    "tables": [{"key", "label", "columns": [{"key", "label", "type"}], "rows": [[cell or null of each column]]}]}.
    A name used twice is a field with two values; a table without columns is none. Names that the project knows bring
    their key and type along. unnamed: the name of a template that has none. edited: the template that is changed: it
    keeps its name, rules, locale and the order of its fields, and what says one of its keys keeps that under another
    label. Raises BadInput.
    """
    drawn = _object(raw)
    before = edited or TemplateSpec(unnamed)
    fields, values = _fields(drawn, known, before)
    tables, cells = _tables(drawn, known, before)
    data = {
        **template_to_json(before),
        "name": before.name if edited else str(drawn.get("name") or "").strip() or unnamed,
        "fields": [_field_json(f) for f in fields],
        "tables": [{"key": key, "columns": [_field_json(c) for c in columns]} for key, columns in tables],
    }
    try:
        spec = template_from_json(data)
    except BadSpec as e:
        raise BadInput(str(e), code="bad_template") from e
    sent = read_form(spec, {**values, **cells}, template=spec.name, locale=lambda: locale)
    return Design(spec, sent.label, {_said_of(name, spec): text for name, text in sent.errors.items()})


def _object(raw: str) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except ValueError as e:
        raise BadInput(_("The page sent something that is no template: load it again."), code="bad_design") from e
    if not isinstance(found, dict):
        raise BadInput(_("The page sent something that is no template: load it again."), code="bad_design")
    return found


def _fields(drawn: Mapping[str, Any], known: Known, before: TemplateSpec) -> tuple[list[FieldSpec], dict[str, str]]:
    """The fields, those of `before` in its order, and their values as the form of the review screen sends them."""
    fields: dict[str, FieldSpec] = {}
    counts: dict[str, int] = {}
    values: dict[str, str] = {}
    for place, one in enumerate(_list(drawn, "fields")[:MOST_FIELDS], start=1):
        if not _label(one):
            raise BadInput(_("Field %(n)s has no name: name it, or remove it.") % {"n": place}, code=NAMELESS)
        field = _named(one, known.fields, before.fields)
        fields.setdefault(field.key, field)
        number = counts[field.key] = counts.get(field.key, -1) + 1
        name = f"f:{field.key}:{number}"
        values |= {
            name: str(one.get("value") or ""),
            f"{name}:text": str(one.get("text") or ""),
            f"{name}:boxes": json.dumps(one.get("boxes") or []),
        }
    places = {field.key: place for place, field in enumerate(before.fields)}
    return sorted(fields.values(), key=lambda field: places.get(field.key, len(places))), values


def _tables(
    drawn: Mapping[str, Any], known: Known, before: TemplateSpec
) -> tuple[list[tuple[str, list[FieldSpec]]], dict[str, str]]:
    """The tables in order, as key and columns, and their cells as the form of the review screen sends them."""
    tables: list[tuple[str, list[FieldSpec]]] = []
    cells: dict[str, str] = {}
    for place, one in enumerate(_list(drawn, "tables")[:MOST_TABLES], start=1):
        drawn_columns = _list(one, "columns")[:MOST_FIELDS]
        if not drawn_columns:
            continue
        key = _table_key(one, place, known, before)
        kept = next((table.columns for table in before.tables if table.key == key), ())
        _refuse_nameless_column(drawn_columns, _label(one) or field_name(key))
        columns = [_named(column, known.columns.get(key, ()), kept, table=key) for column in drawn_columns]
        rows = [
            {c.key: cell for c, cell in zip(columns, row) if isinstance(cell, dict)}
            for row in one.get("rows") or ()
            if isinstance(row, list)
        ]
        tables.append((key, columns))
        cells[f"t:{key}"] = json.dumps(rows)
    return tables, cells


def _refuse_nameless_column(columns: list[dict[str, Any]], table: str) -> None:
    for place, column in enumerate(columns, start=1):
        if not _label(column):
            said = _("Column %(n)s of the table “%(table)s” has no name: name it, or remove it.")
            raise BadInput(said % {"n": place, "table": table}, code=NAMELESS)


def _label(one: Mapping[str, Any]) -> str:
    return " ".join(str(one.get("label") or "").split())


def _table_key(one: Mapping[str, Any], place: int, known: Known, before: TemplateSpec) -> str:
    """The key of the table of that name: the one that it was before, the one that the project knows, else a new one."""
    if any(table.key == one.get("key") for table in before.tables):
        return str(one["key"])
    label = _label(one)
    if not label:
        raise BadInput(_("Table %(n)s has no name: name it, or remove it.") % {"n": place}, code=NAMELESS)
    said = label.casefold()
    same = next((k for k in known.columns if said in (k, title_of(k).casefold(), field_name(k).casefold())), None)
    key = same or key_of(label)
    if not key:
        raise BadInput(_("%(label)s: choose a name with a letter of A to Z in it.") % {"label": label}, code="bad_name")
    return key


def _list(drawn: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    found = drawn.get(key) or []
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _named(
    one: Mapping[str, Any], known: Sequence[FieldSpec], before: Sequence[FieldSpec], *, table: str = ""
) -> FieldSpec:
    """The field of that name, or the column of `table`.

    The one that it was before, the one that the project knows, else a new one, with the type chosen.
    """
    label = _label(one)

    def path(key: str) -> str:
        return f"{table}.{key}" if table else key

    def called(field: FieldSpec) -> str:
        return field_name(path(field.key), field.label).casefold()

    kept = next((f for f in before if f.key == one.get("key")), None)
    if kept is not None:
        written = written_label(path(kept.key), label)
        return FieldSpec(kept.key, _type(one, kept.type), written, bool(one.get("required", kept.required)))
    is_required = bool(one.get("required"))
    same = next((f for f in known if label.casefold() in (f.label.casefold(), f.key, called(f))), None)
    if same is not None:
        return FieldSpec(same.key, same.type, same.label or label, is_required)
    key = key_of(label)
    same_key = next((f for f in known if f.key == key), None)
    kind = same_key.type if same_key is not None else _type(one, "text")
    try:
        return FieldSpec(key, kind, label, is_required)
    except BadSpec as e:
        raise BadInput(
            _("%(label)s: choose a name with a letter of A to Z in it.") % {"label": label}, code="bad_name"
        ) from e


def _type(one: Mapping[str, Any], otherwise: str) -> str:
    return one["type"] if one.get("type") in FIELD_TYPES else otherwise


def _field_json(field: FieldSpec) -> dict[str, Any]:
    return {"key": field.key, "type": field.type, "label": field.label, "required": field.required}


def _said_of(name: str, spec: TemplateSpec) -> str:
    """The label of a field or column whose input is called so in the review form; of several tables, with its table."""
    kind, key, *rest = name.split(":")
    if kind == "f":
        field = spec.field(key)
        return field_name(key, field.label) if field is not None else key
    column = next((c for t in spec.tables if t.key == key for c in t.columns if c.key == rest[-1]), None)
    said = field_name(f"{key}.{column.key}", column.label) if column is not None else rest[-1]
    return f"{field_name(key)}: {said}" if len(spec.tables) > 1 else said
