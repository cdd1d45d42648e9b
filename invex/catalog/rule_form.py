"""Rules as rows of a form: a kind, the keys of fields, and in one line what the kind wants to know. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

ANY_CASE = "(any case)"
STRICT = "strict"
_SUM = re.compile(r"(?:(?P<table>[a-z0-9_]+)\.(?P<column>[a-z0-9_]+))?\s*(?:(?:±|\+-|\+/-)\s*(?P<tolerance>\S+))?")


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule as it is typed. fields: keys by commas; detail: what the kind wants to know, see `DETAILS`."""

    kind: str
    fields: str
    detail: str


# kind -> how its detail is written, by example
DETAILS: Mapping[str, str] = {
    "pattern": "RE-[0-9]+",
    "range": "10 .. 500",
    "sum": "line_items.amount ± 0.05",
    "order": STRICT,
    "list": f"EUR; USD {ANY_CASE}",
    "master_data": "suppliers: number, name",
}


def row_of(rule: Mapping[str, Any]) -> RuleRow:
    """Return a rule (JSON of a template) as it is typed; `rule_of` is the inverse."""
    fields, params = ", ".join(rule.get("fields") or ()), rule.get("params") or {}
    kind = str(rule.get("kind", ""))
    return RuleRow(kind, fields, _SHOW[kind](params) if kind in _SHOW else "")


def rule_of(row: RuleRow) -> dict[str, Any]:
    """Return what was typed as a rule, for the catalogue to check; a detail that makes no sense is refused there."""
    fields = [key for part in row.fields.split(",") if (key := part.strip())]
    detail = row.detail.strip()
    return {"kind": row.kind, "fields": fields, "params": _READ[row.kind](detail) if row.kind in _READ else {}}


def _read_range(detail: str) -> dict[str, Any]:
    low, _, high = detail.partition("..")
    return {name: bound for name, text in (("min", low), ("max", high)) if (bound := text.strip())}


def _show_range(params: Mapping[str, Any]) -> str:
    low, high = ("" if params.get(name) is None else str(params[name]) for name in ("min", "max"))
    return f"{low} .. {high}".strip() if low or high else ""


def _read_sum(detail: str) -> dict[str, Any]:
    match = _SUM.fullmatch(detail)
    if match is None:
        return {"table": detail}  # names no table, so that it is refused by its name
    return {name: text for name, text in match.groupdict().items() if text is not None}


def _show_sum(params: Mapping[str, Any]) -> str:
    column = f"{params['table']}.{params.get('column', '')}" if params.get("table") else ""
    tolerance = f"± {params['tolerance']}" if params.get("tolerance") is not None else ""
    return f"{column} {tolerance}".strip()


def _read_list(detail: str) -> dict[str, Any]:
    is_any_case = detail.endswith(ANY_CASE)
    values = [v for part in detail.removesuffix(ANY_CASE).split(";") if (v := part.strip())]
    return {"values": values, **({"ignore_case": True} if is_any_case else {})}


def _show_list(params: Mapping[str, Any]) -> str:
    values = "; ".join(params.get("values") or ())
    return f"{values} {ANY_CASE}" if params.get("ignore_case") else values


def _read_master_data(detail: str) -> dict[str, Any]:
    name, _, columns = detail.partition(":")
    return {"list": name.strip(), "columns": [c for part in columns.split(",") if (c := part.strip())]}


def _show_master_data(params: Mapping[str, Any]) -> str:
    return f"{params.get('list', '')}: {', '.join(params.get('columns') or ())}"


_READ: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "pattern": lambda detail: {"regex": detail},
    "range": _read_range,
    "sum": _read_sum,
    "order": lambda detail: {"strict": True} if detail.casefold() == STRICT else {},
    "list": _read_list,
    "master_data": _read_master_data,
}
_SHOW: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "pattern": lambda params: str(params.get("regex", "")),
    "range": _show_range,
    "sum": _show_sum,
    "order": lambda params: STRICT if params.get("strict") else "",
    "list": _show_list,
    "master_data": _show_master_data,
}
