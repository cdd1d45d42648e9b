"""What a build did: the documents that it read or approved, what another build reads there, and what people do of it.

A re-read adds an extraction and changes nothing that anybody sees (rule 9 of docs/design.md). What stands differs from
it field by field; a person takes a document back into review with the new values, and approving it sends the corrected
result to whoever was told the first one (webhook `document.corrected`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any, cast

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from invex.accounts.access import Access
from invex.accounts.models import Project
from invex.accounts.roles import Right
from invex.documents.models import Document
from invex.documents.queries import AUTO
from invex.documents.states import DocumentState
from invex.extraction import services as extraction
from invex.extraction.models import REREAD, Extraction
from invex.extraction.predictors import DeployedPredictor
from invex.kernel import audit, leases
from invex.kernel.actor import SYSTEM
from invex.kernel.errors import BadInput, Conflict, InvexError, NotFound
from invex.kernel.outbox import emit
from invex.kernel.states import move
from invex.review import services as review
from invex.review.models import ConfirmedLabel
from mlops.registry import services as registry
from mlops.registry.models import Build

from . import attempts
from .models import Reread
from .predictor import SHADOW, with_build
from .states import RereadState

S = RereadState
MOST = 500  # documents of one re-read


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that another build reads otherwise. key: "" = the template."""

    key: str
    stands: tuple[str, ...]
    anew: tuple[str, ...]


def read_by(project: Project, build: str) -> QuerySet[Extraction]:
    """Return what a build read and people were shown, alone or in an ensemble: the last of each document, newest first.

    What it read beside, in shadow or for comparison, is left out, until a person had the re-read shown.
    """
    alone_or_not = Q(build=build)
    alone_or_not |= Q(build__startswith=f"{build}+") | Q(build__endswith=f"+{build}") | Q(build__contains=f"+{build}+")
    rows = Extraction.objects.filter(alone_or_not).exclude(Q(arm=SHADOW) | Q(arm__startswith=REREAD, is_current=False))
    last = rows.filter(document=OuterRef("document")).order_by("-number").values("pk")[:1]
    found = rows.filter(document__project=project, pk=Subquery(last))
    return found.select_related("document").order_by("-document_id")


def approved_by_it(rows: QuerySet[Extraction]) -> QuerySet[Extraction]:
    """Return those whose document was approved as it was read, by nobody."""
    return rows.filter(is_current=True, document__state=DocumentState.APPROVED, document__approved_by=AUTO)


def newest(project: Project, build: Build, *, only_auto: bool = False) -> list[int]:
    """Return the newest documents that a build read, as many as one re-read takes. only_auto: approved by nobody."""
    rows = read_by(project, build.name)
    chosen = approved_by_it(rows) if only_auto else rows
    return list(chosen.values_list("document", flat=True)[:MOST])


def request(access: Access, read: Build, anew: Build, documents: Collection[int]) -> Reread:
    """Have documents that one build read read by another one; what stands stays. Raises BadInput, Gone, NotAllowed."""
    access.require(Right.MODELS)
    registry.with_bytes(anew)
    known = read_by(access.project, read.name).filter(document__in=documents)
    wanted = sorted(known.values_list("document", flat=True))
    if not wanted or len(wanted) > MOST:
        raise BadInput(f"Choose 1 to {MOST} documents that {read.name} read.", code="bad_choice")
    if read.pk == anew.pk:
        raise BadInput("Choose another build than the one that read them.", code="same_build")
    with transaction.atomic():
        row = Reread.objects.create(
            project=access.project, read=read, anew=anew, documents=wanted, made_by=str(access.actor)
        )
        audit.record(
            access.actor, "re-read", "build", read.name, project=access.project.slug, anew=anew.name,
            documents=len(wanted),
        )  # fmt: skip
        emit("reread.requested", row.pk, project=access.project.slug, build=anew.name, documents=len(wanted))
    return row


def run(pk: int) -> bool:
    """Read what a waiting re-read asks for; what was read before is kept. Return False when it was not to be had."""
    row = Reread.objects.select_related("project", "anew").filter(pk=pk).first()
    if row is None or row.state != S.WAITING:
        return False
    if not leases.take(row, S.RUNNING, project=row.project.slug):
        return False
    try:
        with leases.kept(leases.held(row)):
            predictor = cast(DeployedPredictor, with_build(row.project_id, row.anew, arm=row.arm))
            for document in Document.objects.filter(project=row.project_id, pk__in=row.documents).order_by("pk"):
                if document.words_blob:
                    extraction.read_beside(document, predictor)
    except (InvexError, ValueError, OSError) as e:
        attempts.fail(row, S, str(e)[:2000], only_if=leases.ours(row))
        return False
    return move(
        row, S.DONE, actor=SYSTEM, project=row.project.slug, only_if=leases.ours(row), leased_until=None,
        ended_at=timezone.now(),
    )  # fmt: skip


def take_back_lost() -> int:
    """Put re-reads whose worker died back to waiting; fail one that was tried too often. Return how many."""
    why = "Reading them ended a worker several times. Choose fewer documents."
    return attempts.take_back_lost(Reread.objects.all(), S, why=why)


def reread(project: Project, pk: int) -> Reread:
    """Return one. Raises NotFound."""
    found = Reread.objects.filter(project=project, pk=pk).select_related("read", "anew").first()
    if found is None:
        raise NotFound(f"There is no re-read {pk} in this project.")
    return found


def anew(row: Reread) -> dict[int, Extraction]:
    """Return what was read anew, by document."""
    rows = Extraction.objects.filter(document__in=row.documents, document__project=row.project_id, arm=row.arm)
    return {one.document_id: one for one in rows.select_related("document")}


def differences(read_anew: Collection[Extraction]) -> dict[int, list[Difference]]:
    """Return, by document, the fields that differ from what stands: the confirmed label, else the shown extraction."""
    documents = [one.document_id for one in read_anew]
    labels = ConfirmedLabel.objects.filter(document__in=documents, is_current=True, document__state="approved")
    stands: dict[int, tuple[str, dict[str, Any]]] = {
        row.document_id: (row.template, row.prediction)
        for row in Extraction.objects.filter(document__in=documents, is_current=True)
    }
    stands |= {row.document_id: (row.template, row.label) for row in labels}
    found = {}
    for one in read_anew:
        if one.document_id in stands:
            template, label = stands[one.document_id]
            found[one.document_id] = _differing(template, label, one)
    return found


def summary(row: Reread) -> dict[str, Any]:
    """Return what was read so far, how much of it is the same, and by document what differs, as JSON."""
    found = differences(list(anew(row).values()))
    return {
        "read_so_far": len(found),
        "same": sum(not fields for fields in found.values()),
        "differences": [
            {"document": str(document), "fields": [asdict(field) for field in fields]}
            for document, fields in sorted(found.items())
            if fields
        ],
    }


def take_back(access: Access, row: Reread, documents: Collection[int]) -> tuple[list[int], list[tuple[int, str]]]:
    """Put documents into review with what was read anew. Return those done, and those skipped with why.

    Nothing is approved: that is up to who reviews them. One that was approved is opened again, so webhooks say
    `document.reopened`, and the memory leaves it out until it is approved again. Raises NotAllowed.
    """
    access.require(Right.MODELS)
    found = anew(row)
    done: list[int] = []
    skipped: list[tuple[int, str]] = []
    for document in sorted(set(documents) & found.keys()):
        try:
            _take_back(access, found[document], row)
        except InvexError as e:
            skipped.append((document, e.message))
        else:
            done.append(document)
    return done, skipped


def _take_back(access: Access, read_anew: Extraction, row: Reread) -> None:
    with transaction.atomic():
        state = Document.objects.values_list("state", flat=True).get(pk=read_anew.document_id)
        if state == DocumentState.APPROVED:
            review.reopen(access, read_anew.document_id)
        if not extraction.show(read_anew, why=f"{row.anew.name} reads it otherwise than {row.read.name} did"):
            raise Conflict("Somebody is at this document, or it is not in review.", code="held")
        audit.record(
            access.actor, "showed re-read", "document", read_anew.document_id, project=access.project.slug,
            reread=row.pk, anew=row.anew.name,
        )  # fmt: skip


def _differing(template: str, label: dict[str, Any], one: Extraction) -> list[Difference]:
    found = [] if template == one.template else [Difference("", (template,), (one.template,))]
    fields, others = label.get("fields", {}), one.prediction.get("fields", {})
    for key in sorted({*fields, *others}):
        before, after = (tuple(value["value"] for value in said.get(key, ())) for said in (fields, others))
        if before != after:
            found.append(Difference(key, before, after))
    for key in sorted({*label.get("tables", {}), *one.prediction.get("tables", {})}):
        before, after = (_cells(said.get("tables", {}).get(key, ())) for said in (label, one.prediction))
        if before != after:
            found.append(Difference(key, before, after))
    return found


def _cells(rows: Collection[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(" · ".join(cell["value"] for _, cell in sorted(row.items())) for row in rows)
