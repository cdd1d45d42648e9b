"""Prediction of a file that is not kept: it passes through the blob store, where a worker of any machine finds it.

Its bytes stand behind random ones: no other blob has its name, so it may be deleted as soon as it was read.
"""

from __future__ import annotations

import logging
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import F, Max

from invex.accounts.models import Project
from invex.documents import queries as documents
from invex.documents.models import Document
from invex.documents.reader import reader
from invex.documents.states import DocumentState
from invex.fields.prediction import error_to_json, prediction_to_json
from invex.kernel.blobs import store
from invex.kernel.doomed import doom
from invex.kernel.errors import BadInput
from invex.masterdata.queries import ProjectLists
from invex.reading.errors import SENTENCES, Unreadable

from .models import Extraction
from .pipeline import run
from .predictors import DeployedPredictor, deployed

log = logging.getLogger(__name__)
MOST_PRELOADED = 20  # projects; memory is not without end
UPLOAD_PREFIX = "predict-"  # of files in TMP_DIR that a worker reads from
ABANDONED_S = 600  # a file this old lost its worker
RANDOM_BYTES = 32


@contextmanager
def lent(chunks: Iterable[bytes]) -> Iterator[str]:
    """Yield the name of a blob by which a worker finds the bytes, until the block ends.

    Raises TooLarge, and BadInput for no bytes at all. What a process that dies leaves is deleted as doomed.
    """
    most = settings.MAX_UPLOAD_BYTES + RANDOM_BYTES
    sha256, size = store().put_stream(chain([secrets.token_bytes(RANDOM_BYTES)], chunks), max_bytes=most)
    doom([sha256])
    try:
        if size == RANDOM_BYTES:
            raise BadInput(SENTENCES["empty"], code="empty")
        yield sha256
    finally:
        store().delete(sha256)


@contextmanager
def _borrowed(sha256: str) -> Iterator[Path]:
    """Yield a file of this machine with the bytes that were lent; afterwards no copy is left here."""
    settings.TMP_DIR.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=settings.TMP_DIR, prefix=UPLOAD_PREFIX) as file:
        with store().open(sha256) as stored:
            stored.seek(RANDOM_BYTES)
            shutil.copyfileobj(stored, file)
        file.flush()
        store().delete(sha256)  # with what the store of this machine keeps of it
        yield Path(file.name)


def predict_file(project_id: int, sha256: str, *, name: str) -> dict[str, Any]:
    """Return `invex-prediction/1` of the file that was lent, or its error object."""
    start = time.perf_counter()
    try:
        with _borrowed(sha256) as path:
            document = reader().read(path, name=name)
    except Unreadable as e:
        return error_to_json(file=name, code=e.code, message=e.message)
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
    if not predictor.knows(template) and (shown := _read_by(document, predictor)) is not None:
        return {key: shown.prediction[key] for key in ("fields", "tables")}
    outcome = run(read, predictor, template=template, lists=lists)
    said = prediction_to_json(outcome.prediction, id="", file="", pages=len(read.pages), seconds=0.0)
    return {"fields": said["fields"], "tables": said["tables"]}


def _read_by(document: Document, predictor: DeployedPredictor) -> Extraction | None:
    """Return what is shown of the document, if that is what the predictor reads by itself now; None if it is not."""
    now = {"build": predictor.build, "deployment": predictor.deployment, "checked_memory": predictor.memory_seen}
    return Extraction.objects.filter(document=document, is_current=True, **now).first()


def busiest() -> list[int]:
    """Return the projects to be ready for, those with the newest documents first."""
    newest = Project.objects.annotate(newest=Max("documents__pk")).order_by(F("newest").desc(nulls_last=True), "pk")
    return list(newest.values_list("pk", flat=True)[:MOST_PRELOADED])


def preload(projects: Iterable[int]) -> int:
    """Load what the first person who asks would wait for: each project's predictor, and read a document with it.

    Return how many projects are ready.
    """
    ready = 0
    for project in projects:
        try:
            predictor = deployed(project)
            newest = Document.objects.filter(project=project, state=DocumentState.REVIEW).order_by("-pk").first()
            read = documents.read_words(newest) if newest is not None else None
            if read is not None:
                run(read, predictor, lists=ProjectLists(project))
            ready += 1
        except Exception:  # whoever asks is told what is wrong; the worker is there for the others
            log.exception("The predictor of project %s cannot be loaded", project)
    return ready


def delete_abandoned() -> int:
    """Delete uploads whose worker died. Return how many there were."""
    old = [p for p in settings.TMP_DIR.glob(f"{UPLOAD_PREFIX}*") if p.stat().st_mtime < time.time() - ABANDONED_S]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
