"""A build that was made elsewhere: judged beside what reads now before it may read, or let through by a person."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from invex.accounts.roles import Role
from invex.kernel.errors import BadInput, Conflict
from mlops.deployment import services as deployment
from mlops.deployment.services import Model, Wanted
from mlops.deployment.states import Mode, ModelRole
from mlops.registry import services as registry
from mlops.registry.models import Build
from mlops.registry.states import BuildState, Origin
from mlops.training import jobs, services
from mlops.training.models import TrainingRun
from mlops.training.states import RunState
from tests.invex.world import access_to
from tests.mlops.console.conftest import access, browser, confirmed, no_validation  # noqa: F401
from tests.mlops.factory import build, deploy

pytestmark = pytest.mark.django_db


def wanted(one: Build) -> Wanted:
    return Wanted(mode=Mode.SINGLE, models=(Model(ModelRole.MODEL, one),))


class TestAdmission:
    def test_one_that_nobody_judged_does_not_follow_another(self, access):  # noqa: F811
        deploy(access, build(access, 1))
        with pytest.raises(Conflict, match="have the gate judge it") as caught:
            deployment.deploy(access, wanted(build(access, 2)))
        assert caught.value.code == "not_judged"

    def test_the_first_of_a_site_that_has_nothing_to_judge_by(self, access):  # noqa: F811
        assert deployment.deploy(access, wanted(build(access)))

    def test_a_person_lets_it_through_with_a_reason(self, access):  # noqa: F811
        deploy(access, build(access, 1))
        other = build(access, 2)
        with pytest.raises(BadInput):
            registry.override(access, other, why=" ")
        registry.override(access, other, why="The old one cannot read the new forms at all")
        assert deployment.deploy(access, wanted(other))

    def test_what_was_live_may_be_gone_back_to(self, access):  # noqa: F811
        first, second = build(access, 1), build(access, 2)
        before = deploy(access, first)
        deploy(access, second)
        Build.objects.filter(pk=first.pk).update(state=BuildState.REGISTERED)  # deployed before builds were judged
        assert deployment.rollback(access, before.revision)

    def test_what_invex_ships_is_always_there(self, access):  # noqa: F811
        deploy(access, build(access, 1))
        assert deployment.deploy(access, wanted(registry.shipped()))

    def test_a_verdict_travels_with_the_package(self, access, tmp_path, settings):  # noqa: F811
        settings.BUILD_REPOSITORIES = {"shelf": (tmp_path / "shelf").as_uri()}
        judged, unjudged = build(access, 1), build(access, 2)
        registry.judge(access.actor, judged, passed=True, report={"rules": [{"name": "overall", "ok": True}]})
        places = {one.name: registry.push(access, one, "shelf") for one in (judged, unjudged)}
        Build.objects.filter(origin=Origin.LOCAL).delete()
        pulled = {name: registry.pull(access, "shelf", path, name=name) for name, path in places.items()}
        assert pulled[judged.name].state == BuildState.PASSED
        assert pulled[judged.name].report["repository"] == "shelf"
        assert pulled[unjudged.name].state == BuildState.REGISTERED

    def test_a_verdict_on_other_bytes_is_none(self, access, tmp_path, settings):  # noqa: F811
        settings.BUILD_REPOSITORIES = {"shelf": (tmp_path / "shelf").as_uri()}
        row = build(access)
        registry.judge(access.actor, row, passed=True, report={})
        path = registry.push(access, row, "shelf")
        gate = tmp_path / "shelf" / f"{path}.gate.json"
        gate.write_text(gate.read_text().replace(row.sha256, "0" * 64))
        Build.objects.filter(pk=row.pk).delete()
        assert registry.pull(access, "shelf", path, name=row.name).state == BuildState.REGISTERED


class TestJudging:
    def test_one_that_reads_nothing_is_refused_beside_what_reads(self, access, confirmed):  # noqa: F811
        row = build(access)
        run = services.request_judgement(access, row)
        assert jobs.run(run.pk) == RunState.DONE
        run.refresh_from_db()
        row.refresh_from_db()
        assert [step["name"] for step in run.steps] == ["freeze", "evaluate", "gate"]
        assert (row.state, row.report["run"]) == (BuildState.REFUSED, run.pk)
        assert not next(rule for rule in run.report["rules"] if rule["name"] == "overall")["ok"]
        assert row.blob, "its package is still the build's"

    def test_from_the_page(self, access, confirmed, browser):  # noqa: F811
        deploy(access, registry.shipped())
        row = build(access, 2)
        page = f"/p/acme/models/builds/{row.name}/"
        said = browser.get(page).content.decode()
        assert "The gate has not judged this build" in said
        assert "build-deploy" not in said
        answer = browser.post(f"{page}judge/")
        run = TrainingRun.objects.get()
        assert answer["Location"] == f"/p/acme/models/runs/{run.pk}/"
        assert b"Judge a build" in browser.get(answer["Location"]).content

    def test_from_the_command_line(self, access, confirmed):  # noqa: F811
        with pytest.raises(CommandError, match="refused") as caught:
            call_command("build", "judge", str(build(access).number), "--project", "acme")
        assert caught.value.returncode == 3

    def test_nothing_to_judge_by(self):
        bare = access_to("bare", Role.OWNER)
        with pytest.raises(BadInput, match="No confirmed document"):
            services.request_judgement(bare, build(bare))
        with pytest.raises(Conflict):
            services.request_judgement(bare, registry.shipped())
