"""Retraining from outside: the page, REST and the command line."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from invex.accounts import services as accounts
from invex.accounts.access import Access
from invex.accounts.models import User
from invex.accounts.roles import Role
from mlops.retraining import circle, evidence, jobs, queries, services
from mlops.retraining.models import Circle, DailyFigure, Decision
from mlops.retraining.states import CircleState, Kind
from mlops.training.models import TrainingRun

from .conftest import freeze, hours_ago

pytestmark = pytest.mark.django_db
UNKNOWN = {"triggers": {"unknown": {"on": True, "threshold": 0.2, "newest": 100, "least": 5}}}
FORM = {
    "on:unknown": "on", "threshold:unknown": "12,5", "newest:unknown": "40", "least:unknown": "10",
    "threshold:accuracy": "95", "threshold:drift": "0.3", "threshold:labels": "25", "cron": "0 2 * * 6", "cooldown_h": "6",
    "runs": "", "cpu_h": "1.5", "automatic:freeze": "on", "automatic:train": "on", "mode": "A/B", "trial_days": "7",
}  # fmt: skip


@pytest.fixture
def browser(access: Access) -> Client:
    user = User.objects.create(username="mia")
    accounts.set_member(Access(access.actor, access.project, Role.OWNER), user=user, role=Role.ML_ADMIN)
    client = Client()
    client.force_login(user)
    return client


class TestPage:
    def address(self, name: str = "retraining", *args) -> str:
        return reverse(name, args=["acme", *args])

    def test_saves_what_was_sent(self, access, browser):
        assert browser.post(self.address(), FORM).status_code == 302
        said = queries.policy(access.project)
        assert said.triggers[Kind.UNKNOWN].threshold == 0.125
        assert (said.triggers[Kind.UNKNOWN].newest, said.triggers[Kind.UNKNOWN].least) == (40, 10)
        assert not said.triggers[Kind.ACCURACY].on
        assert (said.runs, said.cpu_h, said.mode, said.trial_days) == (None, 1.5, "A/B", 7)
        assert said.automatic == {"freeze", "train"}
        page = browser.get(self.address()).content.decode()
        assert 'value="12.5"' in page
        assert "0 2 * * 6" in page

    def test_keeps_what_was_typed_when_it_is_nonsense(self, access, browser):
        answer = browser.post(self.address(), {**FORM, "cron": "every night", "cooldown_h": "77"})
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "every night" in page
        assert 'value="77"' in page
        assert queries.policy_row(access.project) is None

    @pytest.mark.parametrize("name", ["threshold:unknown", "trial_days"])
    def test_says_what_is_missing(self, browser, name):
        assert browser.post(self.address(), {**FORM, name: ""}).status_code == 422

    def test_shows_what_would_happen_and_which_documents_it_is_about(self, access, browser, arrived):
        services.set_policy(access, UNKNOWN)
        documents = arrived(6, template="")
        DailyFigure.objects.create(
            project=access.project, trigger=Kind.UNKNOWN, day=hours_ago(48).date(), figure=0.1, evidence=9
        )
        page = browser.get(self.address()).content.decode()
        assert "100.0% unknown in 6 documents, above 20.0%" in page
        assert "10.0 %" in page, "the history"
        shown = browser.get(self.address("retraining-evidence", "unknown")).content.decode()
        assert all(reverse("document", args=["acme", d.pk]) in shown for d in documents)

    def test_a_decision_names_its_documents(self, access, browser, arrived):
        row = services.set_policy(access, UNKNOWN)
        documents = arrived(6, template="")
        jobs.consider(row.pk)
        arrived(3)
        page = browser.get(self.address("retraining-decision", Decision.objects.get().pk)).content.decode()
        assert page.count("/p/acme/documents/") >= 6
        assert all(reverse("document", args=["acme", d.pk]) in page for d in documents)

    def test_start_continue_and_stop(self, access, browser, arrived):
        services.set_policy(access, {"automatic": {"freeze": False}})
        arrived(6)
        act = self.address("retraining-act")
        browser.post(act, {"action": "start"})
        jobs.advance(Circle.objects.get().pk)
        page = browser.get(self.address()).content.decode()
        assert "Waits for a person to let it go on with: Freeze a dataset" in page
        assert "hx-trigger" not in page, "nothing moves before somebody clicks"
        browser.post(act, {"action": "continue"})
        jobs.advance(Circle.objects.get().pk)
        assert f'hx-get="{self.address("retraining-under-way")}"' in browser.get(self.address()).content.decode()
        browser.post(act, {"action": "stop"})
        assert Circle.objects.get().state == CircleState.STOPPED
        assert browser.post(act, {"action": "stop"}).status_code == 404
        assert browser.post(act, {"action": "dance"}).status_code == 422

    def test_what_is_asked_again_and_again_measures_nothing(self, access, browser, arrived, monkeypatch):
        arrived(6)
        begun = services.start(access)
        monkeypatch.setattr(evidence, "read", lambda *_: pytest.fail("a trigger was measured"))
        page = browser.get(self.address("retraining-under-way")).content.decode()
        assert f"Retraining {begun.pk} is under way" in page
        assert 'hx-trigger="load delay' in page
        assert "<html" not in page
        circle.stop(access, begun)
        page = browser.get(self.address("retraining-under-way")).content.decode()
        assert 'id="circle-live"' in page
        assert "hx-trigger" not in page

    def test_the_evidence_of_a_trigger_measures_that_trigger(self, browser, arrived, monkeypatch):
        arrived(6, template="")
        real, measured = evidence.read, []
        monkeypatch.setattr(
            evidence, "read", lambda project, kind, *rest: measured.append(kind) or real(project, kind, *rest)
        )
        assert browser.get(self.address("retraining-evidence", "unknown")).status_code == 200
        assert measured == [Kind.UNKNOWN]

    def test_hold_and_let_go_on(self, access, browser):
        services.set_policy(access, {"schedule": {"cron": "0 2 * * 6"}})
        act = self.address("retraining-act")
        browser.post(act, {"action": "pause"})
        assert queries.policy(access.project).paused
        browser.post(act, {"action": "resume"})
        assert not queries.policy(access.project).paused

    def test_a_run_says_which_trigger_caused_it(self, access, browser, arrived):
        row = services.set_policy(access, UNKNOWN)
        arrived(6, template="")
        jobs.consider(row.pk)
        jobs.advance(Circle.objects.get().pk)
        freeze(Circle.objects.get().dataset)
        jobs.advance(Circle.objects.get().pk)
        page = browser.get(self.address("run", TrainingRun.objects.get().pk)).content.decode()
        assert "100.0% unknown in 6 documents, above 20.0%" in page


class TestRest:
    def test_put_and_get(self, access, api, arrived):
        client = api("ml_admin", project=access.project)
        answer = client.put("/api/v1/retraining", json.dumps(UNKNOWN), content_type="application/json")
        assert answer.status_code == 200, answer.content
        arrived(6, template="")
        said = client.get("/api/v1/retraining").json()
        assert said["policy"]["triggers"]["unknown"]["threshold"] == 0.2
        assert said["policy"]["mode"] == "canary"
        assert (said["would_fire"], said["not_now"]) == ("unknown", [])
        figure = next(one for one in said["figures"] if one["trigger"] == "unknown")
        assert (figure["figure"], figure["documents"], figure["reached"]) == (1.0, 6, True)
        again = client.put("/api/v1/retraining", json.dumps(said["policy"]), content_type="application/json")
        assert again.json()["policy"] == said["policy"], "what GET says, PUT takes"

    @pytest.mark.parametrize(
        "body",
        [{"cooldown_h": -1}, {"schedule": {"cron": "x"}}, {"mode": "shadow"}, {"nonsense": 1},
         {"triggers": {"unknown": {"threshold": 7}}}, {"triggers": {"unknown": {"threshold": 0.1, "newest": 1, "least": 2}}}],
    )  # fmt: skip
    def test_nonsense(self, access, api, body):
        client = api("owner", project=access.project)
        answer = client.put("/api/v1/retraining", json.dumps(body), content_type="application/json")
        assert answer.status_code == 422, answer.content

    def test_start_continue_stop(self, access, api, arrived):
        client = api("ml_admin", project=access.project)
        assert client.post("/api/v1/retraining/start").status_code == 409, "nothing was confirmed"
        services.set_policy(access, {"automatic": {"freeze": False}})
        arrived(6)
        begun = client.post("/api/v1/retraining/start")
        assert begun.status_code == 202, begun.content
        assert begun.json()["trigger"] == "button"
        jobs.advance(begun.json()["id"])
        assert client.get("/api/v1/retraining").json()["under_way"]["waits_for"] == "freeze"
        assert client.post("/api/v1/retraining/continue").json()["waits_for"] == ""
        assert client.post("/api/v1/retraining/continue").status_code == 409
        assert client.post("/api/v1/retraining/stop").json()["state"] == "stopped"
        assert client.post("/api/v1/retraining/stop").status_code == 404
        assert client.get("/api/v1/retraining").json()["last"]["state"] == "stopped"


class TestCommand:
    def run(self, capsys, *arguments: str) -> dict:
        call_command("retrain", "--json", *arguments)
        return json.loads(capsys.readouterr().out)

    def test_nothing_to_do_is_exit_code_5(self, access, arrived, capsys):
        arrived(6)
        for arguments in (["--project", "acme"], ["--dry-run"]):
            with pytest.raises(CommandError, match="Nothing to do") as caught:
                call_command("retrain", *arguments)
            assert caught.value.returncode == 5
            assert "acme: no trigger is reached" in capsys.readouterr().out

    def test_a_dry_run_only_says_it(self, access, arrived, capsys):
        services.set_policy(access, UNKNOWN)
        arrived(6, template="")
        said = self.run(capsys, "--dry-run")
        assert (said["would_fire"], said["circle"]) == (True, None)
        assert said["said"] == "would begin: 100.0% unknown in 6 documents, above 20.0%"
        assert not Decision.objects.exists()

    def test_begins_as_the_scheduler_would(self, access, arrived, capsys):
        services.set_policy(access, UNKNOWN)
        arrived(6, template="")
        said = self.run(capsys, "--project", "acme")
        assert said["circle"]["state"] == "freezing"
        assert Circle.objects.get().decision.trigger == Kind.UNKNOWN

    def test_now_continue_and_stop(self, access, arrived, capsys):
        services.set_policy(access, {"automatic": {"freeze": False}})
        arrived(6)
        assert self.run(capsys, "--project", "acme", "--now")["circle"]["waits_for"] == "freeze"
        assert self.run(capsys, "--project", "acme", "--continue")["circle"]["state"] == "freezing"
        assert self.run(capsys, "--project", "acme", "--stop")["circle"]["state"] == "stopped"
        with pytest.raises(CommandError) as caught:
            call_command("retrain", "--project", "acme", "--stop")
        assert caught.value.returncode == 5

    @pytest.mark.parametrize("arguments", [["--project", "nobody"], ["--now"], ["--project", "acme", "--now"]])
    def test_bad_usage(self, access, arguments):
        with pytest.raises(CommandError) as caught:
            call_command("retrain", *arguments)
        assert caught.value.returncode == 2
