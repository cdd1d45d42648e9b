"""Datasets, checkpoints and page images are deleted by policy: a dry run first, and never what somebody may need."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from invex.documents.models import Document, PageImage
from invex.documents.states import DocumentState
from invex.kernel import audit
from invex.kernel.actor import SYSTEM
from invex.kernel.blobs import MissingBlob, store
from invex.kernel.errors import BadInput, Gone
from invex.kernel.models import AuditEntry
from mlops.datasets import folder
from mlops.datasets import services as datasets
from mlops.datasets.models import DatasetVersion
from mlops.datasets.selection import Selection
from mlops.datasets.states import DatasetState
from mlops.deployment import making_room, preparation
from mlops.registry.eviction import Policy
from mlops.registry.models import Build
from mlops.training import leftovers, rebuild, services
from mlops.training.models import TrainingRun
from mlops.training.states import RunState
from tests.mlops.console.conftest import access, confirmed  # noqa: F401
from tests.mlops.factory import build, deploy, sweep_later

pytestmark = pytest.mark.django_db
ALL = Policy(best=0, newest=0)


def frozen(access, newest: int) -> DatasetVersion:  # noqa: F811
    row = datasets.request(access, Selection(newest=newest))
    datasets.freeze(row)
    row.refresh_from_db()
    return row


class TestDatasets:
    @pytest.fixture
    def versions(self, access, confirmed):  # noqa: F811
        return [frozen(access, newest) for newest in (3, 4, 5)]

    def test_a_dry_run_changes_nothing_and_the_newest_stays(self, access, versions):  # noqa: F811
        planned = making_room.planned(access.project, "datasets", ALL)
        assert [one.build.key for one in planned] == [versions[0].pk, versions[1].pk]
        assert DatasetVersion.objects.filter(state=DatasetState.FROZEN).count() == 3

    def test_bytes_go_and_rows_and_documents_stay(self, access, versions):  # noqa: F811
        words = versions[0].documents.first().words_blob
        manifest = versions[0].blob
        making_room.evict(access, "datasets", ALL)
        gone = DatasetVersion.objects.get(pk=versions[0].pk)
        assert (gone.state, gone.blob, gone.hash) == (DatasetState.EVICTED, "", versions[0].hash)
        assert gone.documents.count() == 3, "lineage"
        assert store().path(words).exists(), "the document itself needs them"
        assert store().path(manifest).exists(), "stored just now, it may be on its way into a row"
        sweep_later()
        assert store().path(words).exists()
        with pytest.raises(MissingBlob):
            store().path(manifest)

    def test_what_a_deployed_build_was_learned_from_stays(self, access, versions, monkeypatch):  # noqa: F811
        monkeypatch.setattr(preparation.memory, "catch_up", lambda *_: 0)  # the memory has tests of its own
        row = build(access)
        Build.objects.filter(pk=row.pk).update(dataset=versions[0].hash)
        deploy(access, row)
        making_room.evict(access, "datasets", ALL)
        states = dict(DatasetVersion.objects.values_list("pk", "state"))
        assert states == {versions[0].pk: "frozen", versions[1].pk: "evicted", versions[2].pk: "frozen"}

    def test_what_a_run_needs_stays(self, access, versions):  # noqa: F811
        services.request(access, versions[1], version="1.0.0")
        assert [one.build.key for one in making_room.evict(access, "datasets", ALL)] == [versions[0].pk]

    def test_it_comes_back_when_the_same_is_frozen_again(self, access, versions, tmp_path):  # noqa: F811
        run = services.request(access, versions[0], version="1.0.0")
        TrainingRun.objects.filter(pk=run.pk).update(state=RunState.DONE)
        making_room.evict(access, "datasets", ALL)
        run.refresh_from_db()
        with pytest.raises(Gone, match="Freeze the same documents again"):
            rebuild.rebuild(run)
        assert frozen(access, 3).same_as == versions[0]
        again = DatasetVersion.objects.get(pk=versions[0].pk)
        assert again.state == DatasetState.FROZEN
        assert folder.export(again, tmp_path / "out", with_files=False) == 3


class TestCheckpoints:
    def test_only_of_runs_that_failed(self, access, confirmed):  # noqa: F811
        runs = [services.request(access, frozen(access, 4), version="1.0.0") for _ in range(2)]
        for run, state in zip(runs, (RunState.FAILED, RunState.YIELDED), strict=True):
            TrainingRun.objects.filter(pk=run.pk).update(state=state)
            (leftovers.folder(run) / "checkpoints").mkdir(parents=True)
            (leftovers.folder(run) / "checkpoints" / "a").write_bytes(b"x" * 2000)
        assert making_room.planned(access.project, "checkpoints", Policy(best=0, newest=0, budget=4000)) == []
        gone = making_room.evict(access, "checkpoints", Policy(best=0, newest=0, budget=2000))
        assert [one.build.key for one in gone] == [runs[0].pk]
        assert leftovers.size(runs[0]) == 0
        assert leftovers.size(runs[1]) == 2000


class TestImages:
    @pytest.fixture
    def documents(self, access, confirmed):  # noqa: F811
        """One approved, one approved whose file needs a password, one in review; each with a picture."""
        found = list(Document.objects.order_by("pk")[:3])
        Document.objects.filter(pk=found[2].pk).update(state=DocumentState.REVIEW)
        audit.record(SYSTEM, "reading -> needs_password", "document", found[1].pk, project="acme")
        for one in found:
            blob = store().put(f"picture of {one.pk}".encode())
            PageImage.objects.create(document=one, index=0, width_px=1, height_px=1, blob=blob)
        return found

    def test_only_what_can_be_drawn_again_of_documents_that_are_done(self, access, documents):  # noqa: F811
        picture = PageImage.objects.get(document=documents[0]).blob
        gone = making_room.evict(access, "images", ALL)
        assert [one.build.key for one in gone] == [documents[0].pk]
        said = AuditEntry.objects.get(action="made room")
        assert (said.subject_type, said.subject) == ("images", str(documents[0].pk))
        assert set(PageImage.objects.values_list("document", flat=True)) == {documents[1].pk, documents[2].pk}
        sweep_later()
        left = [store().path(row.blob).exists() for row in PageImage.objects.all()]
        assert left == [True, True]
        with pytest.raises(MissingBlob):
            store().path(picture)

    def test_what_somebody_opens_after_the_plan_stays(self, access, documents, monkeypatch):  # noqa: F811
        plan = making_room.planned

        def then_opened(*args):
            found = plan(*args)
            Document.objects.filter(pk=documents[0].pk).update(state=DocumentState.REVIEW)
            return found

        monkeypatch.setattr(making_room, "planned", then_opened)
        assert making_room.evict(access, "images", ALL) == []
        assert PageImage.objects.count() == 3

    def test_from_the_command_line(self, access, documents, capsys):  # noqa: F811
        call_command("evict", "images", "--project", "acme", "--newest", "0")
        assert f"images {documents[0].pk}" in capsys.readouterr().out
        assert PageImage.objects.count() == 3
        call_command("evict", "images", "--project", "acme", "--newest", "0", "--yes")
        assert PageImage.objects.count() == 2
        with pytest.raises(CommandError) as caught:
            call_command("evict", "images", "--project", "acme", "--newest", "0", "--yes")
        assert caught.value.returncode == 5

    def test_a_budget_of_what_has_no_size_of_its_own(self, access):  # noqa: F811
        with pytest.raises(BadInput, match="say days"):
            making_room.planned(access.project, "images", Policy(budget=1))
