"""Pages of the monitoring: what they show, what their points open, and what they refuse."""

from __future__ import annotations

import csv
import datetime
import io
import re
from urllib.parse import parse_qs, urlparse

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from invex.accounts.roles import Role
from invex.documents.states import DocumentState
from invex.extraction.models import Extraction
from mlops.monitoring import work
from mlops.monitoring.chart import Chart, Curve, Mark, Point, figure
from mlops.monitoring.counted import documents_of
from mlops.monitoring.models import Approval, FieldJudgement, HardwareSample, Judgement, QueueSample
from mlops.monitoring.selection import Period, Selection

TODAY = datetime.date(2026, 11, 21)


@pytest.fixture
def client(person) -> Client:
    client = Client()
    client.force_login(person(Role.VIEWER))
    return client


@pytest.fixture
def judged(observe):
    """judged(observations, corrected, ...) -> a person looked at them; the first field was wrong, or none."""

    def make(observations, corrected=0, *, probability=1.0, is_audit=False):
        for o in observations:
            same = {"project": o.project, "day": o.day, "template": o.template, "probability": probability}
            row = Judgement.objects.create(
                **same, document=o.document, build=o.build, is_audit=is_audit, template_right=True, asked=2,
                corrected=corrected,
            )  # fmt: skip
            for number, key in enumerate(("number", "total")):
                FieldJudgement.objects.create(**same, judgement=row, field=key, is_right=number >= corrected)

    return make


def page(client, project, name="monitoring", **query):
    answer = client.get(reverse(name, args=[project.slug]), query)
    assert answer.status_code == 200
    return answer


def chart(answer, name):
    return next(one for one in answer.context["charts"] if one.name == name)


def newest(chart, key=None):
    curve = next(one for one in chart.curves if key in (None, one.key))
    return curve.points[-1]


def test_accuracy_weighs_what_was_drawn_and_shows_all_reviews_beside(client, project, observe, judged):
    judged(observe(1), 0, probability=0.1)
    judged(observe(1), 2, probability=1.0)
    judged(observe(4), 2, probability=None)
    accuracy = chart(page(client, project), "accuracy")
    assert newest(accuracy, "drawn").value == pytest.approx(100 * 10 / 11)
    assert newest(accuracy, "drawn").count == 2
    assert newest(accuracy, "reviewed").value == pytest.approx(100 / 6)


def test_a_point_opens_exactly_its_documents(client, project, observe, judged):
    drawn, doubted = observe(2), observe(3)
    judged(drawn, 1)
    judged(doubted, 2, probability=None)
    observe(2, days_ago=40)
    dot = next(one for one in chart(page(client, project, days="14"), "accuracy").dots)
    query = {key: value[0] for key, value in parse_qs(dot.query).items()}
    shown = page(client, project, "monitoring-documents", **query).context["documents"]
    assert {d.pk for d in shown} == {o.document_id for o in drawn}
    everything = page(client, project, "monitoring-documents", **{**query, "curve": "reviewed"})
    assert len(everything.context["documents"]) == 5
    wrong = page(client, project, "monitoring-documents", **{**query, "curve": "wrong", "field": "total"})
    assert {d.pk for d in wrong.context["documents"]} == {o.document_id for o in doubted}


def test_every_address_on_the_pages_is_there(client, project, observe, judged):
    judged(observe(3), 1, is_audit=True)
    for name in ("monitoring", "monitoring-work", "monitoring-drift"):
        html = page(client, project, name).content.decode()
        found = {a.replace("&amp;", "&") for a in re.findall(r'href="(/p/[^"]*monitoring[^"]*)"', html)}
        assert found
        assert {client.get(a).status_code for a in found} == {200}, name


def test_drawn_documents_that_still_wait_make_a_point_preliminary(client, project, observe, judged):
    rows = observe(2)
    judged(rows[:1])
    for row in rows:
        Extraction.objects.create(
            document=row.document, number=1, is_current=True, template_confidence=1.0, prediction={}, build="b",
            reader="r", draw=0.5, sampled=1.0, seconds=0.0,
        )  # fmt: skip
    assert newest(chart(page(client, project), "accuracy"), "drawn").is_open
    type(rows[1].document).objects.filter(pk__in=[r.document_id for r in rows]).update(state=DocumentState.APPROVED)
    assert not newest(chart(page(client, project), "accuracy"), "drawn").is_open


def test_unknown_documents_and_confidence(client, project, observe):
    observe(3, template="Acme", confidence=0.9)
    observe(1, template="", confidence=0.5)
    answer = page(client, project)
    assert newest(chart(answer, "unknown")).value == 25.0
    assert newest(chart(answer, "confidence"), "values").value == pytest.approx(80.0)
    only = page(client, project, template="-")
    assert newest(chart(only, "unknown")).value == 100.0


def test_errors_of_audits_are_those_of_documents(client, project, observe, judged):
    judged(observe(3), 0, is_audit=True)
    judged(observe(1), 2, is_audit=True)
    judged(observe(5), 2)
    assert newest(chart(page(client, project), "audit")).value == 25.0


def test_templates_that_appear_and_vanish_are_named(client, project, observe):
    observe(5, days_ago=20, template="Old")
    observe(5, days_ago=20, template="Both")
    observe(2, template="Both")
    observe(1, template="New")
    answer = page(client, project, days="14")
    assert answer.context["appeared"] == ["New"]
    assert answer.context["vanished"] == ["Old"]


def test_a_field_chosen_in_the_address_is_the_only_one_that_counts(client, project, observe, judged):
    judged(observe(4), 1)
    answer = page(client, project, field="number")
    assert newest(chart(answer, "accuracy"), "drawn").value == 0.0
    assert [(row.key, row.drawn.percent) for row in answer.context["fields"]] == [("number", 0.0), ("total", 100.0)]


def test_work_shows_what_came_what_needed_nobody_and_how_long_it_took(client, project, observe):
    rows = observe(4)
    for number, row in enumerate(rows):
        Approval.objects.create(
            project=project, document=row.document, day=row.day, template="Acme", is_automatic=number == 0,
            hours=float(number),
        )  # fmt: skip
    QueueSample.objects.create(project=project, day=timezone.localdate(), waiting=3, oldest_hours=5.0)
    QueueSample.objects.create(project=project, day=timezone.localdate(), waiting=1, oldest_hours=7.5)
    answer = page(client, project, "monitoring-work")
    assert newest(chart(answer, "received")).value == 4
    assert newest(chart(answer, "automated")).value == 25.0
    assert newest(chart(answer, "hours"), "median").value == 1.5
    assert newest(chart(answer, "queue")).value == 7.5


def test_the_queue_of_a_day_are_those_that_nobody_had_approved_then(project, observe):
    waited, approved = observe(2, days_ago=3), observe(1, days_ago=3)
    today = timezone.localdate()
    Approval.objects.create(project=project, document=approved[0].document, day=today, is_automatic=False, hours=72.0)
    Approval.objects.create(
        project=project,
        document=waited[0].document,
        day=today - datetime.timedelta(days=2),
        is_automatic=False,
        hours=1.0,
    )
    yesterday = today - datetime.timedelta(days=1)
    found = documents_of(project, Selection(), Period(yesterday, yesterday), "queue", "oldest")
    assert {d.pk for d in found} == {waited[1].document_id, approved[0].document_id}


def test_the_file_of_a_chart_has_its_figures(client, project, observe, judged):
    judged(observe(3), 1)
    answer = client.get(reverse("monitoring-file", args=[project.slug, "accuracy"]), {"days": "14"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert len(rows) == 14
    assert rows[-1]["from"] == rows[-1]["until"] == str(timezone.localdate())
    assert (rows[-1]["drawn"], rows[-1]["drawn_count"]) == ("50", "3")
    assert rows[0]["drawn"] == ""


def test_hardware_shows_what_was_sampled(client, project):
    gpus = [{"name": "H100", "utilisation": 80.0, "memory": 40.0}]
    HardwareSample.objects.create(host="a", cpu=50.0, memory=61.0, disk=40.0, read_rate=2e6, write_rate=1e6, gpus=gpus)
    answer = page(client, project, "monitoring-hardware")
    assert newest(chart(answer, "cpu")).value == 50.0
    assert newest(chart(answer, "io"), "read_rate").value == 2.0
    assert newest(chart(answer, "gpu0"), "utilisation").value == 80.0
    assert b"H100" in answer.content


def test_without_a_gpu_the_page_says_so(client, project):
    HardwareSample.objects.create(host="a", cpu=1.0, memory=1.0, disk=1.0, read_rate=0, write_rate=0)
    assert "has no GPU" in page(client, project, "monitoring-hardware").content.decode()


@pytest.mark.parametrize(
    ("name", "query", "status"),
    [
        ("monitoring", {"days": "13"}, 422),
        ("monitoring-hardware", {"hours": "5"}, 422),
        ("monitoring-hardware", {"host": "elsewhere"}, 404),
        ("monitoring-documents", {"chart": "accuracy", "curve": "drawn", "from": "yesterday", "until": "x"}, 422),
        ("monitoring-documents", {"chart": "nonsense", "from": "2026-01-01", "until": "2026-01-02"}, 404),
    ],
)
def test_an_address_that_means_nothing_is_refused(client, project, name, query, status):
    assert client.get(reverse(name, args=[project.slug]), query).status_code == status


def test_another_projects_documents_are_in_no_figure(client, project, other_project, observe, person):
    observe(3)
    other = Client()
    other.force_login(person(Role.OWNER, other_project))
    answer = page(other, other_project)
    assert chart(answer, "unknown").is_empty
    assert "Nothing was read" in answer.content.decode()


def test_a_template_with_signs_of_html_is_escaped(client, project, observe):
    observe(1, template='<b>"&co')
    html = page(client, project).content.decode()
    assert "<b>" not in html
    link = re.search(r'href="([^"]*template=%3Cb%3E[^"]*)"', html)
    assert link
    shown = client.get(urlparse(link[1].replace("&amp;", "&")).geturl())
    assert escape('<b>"&co') in shown.content.decode()


def days(*values, unit="%", marks=(), **more):
    periods = tuple(
        Period(TODAY + datetime.timedelta(days=n), TODAY + datetime.timedelta(days=n)) for n in range(len(values))
    )
    curve = Curve("a", "A", "sure", tuple(Point(value) for value in values))
    return Chart("c", "C", unit, periods, (curve,), marks, **more)


def test_a_period_without_a_figure_is_a_gap_in_the_line():
    ((_, path),) = days(10.0, 20.0, None, 30.0).paths
    assert [part[0] for part in path.split() if part[0] in "ML"] == ["M", "L", "M"]


def test_the_axis_has_round_ticks_around_the_figures():
    assert [tick.label for tick in days(91.2, 97.9).ticks] == ["90", "92", "94", "96", "98"]
    assert [tick.label for tick in days(0.0, 7.0, floor=0.0).ticks] == ["0", "2", "4", "6", "8"]
    assert [tick.label for tick in days(100.0, 100.0).ticks][-1] == "100"
    assert days(5.0, unit="").ticks[0].label == "5"


def test_minutes_are_said_where_no_approval_took_an_hour(project):
    today = timezone.localdate()
    row = {"project": project, "is_automatic": False, "template": "T", "day": today}
    Approval.objects.create(**row, hours=0.02)
    chart = work.took(project, Selection(), ())
    assert (chart.unit, chart.now) == ("min", "1.2 min")
    assert len({tick.label for tick in chart.ticks}) == len(chart.ticks)
    Approval.objects.create(**row, hours=3.0)
    assert work.took(project, Selection(), ()).unit == "h"


def test_a_mark_stands_where_it_happened():
    at = timezone.make_aware(datetime.datetime.combine(TODAY, datetime.time(12)))
    before = at - datetime.timedelta(days=2)
    marks = (Mark(at, "deployment 2", "/x", "deployment"), Mark(before, "too early", "/y", "training"))
    (line,) = days(1.0, 2.0, marks=marks).mark_lines
    assert float(line.at) == pytest.approx(40 + 354 / 4, abs=0.1)  # a quarter of two days


def test_figures_are_said_as_short_as_they_are_exact():
    assert [figure(v) for v in (0.0, 0.00123, 0.1234, 4.32, 96.14, 100.0, 1234.5)] == [
        "0",
        "0.0012",
        "0.123",
        "4.3",
        "96.1",
        "100",
        "1234",
    ]
