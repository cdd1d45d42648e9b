"""Every switch is a revision; documents are read by the live one, and one can always go back."""

from __future__ import annotations

import json

import pytest

from invex.accounts.roles import Role
from invex.catalog.models import Template
from invex.extraction import jobs as extraction
from invex.extraction.models import Extraction
from invex.kernel.actor import SYSTEM
from invex.kernel.errors import BadInput, Conflict, NotAllowed
from invex.kernel.models import AuditEntry
from invex.review import services as review
from mlops.deployment import jobs, preparation, queries, services
from mlops.deployment.file import parse
from mlops.deployment.models import DeploymentRevision
from mlops.deployment.predictor import load
from mlops.deployment.services import Model, Wanted
from mlops.deployment.states import Mode, ModelRole, RevisionState
from mlops.memory import queries as memories
from mlops.memory.base import base_package
from mlops.registry import services as registry
from mlops.registry.models import Build
from tests.invex.world import access_to, document_in_review, label_of, read_document, run_events, vendor
from tests.mlops.factory import build, deploy, ml_admin, passed

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def access():
    return ml_admin()


@pytest.fixture
def author(access):
    return access_to("acme", Role.AUTHOR)


def confirm(author, one):
    document = document_in_review(author, one)
    review.confirm(author, document.pk, label_of(one), may_create_template=True)
    run_events()
    return document


def test_before_the_first_deployment_the_shipped_package_reads(access):
    assert load(access.project.pk).build == base_package().build
    said = queries.as_file(access.project, queries.live(access.project)).to_json()
    assert said["revision"] == 0
    assert said["bestModels"]["model"] == f"{base_package().build}.zip"


def test_the_next_document_is_read_by_the_deployed_build(access, author):
    row = build(access, is_small=False)
    revision = deploy(access, row, why="better on tables")
    assert revision.state == RevisionState.LIVE
    document = document_in_review(author, vendor().document(0))
    extraction = Extraction.objects.get(document=document)
    assert extraction.build == row.name
    assert extraction.deployment == revision.revision


def test_the_first_deployment_writes_down_what_was_read_with_so_far(access):
    revision = deploy(access, build(access))
    assert revision.revision == 2
    before = queries.revision(access.project, 1)
    assert before.state == RevisionState.REPLACED
    assert revision.replaced == before
    assert [m.build for m in before.models.all()] == [registry.shipped()]


def test_who_when_and_why_are_kept_and_audited(access):
    revision = deploy(access, build(access), why="the gate passed it")
    assert (revision.made_by, revision.why) == ("mia", "the gate passed it")
    assert revision.live_at is not None
    assert AuditEntry.objects.filter(subject_type="deployment", action="deploy", actor="mia").exists()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER, Role.AUTHOR])
def test_deploying_takes_the_right_to_models(access, role):
    row = build(access)
    weak = access_to("acme", role)
    with pytest.raises(NotAllowed):
        deploy(weak, row)
    with pytest.raises(NotAllowed):
        services.rollback(weak)


def test_documents_keep_being_read_by_the_old_build_until_the_new_one_is_ready(access, author):
    first = deploy(access, build(access, 1))
    wanted = Wanted(mode=Mode.SINGLE, models=(Model(ModelRole.MODEL, passed(build(access, 2))),))
    second = services.deploy(access, wanted)
    assert second.state == RevisionState.PREPARING
    assert load(access.project.pk).deployment == first.revision
    assert jobs.prepare(second.pk)
    assert load(access.project.pk).deployment == second.revision


def test_a_document_is_read_to_its_end_by_the_revision_that_began_it(access, author, monkeypatch):
    first = deploy(access, build(access, 1))
    other = build(access, 2)
    document = read_document(author, vendor().document(0))

    def switched_meanwhile(document, predictor, run=extraction.services._run, **about):
        deploy(access, other)
        return run(document, predictor, **about)

    monkeypatch.setattr(extraction.services, "_run", switched_meanwhile)
    assert extraction.extract_document(document.pk) == 1
    found = Extraction.objects.get(document=document)
    assert (found.deployment, found.build) == (first.revision, first.models.get().build.name)
    assert load(access.project.pk).deployment == first.revision + 1


def test_the_memory_is_fitted_on_the_new_build_before_it_reads(access, author):
    acme = vendor()
    confirm(author, acme.document(0))
    row = build(access, is_small=False)
    deploy(access, row)
    predictor = load(access.project.pk)
    assert predictor.memory == memories.newest(access.project.pk, row.name).revision
    entries = memories.newest(access.project.pk, row.name).fitted.values()
    assert {entry["build"] for entry in entries} == {row.name}
    assert document_in_review(author, acme.document(1)).template == acme.name


def test_what_is_confirmed_later_is_learned_on_the_deployed_build(access, author):
    row = build(access, is_small=False)
    deploy(access, row)
    confirm(author, vendor().document(0))
    assert memories.newest(access.project.pk).build == row.name


def test_a_build_that_cannot_be_prepared_fails_and_the_live_one_stays(access, monkeypatch):
    live = deploy(access, build(access, 1))
    monkeypatch.setattr(preparation, "_try", lambda package: (_ for _ in ()).throw(ValueError("it reads nothing")))
    failed = deploy(access, build(access, 2))
    assert failed.state == RevisionState.FAILED
    assert "it reads nothing" in failed.reason_message
    assert queries.live(access.project).pk == live.pk


def test_a_preparation_that_kills_its_worker_is_given_up(access):
    deploy(access, build(access, 1))
    wanted = Wanted(mode=Mode.SINGLE, models=(Model(ModelRole.MODEL, passed(build(access, 2))),))
    row = services.deploy(access, wanted)
    DeploymentRevision.objects.filter(pk=row.pk).update(attempts=preparation.ATTEMPTS)
    assert not jobs.prepare(row.pk)
    row.refresh_from_db()
    assert row.state == RevisionState.FAILED


def test_a_lost_preparation_is_woken_again(access, run_jobs, monkeypatch):
    import datetime

    monkeypatch.setattr(jobs, "LOST_AFTER", datetime.timedelta())
    wanted = Wanted(mode=Mode.SINGLE, models=(Model(ModelRole.MODEL, passed(build(access))),))
    row = services.deploy(access, wanted)
    run_jobs._dispatch()
    run_jobs.flush()
    assert jobs.sweep() == 1
    run_jobs("mlops.deployment.")
    row.refresh_from_db()
    assert row.state == RevisionState.LIVE


def test_the_later_of_two_wishes_wins(access):
    one, two = passed(build(access, 1)), passed(build(access, 2))
    first = services.deploy(access, Wanted(mode=Mode.SINGLE, models=(Model(ModelRole.MODEL, one),)))
    second = services.deploy(access, Wanted(mode=Mode.SINGLE, models=(Model(ModelRole.MODEL, two),)))
    assert jobs.prepare(second.pk)
    assert not jobs.prepare(first.pk)
    assert queries.live(access.project).pk == second.pk


def test_a_command_and_a_worker_that_prepare_the_same_wish_both_find_it_live(access):
    wanted = Wanted(mode=Mode.SINGLE, models=(Model(ModelRole.MODEL, passed(build(access))),))
    row = services.deploy(access, wanted)
    the_workers = DeploymentRevision.objects.get(pk=row.pk)
    assert services.activate(the_workers, actor=SYSTEM)
    assert services.activate(row, actor=SYSTEM)
    assert queries.live(access.project).pk == row.pk
    assert row.state == RevisionState.LIVE


def test_other_thresholds_are_a_revision_that_is_live_at_once(access):
    thresholds = {vendor().name: {"template": 0.9, "default": 0.95, "fields": {"total_amount": 0.99}}}
    row = services.set_thresholds(access, thresholds, why="the promise holds")
    assert row.state == RevisionState.LIVE
    predictor = load(access.project.pk)
    assert predictor.thresholds[vendor().name].fields == {"total_amount": 0.99}


class TestRollback:
    def test_build_routing_and_thresholds_come_back_as_a_new_revision(self, access):
        one, two = passed(build(access, 1)), passed(build(access, 2))
        thresholds = {"Acme": {"template": 0.9, "default": 0.95, "fields": {}}}
        first = deploy(access, one, two, mode=Mode.AB, share={"A": 0.3, "B": 0.7}, thresholds=thresholds)
        deploy(access, build(access, 3), thresholds={})
        back = services.rollback(access, first.revision)
        preparation.prepare(back.pk)
        back.refresh_from_db()
        assert back.state == RevisionState.LIVE
        assert (back.mode, back.share, back.thresholds) == (Mode.AB, {"A": 0.3, "B": 0.7}, thresholds)
        assert back.restores == first
        assert back.revision == first.revision + 2

    def test_without_a_number_it_goes_to_what_was_live_before(self, access):
        first = deploy(access, build(access, 1))
        deploy(access, build(access, 2))
        assert services.rollback(access).restores == first

    def test_the_memory_learns_todays_labels(self, access, author):
        acme = vendor()
        confirm(author, acme.document(0))
        deploy(access, build(access, is_small=False))
        confirm(author, acme.document(1))
        back = services.rollback(access)
        preparation.prepare(back.pk)
        shipped = base_package().build
        assert memories.newest(access.project.pk, shipped).fitted[acme.name]["examples"] == 2

    def test_there_is_nothing_before_the_first(self, access):
        with pytest.raises(Conflict):
            services.rollback(access)

    def test_what_is_live_or_never_was_is_nothing_to_go_back_to(self, access, monkeypatch):
        live = deploy(access, build(access, 1))
        with pytest.raises(Conflict):
            services.rollback(access, live.revision)
        wanted = Wanted(mode=Mode.SINGLE, models=(Model(ModelRole.MODEL, passed(build(access, 2))),))
        waiting = services.deploy(access, wanted)
        with pytest.raises(Conflict):
            services.rollback(access, waiting.revision)


def test_a_refused_build_is_not_deployed_until_somebody_overrides(access):
    row = build(access)
    registry.judge(access.actor, row, passed=False, report={})
    with pytest.raises(Conflict, match="override"):
        deploy(access, Build.objects.get(pk=row.pk))
    registry.override(access, Build.objects.get(pk=row.pk), why="it is needed tonight")
    assert deploy(access, Build.objects.get(pk=row.pk)).state == RevisionState.LIVE


def test_another_projects_build_cannot_be_deployed(access):
    foreign = build(ml_admin("other"))
    from invex.kernel.errors import NotFound

    with pytest.raises(NotFound):
        deploy(access, foreign)


class TestFile:
    def example(self, one: str, two: str) -> dict:
        return {
            "format": "invex-deployment/1",
            "project": "acme",
            "revision": 14,
            "fixedVersions": ["0.2.0", "0.2.1"],
            "bestModels": {
                "repository": "",
                "mode": "A/B",
                "modelA": f"invex/models/{one}.zip",
                "modelB": f"invex/models/{two}.zip",
                "share": {"A": 0.5, "B": 0.5},
            },
        }

    def test_what_goes_in_comes_out_to_the_letter(self, access):
        data = self.example(build(access, 1).name, build(access, 2).name)
        row = services.deploy_file(access, data)
        preparation.prepare(row.pk)
        said = queries.as_file(access.project, queries.live(access.project)).to_json()
        assert said == {**data, "revision": row.revision}

    @pytest.mark.parametrize(
        ("best", "roles"),
        [
            ({"mode": "single", "model": "{0}"}, ["model"]),
            ({"mode": "ensemble", "models": ["{0}", "{1}"]}, ["member", "member"]),
            ({"mode": "shadow", "model": "{0}", "challenger": "{1}"}, ["model", "challenger"]),
            ({"mode": "canary", "model": "{0}", "challenger": "{1}"}, ["model", "challenger"]),
        ],
    )
    def test_every_mode_goes_in_and_out(self, access, best, roles):
        names = [build(access, mark).name for mark in (1, 2)]
        text = json.dumps(best)
        for index, name in enumerate(names):
            text = text.replace(f"{{{index}}}", f"x/{name}.zip")
        best = {"repository": "", **json.loads(text)}
        data = {"format": "invex-deployment/1", "project": "acme", "bestModels": best, "unknown key": 1}
        row = services.deploy_file(access, data)
        assert [m.role for m in row.models.all()] == roles
        said = queries.as_file(access.project, row).to_json()["bestModels"]
        assert {key: said[key] for key in best} == best

    @pytest.mark.parametrize(
        "change",
        [
            {"format": "invex-deployment/2"},
            {"project": "other"},
            {"fixedVersions": ["latest"]},
            {"fixedVersions": "0.2.0"},
            {"bestModels": {}},
            {"bestModels": {"mode": "best"}},
            {"bestModels": {"mode": "single", "model": "../../etc/Acme-1.0.0-build.1.zip"}},
            {"bestModels": {"mode": "single", "model": "/etc/Acme-1.0.0-build.1.zip"}},
            {"bestModels": {"mode": "single", "model": "model.zip"}},
            {"bestModels": {"mode": "single", "model": "Acme-1.0.0-build.4242.zip"}},
            {"bestModels": {"mode": "A/B", "modelA": "Acme-1.0.0-build.1.zip", "modelB": "Acme-1.0.0-build.1.zip"}},
            {
                "bestModels": {
                    "mode": "A/B",
                    "modelA": "A-1.0.0-build.1.zip",
                    "modelB": "A-1.0.0-build.2.zip",
                    "share": {"A": 0.5, "B": 0.6},
                }
            },
            {"bestModels": {"mode": "ensemble", "models": ["A-1.0.0-build.1.zip"]}},
        ],
    )
    def test_nonsense_is_refused_with_a_sentence(self, access, change):
        data = {**self.example("Acme-1.0.0-build.1", "Acme-1.0.0-build.2"), **change}
        with pytest.raises(BadInput):
            services.deploy_file(access, data)
        assert not DeploymentRevision.objects.exists()

    def test_who_asks_to_be_asked_first_says_so_in_the_file(self, access):
        data = self.example("Acme-1.0.0-build.1", "Acme-1.0.0-build.2")
        best = {**data["bestModels"], "askFirst": True}
        assert parse({**data, "bestModels": best}).asks_first
        assert parse({**data, "bestModels": best}).to_json()["bestModels"]["askFirst"] is True
        assert "askFirst" not in parse(data).to_json()["bestModels"]
        for wrong in ({**best, "askFirst": "yes"}, {"mode": "single", "model": best["modelA"], "askFirst": True}):
            with pytest.raises(BadInput, match="askFirst"):
                parse({**data, "bestModels": wrong})

    def test_a_canary_begins_small(self):
        best = {"mode": "canary", "model": "A-1.0.0-build.1.zip", "challenger": "A-1.0.0-build.2.zip"}
        said = parse({"format": "invex-deployment/1", "project": "acme", "bestModels": best})
        assert said.share == {"model": 0.95, "challenger": 0.05}


def test_templates_of_a_package_come_with_it(access):
    from dataclasses import replace

    from invex.fields.template_json import template_from_json
    from mlops.learning.dataset import Sample
    from mlops.learning.learner import fit_template
    from tests.invex.world import template_json

    one = vendor().document(0)
    base = base_package()
    model = fit_template(base, template_from_json(template_json("Acme order")), [Sample("1", one.document, one.label)])
    package = replace(base, models={"Acme order": model}, index=base.index.with_template("Acme order", [one.document]))
    row = registry.register(access, package.to_bytes(), file_name="model.zip", version="1.0.0")
    deploy(access, row)
    assert Template.objects.filter(project=access.project, name="Acme order").exists()
    author = access_to("acme", Role.AUTHOR)
    assert document_in_review(author, vendor().document(1)).template == "Acme order"
