"""The form of a template: rows of fields, of the columns of its tables, locale, rows of rules."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from invex.fields.rules import RULE_KINDS
from invex.fields.spec import FIELD_TYPES
from invex.fields.standard import LINE_ITEMS

from .field_names import field_name, standard_key, written_label
from .rule_form import DETAILS, RuleRow, row_of, rule_of

SPARE_FIELDS = 3  # empty rows at the end, for browsers without JavaScript
_ROW = re.compile(r"(field|column[0-9]{1,4}|rule):([0-9]{1,6}):(?:key|fields)")
_TABLE = re.compile(r"table:([0-9]{1,4}):key")
KIND_LABELS = {
    "pattern": gettext_lazy("looks like"),
    "range": gettext_lazy("lies between"),
    "sum": gettext_lazy("is the sum of"),
    "order": gettext_lazy("come in this order"),
    "list": gettext_lazy("is one of"),
    "master_data": gettext_lazy("stands in a list of master data"),
}


def read_template_form(data: Mapping[str, str], *, edited: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the template as FORMATS section 7 writes it, for the catalogue to check.

    edited: the template that is changed; its name, which the form does not show, stays. A new one brings its name in
    the form. A row without key and label is left out, and so is a table without columns.
    """
    fields = _rows(data, "field")
    tables = sorted(int(m[1]) for n in data if (m := _TABLE.fullmatch(n)))
    out: dict[str, Any] = {
        "name": edited["name"] if edited else data.get("name", "").strip(),
        "fields": fields,
        "tables": [
            {"key": key, "columns": columns}
            for number in tables
            if (columns := _rows(data, f"column{number}", key := data.get(f"table:{number}:key", "").strip()))
        ],
        "rules": _rules(data, (edited or {}).get("rules") or ()),
    }
    locale = {k: data[k] for k in ("date_order", "decimal") if data.get(k)}
    if locale:
        out["locale"] = locale
    return out


def _rules(data: Mapping[str, str], before: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rules; one whose row nobody touched stays as it was written, say over REST. Empty rows are left out."""
    unchanged = {row_of(rule): dict(rule) for rule in before}
    found = []
    for number in _numbers(data, "rule"):
        row = RuleRow(*(data.get(f"rule:{number}:{name}", "").strip() for name in ("kind", "fields", "detail")))
        if row.fields or row.detail:
            found.append(unchanged.get(row) or rule_of(row))
    return found


def _numbers(data: Mapping[str, str], kind: str) -> list[int]:
    return sorted({int(m[2]) for n in data if (m := _ROW.fullmatch(n)) and m[1] == kind})


def _rows(data: Mapping[str, str], kind: str, table: str = "") -> list[dict[str, Any]]:
    """The fields, or the columns of a table, by their keys; a standard one may be called by its name alone."""
    found = []
    for number in _numbers(data, kind):
        label = data.get(f"{kind}:{number}:label", "").strip()
        key = data.get(f"{kind}:{number}:key", "").strip() or standard_key(label, table) or key_of(label)
        if not key:
            continue
        label = written_label(f"{table}.{key}" if table else key, label)
        row: dict[str, Any] = {"key": key, "type": data.get(f"{kind}:{number}:type", "text"), "label": label}
        if kind == "field":
            row["required"] = data.get(f"{kind}:{number}:required") == "on"
        found.append(row)
    return found


def key_of(label: str) -> str:
    """Return the key that a label suggests: "Contract No." -> "contract_no"; "" when nothing is left of it."""
    return re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_").lstrip("0123456789_")[:64]


def form_context(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form's page needs to show `spec` (JSON of a template)."""
    tables = [(table["key"], table["columns"]) for table in spec.get("tables", ())]
    keys = [key for key, _ in tables]
    spare: tuple[str, list[Any]] = (LINE_ITEMS.key if LINE_ITEMS.key not in keys else "", [])
    return {
        "field_rows": [*enumerate([*map(_called, spec.get("fields", ())), *({} for _n in range(SPARE_FIELDS))])],
        "tables": [
            {
                "number": number,
                "kind": f"column{number}",
                "key": key,
                "rows": [*enumerate([*(_called(column, key) for column in columns), {}])],
                "is_spare": number == len(tables),
            }
            for number, (key, columns) in enumerate([*tables, spare])
        ],
        "rule_rows": [*enumerate([*map(row_of, spec.get("rules") or ()), RuleRow("", "", "")])],
        "kinds": [(kind, KIND_LABELS[kind], DETAILS[kind]) for kind in RULE_KINDS],
        "locale": spec.get("locale") or {},
        "types": FIELD_TYPES,
    }


def _called(field: Mapping[str, Any], table: str = "") -> dict[str, Any]:
    """A field or column of a template with its name in the reader's language, where it has one."""
    path = f"{table}.{field['key']}" if table else field["key"]
    return {**field, "label": field_name(path, field["label"]) if field.get("label") else ""}
