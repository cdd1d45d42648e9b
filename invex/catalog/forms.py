"""The form of a template: rows of fields, its first table, locale, rules as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from invex.fields.spec import FIELD_TYPES
from invex.kernel.errors import BadInput

SPARE_FIELDS = 3  # empty rows at the end, for browsers without JavaScript
_ROW = re.compile(r"(field|column):([0-9]{1,6}):key")


def read_template_form(data: Mapping[str, str], *, edited: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the template as FORMATS section 7 writes it, for the catalogue to check; rules that are no JSON as typed.

    edited: the template that is changed; its name and its further tables, which the form does not show, stay. A new
    one brings its name in the form. A row without key and label is left out.
    """
    fields = _rows(data, "field")
    columns = _rows(data, "column")
    rules = data.get("rules", "").strip()
    first = [{"key": data.get("table_key", "").strip() or "line_items", "columns": columns}] if columns else []
    out: dict[str, Any] = {
        "name": edited["name"] if edited else data.get("name", "").strip(),
        "fields": fields,
        "tables": [*first, *(edited or {}).get("tables", ())[1:]],
        "rules": _json_or_text(rules) if rules else [],
    }
    locale = {k: data[k] for k in ("date_order", "decimal") if data.get(k)}
    if locale:
        out["locale"] = locale
    return out


def _json_or_text(typed: str) -> Any:
    try:
        return json.loads(typed)
    except ValueError:
        return typed


def require_rules(spec: Mapping[str, Any]) -> None:
    """Raise BadInput when the rules that were typed are no JSON, with the place that is wrong."""
    if isinstance(spec["rules"], str):
        try:
            json.loads(spec["rules"])
        except ValueError as e:
            raise BadInput(_("The rules are no JSON: %(problem)s") % {"problem": e}, code="bad_rules") from e


def _rows(data: Mapping[str, str], kind: str) -> list[dict[str, Any]]:
    numbers = sorted({int(m[2]) for n in data if (m := _ROW.fullmatch(n)) and m[1] == kind})
    found = []
    for number in numbers:
        label = data.get(f"{kind}:{number}:label", "").strip()
        key = data.get(f"{kind}:{number}:key", "").strip() or key_of(label)
        if not key:
            continue
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
    table = next(iter(spec.get("tables", ())), {"key": "line_items", "columns": []})
    rules = spec.get("rules") or ""
    return {
        "field_rows": [*enumerate([*spec.get("fields", ()), *({} for _n in range(SPARE_FIELDS))])],
        "column_rows": [*enumerate([*table["columns"], {}])],
        "table_key": table["key"],
        "rules": rules if isinstance(rules, str) else json.dumps(rules, indent=1, ensure_ascii=False),
        "locale": spec.get("locale") or {},
        "types": FIELD_TYPES,
    }
