"""What a person has typed into the form of a document, read and checked; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping

from invex.catalog import queries as catalog
from invex.documents.models import Document
from invex.fields.findings import Finding
from invex.fields.labels import label_from_json
from invex.fields.spec import TemplateSpec
from invex.kernel.sent import sent_whole

from . import checks, forms, page, services


def read(document: Document, chosen: str, data: Mapping[str, str]) -> tuple[TemplateSpec, forms.Sent]:
    """Return what the form of template `chosen` ("" = unknown) asks for, and what its inputs `data` say."""
    template = catalog.template(document.project, chosen) if chosen else None
    spec = catalog.spec(template) if template is not None else page.spec_of(document, chosen, data)
    return spec, forms.read_form(
        spec, data, template=chosen or None, locale=lambda: services.document_locale(document, template)
    )


def doubts(document: Document, spec: TemplateSpec, sent: forms.Sent, data: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return the checks that fail on what was typed and that its page has not said yet; none for what is no value."""
    if sent.errors:
        return ()
    shown = services.seen_by(document, sent_whole(data.get("extraction", "")))
    told = forms.read_told(data.get("told", ""))
    return checks.unseen(document, label_from_json(sent.label), spec, shown, told=told)
