"""What validation found, grouped for a page: kinds with their findings, and links to the documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from invex.catalog.type_names import TYPE_NAMES
from invex.kernel.spoken import spoken
from mlops.learning.validation import SEVERITIES

KINDS: dict[str, str | Promise] = {
    "suspected_label": _("Suspected label errors"),
    "value_not_on_page": _("Values that are not printed as labelled"),
    "not_canonical": _("Values that are not in their form"),
    "unknown_field": _("Fields that the dataset does not have"),
    "unreadable": _("Documents that cannot be read"),
    "no_words": _("Documents without words"),
    "contradicting_labels": _("Labels that contradict each other"),
    "duplicate": _("The same paper more than once"),
    "duplicate_across_splits": _("The same paper on two sides"),
    "few_documents": _("Templates with few documents"),
    "one_template_dominates": _("One template outweighs the others"),
    "template_drift": _("The mix of templates has changed"),
    "field_drift": _("Fields are labelled more or less often than before"),
}
# Where a finding of a kind names fields by their keys, as a dataset and its report do, a type, or the template itself.
KEY = "[a-z][a-z0-9_]*"
CODES = {
    kind: re.compile(pattern)
    for kind, pattern in {
        "suspected_label": rf"(?<=: )(?P<field>{KEY})(?= is labelled )",
        "value_not_on_page": rf"(?<=: |, )(?P<field>{KEY})(?= = ['\"])",
        "not_canonical": rf"(?<=: )(?P<field>{KEY}(, row \d+, {KEY})?)(?= = ['\"])"
        rf"|(?<= is no )(?P<type>{KEY})(?= as labels)",
        "contradicting_labels": r"(?<= labels for )(?P<template>the template)"
        rf"|((?<= for )|(?<=, ))(?P<field>{KEY})(?=, |\.$)",
        "field_drift": rf"(?<=^Field ')(?P<field>{KEY})(?=' is labelled )",
    }.items()
}
MARKS = {"error": "✗", "warning": "▲", "note": "○"}
SHOWN = 50  # findings of a kind


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one kind. mark: of their severity. findings: message and what_to_do in the reader's language,
    documents as `linked` returns."""

    title: str
    severity: str
    mark: str
    count: int
    findings: tuple[dict[str, Any], ...]


def grouped(report: Mapping[str, Any], numbers: Mapping[str, int | None], name: Callable[[str], str]) -> list[Group]:
    """Return the findings of a validation report by kind, the worst first.

    numbers: document name -> primary key. name: what people call a field, a table, "table.column".
    """
    kinds: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for finding in report["findings"]:
        kinds.setdefault((finding["severity"], finding["code"]), []).append(finding)
    return [
        Group(
            title=str(KINDS.get(code, code.replace("_", " ").capitalize())),
            severity=severity,
            mark=MARKS[severity],
            count=len(found),
            findings=tuple(
                {
                    "message": spoken(_named(code, finding["message"], name)),
                    "what_to_do": spoken(finding["what_to_do"]),
                    "documents": linked(finding["documents"], numbers),
                }
                for finding in found[:SHOWN]
            ),
        )
        for (severity, code), found in sorted(kinds.items(), key=lambda item: SEVERITIES.index(item[0][0]))
    ]


def linked(names: Iterable[str], numbers: Mapping[str, int | None]) -> list[tuple[str, int | None]]:
    """Return (name, primary key) of documents of a version; None for what was imported or erased."""
    return [(name, numbers.get(name)) for name in names]


def _named(kind: str, message: str, name: Callable[[str], str]) -> str:
    """Return what a finding says with names instead of keys."""

    def said(found: re.Match[str]) -> str:
        words = found.groupdict()
        if words.get("template"):
            return gettext("the template")
        if words.get("type"):
            return str(TYPE_NAMES.get(words["type"], words["type"]))
        table, is_cell, cell = words["field"].partition(", row ")
        if not is_cell:
            return name(table)
        row, _comma, column = cell.partition(", ")
        called = name(f"{table}.{column}").removeprefix(f"{name(table)}: ")
        return gettext("%(table)s, row %(row)s, %(column)s") % {"table": name(table), "row": row, "column": called}

    return CODES[kind].sub(said, message) if kind in CODES else message
