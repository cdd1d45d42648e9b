"""The pages of datasets, training and computing, as an ML admin uses them."""

from __future__ import annotations

import datetime
import html
import io
import zipfile
from types import SimpleNamespace

import pytest
from django.utils import timezone

from mlops.compute import gpus
from mlops.compute import services as compute
from mlops.compute.models import Gpu
from mlops.compute.probes import GpuFigures
from mlops.console import run_report
from mlops.console.rule_names import rule_name
from mlops.datasets import jobs as dataset_jobs
from mlops.datasets import services as datasets
from mlops.datasets.models import DatasetVersion
from mlops.datasets.selection import Selection
from mlops.learning.finding import Finding
from mlops.learning.message import FieldKey
from mlops.learning.validation import ValidationReport
from mlops.registry import services as registry
from mlops.training import jobs, services
from mlops.training.models import TrainingRun
from mlops.training.states import RunState, Step
from tests.invex.world import access_to
from tests.mlops.factory import build

pytestmark = pytest.mark.django_db
HOME = "/p/acme/models"
GPU = {"gpu_share": "50", "gpu_free_mb": "2000", "gpu_others_mb": "500"}  # of the form of computing


def frozen(access, selection=None) -> DatasetVersion:
    row = datasets.request(access, selection or Selection())
    datasets.freeze(row)
    row.refresh_from_db()
    return row


def text(answer) -> str:
    assert answer.status_code == 200, answer.content
    return " ".join(answer.content.decode().split())


class TestDatasets:
    def test_what_is_selected_is_shown_before_it_is_frozen(self, access, confirmed, browser):
        said = text(browser.post(f"{HOME}/datasets/new/", {"action": "preview", "newest": "3"}))
        assert "3 documents" in said
        assert not DatasetVersion.objects.exists()
        answer = browser.post(f"{HOME}/datasets/new/", {"action": "freeze", "newest": "3", "name": "three"})
        row = DatasetVersion.objects.get()
        assert answer["Location"] == f"{HOME}/datasets/{row.pk}/"
        assert (row.name, row.selection) == ("three", {"newest": 3})

    @pytest.mark.parametrize(
        "sent", [{"newest": "0"}, {"newest": "x"}, {"share": "101"}, {"since": "yesterday"}, {"template": "nobody's"}]
    )
    def test_nonsense_is_said_in_place(self, access, confirmed, browser, sent):
        answer = browser.post(f"{HOME}/datasets/new/", {"action": "freeze", **sent})
        assert answer.status_code == 422
        assert b'role="alert"' in answer.content
        assert not DatasetVersion.objects.exists()

    def test_a_version_says_what_is_in_it_and_what_it_was_used_for(self, access, confirmed, browser, no_validation):
        row = frozen(access)
        dataset_jobs.validate(row.pk)
        run = services.request(access, row, version="0.2.0")
        said = text(browser.get(f"{HOME}/datasets/{row.pk}/"))
        assert row.hash in said
        assert "All 8 documents are there" in said
        assert f"{HOME}/runs/{run.pk}/" in said
        assert "every confirmed document" in said
        assert row.name in text(browser.get(f"{HOME}/datasets/"))

    def test_suspected_labels_lead_to_their_document(self, access, confirmed, browser):
        row = frozen(access)
        one = row.documents.first()
        finding = {"severity": "warning", "code": "suspected_label", "message": "Is it 7?", "what_to_do": "Look.",
                   "documents": [one.name]}  # fmt: skip
        report = {"is_fit": True, "documents": 8, "values": 9, "located": 9, "findings": [finding]}
        DatasetVersion.objects.filter(pk=row.pk).update(validation=report)
        said = text(browser.get(f"{HOME}/datasets/{row.pk}/"))
        assert "Suspected label errors" in said
        assert f'href="/p/acme/documents/{one.document}/"' in said

    def test_an_erased_document_is_said_and_not_linked(self, access, confirmed, browser):
        row = frozen(access)
        gone = row.documents.first()
        later = frozen(access, Selection(newest=3))
        datasets.forget(access.project, gone.document)
        assert "1 of 8 documents were erased" in text(browser.get(f"{HOME}/datasets/{row.pk}/"))
        said = text(browser.get(f"{HOME}/datasets/{later.pk}/"))
        assert "5 left out" in said
        assert f'href="/p/acme/documents/{gone.document}/"' not in said

    def test_it_comes_as_a_dataset_folder(self, access, confirmed, browser):
        row = frozen(access)
        data = b"".join(browser.get(f"{HOME}/datasets/{row.pk}/file.zip").streaming_content)
        names = zipfile.ZipFile(io.BytesIO(data)).namelist()
        assert "dataset.json" in names
        assert sum(name.startswith("labels/") and name.endswith(".json") for name in names) == 8

    def test_what_is_being_frozen_cannot_be_exported(self, access, confirmed, browser):
        row = datasets.request(access, Selection())
        assert browser.get(f"{HOME}/datasets/{row.pk}/file.zip").status_code == 409
        assert "hx-get" in text(browser.get(f"{HOME}/datasets/{row.pk}/")), "the page follows it"


class TestRuns:
    def test_from_the_form_to_the_build(self, access, confirmed, browser, no_validation):
        answer = browser.post(f"{HOME}/runs/new/", {"action": "train", "version": "0.3.0", "seed": "5"})
        row = TrainingRun.objects.get()
        assert answer["Location"] == f"{HOME}/runs/{row.pk}/"
        assert (row.version, row.seed, row.trigger) == ("0.3.0", 5, {"kind": "button"})
        assert "hx-trigger" in text(browser.get(answer["Location"], headers={"HX-Request": "true"}))
        jobs.run(row.pk)
        row.refresh_from_db()
        assert row.state == RunState.DONE, row.reason
        said = text(browser.get(answer["Location"]))
        assert "hx-trigger" not in said, "it has ended: nothing to follow"
        assert row.build.name in said
        for step in Step:
            assert str(step.label) in said
        for rule in row.report["rules"]:
            assert rule_name(rule["name"]) in said
        assert "Enough documents" in said, "what people call the rule, not its name in reports"
        for one in row.report["differences"]:
            assert f'href="/p/acme/documents/{one["document"]}/"' in said
        losses = row.progress[-1]["losses"]
        assert f"in {len(losses) - 1} steps" in said
        lines = browser.get(f"{HOME}/runs/{row.pk}/curves.csv").content.decode().splitlines()
        assert lines[0] == "template,step,objective"
        assert lines[-1] == f"{row.progress[-1]['step']},{len(losses) - 1},{losses[-1]}"
        TrainingRun.objects.filter(pk=row.pk).update(state=RunState.RUNNING)
        said = text(browser.get(f"{HOME}/runs/{row.pk}/"))
        assert "hx-trigger" in said
        assert '<th scope="col">Step</th><th scope="col" class="number">' not in said, "each answer would close it"
        assert 'href="?still=1#learning"' in said
        said = text(browser.get(f"{HOME}/runs/{row.pk}/?still=1"))
        assert "hx-trigger" not in said
        assert "Follow the run again" in said
        assert '<th scope="col">Step</th><th scope="col" class="number">' in said
        TrainingRun.objects.filter(pk=row.pk).update(state=RunState.DONE)
        said = text(browser.get(f"{HOME}/builds/{row.build.name}/"))
        assert f"{HOME}/runs/{row.pk}/" in said
        assert f"{HOME}/datasets/{row.dataset_id}/" in said
        f1 = f"{100 * row.report['test']['candidate']['f1']:.1f} %"
        assert f"<dt>F1, test side</dt><dd>{f1}</dd>" in said
        listed = text(browser.get(f"{HOME}/"))
        assert f"F1 {f1}" in listed, "the list of builds says it, too"
        worst, lowest = min(row.report["test"]["candidate"]["by_template"].items(), key=lambda one: one[1])
        assert f'{worst} <span class="nowrap">{100 * lowest:.1f} %</span>' in listed
        assert f"{1000 * row.report['test']['candidate']['seconds_a_page']:.0f} ms a page" in listed
        assert html.escape(row.report["rules"][0]["reason"]) in said
        twin = services.request(access, row.dataset, version="0.3.1")
        said = text(browser.get(f"{HOME}/runs/compare/?run={row.pk}&run={twin.pk}"))
        assert "<strong>0.3.0</strong>" in said
        assert "How learning went" not in said, "one of them has not learned yet"
        TrainingRun.objects.filter(pk=twin.pk).update(progress=row.progress)
        said = text(browser.get(f"{HOME}/runs/compare/?run={row.pk}&run={twin.pk}"))
        assert f"Run {row.pk}: from" in said
        assert f"Run {twin.pk}: from" in said
        assert row.dataset.hash[:12] in said
        assert f"Run {row.pk}" in text(browser.get(f"{HOME}/runs/"))

    def test_what_validation_stopped_it_for_is_said_with_names_in_the_language_of_the_reader(
        self, access, confirmed, browser, monkeypatch
    ):
        parts = (("7",), (FieldKey("net_amount"),), ("'address'",), ("'2'",), ("0.50",))
        sentence = "Document {1}: {2} is labelled {3}, a model that has not seen it reads {4} (suspicion {5})."
        finding = Finding("error", "suspected_label", sentence, parts, "Look at the page.")
        report = ValidationReport(8, 9, 9, (finding,)).to_json()

        def validate(pk):
            DatasetVersion.objects.filter(pk=pk).update(validation=report)

        monkeypatch.setattr("mlops.datasets.jobs.validate", validate)
        row = services.request(access, frozen(access), version="0.3.0")
        jobs.run(row.pk)
        row.refresh_from_db()
        assert row.state == RunState.FAILED
        assert "net_amount" not in row.reason
        for language, wanted in (("en", "Net amount is labelled"), ("de", "Nettobetrag ist als")):
            shown = text(browser.get(f"{HOME}/runs/{row.pk}/", headers={"Accept-Language": language}))
            assert wanted in shown
            assert "net_amount" not in shown
            assert f'href="{HOME}/datasets/{row.dataset_id}/"' in shown
        assert "Fehler, mit denen nicht trainiert wird: 1." in text(
            browser.get(f"{HOME}/runs/", headers={"Accept-Language": "de"})
        )

    def test_a_refused_build_says_why(self, access, browser):
        rules = [{"name": "overall", "ok": False, "reason": "F1 is 81.0 %, that of what reads 93.0 %."}]
        row = build(access)
        registry.judge(access.actor, row, passed=False, report={"passed": False, "rules": rules})
        said = text(browser.get(f"{HOME}/builds/{row.name}/"))
        assert rules[0]["reason"] in said
        assert "Let it through" in said
        assert f'href="{HOME}/code/"' in said, "the page of the code is in the menu of the area"

    def test_a_dataset_that_was_frozen_before(self, access, confirmed, browser):
        row = frozen(access)
        browser.post(f"{HOME}/runs/new/", {"action": "train", "version": "0.3.0", "dataset": row.pk})
        assert TrainingRun.objects.get().dataset == row
        assert DatasetVersion.objects.count() == 1

    def test_of_a_frozen_dataset_nothing_is_selected(self, access, confirmed, browser):
        row = frozen(access, Selection(newest=3))
        fields = ("since", "newest", "per_template", "share", "with_held", "without_suspects")
        said = text(browser.get(f"{HOME}/runs/new/"))
        assert [name for name in fields if f'name="{name}"' not in said] == []
        assert "8 documents" in said
        asked = ({"dataset": row.pk}, {"action": "preview", "dataset": row.pk, "newest": "nonsense"})
        for answer in (browser.get(f"{HOME}/runs/new/", asked[0]), browser.post(f"{HOME}/runs/new/", asked[1])):
            said = text(answer)
            assert [name for name in fields if f'name="{name}"' in said] == []
            assert "3 documents" in said
            assert f'href="{HOME}/datasets/{row.pk}/"' in said

    @pytest.mark.parametrize("sent", [{"version": "one"}, {"version": "1.0.0", "seed": "-1"},
                                      {"version": "1.0.0", "dataset": "all"}])  # fmt: skip
    def test_nonsense_starts_nothing(self, access, confirmed, browser, sent):
        answer = browser.post(f"{HOME}/runs/new/", {"action": "train", **sent})
        assert answer.status_code == 422
        assert not TrainingRun.objects.exists()

    def test_yield_resume_cancel(self, access, confirmed, browser):
        row = services.request(access, frozen(access), version="0.3.0")
        for action, state in (("yield", "yielded"), ("resume", "waiting"), ("cancel", "cancelled")):
            assert browser.post(f"{HOME}/runs/{row.pk}/act/", {"action": action}).status_code == 302
            row.refresh_from_db()
            assert row.state == state
        assert browser.post(f"{HOME}/runs/{row.pk}/act/", {"action": "resume"}).status_code == 409
        assert browser.post(f"{HOME}/runs/{row.pk}/act/", {"action": "explode"}).status_code == 422

    def test_two_are_compared_and_not_one(self, access, confirmed, browser):
        row = services.request(access, frozen(access), version="0.3.0")
        for query in ("", f"?run={row.pk}", f"?run={row.pk}&run={row.pk}"):
            assert browser.get(f"{HOME}/runs/compare/{query}").status_code == 422

    def test_a_yield_says_how_long_it_lasted(self):
        at, until = "2026-11-21T03:00:00+00:00", "2026-11-21T03:02:30+00:00"
        row = TrainingRun(yields=[{"at": at, "cause": "hours", "until": until}, {"at": until, "cause": "load"}])
        assert [(one["cause"], one["seconds"]) for one in run_report.yields(row)] == [("hours", 150.0), ("load", None)]

    def test_a_page_asks_often_at_first(self):
        now = timezone.now()
        row = TrainingRun(state=RunState.RUNNING, state_changed_at=now)
        assert run_report.poll_s(row) == run_report.FASTEST_POLL_S
        row.state_changed_at = now - datetime.timedelta(minutes=10)
        assert run_report.poll_s(row) == run_report.SLOWEST_POLL_S
        row.steps = [{"name": "train", "started_at": now.isoformat(), "ended_at": None, "detail": {}}]
        assert run_report.poll_s(row) == run_report.FASTEST_POLL_S


class TestCompute:
    def test_hours_and_load(self, access, browser):
        sent = {**GPU, "most_load": "40", "days:0": ["5", "6"], "from:0": "00:00", "to:0": "00:00", "from:1": "20:00",
                "to:1": "06:00"}  # fmt: skip
        assert browser.post(f"{HOME}/compute/", sent).status_code == 302
        row = compute.policy()
        assert (row.most_load, row.gpu_share, row.gpu_free_mb, row.gpu_others_mb) == (0.4, 0.5, 2000, 500)
        assert row.windows == [{"days": [5, 6], "from": "00:00", "to": "00:00"}]
        said = text(browser.get(f"{HOME}/compute/"))
        assert 'aria-label="Saturday: 00–24"' in said
        assert 'aria-label="Wednesday: closed"' in said

    @pytest.mark.parametrize(
        "sent",
        [{"most_load": "0"}, {"most_load": ""}, {"days:0": "1", "from:0": "x", "to:0": "y"}, {"gpu_share": "101"},
         {"gpu_free_mb": ""}, {"gpu_others_mb": "-1"}],
    )  # fmt: skip
    def test_nonsense(self, access, browser, sent):
        assert browser.post(f"{HOME}/compute/", {"most_load": "50", **GPU, **sent}).status_code == 422
        assert compute.policy().windows == []

    def test_whose_gpu_is_whose(self, access, confirmed, browser):
        figures = [GpuFigures(f"GPU-{n}", n, f"Card {n}", 80_000, free, 0.5) for n, free in enumerate((79_500, 60_000))]
        gpus.look(SimpleNamespace(gpus=lambda: figures), host="node")
        said = text(browser.get(f"{HOME}/compute/"))
        assert "nobody: free" in said
        assert "20000 MB" in said, "of others"
        row = services.request(access, frozen(access), version="9.9.9")
        Gpu.objects.filter(index=0).update(
            holder="x", run=row.pk, project="acme", leased_until=timezone.now() + datetime.timedelta(seconds=40),
            leased_at=timezone.now(),
        )  # fmt: skip
        assert f"{HOME}/runs/{row.pk}/" in text(browser.get(f"{HOME}/compute/"))
        Gpu.objects.filter(index=0).update(project="other")
        said = text(browser.get(f"{HOME}/compute/"))
        assert "a run of another project" in said
        assert f"/runs/{row.pk}/" not in said.partition("What waits")[0]

    def test_another_projects_run_is_only_counted(self, access, confirmed, browser):
        row = services.request(access, frozen(access), version="9.9.9")
        TrainingRun.objects.filter(pk=row.pk).update(state=RunState.RUNNING)
        assert f"{HOME}/runs/{row.pk}/" in text(browser.get(f"{HOME}/compute/"))
        TrainingRun.objects.filter(pk=row.pk).update(project=access_to("other").project)
        said = text(browser.get(f"{HOME}/compute/"))
        assert "1 run of another project" in said
        assert f"/runs/{row.pk}/" not in said
