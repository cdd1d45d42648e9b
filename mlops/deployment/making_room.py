"""Room is made of datasets, checkpoints and page images by policy, looked at first; builds: housekeeping.py.

Never: the datasets of builds that are never deleted, of runs that are not over, and of trials of the code that reads;
the newest dataset; checkpoints of a run that somebody may go on with without being asked again; pictures of pages that
people still work on, or that cannot be drawn again because the file's password is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from invex.accounts.access import Access
from invex.accounts.models import Project
from invex.accounts.roles import Right
from invex.documents.models import Document, PageImage
from invex.documents.states import DocumentState
from invex.kernel import audit
from invex.kernel.doomed import doom
from invex.kernel.errors import BadInput
from invex.kernel.models import AuditEntry
from mlops.datasets import queries as datasets
from mlops.datasets import services as dataset_services
from mlops.datasets.models import DatasetVersion
from mlops.datasets.states import DatasetState
from mlops.registry.eviction import BuildFacts, Eviction, Policy, plan, protected, protected_datasets
from mlops.registry.models import Build
from mlops.training import leftovers
from mlops.training.models import TrainingRun
from mlops.training.states import OPEN, RunState

from . import housekeeping
from .models import CodeReplay

LOCKED = "needs_password"  # a document that ever was in this state has a file that opens no more
FINISHED = (DocumentState.APPROVED, DocumentState.REJECTED)


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be deleted to make room. has_sizes: whether a budget of bytes can be kept."""

    facts: Callable[[Project], list[BuildFacts]]
    kept: Callable[[Project], frozenset[int]]
    delete: Callable[[Access, int], bool]
    has_sizes: bool = False


def planned(project: Project, kind: str, policy: Policy) -> list[Eviction]:
    """Return what the policy would delete now; nothing is changed. Raises BadInput for a budget of what has no size."""
    known = KINDS[kind]
    if policy.budget is not None and not known.has_sizes:
        raise BadInput(f"What {kind} take is not known by itself: say days or how many of the newest to keep.")
    return plan(known.facts(project), known.kept(project), policy, timezone.now())


def evict(access: Access, kind: str, policy: Policy) -> list[Eviction]:
    """Delete what the policy chooses, and return that. Raises NotAllowed, BadInput."""
    access.require(Right.MODELS)
    done = []
    for eviction in planned(access.project, kind, policy):
        with transaction.atomic():
            Project.objects.select_for_update().get(pk=access.project.pk)  # nobody deploys meanwhile
            if eviction.build.key in KINDS[kind].kept(access.project):
                continue
            if not KINDS[kind].delete(access, eviction.build.key):
                continue
            done.append(eviction)
    if done:
        audit.record(
            access.actor, "made room", kind, len(done), project=access.project.slug,
            keys=[eviction.build.key for eviction in done],
        )  # fmt: skip
    return done


def _datasets(project: Project) -> list[BuildFacts]:
    rows = DatasetVersion.objects.filter(project=project, state=DatasetState.FROZEN)
    return [BuildFacts(row.pk, "", row.created_at, 0) for row in rows]


def _datasets_kept(project: Project) -> frozenset[int]:
    numbers: Mapping[str, int] = dict(
        DatasetVersion.objects.filter(project=project).exclude(hash="").values_list("hash", "pk")
    )
    rows = Build.objects.filter(project=project)
    builds = [BuildFacts(row.pk, row.version, row.created_at, row.size) for row in rows]
    of_build = {row.pk: numbers[row.dataset] for row in rows if row.dataset in numbers}
    newest = datasets.newest(project)
    in_use = {
        *TrainingRun.objects.filter(project=project, state__in=OPEN).values_list("dataset", flat=True),
        *CodeReplay.objects.filter(project=project).values_list("dataset", flat=True),
        *([newest.pk] if newest is not None else []),
    }
    return protected_datasets(of_build, protected(builds, housekeeping.revisions(project)), in_use)


def _checkpoints(project: Project) -> list[BuildFacts]:
    rows = TrainingRun.objects.filter(project=project).exclude(state__in=(RunState.DONE, RunState.CANCELLED))
    found = []
    for row in rows:
        size = leftovers.size(row)
        if size:
            found.append(BuildFacts(row.pk, "", row.created_at, size))
    return found


def _checkpoints_kept(project: Project) -> frozenset[int]:
    return frozenset(TrainingRun.objects.filter(project=project, state__in=OPEN).values_list("pk", flat=True))


def _images(project: Project) -> list[BuildFacts]:
    rows = Document.objects.filter(project=project, page_images__isnull=False).distinct()
    return [BuildFacts(row.pk, "", row.updated_at, 0) for row in rows]


def _images_kept(project: Project) -> frozenset[int]:
    mine = Document.objects.filter(project=project)
    at_work = mine.exclude(state__in=FINISHED).values_list("pk", flat=True)
    locked = AuditEntry.objects.filter(project=project.slug, subject_type="document", action__endswith=LOCKED)
    return frozenset({*at_work, *(int(subject) for subject in locked.values_list("subject", flat=True))})


def _delete_images(access: Access, document: int) -> bool:
    rows = PageImage.objects.filter(document=document, document__project=access.project)
    blobs = {blob for blob in rows.values_list("blob", flat=True) if blob}
    rows.delete()
    doom(blobs)
    return bool(blobs)


def _delete_checkpoints(access: Access, run: int) -> bool:
    return leftovers.tidy(TrainingRun.objects.get(pk=run, project=access.project))


def _delete_dataset(access: Access, pk: int) -> bool:
    return dataset_services.evict(access, DatasetVersion.objects.get(pk=pk, project=access.project))


KINDS: dict[str, Kind] = {
    "datasets": Kind(_datasets, _datasets_kept, _delete_dataset),
    "checkpoints": Kind(_checkpoints, _checkpoints_kept, _delete_checkpoints, has_sizes=True),
    "images": Kind(_images, _images_kept, _delete_images),
}
