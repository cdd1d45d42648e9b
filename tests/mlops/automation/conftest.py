"""A project whose documents of one template are read with known confidences, and confirmed right or wrong.

What is read is written into the rows, so that hundreds of documents take no time; deciding, deploying and routing are
the product's own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from invex.accounts.access import Access
from invex.catalog.models import Template
from invex.catalog.services import create_template
from invex.documents.models import Batch, Document
from invex.documents.states import DocumentState
from invex.extraction.models import Extraction
from invex.review.services import confirm
from mlops.memory.base import base_package

FIELDS = [{"key": "number", "type": "id"}, {"key": "total", "type": "amount"}]


@pytest.fixture
def template(access) -> Template:
    return create_template(access, {"name": "Acme", "fields": FIELDS})


@pytest.fixture
def read(access, template) -> Callable[..., Document]:
    """read(confidence=..., draw=..., sampled=..., codes=...) -> a document that waits for a person."""
    return reading(access)


@pytest.fixture
def decide(access) -> Callable[..., None]:
    """decide(document, right=...) -> a person confirms it, or corrects one value."""
    return deciding(access)


def reading(access: Access) -> Callable[..., Document]:
    batch = Batch.objects.get_or_create(project=access.project, name="b", created_by="ann")[0]

    def make(
        confidence: float = 0.99,
        draw: float = 0.5,
        sampled: float = 1.0,
        codes: tuple[str, ...] = ("approval_off",),
        **changes: Any,
    ) -> Document:
        document = Document.objects.create(
            project=access.project, batch=batch, name="a.pdf", sha256="0" * 64, size=1, uploaded_by="ann",
            state=DocumentState.REVIEW, template="Acme", page_count=1, reason_code=codes[0],
        )  # fmt: skip
        values = {"number": "A1", "total": "5.00"}
        fields = {k: [{"value": v, "text": v, "confidence": confidence}] for k, v in values.items()}
        row = {
            "document": document, "number": 1, "is_current": True, "template": "Acme", "template_confidence": 1.0,
            "prediction": {"fields": fields, "tables": {}, "template": {"name": "Acme"}, "warnings": []},
            "reasons": [{"code": code, "message": "", "field": ""} for code in codes], "build": base_package().build,
            "reader": "test", "template_version": 1, "draw": draw, "sampled": sampled, "seconds": 0.0,
        }  # fmt: skip
        Extraction.objects.create(**{**row, **changes})
        return document

    return make


def deciding(access: Access) -> Callable[..., None]:
    def make(document: Document, right: bool = True, **changes: Any) -> None:
        fields = {"number": [{"value": "A1"}], "total": [{"value": "5.00" if right else "6.00"}]}
        confirm(access, document.pk, {"template": "Acme", "fields": fields, **changes})

    return make
