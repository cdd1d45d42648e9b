"""What is kept of a document that was read, and of one that a person judged: figures, no text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from invex.catalog import queries as catalog
from invex.documents import queries as documents
from invex.documents.models import Document
from invex.extraction.models import Extraction
from invex.extraction.pipeline import AUDIT
from invex.fields.locale import infer
from invex.fields.spec import TemplateSpec
from invex.reading import types
from invex.review.labels import shape_of_vocabulary
from invex.review.models import ConfirmedLabel

from .models import FieldJudgement, Judgement, Observation

JUDGES = ("person", "token")  # sources of labels by which quality is judged: bulk approvals never are


class Catalogue:
    """The fields of projects, asked once for many documents."""

    def __init__(self) -> None:
        self._types: dict[int, Mapping[str, str]] = {}
        self._specs: dict[int, dict[str, TemplateSpec]] = {}

    def types(self, document: Document) -> Mapping[str, str]:
        """Return key -> type of the fields that the document's project knows."""
        if document.project_id not in self._types:
            known = shape_of_vocabulary(catalog.vocabulary(document.project))
            self._types[document.project_id] = known.fields
        return self._types[document.project_id]

    def asked(self, document: Document, template: str) -> list[str]:
        """Return the keys of the fields that a template of the project asks for; [] when it is not in use."""
        if document.project_id not in self._specs:
            self._specs[document.project_id] = catalog.specs(document.project_id)
        spec = self._specs[document.project_id].get(template)
        return [field.key for field in spec.fields] if spec is not None else []


def observation(first: Extraction, catalogue: Catalogue) -> Observation:
    """Return what is to be kept of a document by its first reading; not saved. Raises MissingBlob."""
    document = first.document
    read = documents.read_words(document)
    pages = read.pages if read is not None else ()
    fields = {key: values for key, values in first.prediction["fields"].items() if values}
    confidences = [value["confidence"] for values in fields.values() for value in values]
    known = catalogue.types(document)
    asked = catalogue.asked(document, first.template)
    arrived = timezone.localtime(document.created_at)
    return Observation(
        project=document.project,
        document=document,
        at=first.created_at,
        day=timezone.localdate(first.created_at),
        hour=arrived.hour,
        pages=document.page_count or 0,
        words=sum(len(page.words) for page in pages),
        ocr_share=_ocr_share(pages),
        locale=_locale(pages),
        template=first.template,
        build=first.build,
        template_confidence=first.template_confidence,
        confidence=sum(confidences) / len(confidences) if confidences else None,
        absent=sum(key not in fields for key in asked) / len(asked) if asked else None,
        kinds=dict(Counter(known.get(key, "text") for key, values in fields.items() for _ in values)),
        seconds=first.seconds,
    )


def _ocr_share(pages: tuple[types.Page, ...]) -> float:
    """Return the share of words that a recogniser read, [0, 1]; of mixed pages those that it was not wholly sure of."""
    total = sum(len(page.words) for page in pages)
    read = sum(
        len(page.words) if page.source == "ocr" else sum(word.confidence < 1 for word in page.words)
        for page in pages
        if page.source in ("ocr", "mixed")
    )
    return read / total if total else 0.0


def _locale(pages: tuple[types.Page, ...]) -> str:
    guess = infer(word.text for page in pages for word in page.words).guess
    return f"{guess.date_order or ''}{guess.decimal or ''}"


def judgement(label: ConfirmedLabel) -> tuple[Judgement, list[FieldJudgement]] | None:
    """Return what a document's first label says of what was read, not saved; None where it judges nothing.

    That is a bulk approval, an e-invoice's, or a label of somebody who was shown nothing.
    """
    shown = label.extraction
    if shown is None or label.source not in JUDGES or label.revision != 1:
        return None
    said = {*label.label.get("fields", {}), *label.label.get("tables", {}), *label.corrected}
    first = shown if shown.number == 1 else Extraction.objects.filter(document=label.document_id, number=1).first()
    row = Judgement(
        project=label.document.project,
        document=label.document,
        day=timezone.localdate((first or shown).created_at),
        template=shown.template,
        build=shown.build,
        probability=shown.sampled if shown.draw < shown.sampled else None,
        is_audit={str(reason["code"]) for reason in shown.reasons} == {AUDIT},
        template_right=shown.template == label.template,
        asked=len(said),
        corrected=len(set(label.corrected)),
    )
    copied: dict[str, Any] = {
        "project": row.project, "day": row.day, "template": row.template, "probability": row.probability,
    }  # fmt: skip
    corrected = set(label.corrected)
    fields = [FieldJudgement(judgement=row, field=key, is_right=key not in corrected, **copied) for key in sorted(said)]
    return row, fields
