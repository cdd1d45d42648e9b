"""Documents that were drawn, judged and confirmed, written down at once: what triggers look at."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from invex.accounts.access import Access
from invex.accounts.roles import Role
from invex.documents.models import Batch, Document
from invex.documents.states import DocumentState
from invex.extraction.models import Extraction
from invex.kernel.actor import SYSTEM
from invex.review.models import ConfirmedLabel
from mlops.datasets.models import DatasetVersion
from mlops.datasets.states import DatasetState
from mlops.registry import services as registry
from mlops.registry.models import Build
from mlops.registry.services import shipped_package_name
from mlops.training.models import TrainingRun
from mlops.training.states import RunState
from tests.invex.world import access_to
from tests.mlops.factory import build

FIELDS = [f"f{i}" for i in range(10)]


@pytest.fixture
def access() -> Access:
    return access_to("acme", Role.ML_ADMIN, name="mia")


@pytest.fixture
def batch(access: Access) -> Batch:
    return Batch.objects.create(project=access.project, name="b", created_by="ann")


@pytest.fixture
def arrived(access: Access, batch: Batch) -> Callable[..., list[Document]]:
    """arrived(3, corrected=2) -> three documents, drawn and confirmed with two of ten fields corrected.

    corrected=None: they wait for a person. Other keywords are columns of the extraction.
    """

    def make(count: int, *, corrected: int | None = 0, source: str = "person", **columns: Any) -> list[Document]:
        state = DocumentState.REVIEW if corrected is None else DocumentState.APPROVED
        documents = Document.objects.bulk_create(
            Document(
                project=access.project, batch=batch, name="d", sha256="0" * 64, size=1, uploaded_by="ann", state=state,
                words_blob="1" * 64,
            )
            for _ in range(count)
        )  # fmt: skip
        about = {
            "template": "Acme", "template_confidence": 1, "prediction": {}, "build": shipped_package_name(), "reader": "r",
            "seconds": 0.1, "number": 1, "is_current": True, "draw": 0.5, "sampled": 1.0,
        }  # fmt: skip
        shown = Extraction.objects.bulk_create(Extraction(document=d, **{**about, **columns}) for d in documents)
        if corrected is not None:
            ConfirmedLabel.objects.bulk_create(
                ConfirmedLabel(
                    document=e.document, revision=1, template="Acme", source=source, actor="ann", extraction=e,
                    label={"fields": {key: [] for key in FIELDS}}, corrected=FIELDS[:corrected],
                )
                for e in shown
            )  # fmt: skip
        return documents

    return make


@pytest.fixture
def trained(access: Access) -> Callable[..., Build]:
    """trained(run, passed=True): its worker ended it with a build. What training does has tests of its own."""

    def make(run: TrainingRun, *, passed: bool = True, mark: int = 5) -> Build:
        made = build(access, mark, version=run.version)
        rules = [{"name": "overall", "ok": passed, "reason": "F1 90.0%, incumbent 95.0%"}]
        registry.judge(SYSTEM, made, passed=passed, report={"rules": rules})
        TrainingRun.objects.filter(pk=run.pk).update(
            state=RunState.DONE, build=made, report={"passed": passed, "rules": rules}
        )
        return made

    return make


def hours_ago(hours: float) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(hours=hours)


def freeze(row: DatasetVersion) -> None:
    """Its job froze it. What freezing does has tests of its own, in datasets."""
    DatasetVersion.objects.filter(pk=row.pk).update(state=DatasetState.FROZEN, hash=f"{row.pk:064x}")
