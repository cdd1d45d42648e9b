"""Two weeks on the dashboard: counted by day, as bars, as a table and as CSV."""

from __future__ import annotations

import csv
import datetime

import pytest
from django.test import Client
from django.utils import timezone

from invex.accounts.roles import Role
from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.extraction.models import Extraction
from invex.review.models import ConfirmedLabel
from invex.web import trends


@pytest.fixture
def made(batch, project):
    """made(days_ago, by="", hours=2, corrected=None): a document, approved when `by` says by whom."""

    def make(days_ago: int, by: str = "", hours: float = 2, corrected: list[str] | None = None) -> Document:
        at = timezone.now() - datetime.timedelta(days=days_ago)
        row = Document.objects.create(
            project=project, batch=batch, name="x.pdf", sha256="0" * 64, size=1, uploaded_by="ann",
            state=DocumentState.APPROVED if by else DocumentState.REVIEW, approved_by=by,
            approved_at=at if by else None,
        )  # fmt: skip
        Document.objects.filter(pk=row.pk).update(created_at=at - datetime.timedelta(hours=hours if by else 0))
        if corrected is not None:
            shown = Extraction.objects.create(
                document=row, number=1, template_confidence=1, prediction={}, build="b", reader="r", seconds=0
            )
            label = ConfirmedLabel.objects.create(
                document=row, revision=1, label={}, source="person", actor=by, corrected=corrected, extraction=shown
            )
            ConfirmedLabel.objects.filter(pk=label.pk).update(created_at=at)
        return row

    return make


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    """So that hours before now are still today."""
    now = timezone.now().replace(hour=12)
    monkeypatch.setattr(timezone, "now", lambda: now)


def test_the_time_to_approval_is_said_in_minutes_below_an_hour(made, project):
    made(1, "ann", hours=0.01)
    assert trends.chart(project, "hours").now == "1 min from arrival to approval"
    made(2, "ann", hours=0.5)
    made(2, "ann", hours=0.5)
    assert trends.chart(project, "hours").now == "30 min from arrival to approval"
    assert trends.chart(project, "hours").rows[1][1] == ["0.01"]


def test_days_are_counted(made, project):
    for days_ago in (0, 0, 3, 13, 14):
        made(days_ago)
    received = trends.chart(project, "received")
    assert received.series[0].values[-1] == 2
    assert received.series[0].values[-4] == 1
    assert received.series[0].values[0] == 1
    assert sum(received.series[0].values) == 4, "what is older than two weeks is not counted"
    assert received.now == "4 documents in 14 days"


def test_a_day_begins_at_midnight_here(made, project):
    with timezone.override("Pacific/Auckland"):  # where it is tomorrow at noon in UTC
        made(0, by="ann", hours=0)
        for name in ("received", "approved"):
            assert trends.chart(project, name).series[0].values[-2:] == (0, 1), name


def test_the_database_counts_and_only_what_is_asked_for(made, project, django_assert_num_queries):
    made(0, by="ann")
    with django_assert_num_queries(1) as asked:
        trends.chart(project, "received")
    assert "COUNT(" in asked[0]["sql"]


def test_automatic_approvals_stand_apart(made, project):
    for by in ("auto", "auto", "ann", "token:erp"):
        made(1, by=by)
    approved = trends.chart(project, "approved")
    people, machine = (one.values[-2] for one in approved.series)
    assert (people, machine) == (2, 2)
    assert approved.now == "50 % automatically"
    assert sum(float(bar.height) for bar in approved.bars) == pytest.approx(1)


def test_corrections_and_hours(made, project):
    made(0, by="ann", hours=1, corrected=[])
    made(0, by="ann", hours=5, corrected=["total"])
    right, hours = (trends.chart(project, name) for name in ("right", "hours"))
    assert right.series[0].values[-1] == 50
    assert right.series[0].values[-2] is None, "nothing was looked at: there is no figure"
    assert hours.series[0].values[-1] == pytest.approx(3)
    assert hours.rows[0][1] == ["3"]
    assert hours.rows[1][1] == ["–"]


def test_an_empty_project_has_charts_without_bars(project):
    assert [chart.bars for chart in trends.charts(project)] == [[], [], [], [], []]


def test_csv(made, client, person, project):
    made(2, by="auto")
    client.force_login(person("viewer"))
    answer = client.get(f"/p/{project.slug}/figures.csv?chart=approved")
    rows = list(csv.reader(answer.content.decode().splitlines()))
    assert rows[0] == ["Day", "by people and programs", "automatically"]
    assert rows[-3][1:] == ["0", "1"]
    assert len(rows) == 1 + trends.DAYS
    assert client.get(f"/p/{project.slug}/figures.csv?chart=nothing").status_code == 404


def test_the_dashboard_shows_each_with_its_table(made, client, person, project):
    made(0)
    client.force_login(person("viewer"))
    page = client.get(f"/p/{project.slug}/").content.decode()
    assert page.count("<svg") >= 5
    assert page.count('scope="row"') == 5 * trends.DAYS


def test_the_dashboard_says_who_approved(made, person, project):
    for by in ("ann", "token:erp", "token:erp", "auto"):
        made(1, by)
    client = Client()
    client.force_login(person(Role.VIEWER))
    page = client.get(f"/p/{project.slug}/").content.decode()
    assert "approved in 7 days: by people 1, by programs 2, automatically 1" in page
