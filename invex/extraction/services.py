"""Writes of extraction: claims documents for a worker, stores what was read, decides who looks at it."""

from __future__ import annotations

import datetime
import logging
import random
import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, Q, QuerySet
from django.utils import timezone

from invex.catalog.models import Template
from invex.documents import queries as documents
from invex.documents.models import Document
from invex.documents.services import fail
from invex.documents.states import DocumentState
from invex.fields.prediction import prediction_to_json
from invex.kernel import leases
from invex.kernel.actor import SYSTEM
from invex.kernel.outbox import emit, request_of
from invex.kernel.priority import patiently
from invex.kernel.states import move
from invex.masterdata.queries import ProjectLists, current_versions
from invex.reading.errors import SENTENCES

from . import duplicates
from .doubt import expected_errors
from .halts import is_halted
from .models import REOPENED, Extraction
from .pipeline import APPROVAL_OFF, Outcome, Reason, Thresholds, run
from .ports import always_filled
from .predictors import DeployedPredictor, deployed

log = logging.getLogger(__name__)

BATCH = 16  # documents that a worker takes at once
S = DocumentState
_random = random.SystemRandom()  # nobody foresees which documents are drawn


def claim(document_id: int) -> list[Document]:
    """Lease the document, and others of its project that wait too, to the caller; [] when somebody else has it.

    Whoever was tried before is tried alone: a document that kills its worker must not fail those beside it.
    """
    first = Document.objects.filter(_is_free(), pk=document_id).first()
    if first is None:
        return []
    wanted = [first]
    if first.attempts == 0:
        others = Document.objects.filter(_is_free(), project=first.project_id, attempts=0).exclude(pk=first.pk)
        wanted += others.order_by("id")[: BATCH - 1]
    until = leases.until()
    with transaction.atomic():
        return [document for document in wanted if _lease(document, until)]


def _is_free() -> Q:
    return Q(state=S.EXTRACTING) & (Q(leased_until__isnull=True) | Q(leased_until__lt=timezone.now()))


def _lease(document: Document, until: datetime.datetime) -> bool:
    """Take the document by compare-and-swap on its lease; fail it when it was tried too often."""
    if document.attempts >= settings.READ_ATTEMPTS:
        fail(document, code="crashed", message=SENTENCES["crashed"])
        return False
    free = Document.objects.filter(pk=document.pk, state=S.EXTRACTING, leased_until=document.leased_until)
    if document.leased_until is None:
        free = Document.objects.filter(pk=document.pk, state=S.EXTRACTING, leased_until__isnull=True)
    if not free.update(leased_until=until, attempts=F("attempts") + 1):
        return False
    document.leased_until, document.attempts = until, document.attempts + 1
    return True


def extract(claimed: list[Document]) -> int:
    """Read the values of documents that the caller has leased. Return how many were finished.

    One that raises keeps its place in the count of attempts and is taken up again by the sweeper.
    """
    if not claimed:
        return 0
    finished = 0
    with leases.kept(_held(claimed)):
        predictor = deployed(claimed[0].project_id)
        for document in claimed:
            try:
                finished += extract_one(document, predictor)
            except Exception:  # a bug, or memory: it must not cost the documents beside it
                log.exception("document %s could not be extracted (attempt %s)", document.pk, document.attempts)
                _held([document]).update(leased_until=None)
    return finished


def _held(claimed: list[Document]) -> QuerySet[Document]:
    """Return those of the documents that their claimant still holds: the next one counts another attempt."""
    held = Q()
    for document in claimed:
        held |= Q(pk=document.pk, attempts=document.attempts)
    return Document.objects.filter(held, state=S.EXTRACTING, leased_until__isnull=False)


def extract_one(document: Document, predictor: DeployedPredictor) -> bool:
    """Read the values of one leased document and pass it on. Return False when the lease was lost."""
    predictor = predictor.for_document(document.pk)
    read = _run(document, predictor, draw=_random.random())
    project = document.project.slug
    with transaction.atomic():
        read = read.compared(document)
        if read.outcome.state == S.APPROVED and is_halted(document.project_id):
            halted = Reason(APPROVAL_OFF, "Automatic approval was turned off: a person looks at every document")
            read = replace(read, outcome=Outcome(read.outcome.prediction, S.REVIEW, (halted,)))
        outcome, is_approved = read.outcome, read.outcome.state == S.APPROVED
        changes: dict[str, Any] = {**_shown(outcome), "attempts": 0}
        if is_approved:
            changes |= {"approved_by": documents.AUTO, "approved_at": timezone.now()}
        won = move(
            document, outcome.state, actor=SYSTEM, project=project, only_if=Q(attempts=document.attempts),
            leased_until=None, **changes,
        )  # fmt: skip
        if not won:
            return False
        row = _store(document, read, predictor)
        _tell(document, row, is_approved=is_approved)
        if predictor.shadow is not None:
            emit("shadow.wanted", document.pk, project=project, document=document.pk)
    return True


def read_beside(document: Document, shadow: DeployedPredictor) -> Extraction | None:
    """Keep what a challenger reads from a document, for comparison; nobody is shown it. None: it is kept already."""
    known = Extraction.objects.filter(document=document, arm=shadow.arm, deployment=shadow.deployment)
    if known.exists():
        return None
    read = _run(document, shadow, draw=1.0)
    with transaction.atomic():
        read = read.compared(document)
        Document.objects.select_for_update().get(pk=document.pk)  # numbers of extractions are given one at a time
        if known.exists():  # another attempt was faster
            return None
        return _create(document, read, shadow, is_current=False)


def show(row: Extraction, *, why: str) -> bool:
    """Make what was read beside the shown one of a document in review that nobody is at, for a person to look at.

    It is not read over. Return False when the document left review, or somebody is at it.
    """
    with transaction.atomic():
        free = Document.objects.filter(documents.untouched(), pk=row.document_id, state=S.REVIEW)
        won = free.update(
            template=row.template, reason_code=REOPENED, reason_message=why, version=F("version") + 1,
            updated_at=timezone.now(),
        )  # fmt: skip
        if not won:
            return False
        Extraction.objects.filter(document=row.document_id, is_current=True).update(is_current=False)
        Extraction.objects.filter(pk=row.pk).update(is_current=True)
    return True


def keep_up(shown: Extraction, predictor: DeployedPredictor, *, held_key: str = "") -> bool:
    """Bring what is shown of a waiting document up to the predictor's memory. Return True when it changed.

    held_key: of the lease of whoever looks at the document and asks for it; "" = nobody may be at it.
    """
    if shown.template and shown.template not in predictor.changed_since(shown.checked_memory):
        Extraction.objects.filter(pk=shown.pk).update(checked_memory=predictor.memory_seen)
        return False
    try:
        return reread(shown, predictor, held_key=held_key)
    except Exception:  # a bug: what is shown stays, and the documents behind it get their turn
        log.exception("document %s could not be read anew", shown.document_id)
        Extraction.objects.filter(pk=shown.pk).update(checked_memory=predictor.memory_seen)
        return False


def reread(before: Extraction, predictor: DeployedPredictor, *, held_key: str = "") -> bool:
    """Read a waiting document anew; show the result unless a person touched the document meanwhile, or is at it.

    held_key: of the lease of the person who asks for it, who has no unsaved work.

    A result that is the same leaves the shown extraction and notes that the newer memory agrees with it.
    Return True when another result is shown now.
    """
    document = before.document
    predictor = predictor.for_document(document.pk)
    read = _run(document, predictor, draw=before.draw)
    with transaction.atomic():
        read = read.compared(document)
        if _is_same(before, _content(document, read), _reasons(read.outcome)):
            Extraction.objects.filter(pk=before.pk).update(checked_memory=predictor.memory_seen, lists=read.lists)
            return False
        allowed = Q(has_draft=False, held_key=held_key) if held_key else documents.untouched()
        free = Document.objects.filter(allowed, pk=document.pk, state=S.REVIEW, version=document.version)
        if not free.filter(extractions__pk=before.pk, extractions__is_current=True).update(**_shown(read.outcome)):
            return False
        row = _store(document, read, predictor)
        _tell(document, row, is_approved=False)
    return True


def check_again(shown: Extraction, predictor: DeployedPredictor) -> bool:
    """Check a waiting document against master data that changed. Return True when what is shown changed."""
    try:
        return reread(shown, predictor)
    except Exception:  # a bug: what is shown stays, and the documents behind it get their turn
        log.exception("document %s could not be checked again", shown.document_id)
        now = current_versions(shown.document.project_id)
        Extraction.objects.filter(pk=shown.pk).update(lists={name: now.get(name, 0) for name in shown.lists})
        return False


def _is_same(before: Extraction, content: dict[str, Any], reasons: list[dict[str, str]]) -> bool:
    """Say whether a person would see the same; how much it resembles its template changes with every example."""
    seen = all(before.prediction[key] == content[key] for key in ("fields", "tables", "warnings"))
    return seen and before.template == (content["template"]["name"] or "") and before.reasons == reasons


@dataclass(frozen=True, slots=True)
class _Read:
    """An outcome, how long it took, and the versions of the lists that its checks asked.

    draw: see Extraction. thresholds: of its template, None = nothing of it passes without a person. version: of the
    template.
    """

    outcome: Outcome
    seconds: float
    lists: dict[str, int]
    draw: float
    thresholds: Thresholds | None
    version: int | None

    def compared(self, document: Document) -> _Read:
        """Return it with a warning where the document is a probable duplicate; see duplicates.warned."""
        return replace(self, outcome=duplicates.warned(document, self.outcome))


def _run(document: Document, predictor: DeployedPredictor, *, draw: float) -> _Read:
    start = time.perf_counter()
    read = documents.read_words(document)
    if read is None:
        raise ValueError(f"document {document.pk} is in state {document.state} without words")
    lists = ProjectLists(document.project_id)
    rows = Template.objects.filter(project=document.project_id, name__in=predictor.thresholds)
    versions: dict[str, int | None] = dict(rows.values_list("name", "version"))
    held = {n: t for n, t in predictor.thresholds.items() if t.hold_for(predictor.build, versions.get(n))}
    always = partial(always_filled, document.project_id)
    outcome = patiently(run, read, predictor, thresholds=held, draw=draw, lists=lists, always=always)
    template = outcome.prediction.template.name or ""
    if template not in versions:
        found = Template.objects.filter(project=document.project_id, name=template)
        versions[template] = found.values_list("version", flat=True).first()
    seconds = time.perf_counter() - start
    return _Read(outcome, seconds, lists.used, draw, held.get(template), versions[template])


def _content(document: Document, read: _Read) -> dict[str, Any]:
    """Return what an extraction keeps of the prediction: its template, fields, tables and warnings."""
    pages = document.page_count or 0
    whole = prediction_to_json(read.outcome.prediction, id="", file="", pages=pages, seconds=read.seconds)
    return {key: whole[key] for key in ("template", "fields", "tables", "warnings")}


def _reasons(outcome: Outcome) -> list[dict[str, str]]:
    return [asdict(reason) for reason in outcome.reasons]


def _shown(outcome: Outcome) -> dict[str, Any]:
    first = outcome.reasons[0] if outcome.reasons else None
    return {
        "template": outcome.prediction.template.name or "",
        "reason_code": first.code if first else "",
        "reason_message": first.message if first else "",
        "doubt": expected_errors(outcome),
        "updated_at": timezone.now(),
    }


def _store(document: Document, read: _Read, predictor: DeployedPredictor) -> Extraction:
    """Add the extraction and make it the current one; call it in the transaction that won the document."""
    Extraction.objects.filter(document=document, is_current=True).update(is_current=False)
    duplicates.remember(document, duplicates.keys_read(read.outcome))
    return _create(document, read, predictor, is_current=True)


def _create(document: Document, read: _Read, predictor: DeployedPredictor, *, is_current: bool) -> Extraction:
    outcome = read.outcome
    rows = Extraction.objects.filter(document=document)
    template = outcome.prediction.template.name or ""
    return Extraction.objects.create(
        document=document,
        number=(rows.aggregate(n=Max("number"))["n"] or 0) + 1,
        is_current=is_current,
        template=template,
        template_confidence=outcome.prediction.template.confidence,
        prediction=_content(document, read),
        reasons=_reasons(outcome),
        build=predictor.build,
        memory=predictor.memory,
        checked_memory=predictor.memory_seen,
        deployment=predictor.deployment,
        arm=predictor.arm,
        reader=document.reader,
        template_version=read.version,
        thresholds=asdict(read.thresholds) if read.thresholds else {},
        draw=read.draw,
        # Where a person looks at every document, every document is in the sample.
        sampled=read.thresholds.audited if read.thresholds else 1.0,
        lists=read.lists,
        seconds=read.seconds,
    )


def _tell(document: Document, row: Extraction, *, is_approved: bool) -> None:
    project = document.project.slug
    request_id = request_of("document.received", document.pk, project=project)
    about: dict[str, Any] = {"document": document.pk, "template": row.template, "build": row.build}
    emit(
        "prediction.made", document.pk, project=project, request_id=request_id, **about,
        confidence=row.template_confidence, seconds=round(row.seconds, 4),
    )  # fmt: skip
    if is_approved:
        emit("document.auto_approved", document.pk, project=project, request_id=request_id, **about, extraction=row.pk)
