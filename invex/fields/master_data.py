"""The rule `master_data`: values must stand in a list of the project, and those of one rule in the same row of it.

Lists are the database's, this room is pure: whoever checks hands in a `Lists`. Without one (a package on the command
line) the rule finds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from .findings import Finding, Target, name_of
from .prediction import Prediction
from .spec import BadSpec, RuleSpec, TemplateSpec

MASTER_DATA = "master_data"  # kind of the rule, and name of its check of one value
COMBINATION = "master_data_combination"  # name of its check of several values


class Lists(Protocol):
    """The master data of a project, as of one moment."""

    def has(self, name: str, column: str) -> bool:
        """Say whether there is a list `name` with a column of that name."""
        ...

    def rows_with(self, name: str, column: str, value: str) -> frozenset[int]:
        """Return the rows (numbers within the list) whose `column` holds `value`, however it is spaced and cased."""
        ...


def columns_of(rule: RuleSpec) -> dict[str, str]:
    """Return the column in which each field of a valid rule is looked up, by field key."""
    return dict(zip(rule.fields, rule.params["columns"], strict=True))


def validate_master_data(rule: RuleSpec, spec: TemplateSpec, types: list[str]) -> None:
    """Raise BadSpec when the parameters make no sense; whether the list exists is asked when values are checked."""
    name, columns = rule.params.get("list"), rule.params.get("columns")
    if not isinstance(name, str) or not name:
        raise BadSpec("list: give the name of a list of master data")
    if not isinstance(columns, list) or not all(isinstance(c, str) and c for c in columns):
        raise BadSpec("columns: give the column of each field, as a list of texts")
    if len(columns) != len(rule.fields):
        raise BadSpec(f"columns: {len(rule.fields)} fields need as many columns, not {len(columns)}")
    if len(set(rule.fields)) != len(rule.fields):
        raise BadSpec("a field is named twice")


def apply_master_data(rule: RuleSpec, spec: TemplateSpec, prediction: Prediction, lists: Lists) -> Iterator[Finding]:
    """Yield what the valid `rule` finds; nothing for values that are missing."""
    name = rule.params["list"]
    single: dict[str, frozenset[int]] = {}
    for key, column in columns_of(rule).items():
        values = prediction.fields.get(key, ())
        if values and not lists.has(name, column):
            message = f"the list {name} with a column {column} is not there: upload it, or change the rule"
            yield Finding(MASTER_DATA, False, message, tuple(Target(key, i) for i in range(len(values))))
            continue
        for index, value in enumerate(values):
            rows = lists.rows_with(name, column, value.value)
            message = "" if rows else f"{name_of(spec, key)} “{value.value}” is not in the list {name}"
            yield Finding(MASTER_DATA, bool(rows), message, (Target(key, index),))
            if rows and len(values) == 1:
                single[key] = rows
    if len(single) > 1:
        ok = bool(frozenset.intersection(*single.values()))
        names = " and ".join(name_of(spec, key) for key in single)
        message = "" if ok else f"{names} do not belong together in the list {name}"
        yield Finding(COMBINATION, ok, message, tuple(Target(key) for key in single))
