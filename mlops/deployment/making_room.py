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
    """What can be deleted to make room. has_sizes: whether a budget of bytes can be kept.

    kept: the keys of what stays; where a key is given, it may say so of that one alone.
    """

    facts: Callable[[Project], list[BuildFacts]]
    kept: Callable[[Project, int | None], frozenset[int]]
    delete: Callable[[Access, int], bool]
    has_sizes: bool = False


def planned(project: Project, kind: str, policy: Policy) -> list[Eviction]:
    """Return what the policy would delete now; nothing is changed. Raises BadInput for a budget of what has no size."""
    known = KINDS[kind]
    if policy.budget is not None and not known.has_sizes:
        raise BadInput(f"What {kind} take is not known by itself: say days or how many of the newest to keep.")
    return plan(known.facts(project), known.kept(project, None), policy, timezone.now())


def evict(access: Access, kind: str, policy: Policy) -> list[Eviction]:
    """Delete what the policy chooses, and return that. Raises NotAllowed, BadInput."""
    access.require(Right.MODELS)
    done = []
    for eviction in planned(access.project, kind, policy):
        key = eviction.build.key
        with transaction.atomic():
            Project.objects.select_for_update(no_key=True).get(pk=access.project.pk)  # nobody deploys meanwhile
            if key in KINDS[kind].kept(access.project, key):
                continue
            if not KINDS[kind].delete(access, key):
                continue
            audit.record(
                access.actor, "made room", kind, key, project=access.project.slug, reason=eviction.reason
            )  # fmt: skip
        done.append(eviction)
    return done


def _datasets(project: Project) -> list[BuildFacts]:
    rows = DatasetVersion.objects.filter(project=project, state=DatasetState.FROZEN)
    return [BuildFacts(row.pk, "", row.created_at, 0) for row in rows]


def _datasets_kept(project: Project, _key: int | None) -> frozenset[int]:
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


def _checkpoints_kept(project: Project, key: int | None) -> frozenset[int]:
    rows = TrainingRun.objects.filter(project=project, state__in=OPEN)
    return frozenset((rows if key is None else rows.filter(pk=key)).values_list("pk", flat=True))


def _images(project: Project) -> list[BuildFacts]:
    rows = Document.objects.filter(project=project, page_images__isnull=False).distinct()
    return [BuildFacts(row.pk, "", row.updated_at, 0) for row in rows]


def _images_kept(project: Project, key: int | None) -> frozenset[int]:
    at_work = Document.objects.filter(project=project).exclude(state__in=FINISHED)
    locked = AuditEntry.objects.filter(project=project.slug, subject_type="document", action__endswith=LOCKED)
    if key is not None:
        at_work, locked = at_work.filter(pk=key), locked.filter(subject=str(key))
    subjects = locked.values_list("subject", flat=True)
    return frozenset({*at_work.values_list("pk", flat=True), *(int(subject) for subject in subjects)})


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
