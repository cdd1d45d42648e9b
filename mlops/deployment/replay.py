"""A new version of the code that reads is tried on a frozen set before what it reads is approved by nobody.

The code of yesterday is gone after an update, so what it read is kept: for each deployed build how many values of each
document of the frozen set were right and wrong, and a keyed hash of what stood in each field (no text). The new code
reads the same files with the same build, and the gate compares. Until it has passed, no threshold holds: every document
goes to a person.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from invex.accounts.access import Access
from invex.accounts.models import Project
from invex.accounts.roles import Right
from invex.kernel import leases
from invex.kernel.actor import SYSTEM
from invex.kernel.errors import BadInput, Conflict, InvexError
from invex.kernel.outbox import emit
from invex.kernel.states import move
from mlops.datasets import queries as datasets
from mlops.datasets.states import DatasetState
from mlops.registry.models import Build
from mlops.registry.services import MOST_REASON
from mlops.training.gate import judge

from . import attempts, frozen_set
from .models import CodeReplay, DeploymentRevision
from .reading_code import reading_code
from .states import ReplayState, RevisionState

S = ReplayState


def wanted() -> list[CodeReplay]:
    """Ask for a replay of every deployed build that the present code has not read with; return those asked for."""
    made = []
    live = DeploymentRevision.objects.filter(state=RevisionState.LIVE).select_related("project")
    for revision in live.prefetch_related("models__build"):
        for model in revision.models.all():
            row = _ask(revision.project, model.build)
            if row is not None:
                made.append(row)
    return made


def _ask(project: Project, build: Build) -> CodeReplay | None:
    if not build.blob or CodeReplay.objects.filter(project=project, build=build, code=reading_code()).exists():
        return None
    before = _before(project, build)
    dataset = before.dataset if before is not None else datasets.newest(project)
    if dataset is None or not frozen_set.documents(dataset).exists():
        return None
    with transaction.atomic():
        row, is_new = CodeReplay.objects.get_or_create(
            project=project, build=build, code=reading_code(), defaults={"dataset": dataset, "before": before}
        )
        if is_new:
            emit("replay.wanted", row.pk, project=project.slug, build=build.name, code=row.code)
    return row if is_new else None


def is_held(project_id: int, builds: Iterable[int]) -> bool:
    """Say whether other code has read with one of the builds before, and the present one has not passed yet."""
    passed: dict[int, set[str]] = {}
    rows = CodeReplay.objects.filter(project=project_id, build__in=list(builds), state=S.PASSED)
    for build, code in rows.values_list("build", "code"):
        passed.setdefault(build, set()).add(code)
    return any(reading_code() not in codes for codes in passed.values())


def run(pk: int) -> bool:
    """Read the frozen set of a waiting replay and let the gate decide. Return False when it was not to be had."""
    row = CodeReplay.objects.select_related("project", "build", "dataset", "before").filter(pk=pk).first()
    if row is None or row.state != S.WAITING or row.code != reading_code():
        return False
    if not leases.take(row, S.RUNNING, project=row.project.slug):
        return False
    try:
        with leases.kept(leases.held(row)):
            found = frozen_set.read_with(row.build, row.dataset)
            report = _report(row, found) if row.before is not None else {"passed": True, "rules": []}
    except (InvexError, ValueError, OSError) as e:
        attempts.fail(row, S, str(e)[:2000], only_if=leases.ours(row))
        return False
    with transaction.atomic():
        to = S.PASSED if report["passed"] else S.REFUSED
        won = move(
            row, to, actor=SYSTEM, project=row.project.slug, only_if=leases.ours(row), read=found, report=report,
            leased_until=None, ended_at=timezone.now(),
        )  # fmt: skip
        if won:
            emit(
                "code.judged", row.pk, project=row.project.slug, build=row.build.name, code=row.code,
                passed=report["passed"],
            )  # fmt: skip
    return won


def override(access: Access, row: CodeReplay, *, why: str) -> None:
    """Let code approve documents that the gate refused. Raises NotAllowed, BadInput without a reason, Conflict."""
    access.require(Right.MODELS)
    why = " ".join(why.split())
    if not why or len(why) > MOST_REASON:
        raise BadInput(f"Write why, in at most {MOST_REASON} characters.", code="no_reason")
    if row.state not in (S.REFUSED, S.FAILED):
        raise Conflict("The gate has not refused it.", code="wrong_state")
    said = f"{access.actor}: {why}"
    if not move(
        row, S.PASSED, actor=access.actor, project=access.project.slug, detail={"why": why}, override_reason=said
    ):
        raise Conflict("Somebody else has just moved it. Look again.", code="moved")


def may_try_again(row: CodeReplay) -> bool:
    """Say whether the row is a failed trial of the present code."""
    return row.state == S.FAILED and row.code == reading_code()


def try_again(access: Access, row: CodeReplay) -> None:
    """Have the present code tried once more after that could not be done. Raises NotAllowed, Conflict."""
    access.require(Right.MODELS)
    if row.state != S.FAILED:
        raise Conflict("Only a trial that failed can be tried again.", code="wrong_state")
    if row.code != reading_code():
        raise Conflict("Other code reads now; that is tried on its own.", code="other_code")
    with transaction.atomic():
        won = move(
            row, S.WAITING, actor=access.actor, project=access.project.slug, attempts=0, reason="", ended_at=None
        )
        if not won:
            raise Conflict("Somebody else has just moved it. Look again.", code="moved")
        emit("replay.wanted", row.pk, project=access.project.slug, build=row.build.name, code=row.code)


def take_back_lost() -> int:
    """Put replays whose worker died back to waiting; fail one that was tried too often. Return how many."""
    why = "Reading the frozen set ended a worker several times. The worker's log says why."
    return attempts.take_back_lost(CodeReplay.objects.all(), S, why=why)


def _before(project: Project, build: Build) -> CodeReplay | None:
    """Return what the newest other code that passed read with the build, if its frozen set is still there."""
    rows = CodeReplay.objects.filter(project=project, build=build, state=S.PASSED, dataset__state=DatasetState.FROZEN)
    return rows.exclude(code=reading_code()).exclude(read={}).select_related("dataset").order_by("-id").first()


def _report(row: CodeReplay, found: dict[str, Any]) -> dict[str, Any]:
    """Return the gate's rules on the documents that both read, and those that they read otherwise. No values."""
    assert row.before is not None
    both = [name for name in found["documents"] if name in row.before.read["documents"]]
    now, then = (frozen_set.measurement(read, both) for read in (found, row.before.read))
    # The code before read on another day, under another load, perhaps on another machine: the times of the two differ
    # for reasons that are none of the code's, and what it read with is gone, so they cannot be taken again.
    rules = judge(now, then, blind=None, network=None, timed_together=False)
    return {
        "rules": [rule.to_json() for rule in rules],
        "passed": all(rule.ok for rule in rules),
        "documents": len(both),
        "f1": {"now": now.counts.f1, "then": then.counts.f1},
        "differences": frozen_set.differing(found, row.before.read, both),
    }
