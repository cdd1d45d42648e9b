"""Checks of what a person is about to confirm: which of them fail, and which of those nobody was told of yet."""

from __future__ import annotations

from collections.abc import Collection

from invex.documents.models import Document
from invex.fields.charges import Charges
from invex.fields.confirmed import failures, stated_cells
from invex.fields.findings import Finding
from invex.fields.labels import Label
from invex.fields.spec import TemplateSpec
from invex.masterdata.queries import ProjectLists

from . import printed
from .queries import Seen


def failed(seen: Seen, label: Label, spec: TemplateSpec) -> tuple[Finding, ...]:
    """Return the checks of `spec` that the label's values fail."""
    stated = stated_cells(seen.extraction.prediction) if seen.extraction is not None else {}
    lists = ProjectLists(seen.document.project_id)
    return failures(spec, label, lists=lists, stated=stated, charges=lambda: _charges(seen.document))


def _charges(document: Document) -> Charges:
    found = printed.of(document)
    return found.charges if found is not None else Charges()


def unseen(seen: Seen, label: Label, spec: TemplateSpec, *, told: Collection[str]) -> tuple[Finding, ...]:
    """Return those that neither the page of the document said when it was opened, nor `told`, their sentences, name."""
    known = {*told, *(seen.label.failed if seen.label is not None else ())}
    known.update(reason["message"] for reason in (seen.extraction.reasons if seen.extraction is not None else ()))
    return tuple(finding for finding in failed(seen, label, spec) if finding.message not in known)
