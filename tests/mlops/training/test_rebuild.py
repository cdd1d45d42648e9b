"""A build trained again: the same bytes, or honestly less."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.core.management import CommandError, call_command

from invex.accounts.roles import Role
from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.kernel.blobs import store
from invex.kernel.errors import Gone
from invex.review import services as review
from mlops.datasets import services as datasets
from mlops.datasets.models import DatasetVersion, SideAssignment
from mlops.datasets.selection import Selection
from mlops.datasets.states import DatasetState, Side
from mlops.learning.learner import code_version
from mlops.memory.base import base_package
from mlops.training import rebuild, services
from mlops.training.models import TrainingRun
from mlops.training.states import RunState
from tests.invex.world import access_to, label_of, read_document, vendor
from tests.mlops.factory import build, ran

pytestmark = pytest.mark.django_db


@pytest.fixture
def access():
    return access_to("acme", Role.OWNER)


@pytest.fixture(scope="module")
def key_of_run(once) -> int:
    """A run that made a build, learned from three documents and judged by five."""
    access = access_to("acme", Role.OWNER)
    for number in range(8):
        one = vendor().document(number)
        document = read_document(access, one)
        Document.objects.filter(pk=document.pk).update(state=DocumentState.REVIEW)
        review.confirm(access, document.pk, label_of(one, tables={}), may_create_template=True)
        SideAssignment.objects.create(
            project=access.project, paper=document.sha256, group=document.sha256,
            side=Side.TEST if number < 5 else Side.TRAIN,
        )  # fmt: skip
    row = services.request(access, datasets.request(access, Selection()), version="0.2.0", seed=3)
    return ran(row)


@pytest.fixture
def run(key_of_run) -> TrainingRun:
    return TrainingRun.objects.get(pk=key_of_run)


def test_the_same_bytes(access, run, capsys, tmp_path):
    """A document of the test side was erased since: it was not learned from."""
    datasets.forget(access.project, run.dataset.documents.filter(side=Side.TEST).first().document)
    out = tmp_path / "again.zip"
    call_command("rebuild", run.build.name, "--project", "acme", "--verify", "--json", "--out", str(out))
    said = json.loads(capsys.readouterr().out)
    assert said["proof"] == "same bytes"
    assert said["sha256"] == run.package_sha256 == run.build.source_sha256
    assert hashlib.sha256(out.read_bytes()).hexdigest() == run.package_sha256


def test_an_erased_document_is_said(access, run, capsys):
    datasets.forget(access.project, run.dataset.documents.filter(side=Side.TRAIN).first().document)
    row = rebuild.run_of(run.build)
    verdict = rebuild.verify(row, rebuild.rebuild(row))
    assert verdict.proof != rebuild.Proof.SAME_BYTES
    assert "no longer whole: 1 of 3 documents to learn from were erased" in verdict.sentence
    assert verdict.f1 is not None


def test_other_bytes_are_compared_by_metrics_where_there_is_a_cause(run):
    data = store().path(run.build.blob).read_bytes()  # the same model, stamped: other bytes, the same readings
    newer = rebuild.Rebuilt(data, ("numpy was 1, now it is 2",))
    verdict = rebuild.verify(run, newer)
    assert verdict.proof == rebuild.Proof.METRICS
    assert verdict.f1 == verdict.recorded_f1
    assert "numpy was 1, now it is 2" in verdict.sentence

    run.report["test"]["candidate"]["f1"] -= 2 * rebuild.TOLERANCE
    verdict = rebuild.verify(run, newer)
    assert verdict.proof == rebuild.Proof.NOTHING
    assert "outside of the tolerance" in verdict.sentence

    verdict = rebuild.verify(run, rebuild.Rebuilt(data, ()))
    assert verdict.proof == rebuild.Proof.NOTHING
    assert "Nothing has changed since" in verdict.sentence


@pytest.fixture
def recorded(access) -> TrainingRun:
    """A run of which only the rows are there."""
    version = DatasetVersion.objects.create(project=access.project, name="d", state=DatasetState.FROZEN, made_by="ann")
    return TrainingRun.objects.create(
        project=access.project, dataset=version, version="0.2.0", base=base_package().build, code=code_version(),
        build=build(access), made_by="ann", state=RunState.DONE,
    )  # fmt: skip


def test_nothing_proved_is_exit_code_3(recorded, monkeypatch, capsys):
    monkeypatch.setattr(rebuild, "rebuild", lambda row: rebuild.Rebuilt(b"other", ()))
    with pytest.raises(CommandError) as caught:
        call_command("rebuild", recorded.build.name, "--project", "acme", "--verify")
    assert caught.value.returncode == 3
    assert "proved: nothing" in capsys.readouterr().out


def test_a_base_that_is_gone(recorded):
    recorded.base = "Invex-0.0.1-build.0"
    with pytest.raises(Gone, match="neither shipped"):
        rebuild.rebuild(recorded)


def test_what_was_not_trained_here(access):
    with pytest.raises(CommandError, match="was not trained here") as caught:
        call_command("rebuild", build(access).name, "--project", "acme", "--verify")
    assert caught.value.returncode == 2


@pytest.mark.parametrize("arguments", [["Acme-0.1.0-build.9", "--verify"], ["1"]])
def test_bad_usage(access, arguments):
    with pytest.raises(CommandError) as caught:
        call_command("rebuild", *arguments, "--project", "acme")
    assert caught.value.returncode == 2
