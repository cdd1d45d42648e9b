"""Checks of what a person is about to confirm: which of them fail, and which of those nobody was told of yet."""

from __future__ import annotations

from collections.abc import Collection

from invex.documents.models import Document
from invex.extraction.models import Extraction
from invex.fields.confirmed import failures, stated_cells
from invex.fields.findings import Finding
from invex.fields.labels import Label
from invex.fields.spec import TemplateSpec
from invex.masterdata.queries import ProjectLists

from . import queries


def failed(document: Document, label: Label, spec: TemplateSpec, shown: Extraction | None) -> tuple[Finding, ...]:
    """Return the checks of `spec` that the label's values fail. shown: what was read, as the person saw it."""
    stated = stated_cells(shown.prediction) if shown is not None else {}
    return failures(spec, label, lists=ProjectLists(document.project_id), stated=stated)


def unseen(
    document: Document, label: Label, spec: TemplateSpec, shown: Extraction | None, *, told: Collection[str]
) -> tuple[Finding, ...]:
    """Return those that neither the page of the document said when it was opened, nor `told`, their sentences, name."""
    before = queries.current_label(document)
    known = {*told, *(before.failed if before is not None else ())}
    known.update(reason["message"] for reason in (shown.reasons if shown is not None else ()))
    return tuple(finding for finding in failed(document, label, spec, shown) if finding.message not in known)
