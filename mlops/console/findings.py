"""What validation found, grouped for a page: kinds with their findings, and links to the documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mlops.learning.validation import SEVERITIES

KINDS: dict[str, str | Promise] = {
    "suspected_label": _("Suspected label errors"),
    "value_not_on_page": _("Values that are not printed as labelled"),
    "not_canonical": _("Values that are not in their form"),
    "unknown_field": _("Fields that the dataset does not have"),
    "unreadable": _("Documents that cannot be read"),
    "no_words": _("Documents without words"),
    "contradicting_labels": _("Labels that contradict each other"),
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
    """The findings of one kind. mark: of their severity. findings: message, advice, documents as `linked` returns."""

    title: str
    severity: str
    mark: str
    count: int
    findings: tuple[dict[str, Any], ...]


def grouped(report: Mapping[str, Any], numbers: Mapping[str, int | None]) -> list[Group]:
    """Return the findings of a validation report by kind, the worst first. numbers: document name -> primary key."""
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
                {**finding, "documents": linked(finding["documents"], numbers)} for finding in found[:SHOWN]
            ),
        )
        for (severity, code), found in sorted(kinds.items(), key=lambda item: SEVERITIES.index(item[0][0]))
    ]


def linked(names: Iterable[str], numbers: Mapping[str, int | None]) -> list[tuple[str, int | None]]:
    """Return (name, primary key) of documents of a version; None for what was imported or erased."""
    return [(name, numbers.get(name)) for name in names]
