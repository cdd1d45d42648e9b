"""The automatic circle: every step by itself or after a person, run twice, overtaken, stopped."""

from __future__ import annotations

import datetime

import pytest
from django.db.models import F

from invex.accounts.roles import Role
from invex.kernel.errors import Conflict, NotAllowed
from invex.kernel.models import AuditEntry, Event
from mlops.datasets.models import DatasetVersion
from mlops.datasets.states import DatasetState
from mlops.deployment import preparation
from mlops.deployment import queries as deployments
from mlops.deployment import services as deployment
from mlops.deployment.models import DeploymentRevision
from mlops.deployment.states import Mode, RevisionState
from mlops.registry.services import shipped
from mlops.retraining import circle, jobs, queries, services
from mlops.retraining.models import Circle, Decision
from mlops.retraining.states import CircleState, Step
from mlops.training.models import TrainingRun
from mlops.training.states import RunState
from tests.invex.world import access_to
from tests.mlops.factory import build, deploy

from .conftest import freeze

pytestmark = pytest.mark.django_db
S = CircleState


@pytest.fixture(autouse=True)
def by_itself(access) -> None:
    """The whole circle is switched on."""
    stopping_at(access)


def stopping_at(access, *steps: Step, mode: str = "canary") -> None:
    services.set_policy(access, {"automatic": {str(step): step not in steps for step in Step}, "mode": mode})


@pytest.fixture
def fired(access, arrived) -> Circle:
    """A circle that a person started, with six documents to learn from."""
    arrived(6)
    return services.start(access)


def now(row: Circle) -> Circle:
    return Circle.objects.select_related("dataset", "run", "build", "deployment", "project").get(pk=row.pk)


def to_training(row: Circle) -> TrainingRun:
    jobs.advance(row.pk)
    freeze(now(row).dataset)
    jobs.dataset_frozen(now(row).dataset.pk)
    assert now(row).state == S.TRAINING
    return now(row).run


def to_trying(row: Circle, trained) -> DeploymentRevision:
    run = to_training(row)
    trained(run)
    jobs.run_ended(run.pk)
    assert now(row).state == S.TRYING
    preparation.prepare(now(row).deployment.pk)
    assert now(row).deployment.state == RevisionState.LIVE
    return now(row).deployment


class TestByItself:
    def test_from_a_decision_to_a_canary_that_is_promoted(self, access, fired, trained):
        assert jobs.advance(fired.pk) == S.FREEZING
        dataset = now(fired).dataset
        freeze(dataset)
        jobs.dataset_frozen(dataset.pk)
        run = now(fired).run
        assert (run.dataset, run.version, run.made_by) == (dataset, "0.1.0", "system:invex")
        assert run.trigger == {"kind": "button", "circle": fired.pk, "why": "Somebody asked for it"}
        assert AuditEntry.objects.get(subject_type="training run", action="requested").detail["trigger"] == run.trigger
        made = trained(run)
        jobs.run_ended(run.pk)
        tried = now(fired)
        assert tried.build == made
        assert tried.deployment.mode == Mode.CANARY
        assert tried.deployment.why == f"Retraining {fired.pk}: Somebody asked for it"
        preparation.prepare(tried.deployment.pk)
        jobs.deployed(access.project.pk)
        assert now(fired).state == S.TRYING, "the canary has decided nothing yet"
        deployment.end_experiment(access, deployments.live(access.project), "challenger", why="promote: better")
        jobs.deployed(access.project.pk)
        ended = now(fired)
        assert ended.state == S.PROMOTED
        assert ended.ended_at is not None
        assert "promote: better" in ended.reason
        assert Event.objects.get(name="retraining.ended").payload["build"] == made.name

    def test_a_canary_that_is_taken_back(self, access, fired, trained):
        to_trying(fired, trained)
        deployment.end_experiment(access, deployments.live(access.project), "model", why="stop: worse")
        jobs.deployed(access.project.pk)
        assert now(fired).state == S.RETURNED
        assert "stop: worse" in now(fired).reason

    def test_a_canary_that_grows_goes_on(self, access, fired, trained):
        live = to_trying(fired, trained)
        deployment.deploy(access, deployment.same_as(live, share={"model": 0.5, "challenger": 0.5}))
        jobs.deployed(access.project.pk)
        assert now(fired).state == S.TRYING
        assert now(fired).deployment == deployments.live(access.project)

    def test_single_is_promoted_as_soon_as_it_reads(self, access, fired, trained):
        stopping_at(access, mode="single")
        to_trying(fired, trained)
        jobs.deployed(access.project.pk)
        assert now(fired).state == S.PROMOTED

    def test_a_trial_that_decides_nothing_ends_with_what_read_before(self, access, fired, trained):
        to_trying(fired, trained)
        Circle.objects.update(state_changed_at=F("state_changed_at") - datetime.timedelta(days=14))
        assert jobs.advance(fired.pk) == S.RETURNED
        assert deployments.live(access.project).models.get().build == shipped()
        assert now(fired).reason == "Nothing was decided within 14 days"

    def test_a_refused_build_ends_it_with_the_reasons(self, access, fired, trained):
        run = to_training(fired)
        made = trained(run, passed=False)
        jobs.run_ended(run.pk)
        assert (now(fired).state, now(fired).build) == (S.REFUSED, made)
        assert now(fired).reason == "F1 90.0%, incumbent 95.0%"
        assert deployments.live(access.project) is None, "nothing was deployed"

    @pytest.mark.parametrize("state", [RunState.FAILED, RunState.CANCELLED])
    def test_a_run_without_a_build_ends_it(self, fired, state):
        run = to_training(fired)
        TrainingRun.objects.update(state=state, reason="the disk is full")
        jobs.run_ended(run.pk)
        assert now(fired).state == S.STOPPED
        assert "the disk is full" in now(fired).reason

    @pytest.mark.parametrize("state", [RunState.WAITING, RunState.RUNNING, RunState.YIELDED])
    def test_a_run_that_is_under_way_is_waited_for(self, fired, state):
        run = to_training(fired)
        TrainingRun.objects.update(state=state)
        jobs.run_ended(run.pk)
        assert now(fired).state == S.TRAINING

    def test_a_dataset_that_was_learned_from_before_ends_it(self, access, fired):
        jobs.advance(fired.pk)
        same = DatasetVersion.objects.create(project=access.project, name="before", hash="b" * 64, state="frozen")
        DatasetVersion.objects.filter(pk=now(fired).dataset.pk).update(
            state=DatasetState.FAILED, same_as=same, reason="Nothing has changed."
        )
        run = TrainingRun.objects.create(project=access.project, dataset=same, version="0.1.0", state=RunState.FAILED)
        assert jobs.advance(fired.pk) == S.TRAINING, "nothing was learned from it yet"
        assert now(fired).dataset == same
        TrainingRun.objects.filter(pk=run.pk).update(state=RunState.DONE, package_sha256="a" * 64)
        Circle.objects.update(state=S.FREEZING, dataset=DatasetVersion.objects.get(same_as=same))
        assert jobs.advance(fired.pk) == S.STOPPED
        assert now(fired).reason == "Nothing has changed."

    def test_a_deployment_that_cannot_be_prepared_ends_it(self, fired, trained):
        run = to_training(fired)
        trained(run)
        jobs.run_ended(run.pk)
        DeploymentRevision.objects.filter(state=RevisionState.PREPARING).update(state="failed", reason_message="broken")
        assert jobs.advance(fired.pk) == S.STOPPED
        assert now(fired).reason == "broken"

    def test_the_version_counts_the_patch_that_follows(self, access, arrived):
        build(access, 1, version="0.18.3")
        arrived(6)
        row = services.start(access)
        assert to_training(row).version == "0.18.4"


class TestAfterAPerson:
    @pytest.mark.parametrize("step", [Step.FREEZE, Step.TRAIN, Step.DEPLOY])
    def test_it_stops_before_the_step_until_somebody_lets_it_go_on(self, access, fired, trained, step):
        stopping_at(access, step)
        states = {Step.FREEZE: S.FIRED, Step.TRAIN: S.FROZEN, Step.DEPLOY: S.GATE}
        after = {Step.FREEZE: S.FREEZING, Step.TRAIN: S.TRAINING, Step.DEPLOY: S.TRYING}
        jobs.advance(fired.pk)
        if step != Step.FREEZE:
            freeze(now(fired).dataset)
            jobs.advance(fired.pk)
        if step == Step.DEPLOY:
            trained(now(fired).run)
            jobs.advance(fired.pk)
        for _ in range(2):
            assert jobs.advance(fired.pk) == states[step]
            assert now(fired).waits_for == step
        assert Event.objects.filter(name="retraining.waits").count() == 1
        circle.go_on(access, now(fired))
        assert jobs.advance(fired.pk) == after[step]
        assert now(fired).waits_for == ""
        assert AuditEntry.objects.get(action="continued").detail["step"] == step

    @pytest.mark.parametrize("mode", ["canary", "A/B"])
    def test_a_build_that_has_won_reads_everything_when_somebody_says_so(self, access, fired, trained, mode):
        stopping_at(access, Step.PROMOTE, mode=mode)
        tried = to_trying(fired, trained)
        assert tried.asks_first
        assert jobs.advance(fired.pk) == S.TRYING
        assert circle.waits(now(fired), queries.policy(access.project)), "for reviews"
        assert now(fired).waits_for == ""
        DeploymentRevision.objects.filter(pk=tried.pk).update(evidence={"asks": True, "sentence": "B is better"})
        assert not circle.waits(now(fired), queries.policy(access.project)), "a lost event is made up for"
        for _ in range(2):
            assert jobs.asked(tried.pk) == 1
            assert (now(fired).state, now(fired).waits_for) == (S.TRYING, Step.PROMOTE)
        assert circle.waits(now(fired), queries.policy(access.project)), "for a person"
        assert Event.objects.filter(name="retraining.waits").count() == 1
        circle.go_on(access, now(fired))
        assert jobs.advance(fired.pk) == S.PROMOTED
        live = deployments.live(access.project)
        assert (live.mode, [m.build for m in live.models.all()]) == (Mode.SINGLE, [now(fired).build])
        assert "B is better" in live.why
        assert "B is better" in now(fired).reason

    def test_a_trial_that_goes_by_itself_does_not_ask(self, access, fired, trained):
        assert not to_trying(fired, trained).asks_first

    def test_nobody_answers_and_what_read_before_reads_again(self, access, fired, trained):
        stopping_at(access, Step.PROMOTE)
        tried = to_trying(fired, trained)
        DeploymentRevision.objects.filter(pk=tried.pk).update(evidence={"asks": True, "sentence": "better"})
        jobs.asked(tried.pk)
        Circle.objects.update(state_changed_at=F("state_changed_at") - datetime.timedelta(days=14))
        assert jobs.advance(fired.pk) == S.RETURNED

    def test_a_second_click_does_nothing(self, access, fired):
        stopping_at(access, Step.FREEZE)
        jobs.advance(fired.pk)
        circle.go_on(access, now(fired))
        with pytest.raises(Conflict, match="does not wait"):
            circle.go_on(access, now(fired))

    def test_who_turns_the_switch_lets_it_go_on(self, access, fired):
        stopping_at(access, Step.FREEZE)
        jobs.advance(fired.pk)
        stopping_at(access)
        assert jobs.advance(fired.pk) == S.FREEZING

    def test_only_who_runs_models_may(self, access, fired):
        stopping_at(access, Step.FREEZE)
        jobs.advance(fired.pk)
        author = access_to("acme", Role.AUTHOR)
        for action in (circle.go_on, circle.stop):
            with pytest.raises(NotAllowed):
                action(author, now(fired))


class TestStopped:
    def test_before_anything_was_done(self, access, fired):
        circle.stop(access, fired)
        assert (now(fired).state, now(fired).reason) == (S.STOPPED, "mia stopped it")
        assert jobs.advance(fired.pk) == S.STOPPED
        with pytest.raises(Conflict, match="has ended"):
            circle.stop(access, fired)

    def test_while_it_trains_the_run_is_cancelled(self, access, fired):
        run = to_training(fired)
        circle.stop(access, now(fired))
        run.refresh_from_db()
        assert run.state == RunState.CANCELLED

    def test_while_it_is_tried_what_read_before_reads_again(self, access, fired, trained):
        to_trying(fired, trained)
        circle.stop(access, now(fired))
        assert deployments.live(access.project).models.get().build == shipped()
        jobs.deployed(access.project.pk)
        assert now(fired).state == S.STOPPED

    def test_not_once_its_build_reads_everything(self, access, fired, trained):
        stopping_at(access, mode="single")
        to_trying(fired, trained)
        with pytest.raises(Conflict, match="Roll back under Models"):
            circle.stop(access, now(fired))
        assert now(fired).state == S.TRYING
        assert jobs.advance(fired.pk) == S.PROMOTED

    def test_not_while_its_deployment_is_prepared(self, access, fired, trained):
        run = to_training(fired)
        trained(run)
        jobs.run_ended(run.pk)
        with pytest.raises(Conflict, match="being prepared"):
            circle.stop(access, now(fired))
        assert now(fired).state == S.TRYING


class TestTwiceAndRaces:
    def test_every_job_may_run_twice(self, access, fired, trained):
        for _ in range(2):
            jobs.advance(fired.pk)
        freeze(now(fired).dataset)
        for _ in range(2):
            jobs.dataset_frozen(now(fired).dataset.pk)
            jobs.advance(fired.pk)
        run = now(fired).run
        trained(run)
        for _ in range(2):
            jobs.run_ended(run.pk)
            jobs.advance(fired.pk)
        assert DatasetVersion.objects.count() == 1
        assert TrainingRun.objects.count() == 1
        assert DeploymentRevision.objects.filter(state=RevisionState.PREPARING).count() == 1

    def test_who_loses_the_race_does_nothing(self, access, fired, monkeypatch):
        monkeypatch.setattr(circle, "move", lambda *args, **kwargs: False)
        assert jobs.advance(fired.pk) == S.FIRED

    def test_somebody_elses_experiment_is_waited_for(self, access, fired, trained):
        run = to_training(fired)
        theirs = deploy(access, build(access, 1), build(access, 2), mode=Mode.AB, share={"A": 0.5, "B": 0.5})
        trained(run)
        jobs.run_ended(run.pk)
        assert now(fired).state == S.GATE
        assert "mode A/B" in now(fired).reason
        deployment.end_experiment(access, theirs, "B", why="")
        assert jobs.advance(fired.pk) == S.TRYING
        assert now(fired).reason == ""

    def test_beside_an_ensemble_a_person_decides_how_it_reads(self, access, fired, trained):
        run = to_training(fired)
        members = build(access, 1), build(access, 2)
        deploy(access, *members, mode=Mode.ENSEMBLE)
        made = trained(run)
        for _ in range(2):
            jobs.run_ended(run.pk)
            assert now(fired).state == S.GATE
        assert now(fired).reason.startswith(f"An ensemble reads now: deploy {made.name}")
        assert Event.objects.filter(name="retraining.waits").count() == 1
        deploy(access, *members, made, mode=Mode.ENSEMBLE, why="one more")
        jobs.deployed(access.project.pk)
        assert now(fired).state == S.PROMOTED
        assert "one more" in now(fired).reason

    def test_when_the_ensemble_ends_it_deploys_by_itself(self, access, fired, trained):
        run = to_training(fired)
        members = build(access, 1), build(access, 2)
        deploy(access, *members, mode=Mode.ENSEMBLE)
        trained(run)
        jobs.run_ended(run.pk)
        deploy(access, members[0])
        jobs.deployed(access.project.pk)
        assert (now(fired).state, now(fired).reason) == (S.TRYING, "")

    def test_what_a_person_deployed_while_it_waited_is_tried(self, access, fired, trained):
        stopping_at(access, Step.DEPLOY)
        run = to_training(fired)
        made = trained(run)
        jobs.run_ended(run.pk)
        assert now(fired).waits_for == Step.DEPLOY
        deploy(access, made, why="I did it")
        jobs.deployed(access.project.pk)
        assert (now(fired).state, now(fired).waits_for) == (S.PROMOTED, "")
        assert "I did it" in now(fired).reason

    def test_a_build_that_reads_already_is_not_tried(self, access, fired, trained):
        run = to_training(fired)
        deploy(access, trained(run))
        jobs.run_ended(run.pk)
        assert now(fired).state == S.STOPPED
        assert "reads already" in now(fired).reason

    def test_a_deployment_that_somebody_overtakes_is_returned(self, access, fired, trained):
        to_trying(fired, trained)
        deploy(access, build(access, 1), why="another one")
        jobs.deployed(access.project.pk)
        assert now(fired).state == S.RETURNED
        assert "another one" in now(fired).reason

    def test_a_lost_event_is_made_up_for_by_the_sweep(self, access, fired, trained, run_jobs):
        def swept() -> int:
            run_jobs.flush()
            woken = jobs.sweep_circles()
            assert run_jobs.waiting == [("mlops.retraining.jobs.advance", (fired.pk,))] * woken
            if woken:
                jobs.advance(fired.pk)
            return woken

        assert swept() == 1
        assert swept() == 0, "its dataset is being frozen"
        freeze(now(fired).dataset)
        assert swept() == 1
        assert swept() == 0, "its run is under way"
        trained(now(fired).run)
        assert swept() == 1
        assert swept() == 0, "its deployment is being prepared"
        preparation.prepare(now(fired).deployment.pk)
        assert swept() == 0, "its canary is judged"
        deployment.end_experiment(access, deployments.live(access.project), "challenger", why="")
        assert swept() == 1
        assert now(fired).state == S.PROMOTED
        assert swept() == 0

    def test_the_sweep_leaves_what_waits_for_a_person(self, access, fired, run_jobs):
        stopping_at(access, Step.FREEZE)
        jobs.advance(fired.pk)
        run_jobs.flush()
        assert jobs.sweep_circles() == 0
        stopping_at(access)
        assert jobs.sweep_circles() == 1, "somebody turned the switch"


@pytest.mark.parametrize("dies_in", ["FREEZING", "FROZEN", "TRAINING", "GATE", "TRYING"])
def test_killed_in_the_middle_of_a_move_it_did_not_happen(access, fired, trained, monkeypatch, dies_in):
    """A killed worker rolls back; the job that runs again ends where it would have ended, with one row of each kind."""

    class Killed(BaseException):
        pass

    real, killed = circle.move, []

    def move(row, to, **kwargs):
        won = real(row, to, **kwargs)
        if to == S[dies_in] and not killed:
            killed.append(to)
            raise Killed
        return won

    monkeypatch.setattr(circle, "move", move)

    def job(name, pk):
        try:
            getattr(jobs, name)(pk)
        except Killed:
            getattr(jobs, name)(pk)

    job("advance", fired.pk)
    freeze(now(fired).dataset)
    job("dataset_frozen", now(fired).dataset.pk)
    trained(now(fired).run)
    job("run_ended", now(fired).run.pk)
    assert killed
    assert now(fired).state == S.TRYING
    assert DatasetVersion.objects.count() == TrainingRun.objects.count() == Decision.objects.count() == 1
    assert DeploymentRevision.objects.filter(state=RevisionState.PREPARING).count() == 1
    assert now(fired).run.dataset == now(fired).dataset
