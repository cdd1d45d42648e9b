"""When training is welcome."""

from __future__ import annotations

import datetime

import pytest

from invex.accounts.roles import Role
from invex.kernel.errors import BadInput, NotAllowed
from mlops.compute import services
from mlops.compute.windows import Window, is_open, next_opening
from tests.invex.world import access_to

NIGHTS = Window.from_json({"days": [0, 1, 2, 3, 4], "from": "20:00", "to": "06:00"})
WEEKEND = Window.from_json({"days": [5, 6], "from": "00:00", "to": "00:00"})
MONDAY = datetime.datetime(2026, 11, 23)  # a Monday, midnight


@pytest.mark.parametrize(
    ("day", "hour", "expected"),
    [(0, 12, False), (0, 20, True), (1, 5, True), (1, 6, False), (5, 5, True), (5, 12, True), (6, 23, True),
     (0, 3, False), (4, 21, True)],
)  # fmt: skip
def test_nights_and_weekends(day, hour, expected):
    assert is_open([NIGHTS, WEEKEND], MONDAY + datetime.timedelta(days=day, hours=hour)) is expected


def test_without_windows_always():
    assert is_open([], MONDAY)


def test_when_it_opens_next():
    noon = MONDAY + datetime.timedelta(hours=12)
    assert next_opening([NIGHTS], noon) == MONDAY + datetime.timedelta(hours=20)
    friday_night = MONDAY + datetime.timedelta(days=5, hours=7)
    assert next_opening([NIGHTS], friday_night) == MONDAY + datetime.timedelta(days=7, hours=20)
    assert next_opening([WEEKEND], MONDAY) == MONDAY + datetime.timedelta(days=5)


@pytest.mark.parametrize(
    "wrong", [{}, {"days": [7], "from": "1:00", "to": "2:00"}, {"days": [], "from": "01:00", "to": "02:00"}, 3]
)
def test_nonsense_says_what_to_write(wrong):
    with pytest.raises(BadInput, match="Monday is 0"):
        Window.from_json(wrong)


@pytest.mark.django_db
class TestPolicy:
    def test_the_load_of_others(self):
        services.set_policy(access_to("acme", Role.ML_ADMIN), windows=[], most_load=0.5)
        assert services.may_train(lambda: 0.4).ok
        verdict = services.may_train(lambda: 0.9)
        assert not verdict.ok
        assert "90%" in verdict.cause

    def test_hours(self, monkeypatch):
        services.set_policy(access_to("acme", Role.ML_ADMIN), windows=[NIGHTS.to_json()], most_load=1)
        noon = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)
        monkeypatch.setattr(services.timezone, "localtime", lambda: noon)
        verdict = services.may_train()
        assert "2026-11-23 20:00" in verdict.cause
        assert verdict.again_at == noon.replace(hour=20)

    def test_who_may_and_what_is_refused(self):
        with pytest.raises(NotAllowed):
            services.set_policy(access_to("acme", Role.AUTHOR), windows=[], most_load=1)
        with pytest.raises(BadInput, match="100 %"):
            services.set_policy(access_to("acme", Role.OWNER), windows=[], most_load=1.5)

    def test_load_is_measured(self, monkeypatch):
        monkeypatch.setattr(services, "MEASURED_S", 0.05)
        assert 0 <= services.others_load() <= 1
