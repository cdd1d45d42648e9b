"""A/B tests and canaries: what the reviews say of the arms, and what follows from it.

Judged by the corrections of documents that a person looked at because they were drawn at random (Extraction.draw below
`sampled`), in the order of their arrival. Who reviews is not told which arm read the document.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import F

from invex.accounts.access import Access
from invex.accounts.roles import Role
from invex.documents.states import DocumentState
from invex.extraction.models import Extraction
from invex.kernel.actor import SYSTEM
from invex.kernel.errors import Conflict
from invex.kernel.outbox import emit
from invex.review.models import ConfirmedLabel

from . import queries, sequential, services
from .models import DeploymentRevision
from .routing import DIVIDED
from .sequential import Evidence
from .states import Mode

JUDGES = ("person", "token")  # sources of labels by which quality is judged: bulk approvals never are
GONE = (DocumentState.REJECTED, DocumentState.FAILED, DocumentState.SPLIT, DocumentState.NEEDS_PASSWORD)
MARGIN = 0.03  # corrected parts of a document by which a canary's challenger may be worse and still not be sent back
STEPS = (0.05, 0.1, 0.2, 0.5)  # shares that a canary goes through
STEP_DOCUMENTS = 20  # of the challenger, judged at a share before the next one
NO_SIGN_OF_HARM = 2.0  # a canary grows while the capital of the bet that it is worse is below


@dataclass(frozen=True, slots=True)
class Judged:
    """A document that was drawn and judged. loss: part of it that was corrected, [0, 1]. p: share of the challenger."""

    document: int
    arm: str
    loss: float
    p: float
    deployment: int


@dataclass(frozen=True, slots=True)
class Reviews:
    """Documents in the order in which they were drawn, up to the first that nobody has judged, which is `waits_for`."""

    judged: tuple[Judged, ...]
    waits_for: int | None


def reviews(row: DeploymentRevision) -> Reviews:
    """Return what was judged in the experiment that `row` belongs to: all revisions of its salt."""
    incumbent, challenger = DIVIDED[Mode(row.mode)]
    same = DeploymentRevision.objects.filter(project=row.project_id, salt=row.salt)
    share = {r.revision: r.share[challenger] for r in same if challenger in r.share}
    drawn = Extraction.objects.filter(
        document__project=row.project_id, deployment__in=share, arm__in=(incumbent, challenger), draw__lt=F("sampled")
    )
    shown = drawn.filter(is_current=True).exclude(document__state__in=GONE).order_by("document_id")
    labels = {
        label.document_id: label
        for label in ConfirmedLabel.objects.filter(
            document__in=shown.values("document"), revision=1, source__in=JUDGES
        ).only("document_id", "label", "corrected", "extraction_id", "source")
    }
    bulk = set(
        ConfirmedLabel.objects.filter(document__in=shown.values("document"), revision=1)
        .exclude(source__in=JUDGES)
        .values_list("document_id", flat=True)
    )
    judged: list[Judged] = []
    for pk, document, arm, deployment in shown.values_list("pk", "document_id", "arm", "deployment"):
        label = labels.get(document)
        if label is None and document not in bulk:
            return Reviews(tuple(judged), document)
        if label is not None and label.extraction_id == pk and deployment is not None:
            judged.append(Judged(document, arm, loss_of(label), share[deployment], deployment))
    return Reviews(tuple(judged), None)


def loss_of(label: ConfirmedLabel) -> float:
    """Return the part of what was asked that had to be corrected."""
    asked = {*label.label.get("fields", {}), *label.label.get("tables", {}), *label.corrected}
    return len(set(label.corrected)) / len(asked) if asked else 0.0


def weigh(row: DeploymentRevision, found: Reviews) -> Evidence:
    _, challenger = DIVIDED[Mode(row.mode)]
    return sequential.evidence(
        np.array([j.loss for j in found.judged]),
        np.array([j.arm == challenger for j in found.judged], bool),
        np.array([j.p for j in found.judged]),
        margin=MARGIN,
    )


def judge(row: DeploymentRevision) -> DeploymentRevision | None:
    """Weigh the reviews of a live experiment, write that down, and do what follows. Return the new revision, if any."""
    found = reviews(row)
    weighed = weigh(row, found)
    _, challenger = DIVIDED[Mode(row.mode)]
    decided = decision(row, found, weighed)
    asks = row.asks_first and decided is not None and decided[0] == "promote"
    about = {**_about(row, found, weighed), "asks": asks}
    if about != row.evidence:
        with transaction.atomic():
            DeploymentRevision.objects.filter(pk=row.pk).update(evidence=about)
            if asks and not row.evidence.get("asks"):
                emit("deployment.asks", row.pk, project=row.project.slug, deployment=row.revision)
    if decided is None or asks:
        return None
    verdict, share = decided
    access = Access(SYSTEM, row.project, Role.OWNER)
    why = f"{verdict}: {about['sentence']}"
    incumbent, challenger = DIVIDED[Mode(row.mode)]
    try:
        if verdict == "grow":
            wanted = services.same_as(row, share={incumbent.value: 1 - share, challenger.value: share})
            live = queries.live(row.project_id)
            if live is None or live.pk != row.pk:
                return None
            return services.deploy(access, wanted, why=why)
        return services.end_experiment(access, row, challenger if verdict == "promote" else incumbent, why=why)
    except Conflict:  # somebody decided meanwhile
        return None


def decision(row: DeploymentRevision, found: Reviews, weighed: Evidence) -> tuple[str, float] | None:
    """Return "promote", "stop" or "grow" with the challenger's next share; None = go on as it is."""
    _, challenger = DIVIDED[Mode(row.mode)]
    limit = 2 / sequential.ALPHA  # both directions share the promise
    if weighed.worse >= limit:
        return "stop", 0.0
    if weighed.better >= limit:
        return "promote", 1.0
    if row.mode != Mode.CANARY:
        return None
    if weighed.not_much_worse >= limit and row.share[challenger] >= STEPS[-1]:
        return "promote", 1.0
    here = sum(j.deployment == row.revision and j.arm == challenger for j in found.judged)
    larger = [step for step in STEPS if step > row.share[challenger] + 1e-9]
    if larger and here >= STEP_DOCUMENTS and weighed.worse < NO_SIGN_OF_HARM:
        return "grow", larger[0]
    return None


def _about(row: DeploymentRevision, found: Reviews, weighed: Evidence) -> dict[str, Any]:
    challenger = DIVIDED[Mode(row.mode)][1].value
    documents = dict(sorted(Counter(j.arm for j in found.judged).items()))
    losses = {arm: round(float(np.mean([j.loss for j in found.judged if j.arm == arm])), 4) for arm in documents}
    limit = 2 / sequential.ALPHA
    said = ", ".join(f"{arm}: {losses[arm]:.1%} corrected in {documents[arm]} documents" for arm in documents)
    sentence = (
        f"{said or 'no document judged yet'}; evidence that {challenger} is better {weighed.better:.2f}, worse "
        f"{weighed.worse:.2f}; decides at {limit:.0f}"
    )
    if found.waits_for is not None:
        sentence += f"; waits for document {found.waits_for}"
    capital = {key: round(value, 4) for key, value in asdict(weighed).items()}
    return {"documents": documents, "losses": losses, **capital, "waits_for": found.waits_for, "sentence": sentence}
