"""What validation found, grouped for a page: kinds with their findings, and links to the documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from invex.catalog.type_names import TYPE_NAMES
from invex.kernel.spoken import filled, spoken
from mlops.learning.finding import SEVERITIES

KINDS: dict[str, str | Promise] = {
    "suspected_label": _("Suspected label errors"),
    "value_not_on_page": _("Values that are not printed as labelled"),
    "not_canonical": _("Values that are not in their form"),
    "no_values": _("No values"),
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
                    "message": _message(finding, name),
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


def _message(finding: Mapping[str, Any], name: Callable[[str], str]) -> str:
    """Return what a finding says in the reader's language, fields and types by their names.

    A report that was stored before findings kept their parts says it with keys.
    """
    if "parts" not in finding:
        return spoken(finding["message"])
    return filled(finding["sentence"], ["".join(_called(part, name) for part in some) for some in finding["parts"]])


def _called(part: Any, name: Callable[[str], str]) -> str:
    """Return what people call a part of a message (mlops.learning.message, as JSON)."""
    match part:
        case {"field": field}:
            return name(field)
        case {"table": table, "row": row, "column": column}:
            called = name(f"{table}.{column}").removeprefix(f"{name(table)}: ")
            return gettext("%(table)s, row %(row)s, %(column)s") % {"table": name(table), "row": row, "column": called}
        case {"type": type}:
            return str(TYPE_NAMES.get(type, type))
        case {"words": words}:
            return spoken(words)
    return str(part)
