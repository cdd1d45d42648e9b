"""What a project may decide, and when its schedule comes to pass."""

from __future__ import annotations

import datetime
import zoneinfo

import pytest
from django.utils import timezone

from invex.accounts.roles import Role
from invex.kernel.errors import BadInput, NotAllowed
from invex.kernel.models import AuditEntry
from mlops.deployment.states import Mode
from mlops.retraining import queries, schedule, services
from mlops.retraining.models import RetrainingPolicy
from mlops.retraining.policy import Policy
from mlops.retraining.states import Kind, Step
from tests.invex.world import access_to

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")


def test_a_policy_is_the_same_as_json_and_back():
    said = Policy.from_json(
        {
            "triggers": {"unknown": {"on": True, "threshold": 0.3, "newest": 50, "least": 10}},
            "schedule": {"cron": "0  2 * * 6"},
            "cooldown_h": 12,
            "budget": {"runs": 2, "cpu_h": 1.5},
            "automatic": {"deploy": False},
            "mode": "A/B",
            "selection": {"without_suspects": True},
        }
    )
    assert Policy.from_json(said.to_json()) == said
    assert (said.cron, said.mode, said.runs, said.gpu_h) == ("0 2 * * 6", Mode.AB, 2, None)
    assert said.automatic == {Step.FREEZE, Step.TRAIN, Step.PROMOTE}
    assert said.triggers[Kind.UNKNOWN].threshold == 0.3
    assert not said.is_idle


def test_nothing_starts_by_itself_before_somebody_says_so():
    assert Policy().is_idle
    assert Policy.from_json({}) == Policy()
    assert Policy.from_json({"budget": {"runs": None}}).runs is None
    assert Policy.from_json({"schedule": {"cron": "0 2 * * *", "paused": True}}).is_idle


@pytest.mark.parametrize(
    ("data", "entry"),
    [
        ({"triggers": {"unknown": {"threshold": 1.2}}}, "triggers.unknown.threshold"),
        ({"triggers": {"unknown": {"on": "yes"}}}, "triggers.unknown.on"),
        ({"triggers": {"unknown": {"newest": 10, "least": 11}}}, "triggers.unknown.least"),
        ({"triggers": {"labels": {"threshold": 0}}}, "triggers.labels.threshold"),
        ({"triggers": {"accuracy": {"threshold": float("nan")}}}, "triggers.accuracy.threshold"),
        ({"triggers": []}, "triggers"),
        ({"schedule": {"cron": "every night"}}, "schedule"),
        ({"schedule": {"cron": "* * * * * *"}}, "schedule"),
        ({"schedule": {"cron": "0 0 30 2 *"}}, "schedule"),
        ({"schedule": {"cron": 7}}, "schedule"),
        ({"cooldown_h": -1}, "cooldown_h"),
        ({"budget": {"runs": 0}}, "budget.runs"),
        ({"budget": {"cpu_h": float("inf")}}, "budget.cpu_h"),
        ({"mode": "shadow"}, "mode"),
        ({"trial_days": 1.5}, "trial_days"),
        ({"selection": {"share": 2}}, "selection.share"),
    ],
)
def test_nonsense_is_named(data, entry):
    with pytest.raises(BadInput, match=f"^{entry}"):
        Policy.from_json(data)


class TestSchedule:
    def test_the_next_times_are_local(self):
        with timezone.override(BERLIN):
            saturday = datetime.datetime(2026, 3, 28, 1, 0, tzinfo=BERLIN)
            first, second = schedule.next_times("0 2 * * 6", saturday, 2)
        assert first == datetime.datetime(2026, 3, 28, 2, 0, tzinfo=BERLIN)
        assert second == datetime.datetime(2026, 4, 4, 2, 0, tzinfo=BERLIN), "in summer time, at the same hour"

    def test_a_time_that_is_reached_is_not_the_next_one(self):
        at = datetime.datetime(2026, 11, 21, 2, 0, tzinfo=datetime.UTC)
        assert schedule.next_time("0 2 * * *", at) == at + datetime.timedelta(days=1)

    def test_without_an_expression_there_is_none(self):
        assert schedule.next_times("", timezone.now(), 3) == []


@pytest.mark.django_db
class TestSaving:
    def test_it_is_a_row_with_an_audit_entry(self, access):
        services.set_policy(access, {"schedule": {"cron": "0 2 * * *"}})
        row = RetrainingPolicy.objects.get(project=access.project)
        assert row.next_run_at > timezone.now()
        assert row.changed_by == "mia"
        entry = AuditEntry.objects.get(subject_type="retraining policy")
        assert entry.detail["policy"]["schedule"]["cron"] == "0 2 * * *"

    def test_saving_something_else_leaves_a_time_that_is_due(self, access):
        due = timezone.now() - datetime.timedelta(minutes=1)
        services.set_policy(access, {"schedule": {"cron": "0 2 * * *"}})
        RetrainingPolicy.objects.update(next_run_at=due)
        services.set_policy(access, {"schedule": {"cron": "0 2 * * *"}, "cooldown_h": 3})
        assert RetrainingPolicy.objects.get().next_run_at == due

    def test_a_pause_takes_the_next_time_away_and_gives_it_back(self, access):
        services.set_policy(access, {"schedule": {"cron": "0 2 * * *"}, "cooldown_h": 3})
        services.set_paused(access, paused=True)
        assert RetrainingPolicy.objects.get().next_run_at is None
        assert queries.policy(access.project).cooldown_h == 3, "the rest stays"
        services.set_paused(access, paused=False)
        assert RetrainingPolicy.objects.get().next_run_at > timezone.now()

    def test_only_who_runs_models_may(self, access):
        with pytest.raises(NotAllowed):
            services.set_policy(access_to("acme", Role.AUTHOR), {})
        assert not RetrainingPolicy.objects.exists()
