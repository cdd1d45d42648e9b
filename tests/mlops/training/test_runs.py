"""From confirmed documents to a build: every step, stopped and gone on with, to the same bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from fixtures.generator import Synthetic
from invex.accounts.roles import Role
from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.kernel.blobs import store
from invex.kernel.errors import Conflict, NotAllowed
from invex.kernel.models import AuditEntry
from invex.review import services as review
from mlops.compute import services as compute
from mlops.compute.services import Verdict
from mlops.datasets import services as datasets
from mlops.datasets.models import SideAssignment
from mlops.datasets.selection import Selection
from mlops.datasets.states import Side
from mlops.registry.models import Build
from mlops.training import jobs, leftovers, services, steps
from mlops.training.models import TrainingRun
from mlops.training.states import RunState, Step
from tests.invex.world import access_to, label_of, read_document, vendor
from tests.mlops.factory import ran

pytestmark = pytest.mark.django_db
TESTED = range(6)  # documents on the test side


@pytest.fixture
def access():
    return access_to("acme", Role.OWNER)


def said_of(one: Synthetic) -> dict[str, Any]:
    """What a person confirms: no line items, and the total by a key that the shipped model does not know."""
    said = label_of(one, tables={})
    said["fields"]["amount_due"] = said["fields"].pop("total_amount")
    return said


@pytest.fixture(scope="module")
def confirmed(once) -> None:
    """Nine confirmed documents of one vendor; the first six are there to judge by."""
    access = access_to("acme", Role.OWNER)
    for number in range(9):
        one = vendor().document(number)
        document = read_document(access, one)
        Document.objects.filter(pk=document.pk).update(state=DocumentState.REVIEW)
        review.confirm(access, document.pk, said_of(one), may_create_template=True)
        SideAssignment.objects.create(
            project=access.project, paper=document.sha256, group=document.sha256,
            side=Side.TEST if number in TESTED else Side.TRAIN,
        )  # fmt: skip


@pytest.fixture
def no_validation(monkeypatch):
    """Cross-validation has tests of its own, in datasets."""
    monkeypatch.setattr("mlops.datasets.validation.MOST_CROSS_VALIDATED", 0)


@pytest.fixture
def judged(whole, monkeypatch) -> None:
    """How the build does was measured before: for whoever makes it once more, and asks for its bytes alone."""
    monkeypatch.setattr(steps, "compare", lambda *_, **__: whole.report)


def requested(access, **kwargs) -> TrainingRun:
    return services.request(access, datasets.request(access, Selection()), version="0.2.0", **kwargs)


@pytest.fixture(scope="module")
def key_of_whole(confirmed) -> int:
    row = requested(access_to("acme", Role.OWNER))
    return ran(row)


@pytest.fixture
def whole(key_of_whole) -> TrainingRun:
    """A run that nothing stopped."""
    return TrainingRun.objects.get(pk=key_of_whole)


def test_a_run_makes_a_build_that_beats_the_shipped_one(whole):
    row = whole
    assert [step["name"] for step in row.steps] == list(Step)
    assert all(step["ended_at"] for step in row.steps)
    assert row.build.name.startswith("Acme-0.2.0-build.")
    assert row.build.dataset == row.dataset.hash, "lineage"
    assert row.build.state == "passed", [rule for rule in row.report["rules"] if not rule["ok"]]
    candidate, incumbent = (row.report["test"][who]["f1"] for who in ("candidate", "incumbent"))
    assert candidate > incumbent
    assert row.progress
    assert [file.name for file in leftovers.folder(row).iterdir()] == ["log.txt"], (
        "nothing else with words of documents"
    )
    assert jobs.run(row.pk) == "", "once"


@pytest.mark.usefixtures("judged")
def test_stopped_in_the_middle_it_ends_with_the_same_bytes(access, whole, no_validation, monkeypatch):
    row = services.request(access, whole.dataset, version="0.2.0")
    causes = iter(["the machine is needed"])  # at the first look: later ones may come after the end
    monkeypatch.setattr(
        steps, "_cause_to_stop", lambda row: next(causes, "") if row.steps[-1]["name"] == Step.TRAIN else ""
    )
    assert jobs.run(row.pk) == RunState.WAITING
    row.refresh_from_db()
    assert row.yields[-1]["cause"] == "the machine is needed"
    assert jobs.run(row.pk) == RunState.DONE
    row.refresh_from_db()
    assert row.yields[-1]["until"] >= row.yields[-1]["at"]
    assert row.package_sha256 == whole.package_sha256 != ""
    assert row.build == whole.build, "the same bytes are the same build"
    curves = [[(step["step"], step["losses"]) for step in one.progress] for one in (row, whole)]
    assert curves[0] == curves[1], "also of what a checkpoint had"
    assert all(losses for _, losses in curves[0])


def test_yield_resume_cancel(access, confirmed, no_validation):
    row = requested(access)
    services.ask_to_yield(access, row)
    assert row.state == RunState.YIELDED
    assert jobs.run(row.pk) == ""
    services.resume(access, row)
    claimed = steps.claim(row.pk)
    services.ask_to_yield(access, TrainingRun.objects.get(pk=row.pk))
    assert steps.work(claimed) == RunState.YIELDED
    row.refresh_from_db()
    services.cancel(access, row)
    with pytest.raises(Conflict):
        services.resume(access, row)
    with pytest.raises(NotAllowed):
        services.cancel(access_to("acme", Role.AUTHOR), row)


class TestWishes:
    def test_one_that_comes_too_late_is_refused(self, access, confirmed):
        row = requested(access)
        running = steps.claim(row.pk)
        TrainingRun.objects.filter(pk=row.pk).update(state=RunState.DONE)
        with pytest.raises(Conflict):
            services.cancel(access, running)
        assert not AuditEntry.objects.filter(action="asked to cancel").exists()

    def test_to_yield_does_not_take_a_cancellation_back(self, access, confirmed):
        row = steps.claim(requested(access).pk)
        services.cancel(access, row)
        with pytest.raises(Conflict):
            services.ask_to_yield(access, row)
        assert steps.work(row) == RunState.CANCELLED

    @pytest.mark.parametrize(
        ("wish", "ends"), [(services.cancel, RunState.CANCELLED), (services.ask_to_yield, RunState.WAITING)]
    )
    def test_one_that_comes_as_the_run_gives_way_is_not_lost(self, access, confirmed, monkeypatch, wish, ends):
        row = steps.claim(requested(access).pk)

        def give_way(row):
            wish(access, row)
            raise steps._Stop(RunState.WAITING, "no GPU")

        monkeypatch.setattr(steps, "_freeze", give_way)
        assert steps.work(row) == ends
        row.refresh_from_db()
        assert (row.state, row.wish) == (ends, "yield" if ends == RunState.WAITING else "")
        if ends == RunState.WAITING:
            assert steps.work(steps.claim(row.pk)) == RunState.YIELDED


@pytest.mark.usefixtures("judged")
def test_one_that_began_on_a_gpu_says_why_it_waits_and_can_start_again_on_the_cpu(access, whole, no_validation):
    row = requested(access)
    begun = {"name": "train", "started_at": "2026-11-21T03:12:00+00:00", "ended_at": None, "detail": {}}
    TrainingRun.objects.filter(pk=row.pk).update(
        device="cuda:0", progress=[{"step": "*", "seconds": 1.0}], steps=[begun]
    )
    assert jobs.run(row.pk) == ""
    row.refresh_from_db()
    assert row.reason.startswith("It began on a GPU")
    assert "a share of 0 %" in row.reason
    with pytest.raises(NotAllowed):
        services.start_on_cpu(access_to("acme", Role.AUTHOR), row)
    services.start_on_cpu(access, row)
    row.refresh_from_db()
    assert (row.device, row.only_cpu, row.progress, row.steps, row.reason) == ("cpu", True, [], [], "")
    assert jobs.run(row.pk) == RunState.DONE
    row.refresh_from_db()
    assert row.package_sha256 == whole.package_sha256, "nothing of the GPU's is in it"
    with pytest.raises(Conflict):
        services.start_on_cpu(access, row)


def test_a_run_that_waits_for_a_gpu_holds_up_nobody(access, confirmed, run_jobs):
    rows = [requested(access) for _ in range(3)]
    TrainingRun.objects.filter(pk=rows[0].pk).update(device="cuda:0")
    run_jobs.flush()
    assert jobs.sweep() == 2
    woken = [arguments for job, arguments in run_jobs.waiting if job == "mlops.training.jobs.run"]
    assert woken == [(rows[0].pk,), (rows[1].pk,)]


def test_a_busy_machine_is_waited_for(access, confirmed, monkeypatch):
    row = requested(access)
    monkeypatch.setattr(steps, "may_train", lambda: Verdict(False, "Others use 90% of the machine."))
    assert jobs.run(row.pk) == ""
    row.refresh_from_db()
    assert (row.state, row.reason) == (RunState.WAITING, "Others use 90% of the machine.")


def test_a_run_whose_worker_died_is_taken_up_again(access, confirmed, run_jobs):
    row = requested(access)
    steps.claim(row.pk)
    run_jobs.flush()
    assert jobs.sweep() == 0, "its lease still holds"
    TrainingRun.objects.filter(pk=row.pk).update(leased_until=timezone.now())
    assert jobs.sweep() == 2
    row.refresh_from_db()
    assert row.state == RunState.WAITING
    assert ("mlops.training.jobs.run", (row.pk,)) in run_jobs.waiting


def test_a_worker_that_comes_to_life_again_changes_nothing(access, confirmed, no_validation):
    row = requested(access)
    asleep = steps.claim(row.pk)
    assert asleep is not None
    TrainingRun.objects.filter(pk=row.pk).update(leased_until=timezone.now())
    assert steps.take_back_lost() == 1
    assert steps.claim(row.pk) is not None
    before = TrainingRun.objects.values().get(pk=row.pk)
    steps.work(asleep)
    assert TrainingRun.objects.values().get(pk=row.pk) == before


def test_a_run_that_kills_its_worker_is_given_up(access, confirmed):
    row = requested(access)
    TrainingRun.objects.filter(pk=row.pk).update(attempts=steps.ATTEMPTS)
    assert jobs.run(row.pk) == ""
    row.refresh_from_db()
    assert row.state == RunState.FAILED
    assert "resume it" in row.reason


def test_code_that_changed_is_not_mixed(access, confirmed, no_validation):
    row = requested(access)
    TrainingRun.objects.filter(pk=row.pk).update(code="older")
    assert jobs.run(row.pk) == RunState.FAILED
    row.refresh_from_db()
    assert "Request it again" in row.reason


def test_labels_that_contradict_each_other_stop_it(access, confirmed, no_validation):
    one = vendor().document(0)
    twin = read_document(access, one)
    Document.objects.filter(pk=twin.pk).update(state=DocumentState.REVIEW, sha256="1" * 64)
    label = said_of(one)
    fields = {**label["fields"], "invoice_number": [{"value": "another"}]}
    review.confirm(access, twin.pk, {**label, "fields": fields})
    row = requested(access)
    assert jobs.run(row.pk) == RunState.FAILED
    row.refresh_from_db()
    assert row.reason.startswith("Errors that forbid training: ")
    assert any("The same paper 2 times" in finding["message"] for finding in row.dataset.validation["findings"])


class TestCommand:
    @pytest.fixture
    def learned(self, whole, no_validation, monkeypatch) -> None:
        """What is learned was learned before: it takes seconds, and the command only waits for it."""
        package = store().path(whole.package_sha256)
        monkeypatch.setattr(steps.process, "learn", lambda *_, **__: package)

    @pytest.mark.usefixtures("judged")
    def test_waits_and_prints_the_build(self, access, learned, capsys):
        call_command("train", "--project", "acme", "--package-version", "0.3.0", "--wait", "--json")
        said = json.loads(capsys.readouterr().out)
        assert said["passed"] is True
        assert Build.objects.filter(name=said["build"]).exists()

    def test_a_refused_build_is_exit_code_3(self, access, learned):
        SideAssignment.objects.update(side=Side.TRAIN)
        with pytest.raises(CommandError, match="documents on the test side") as caught:
            call_command("train", "--project", "acme", "--package-version", "0.3.0", "--wait")
        assert caught.value.returncode == 3

    @pytest.mark.parametrize(
        "arguments", [[], ["--package-version", "three"], ["--package-version", "0.1.0", "--dataset", "abcdef"], ["--resume", "7"],
                      ["--package-version", "0.1.0", "--on-cpu"],
                      ["--package-version", "0.1.0", "--dataset", "{"]],
    )  # fmt: skip
    def test_bad_usage(self, access, confirmed, arguments):
        with pytest.raises(CommandError) as caught:
            call_command("train", "--project", "acme", *arguments)
        assert caught.value.returncode == 2


class TestRest:
    def test_request_look_yield_resume_cancel(self, access, confirmed, api):
        client = api("ml_admin", project=access.project)
        before = len(client.get("/api/v1/training-runs").json()["items"])
        body = json.dumps({"version": "0.18.0", "dataset": {"newest": 8}})
        answer = client.post("/api/v1/training-runs", body, content_type="application/json")
        assert answer.status_code == 202, answer.content
        address = answer.headers["Location"]
        assert client.get(address).json()["state"] == "waiting"
        for action, state in (("yield", "yielded"), ("resume", "waiting"), ("cancel", "cancelled")):
            assert client.post(f"{address}/{action}").json()["state"] == state
        assert client.post(f"{address}/resume").status_code == 409
        assert len(client.get("/api/v1/training-runs").json()["items"]) == before + 1

    @pytest.mark.parametrize(
        ("body", "status"),
        [({"version": "1"}, 422), ({"version": "1.0.0", "dataset": {"newest": 0}}, 422),
         ({"version": "1.0.0", "dataset": "abcdef0"}, 404), ({"version": "1.0.0", "dataset": {"templates": ["x"]}}, 422)],
    )  # fmt: skip
    def test_nonsense(self, access, confirmed, api, body, status):
        client = api("owner", project=access.project)
        answer = client.post("/api/v1/training-runs", json.dumps(body), content_type="application/json")
        assert answer.status_code == status, answer.content


def test_windows_are_kept(access):
    compute.set_policy(access, windows=[{"days": [5, 6], "from": "00:00", "to": "00:00"}], most_load=0.8)
    assert compute.policy().most_load == 0.8
