"""What runs leave on the disk, and when it goes."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from invex.accounts.roles import Role
from invex.kernel.blobs import store
from mlops.datasets.models import DatasetVersion
from mlops.registry.models import Build
from mlops.training import jobs, leftovers
from mlops.training.models import TrainingRun
from mlops.training.states import RunState
from tests.invex.world import access_to
from tests.mlops.factory import build, sweep_later

pytestmark = pytest.mark.django_db


@pytest.fixture
def access():
    return access_to("acme", Role.OWNER)


@pytest.fixture
def left(access):
    """left(state, days) -> a run in this state that ended so long ago, with all that a run can leave."""
    dataset = DatasetVersion.objects.create(project=access.project, name="d", made_by="ann")

    def make(state: RunState, days: float = 0.0, blob: str = "") -> TrainingRun:
        row = TrainingRun.objects.create(
            project=access.project, dataset=dataset, version="0.1.0", base="b", code="c", made_by="ann", state=state,
            ended_at=timezone.now() - datetime.timedelta(days=days),
        )  # fmt: skip
        checkpoints = leftovers.folder(row) / "checkpoints"
        checkpoints.mkdir(parents=True)
        for file in (checkpoints / "one", leftovers.folder(row) / "package.zip", leftovers.folder(row) / "log.txt"):
            file.write_bytes(b"x")
        TrainingRun.objects.filter(pk=row.pk).update(package_blob=blob or store().put(f"package {row.pk}".encode()))
        row.refresh_from_db()
        return row

    return make


def is_stored(blob: str) -> bool:
    return blob in {name for name, _ in store().names()}


def names(row: TrainingRun) -> list[str]:
    return sorted(path.name for path in leftovers.folder(row).iterdir())


@pytest.mark.parametrize(("state", "days"), [(RunState.DONE, 0), (RunState.CANCELLED, 0), (RunState.FAILED, 15)])
def test_what_nobody_goes_on_with_leaves_its_log(left, state, days):
    row = left(state, days)
    blob = row.package_blob
    assert jobs.sweep_leftovers() == 1
    assert names(row) == ["log.txt"]
    row.refresh_from_db()
    assert row.package_blob == ""
    sweep_later()
    assert not is_stored(blob)
    assert jobs.sweep_leftovers() == 0, "once"


@pytest.mark.parametrize("state", [RunState.WAITING, RunState.RUNNING, RunState.YIELDED, RunState.FAILED])
def test_what_may_go_on_keeps_everything(left, state):
    row = left(state, 13)
    assert jobs.sweep_leftovers() == 0
    assert names(row) == ["checkpoints", "log.txt", "package.zip"]
    assert is_stored(row.package_blob)


def test_a_package_that_others_need_stays(access, left):
    other = Build.objects.get(pk=build(access).pk)
    row = left(RunState.DONE, blob=other.blob)
    jobs.sweep_leftovers()
    sweep_later()
    assert is_stored(other.blob)
    assert names(row) == ["log.txt"]


def test_nothing_was_ever_trained_here(access):
    assert jobs.sweep_leftovers() == 0
