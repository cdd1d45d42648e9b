"""A project with streams of documents, as the monitoring keeps them: written as rows, so that hundreds take no time."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from invex.documents.models import Batch, Document
from invex.documents.states import DocumentState
from mlops.monitoring.models import Observation


@pytest.fixture
def observe(project) -> Callable[..., list[Observation]]:
    """observe(count, days_ago=..., **figures) -> observations with documents; a figure may be a function of the number."""
    batch = Batch.objects.create(project=project, name="b", created_by="ann")

    def make(count: int, *, days_ago: int = 0, **figures: Any) -> list[Observation]:
        at = timezone.now() - datetime.timedelta(days=days_ago)
        documents = Document.objects.bulk_create(
            Document(
                project=project, batch=batch, name="a.pdf", sha256="0" * 64, size=1, uploaded_by="ann",
                state=DocumentState.REVIEW,
            )
            for _ in range(count)
        )  # fmt: skip
        usual: dict[str, Any] = {
            "hour": 9, "pages": 1, "words": lambda i: 100 + i % 40, "ocr_share": 0.0, "locale": "dmy,",
            "template": lambda i: ("Acme", "Bolt", "Cord")[i % 3], "build": "Invoices-0.1.0-build.1",
            "template_confidence": lambda i: 0.9 + i % 10 / 100, "confidence": lambda i: 0.8 + i % 20 / 100,
            "absent": 0.0, "kinds": {"date": 1, "amount": 3}, "seconds": 0.1,
        }  # fmt: skip
        return Observation.objects.bulk_create(
            Observation(
                project=project,
                document=document,
                at=at,
                day=timezone.localdate(at),
                **{k: v(i) if callable(v) else v for k, v in {**usual, **figures}.items()},
            )
            for i, document in enumerate(documents)
        )

    return make
