"""What triggers measure, when they fire, and what holds them back."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from invex.accounts.models import Project
from invex.accounts.roles import Role
from invex.extraction.models import Extraction
from invex.kernel.errors import Conflict, NotAllowed
from invex.kernel.models import AuditEntry, Event
from mlops.datasets.models import DatasetVersion
from mlops.datasets.states import DatasetState
from mlops.deployment.states import Mode
from mlops.monitoring.models import DriftReading, Observation
from mlops.retraining import evidence, jobs, queries, schedule, services
from mlops.retraining.evidence import Reading
from mlops.retraining.models import Circle, DailyFigure, Decision, RetrainingPolicy
from mlops.retraining.policy import Trigger
from mlops.retraining.states import MEASURED, CircleState, Hold, Kind, Outcome
from mlops.training.models import TrainingRun
from mlops.training.queries import busy_s
from mlops.training.states import RunState
from tests.invex.world import access_to
from tests.mlops.factory import build, deploy

from .conftest import hours_ago

pytestmark = pytest.mark.django_db


def with_policy(access, **said) -> RetrainingPolicy:
    return services.set_policy(access, said)


def on(kind: Kind, threshold: float, **more) -> dict:
    return {str(kind): {"on": True, "threshold": threshold, "newest": 100, "least": 5, **more}}


def reading(access, kind: Kind) -> Reading:
    found = queries.outlook(access.project).reading(kind)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("kind", "figure", "reached"),
    [
        (Kind.UNKNOWN, 0.2, False),
        (Kind.UNKNOWN, 0.21, True),
        (Kind.ACCURACY, 0.2, False),
        (Kind.ACCURACY, 0.19, True),
        (Kind.LABELS, 0.2, True),
        (Kind.LABELS, 0.1, False),
        (Kind.UNKNOWN, None, False),
    ],
)
def test_on_the_threshold_and_over_it(kind, figure, reached):
    assert Reading(kind, Trigger(True, 0.2, 10, 1), figure, 0, ()).is_reached is reached


class TestUnknown:
    def test_is_the_share_of_documents_without_a_template_when_they_came(self, access, arrived):
        with_policy(access, triggers=on(Kind.UNKNOWN, 0.2))
        known, unknown = arrived(6), arrived(2, template="")
        found = reading(access, Kind.UNKNOWN)
        assert found.figure == 0.25
        assert set(found.documents) == {d.pk for d in (*known, *unknown)}
        Extraction.objects.bulk_create(
            Extraction(document=d, number=2, template="New", template_confidence=1, prediction={}, seconds=0)
            for d in unknown
        )
        assert reading(access, Kind.UNKNOWN).figure == 0.25, "a re-read changes nothing"

    def test_looks_at_the_newest_only(self, access, arrived):
        with_policy(access, triggers=on(Kind.UNKNOWN, 0.2, newest=5))
        arrived(10, template="")
        newest = arrived(5)
        assert reading(access, Kind.UNKNOWN).figure == 0
        assert reading(access, Kind.UNKNOWN).documents == tuple(sorted((d.pk for d in newest), reverse=True))

    def test_has_no_figure_with_too_little_evidence(self, access, arrived):
        with_policy(access, triggers=on(Kind.UNKNOWN, 0.2))
        arrived(4, template="")
        assert reading(access, Kind.UNKNOWN).figure is None


class TestAccuracy:
    def test_is_what_nobody_had_to_correct(self, access, arrived):
        with_policy(access, triggers=on(Kind.ACCURACY, 0.9))
        arrived(4, corrected=2)
        arrived(4, corrected=0)
        assert reading(access, Kind.ACCURACY).figure == pytest.approx(0.9)

    def test_counts_by_the_inverse_of_the_probability_of_the_draw(self, access, arrived):
        with_policy(access, triggers=on(Kind.ACCURACY, 0.9))
        arrived(5, corrected=10, sampled=1.0)
        arrived(5, corrected=0, sampled=0.25, draw=0.1)
        assert reading(access, Kind.ACCURACY).figure == pytest.approx(1 - 5 / 25)

    @pytest.mark.parametrize(
        "columns", [{"draw": 0.9, "sampled": 0.5}, {"build": "an older one"}, {"source": "bulk"}, {"is_current": False}]
    )
    def test_leaves_out_what_says_nothing(self, access, arrived, columns):
        with_policy(access, triggers=on(Kind.ACCURACY, 0.9))
        arrived(5)
        arrived(5, corrected=10, **columns)
        assert reading(access, Kind.ACCURACY).figure == 1

    def test_ends_at_the_first_document_that_waits(self, access, arrived):
        with_policy(access, triggers=on(Kind.ACCURACY, 0.9))
        before, waiting = arrived(5), arrived(1, corrected=None)
        arrived(5, corrected=10)
        assert reading(access, Kind.ACCURACY).documents == tuple(d.pk for d in reversed(before))
        Extraction.objects.filter(document=waiting[0]).update(created_at=hours_ago(15 * 24))
        assert len(reading(access, Kind.ACCURACY).documents) == 10, "one that waits for too long holds nothing up"


class TestDrift:
    def test_is_the_monitoring_s_figure(self, access):
        with_policy(access, triggers=on(Kind.DRIFT, 0.25))
        assert reading(access, Kind.DRIFT).figure is None
        measured(access, 0.2)
        found = reading(access, Kind.DRIFT)
        assert (found.figure, found.evidence, found.is_reached) == (0.2, 60, False)

    def test_once_reached_it_is_measured_anew_and_names_its_documents(self, access, arrived):
        with_policy(access, triggers=on(Kind.DRIFT, 0.25))
        measured(access, 0.9)
        observed(access, arrived(40), days_ago=20, pages=1)
        longer = observed(access, arrived(40), days_ago=0, pages=9)
        found = reading(access, Kind.DRIFT)
        assert found.figure is not None
        assert found.figure > 0.25
        assert found.figure != 0.9
        assert set(found.documents) == {d.pk for d in longer}

    @pytest.mark.parametrize(("days_ago", "count"), [(3, 60), (0, 4)])
    def test_an_old_figure_or_one_of_few_documents_says_nothing(self, access, days_ago, count):
        with_policy(access, triggers=on(Kind.DRIFT, 0.25))
        measured(access, 0.9, days_ago=days_ago, count=count)
        assert reading(access, Kind.DRIFT).figure is None


def measured(access, figure: float, *, days_ago: int = 0, count: int = 60) -> None:
    day = timezone.localdate() - datetime.timedelta(days=days_ago)
    DriftReading.objects.create(
        project=access.project, kind="input", day=day, figure=figure, detail={"current_count": count}
    )


def observed(access, documents, *, days_ago: int, pages: int):
    at = timezone.now() - datetime.timedelta(days=days_ago)
    Observation.objects.bulk_create(
        Observation(
            project=access.project, document=d, at=at, day=timezone.localdate(at), hour=9, pages=pages, words=pages * (90 + n),
            ocr_share=0, template="Acme", build="b", template_confidence=1, seconds=0.1,
        )
        for n, d in enumerate(documents)
    )  # fmt: skip
    return documents


class TestLabels:
    def test_counts_what_was_confirmed_since_the_last_dataset_that_was_learned_from(self, access, arrived):
        with_policy(access, triggers=on(Kind.LABELS, 3))
        arrived(4)
        arrived(2, corrected=None)
        assert reading(access, Kind.LABELS).figure == 4
        learned(access)
        assert reading(access, Kind.LABELS).figure == 0
        newer = arrived(2)
        assert reading(access, Kind.LABELS).documents == tuple(d.pk for d in reversed(newer))

    def test_a_run_that_failed_learned_nothing(self, access, arrived):
        with_policy(access, triggers=on(Kind.LABELS, 3))
        arrived(4)
        learned(access, state=RunState.FAILED)
        assert reading(access, Kind.LABELS).figure == 4

    def test_a_run_that_only_judged_a_build_learned_nothing(self, access, arrived):
        with_policy(access, triggers=on(Kind.LABELS, 3))
        arrived(4)
        learned(access, judged_only=True)
        assert reading(access, Kind.LABELS).figure == 4

    def test_a_dataset_that_equals_a_learned_one_has_nothing_new(self, access, arrived):
        with_policy(access, triggers=on(Kind.LABELS, 3))
        run = learned(access)
        arrived(4)
        DatasetVersion.objects.create(
            project=access.project, name="same", state=DatasetState.FAILED, same_as=run.dataset, made_by="mia"
        )
        assert reading(access, Kind.LABELS).figure == 0


def learned(access, *, state: str = RunState.DONE, judged_only: bool = False) -> TrainingRun:
    dataset = DatasetVersion.objects.create(
        project=access.project, name="d", hash="d" * 64, state=DatasetState.FROZEN, made_by="mia"
    )
    return TrainingRun.objects.create(
        project=access.project, dataset=dataset, version="0.1.0", base="b", code="c", state=state, made_by="mia",
        package_sha256="" if judged_only else "a" * 64,
    )  # fmt: skip


class TestFiring:
    def test_writes_which_figure_over_which_documents(self, access, arrived, run_jobs):
        row = with_policy(access, triggers=on(Kind.UNKNOWN, 0.2))
        documents = arrived(6, template="")
        assert jobs.consider(row.pk)
        decision = Decision.objects.get()
        assert (decision.outcome, decision.trigger) == (Outcome.FIRED, Kind.UNKNOWN)
        assert (decision.figure, decision.threshold, decision.evidence) == (1.0, 0.2, 6)
        assert sorted(decision.documents) == [d.pk for d in documents]
        assert Circle.objects.get().decision == decision
        assert AuditEntry.objects.get(subject_type="retraining", action="fired").detail["figure"] == 1.0
        assert Event.objects.get(name="retraining.fired").payload["documents"] == 6
        assert DailyFigure.objects.get(trigger=Kind.UNKNOWN).figure == 1.0

    def test_a_job_that_runs_twice_fires_once(self, access, arrived):
        row = with_policy(access, triggers=on(Kind.UNKNOWN, 0.2), cooldown_h=0)
        arrived(6, template="")
        assert jobs.consider(row.pk)
        jobs.consider(row.pk)
        assert Circle.objects.count() == 1
        assert DailyFigure.objects.filter(trigger=Kind.UNKNOWN).count() == 1

    @pytest.mark.parametrize("what", ["policy", "retraining"])
    def test_what_somebody_did_while_it_was_measured_counts(self, access, arrived, monkeypatch, what):
        row = with_policy(access, triggers=on(Kind.UNKNOWN, 0.2), cooldown_h=0)
        arrived(6, template="")
        real = queries.outlook

        def measured_before(project):
            found = real(project)
            if what == "policy":
                with_policy(access, triggers=on(Kind.UNKNOWN, 1.0))
            else:
                services.start(access)
                Circle.objects.update(state=CircleState.STOPPED)
            return found

        monkeypatch.setattr(queries, "outlook", measured_before)
        assert not jobs.consider(row.pk)
        assert not Decision.objects.filter(trigger=Kind.UNKNOWN).exists()

    def test_it_measures_before_it_locks(self, access, monkeypatch):
        row = with_policy(access, triggers=on(Kind.UNKNOWN, 0.2))
        real, steps = Project.objects.select_for_update, []
        monkeypatch.setattr(
            Project.objects, "select_for_update", lambda **options: steps.append(options) or real(**options)
        )
        read = evidence.read
        monkeypatch.setattr(evidence, "read", lambda *about: steps.append(about[1]) or read(*about))
        jobs.consider(row.pk)
        assert steps == [*MEASURED, {"no_key": True}], "others who read the project's rows do not wait"

    def test_a_trigger_that_is_off_fires_nothing(self, access, arrived):
        row = with_policy(access, triggers={"unknown": {"threshold": 0.2, "least": 5}})
        arrived(6, template="")
        assert reading(access, Kind.UNKNOWN).is_reached
        assert not jobs.consider(row.pk)

    def test_evidence_that_led_to_a_retraining_is_used_up(self, access, arrived):
        row = with_policy(access, triggers=on(Kind.UNKNOWN, 0.2), cooldown_h=0)
        arrived(6, template="")
        jobs.consider(row.pk)
        assert reading(access, Kind.UNKNOWN).figure is None
        newer = arrived(5)
        assert set(reading(access, Kind.UNKNOWN).documents) == {d.pk for d in newer}

    def test_a_schedule_that_is_due_fires_once_and_goes_on(self, access, arrived):
        row = with_policy(access, schedule={"cron": "0 2 * * *"})
        arrived(1)
        assert not jobs.consider(row.pk)
        RetrainingPolicy.objects.update(next_run_at=hours_ago(50))
        assert queries.outlook(access.project).reached == [Kind.SCHEDULE]
        assert jobs.consider(row.pk)
        assert Decision.objects.get().trigger == Kind.SCHEDULE
        assert RetrainingPolicy.objects.get().next_run_at > timezone.now(), "what was missed is made up for once"
        assert not jobs.consider(row.pk)

    def test_a_daily_schedule_and_a_cooldown_of_a_day_begin_one_every_day(self, access, arrived, monkeypatch):
        row = with_policy(access, schedule={"cron": "0 2 * * *"}, cooldown_h=24)
        first = schedule.next_time("0 2 * * *", timezone.now())
        assert first is not None
        arrived(1)
        for day in range(3):
            for seconds in (-30, 20, 40, 90):  # it begins some seconds after two: tomorrow's two is in its cooldown
                at = first + datetime.timedelta(days=day, seconds=seconds - 5 * day)
                with monkeypatch.context() as clock:
                    clock.setattr(timezone, "now", lambda at=at: at)
                    jobs.consider(row.pk)
                Circle.objects.update(state=CircleState.STOPPED)
        begun = Decision.objects.filter(outcome=Outcome.FIRED).order_by("pk").values_list("created_at", flat=True)
        assert [(at - first).days for at in begun] == [0, 1, 2]

    def test_a_schedule_that_more_than_the_cooldown_holds_waits_for_its_next_time(self, access, arrived):
        row = with_policy(access, schedule={"cron": "0 2 * * *"})
        arrived(1)
        services.start(access)
        RetrainingPolicy.objects.update(next_run_at=hours_ago(1))
        jobs.consider(row.pk)
        assert RetrainingPolicy.objects.get().next_run_at > timezone.now()

    def test_holding_a_schedule_keeps_what_somebody_saved_a_moment_before(self, access, monkeypatch):
        with_policy(access, schedule={"cron": "0 2 * * *"})
        real = Project.objects.select_for_update

        def after_somebody_saved(**options):
            monkeypatch.undo()
            with_policy(access, schedule={"cron": "0 5 * * *"}, cooldown_h=7)
            return real(**options)

        monkeypatch.setattr(Project.objects, "select_for_update", after_somebody_saved)
        services.set_paused(access, paused=True)
        said = queries.policy(access.project)
        assert (said.cron, said.cooldown_h, said.paused) == ("0 5 * * *", 7, True)

    def test_a_paused_schedule_is_never_due(self, access, arrived):
        row = with_policy(access, schedule={"cron": "0 2 * * *", "paused": True})
        arrived(1)
        RetrainingPolicy.objects.update(next_run_at=hours_ago(1))
        assert not jobs.consider(row.pk)

    def test_the_sweep_looks_at_projects_that_have_a_trigger(self, access, run_jobs):
        with_policy(access)
        assert jobs.sweep() == 0
        row = with_policy(access, triggers=on(Kind.LABELS, 3))
        assert jobs.sweep() == 1
        assert run_jobs.waiting == [("mlops.retraining.jobs.consider", (row.pk,))]


class TestNotNow:
    """Each trigger below is reached: labels wait to be learned from."""

    @pytest.fixture
    def row(self, access, arrived) -> RetrainingPolicy:
        arrived(6)
        return with_policy(access, triggers=on(Kind.LABELS, 3), cooldown_h=24)

    def decided(self, row) -> tuple[str, str]:
        jobs.consider(row.pk)
        newest = Decision.objects.latest("pk")
        return newest.outcome, newest.hold

    def fired(self, access, hours: float) -> Circle:
        circle = services.start(access)
        Circle.objects.filter(pk=circle.pk).update(state=CircleState.STOPPED)
        Decision.objects.filter(pk=circle.decision_id).update(created_at=hours_ago(hours))
        return circle

    def test_the_cooldown_lasts_to_its_end(self, access, row):
        self.fired(access, 23.9)
        assert self.decided(row) == (Outcome.NOT_NOW, Hold.COOLDOWN)
        Decision.objects.filter(outcome=Outcome.FIRED).update(created_at=hours_ago(24))
        assert self.decided(row) == (Outcome.FIRED, "")

    def test_a_refusal_that_repeats_is_counted(self, access, row):
        self.fired(access, 1)
        for _ in range(3):
            jobs.consider(row.pk)
        refusal = Decision.objects.get(outcome=Outcome.NOT_NOW)
        assert refusal.times == 3
        assert refusal.last_at > refusal.created_at
        assert refusal.evidence == 6

    def test_a_retraining_is_under_way(self, access, row):
        services.start(access)
        assert self.decided(row) == (Outcome.NOT_NOW, Hold.RUNNING)
        with pytest.raises(Conflict, match="under way"):
            services.start(access)

    def test_a_training_run_is_under_way(self, access, row):
        learned(access, state=RunState.YIELDED)
        assert self.decided(row) == (Outcome.NOT_NOW, Hold.RUNNING)

    def test_an_experiment_goes_on(self, access, row):
        deploy(access, build(access, 1), build(access, 2), mode=Mode.AB, share={"A": 0.5, "B": 0.5})
        assert self.decided(row) == (Outcome.NOT_NOW, Hold.EXPERIMENT)

    def test_an_ensemble_is_no_experiment(self, access, row):
        deploy(access, build(access, 1), build(access, 2), mode=Mode.ENSEMBLE)
        assert self.decided(row) == (Outcome.FIRED, "")

    def test_nothing_new_to_learn(self, access, row, arrived):
        learned(access)
        with_policy(access, triggers=on(Kind.UNKNOWN, 0.1))
        arrived(5, corrected=None, template="")
        assert self.decided(row) == (Outcome.NOT_NOW, Hold.NOTHING_NEW)
        with pytest.raises(Conflict, match="No document was confirmed"):
            services.start(access)

    def test_the_runs_of_a_week_are_used_up(self, access, row):
        circle = self.fired(access, 100)
        run = learned(access, state=RunState.FAILED)
        Circle.objects.filter(pk=circle.pk).update(run=run)
        with_policy(access, triggers=on(Kind.LABELS, 3), budget={"runs": 1})
        assert self.decided(row) == (Outcome.NOT_NOW, Hold.RUNS)
        TrainingRun.objects.update(created_at=hours_ago(24 * 7 + 1))
        assert self.decided(row) == (Outcome.FIRED, "")

    @pytest.mark.parametrize(("device", "key"), [("cpu", "cpu_h"), ("cuda:0", "gpu_h")])
    def test_the_hours_of_a_week_are_used_up(self, access, row, device, key):
        circle = self.fired(access, 100)
        run = learned(access, state=RunState.FAILED)
        TrainingRun.objects.update(device=device)
        Circle.objects.filter(pk=circle.pk).update(run=run)
        moved(
            run,
            ("waiting -> running", 30),
            ("running -> yielded", 29),
            ("waiting -> running", 5),
            ("running -> failed", 4.5),
        )
        assert busy_s([run])[run.pk] == pytest.approx(1.5 * 3600, abs=1)
        with_policy(access, triggers=on(Kind.LABELS, 3), budget={key: 1.6})
        used = queries.usage(access.project)
        assert used.runs == 1
        assert getattr(used, key) == pytest.approx(1.5, abs=0.01)
        with_policy(access, triggers=on(Kind.LABELS, 3), budget={key: 1.5 - 1e-3})
        assert self.decided(row) == (Outcome.NOT_NOW, Hold.HOURS)

    def test_a_person_is_held_back_neither_by_cooldown_nor_budget(self, access, row):
        self.fired(access, 1)
        with_policy(access, budget={"runs": 1, "cpu_h": 0})
        assert services.start(access).decision.trigger == Kind.BUTTON

    def test_only_who_runs_models_may_start_one(self, access, row):
        with pytest.raises(NotAllowed):
            services.start(access_to("acme", Role.AUTHOR))


def moved(run: TrainingRun, *moves: tuple[str, float]) -> None:
    """Write the audit entries of moves, so many hours ago."""
    for action, hours in moves:
        entry = AuditEntry.objects.create(
            actor="system:invex", action=action, subject_type="trainingrun", subject=str(run.pk)
        )
        AuditEntry.objects.filter(pk=entry.pk).update(at=hours_ago(hours))


def test_a_run_that_is_on_counts_up_to_now(access):
    run = learned(access, state=RunState.RUNNING)
    moved(run, ("waiting -> running", 2))
    assert busy_s([run])[run.pk] == pytest.approx(2 * 3600, abs=5)


def test_another_project_is_another_matter(access, arrived):
    with_policy(access, triggers=on(Kind.LABELS, 3))
    arrived(6)
    other = access_to("other", Role.OWNER)
    found = queries.outlook(other.project)
    assert [reading.figure for reading in found.readings] == [None, None, None, 0]
