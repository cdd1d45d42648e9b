"""Templates as JSON: POST /templates (FORMATS.md, section 7) and `templates.json` of a model package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .rules import validate_rule
from .shapes import shown
from .spec import BadSpec, FieldSpec, LocaleSpec, RuleSpec, TableSpec, TemplateSpec

LONGEST_NAME = 100
DATE_ORDERS = ("dmy", "mdy", "ymd", "ydm")
DECIMALS = (".", ",")


def template_to_json(spec: TemplateSpec) -> dict[str, Any]:
    """The inverse of template_from_json."""
    return {
        "name": spec.name,
        "fields": [_field_to_json(field) for field in spec.fields],
        "tables": [{"key": t.key, "columns": [_field_to_json(c) for c in t.columns]} for t in spec.tables],
        "rules": [{"kind": r.kind, "fields": list(r.fields), "params": dict(r.params)} for r in spec.rules],
        "locale": {"date_order": spec.locale.date_order, "decimal": spec.locale.decimal},
    }


def _field_to_json(field: FieldSpec) -> dict[str, Any]:
    return {"key": field.key, "type": field.type, "label": field.label, "required": field.required}


def template_from_json(data: Any) -> TemplateSpec:
    """Return the template that `data` describes.

    Raises BadSpec naming the place and what to write. Unknown keys of the template itself are ignored (a later
    version's); within a field, table, rule or locale they are refused, since there they are slips of the pen.
    """
    template = _object(data, "template")
    name = template.get("name")
    if not isinstance(name, str) or not is_template_name(name):
        raise BadSpec(f"Give the template a name of 1 to {LONGEST_NAME} characters, without /.")
    fields = tuple(_field(f, f"fields[{i}]") for i, f in enumerate(_list(template, "fields")))
    tables = tuple(_table(t, f"tables[{i}]") for i, t in enumerate(_list(template, "tables")))
    keys = [f.key for f in fields] + [t.key for t in tables]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise BadSpec(f"key {twice[0]!r} is used twice; every field and table needs its own")
    rules = tuple(_rule(r, f"rules[{i}]") for i, r in enumerate(_list(template, "rules")))
    spec = TemplateSpec(name.strip(), fields, tables, rules, _locale(template.get("locale")))
    for number, rule in enumerate(rules, start=1):
        validate_rule(rule, spec, number)
    return spec


def is_template_name(name: str) -> bool:
    """Whether a template can be called so."""
    return bool(name.strip()) and len(name) <= LONGEST_NAME and "/" not in name


def _object(data: Any, where: str, allowed: tuple[str, ...] | None = None) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise BadSpec(f"{where}: an object is expected, not {shown(data)}")
    unknown = sorted(str(key) for key in data if allowed is not None and key not in allowed)
    if unknown:
        raise BadSpec(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(allowed or ())}")
    return data


def _list(data: Mapping[str, Any], key: str) -> list[Any]:
    value = data.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadSpec(f"{key}: a list is expected, not {shown(value)}")
    return value


def _field(data: Any, where: str) -> FieldSpec:
    field = _object(data, where, ("key", "type", "label", "required"))
    for key in ("key", "type"):
        if not isinstance(field.get(key), str):
            raise BadSpec(f"{where}: {key} is missing or not a text")
    label, is_required = field.get("label") or "", field.get("required", False)
    if not isinstance(label, str) or len(label) > LONGEST_NAME:
        raise BadSpec(f"{where}: label is a text of at most {LONGEST_NAME} characters")
    if not isinstance(is_required, bool):
        raise BadSpec(f"{where}: required is true or false")
    return FieldSpec(field["key"], field["type"], label, is_required)


def _table(data: Any, where: str) -> TableSpec:
    table = _object(data, where, ("key", "columns"))
    if not isinstance(table.get("key"), str):
        raise BadSpec(f"{where}: key is missing or not a text")
    columns = tuple(_field(c, f"{where}.columns[{i}]") for i, c in enumerate(_list(table, "columns")))
    if not columns:
        raise BadSpec(f"{where}: a table needs at least one column")
    return TableSpec(table["key"], columns)


def _rule(data: Any, where: str) -> RuleSpec:
    rule = _object(data, where, ("kind", "fields", "params"))
    fields = _list(rule, "fields")
    if not isinstance(rule.get("kind"), str) or not all(isinstance(f, str) for f in fields):
        raise BadSpec(f"{where}: kind is a text, and fields a list of field keys")
    return RuleSpec(rule["kind"], tuple(fields), dict(_object(rule.get("params") or {}, f"{where}.params")))


def _locale(data: Any) -> LocaleSpec:
    if data is None:
        return LocaleSpec()
    locale = _object(data, "locale", ("date_order", "decimal"))
    for key, allowed in (("date_order", DATE_ORDERS), ("decimal", DECIMALS)):
        if locale.get(key) is not None and locale[key] not in allowed:
            raise BadSpec(f"locale: {key} is null or one of {', '.join(allowed)}")
    return LocaleSpec(locale.get("date_order"), locale.get("decimal"))
