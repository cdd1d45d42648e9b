"""Prediction of a file that is not stored: a worker reads it from a temporary file, which is gone afterwards."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.conf import settings

from invex.documents import queries as documents
from invex.documents.models import Document
from invex.documents.reader import reader
from invex.fields.prediction import error_to_json, prediction_to_json
from invex.masterdata.queries import ProjectLists
from invex.reading.errors import Unreadable

from .pipeline import run
from .predictors import deployed

UPLOAD_PREFIX = "predict-"  # of files in TMP_DIR that a web process writes for a worker
ABANDONED_S = 600  # a file this old lost both of them


def predict_file(project_id: int, path: Path, *, name: str) -> dict[str, Any]:
    """Return `invex-prediction/1` of the file, or its error object; the file is deleted once it is read."""
    start = time.perf_counter()
    try:
        document = reader().read(path, name=name)
    except Unreadable as e:
        return error_to_json(file=name, code=e.code, message=e.message)
    finally:
        path.unlink(missing_ok=True)
    predictor = deployed(project_id)
    outcome = run(document, predictor, lists=ProjectLists(project_id))
    seconds = time.perf_counter() - start
    return prediction_to_json(
        outcome.prediction, id=Path(name).stem, file=name, pages=len(document.pages), seconds=seconds
    )


def read_as(document_id: int, template: str) -> dict[str, Any]:
    """Return the fields and tables that the document has when it is of `template`; nothing is stored."""
    document = Document.objects.get(pk=document_id)
    read = documents.read_words(document)
    if read is None:
        return {"fields": {}, "tables": {}}
    lists = ProjectLists(document.project_id)
    predictor = deployed(document.project_id).for_document(document_id)
    outcome = run(read, predictor, template=template, lists=lists)
    said = prediction_to_json(outcome.prediction, id="", file="", pages=len(read.pages), seconds=0.0)
    return {"fields": said["fields"], "tables": said["tables"]}


def delete_abandoned() -> int:
    """Delete uploads whose web process and worker both died. Return how many there were."""
    old = [p for p in settings.TMP_DIR.glob(f"{UPLOAD_PREFIX}*") if p.stat().st_mtime < time.time() - ABANDONED_S]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
