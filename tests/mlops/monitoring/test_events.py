"""Events are written to the file once, counted once, and what they tell of is kept once."""

from __future__ import annotations

import datetime
import json
import os

import pytest
from django.db import transaction
from django.utils import timezone

from invex.documents.erasure import erase
from invex.documents.models import Document
from invex.extraction import jobs as extraction
from invex.kernel.models import Event
from invex.kernel.outbox import emit
from invex.results import services as online
from invex.review.services import confirm, reopen
from mlops.compute.probes import GpuFigures
from mlops.monitoring import event_files, hardware, jobs, services, tallies
from mlops.monitoring.models import (
    Approval,
    DriftReading,
    EventFile,
    FieldJudgement,
    HardwareSample,
    Judgement,
    Observation,
    QueueSample,
    Tally,
)
from mlops.monitoring.services import take_events
from tests.invex.world import access_to, document_in_review, label_of, read_document, vendor

pytestmark = pytest.mark.django_db


def lines():
    return [json.loads(line) for path in sorted(event_files.folder().glob("*.jsonl")) for line in path.open()]


def count(key):
    return Tally.objects.filter(key=key).values_list("count", flat=True).first() or 0


@pytest.fixture
def corrected(project):
    """A document that was read and confirmed with one value that had been read otherwise."""
    access = access_to(project.slug)
    one = vendor().document(0)
    document = document_in_review(access, one)
    said = label_of(one)
    said["fields"]["invoice_number"] = [{"value": "CORRECTED-1"}]
    confirm(access, document.pk, said, may_create_template=True)
    document.refresh_from_db()
    return document


def test_a_line_is_an_event_of_the_format_without_document_text(corrected, project):
    take_events()
    said = {line["event"]: line for line in lines()}
    made = said["prediction.made"]
    assert made["document"] == str(corrected.pk)
    assert made["project"] == project.slug
    assert made["build"]
    assert 0 <= made["confidence"] <= 1
    assert made["seconds"] > 0
    wrong = said["field.corrected"]
    assert wrong["corrected"] is True
    assert wrong["field"]
    values = {value["text"] for values in label_of(vendor().document(0))["fields"].values() for value in values}
    written = "".join(path.read_text() for path in event_files.folder().iterdir())
    assert not [text for text in values if len(text) > 4 and text in written]


def test_jobs_that_run_twice_write_and_count_once(corrected):
    events = Event.objects.count()
    assert jobs.take_events() == events
    before = {row.key: (row.count, row.total) for row in Tally.objects.all()}
    assert jobs.take_events() == 0
    assert len(lines()) == events == count(tallies.ALL)
    assert {row.key: (row.count, row.total) for row in Tally.objects.all()} == before
    assert count("event:prediction.made") == 1
    assert count("event:field.corrected") == Event.objects.filter(name="field.corrected").count() > 0
    assert Observation.objects.count() == Judgement.objects.count() == 1


def test_a_process_that_died_after_writing_leaves_no_line_twice(corrected):
    take_events()
    emit("document.read", 7, project="demo", document=7)
    with transaction.atomic():
        take_events()
        transaction.set_rollback(True)  # killed before it was committed
    half = event_files.folder() / EventFile.objects.get().name
    with half.open("a") as file:
        file.write('{"half')
    take_events()
    assert [line["document"] for line in lines() if line["event"] == "document.read"][-1:] == ["7"]
    assert len(lines()) == Event.objects.count() == EventFile.objects.get().lines


def test_whoever_comes_second_finds_nothing_to_take(corrected, monkeypatch):
    taken = []
    original = event_files.append

    def overtaken(events):
        taken.append(len(events))
        return original(events)

    monkeypatch.setattr(event_files, "append", overtaken)
    waiting = list(Event.objects.filter(recorded_at__isnull=True))
    take_events()
    Event.objects.filter(pk=waiting[0].pk).update(recorded_at=None)  # as a slower one had seen it
    take_events()
    assert taken == [len(waiting), 1]


def test_a_full_file_is_followed_by_another(project, monkeypatch):
    monkeypatch.setattr(event_files, "LARGEST_BYTES", 100)
    for number in range(3):
        emit("document.read", number, project=project.slug, document=number + 1)
        take_events()
    assert EventFile.objects.count() == 3
    assert [line["document"] for line in sorted(lines(), key=lambda line: line["ts"])] == ["1", "2", "3"]


def test_a_file_that_was_taken_away_is_not_missed(project):
    emit("document.read", 1, project=project.slug, document=1)
    take_events()
    (event_files.folder() / EventFile.objects.get().name).unlink()
    emit("document.read", 2, project=project.slug, document=2)
    take_events()
    assert [line["document"] for line in lines()] == ["2"]


def test_an_observation_holds_figures_of_the_document(corrected, project):
    take_events()
    row = Observation.objects.get()
    first = corrected.extractions.get(number=1)
    assert (row.project, row.document, row.pages) == (project, corrected, 1)
    assert row.words == sum(len(page.words) for page in vendor().document(0).document.pages)
    assert (vendor().style.date, vendor().style.number.decimal) == ("dd.mm.yyyy", ",")
    assert row.locale == "dmy,"
    assert row.ocr_share == 0.0
    assert sum(row.kinds.values()) == sum(len(values) for values in first.prediction["fields"].values())
    assert row.template == first.template
    assert row.absent is None  # it was unknown


def test_a_judgement_counts_what_was_corrected(corrected):
    take_events()
    row, label = Judgement.objects.get(), corrected.labels.get()
    assert row.corrected == len(label.corrected) > 0
    assert row.asked == len(label.label["fields"]) + len(label.label["tables"])
    assert row.probability == 1.0
    assert not row.template_right
    wrong = FieldJudgement.objects.filter(judgement=row, is_right=False).values_list("field", flat=True)
    assert set(wrong) == set(label.corrected)


def test_a_judgement_that_cannot_be_kept_leaves_the_other_events_to_be_taken(corrected, monkeypatch, caplog):
    def failing(rows):
        rows[0].save()
        rows[0].pk = None
        FieldJudgement(judgement_id=rows[0].judgement_id, field=None).save()

    monkeypatch.setattr(FieldJudgement.objects, "bulk_create", failing)
    waiting = Event.objects.count()
    assert take_events() == waiting
    assert not Event.objects.filter(recorded_at__isnull=True).exists()
    assert not Judgement.objects.exists()
    assert Observation.objects.count() == Approval.objects.count() == 1
    assert "is not judged" in caplog.text


@pytest.mark.parametrize("source", ["bulk", "xml"])
def test_what_was_not_looked_at_judges_nothing(project, source):
    access = access_to(project.slug)
    one = vendor().document(0)
    document = document_in_review(access, one)
    confirm(access, document.pk, label_of(one, source=source), may_create_template=True)
    take_events()
    assert not Judgement.objects.exists()


def test_figures_stay_when_their_document_is_erased(corrected, project):
    take_events()
    erase(access_to(project.slug, "owner"), corrected)
    assert Observation.objects.get().document_id is None
    assert Judgement.objects.get().document_id is None


def test_the_first_approval_is_kept_with_the_hours_it_took(corrected, project):
    Document.objects.filter(pk=corrected.pk).update(created_at=timezone.now() - datetime.timedelta(hours=3))
    take_events()
    reopen(access_to(project.slug), corrected.pk)
    confirm(access_to(project.slug), corrected.pk, label_of(vendor().document(0)))
    take_events()
    row = Approval.objects.get()
    assert (row.document, row.is_automatic, row.template) == (corrected, False, corrected.template)
    assert row.hours == pytest.approx(3.0, abs=0.1)
    assert Judgement.objects.get().corrected == 1  # the first look


def test_an_automatic_approval_is_one_and_judges_nothing(project):
    document = document_in_review(access_to(project.slug), vendor().document(0))
    emit("document.auto_approved", document.pk, project=project.slug, document=document.pk, template="Acme")
    take_events()
    assert Approval.objects.get().is_automatic
    assert not Judgement.objects.exists()


def test_what_is_old_is_forgotten_and_counters_stay(corrected, project, settings):
    take_events()
    emit("memory.updated", 1, project=project.slug)
    take_events()
    services.measure_drift(project)
    long_ago = timezone.now() - datetime.timedelta(days=40)
    Event.objects.update(created_at=long_ago, dispatched_at=long_ago)
    emit("document.read", 9, project=project.slug, document=9)
    EventFile.objects.update(closed_at=long_ago)
    for model in (Observation, Judgement, Approval, DriftReading):
        model.objects.update(day=long_ago.date())
    before = count(tallies.ALL)
    settings.MONITORING_DAYS = 50
    assert services.forget() == 0
    settings.MONITORING_DAYS = 30
    assert services.forget() > 0
    assert set(Event.objects.values_list("name", flat=True)) == {"memory.updated", "document.read"}
    assert not any(m.objects.exists() for m in (Observation, Judgement, FieldJudgement, Approval, DriftReading))
    assert not EventFile.objects.exists()
    assert lines() == []
    assert count(tallies.ALL) == before


def test_old_files_go_whichever_machine_wrote_them(corrected, settings, monkeypatch):
    settings.MONITORING_DAYS = 30
    take_events()
    long_ago = timezone.now() - datetime.timedelta(days=40)
    theirs = EventFile.objects.get()
    EventFile.objects.filter(pk=theirs.pk).update(host="gone", created_at=long_ago)  # and never closed
    path = event_files.folder() / theirs.name
    assert path.exists()
    assert services.forget() == 1
    assert not path.exists()
    path.write_text("")  # so it is on the disk of a machine that shares no DATA
    os.utime(path, (long_ago.timestamp(), long_ago.timestamp()))
    young = path.with_name("young.jsonl")
    young.write_text("")
    emit("memory.updated", 1, project=corrected.project.slug)
    take_events()
    assert not path.exists()
    assert young.exists()


def test_an_event_that_was_not_taken_or_dispatched_is_never_forgotten(project, settings):
    emit("document.read", 9, project=project.slug, document=9)
    settings.MONITORING_DAYS = 1
    Event.objects.update(created_at=timezone.now() - datetime.timedelta(days=9))
    assert services.forget() == 0
    take_events()
    assert services.forget() == 0  # its jobs were not woken


def test_measurements_of_an_hour_are_made_once(corrected, project, run_jobs):
    take_events()
    assert jobs.sweep() == 1
    run_jobs("mlops.monitoring.jobs.measure")
    run_jobs.flush()
    assert jobs.sweep() == 0
    jobs.measure(project.pk)  # a job that runs twice
    assert QueueSample.objects.filter(project=project).count() == 1
    assert DriftReading.objects.filter(project=project).count() == 2
    DriftReading.objects.update(at=timezone.now() - datetime.timedelta(hours=2))
    assert jobs.sweep() == 1


def test_metrics_count_predictions_and_corrections(corrected, project, client):
    take_events()
    DriftReading.objects.create(project=project, kind="input", day=timezone.localdate(), figure=0.31)
    said = client.get("/metrics").content.decode()
    values = dict(line.rsplit(" ", 1) for line in said.splitlines() if line.startswith("invex_"))
    assert float(values["invex_predictions_total"]) == 1
    assert float(values["invex_predictions_unknown_total"]) == 1
    assert float(values["invex_corrections_total"]) == Event.objects.filter(name="field.corrected").count()
    assert float(values['invex_events_total{event="document.approved"}']) == 1
    assert float(values["invex_template_confidence_count"]) == 1
    assert float(values['invex_template_confidence_bucket{le="+Inf"}']) == 1
    assert float(values[f'invex_drift{{kind="input",project="{project.pk}"}}']) == 0.31
    assert project.slug not in said


class OneGpu:
    def gpus(self):
        return (GpuFigures("uuid", 0, "H100", memory_mb=80_000, free_mb=20_000, utilisation=0.5),)


def test_a_sample_of_the_machine_needs_two_looks(db, monkeypatch):
    monkeypatch.setattr(hardware, "_last", None)
    monkeypatch.setattr(hardware, "SHORTEST_S", 0.0)
    assert hardware.sweep() == 0
    assert hardware.sweep(OneGpu()) == 1
    row = HardwareSample.objects.get()
    assert 0 <= row.cpu <= 100
    assert 0 < row.memory <= 100
    assert row.read_rate >= 0
    assert row.gpus == [{"name": "H100", "utilisation": 50.0, "memory": 75.0}]


def test_a_document_that_is_gone_before_its_event_is_taken_is_no_obstacle(corrected, project):
    erase(access_to(project.slug, "owner"), corrected)
    events = Event.objects.count()
    assert take_events() == events
    assert not Observation.objects.exists()


def test_a_prediction_carries_the_request_that_brought_the_document(project):
    document = read_document(access_to(project.slug), vendor().document(0))
    emit("document.received", document.pk, project=project.slug, document=document.pk, request_id="upload-4711")
    extraction.extract_document(document.pk)
    assert Event.objects.get(name="prediction.made").request_id == "upload-4711"


def test_a_file_that_is_not_kept_is_a_prediction_without_a_document(project, monkeypatch):
    read = {
        "file": "a.pdf", "template": {"name": "Acme", "confidence": 0.97}, "model": {"build": "Demo-0.1.0-build.3"},
        "seconds": 0.2,
    }  # fmt: skip
    monkeypatch.setattr(online, "ask", lambda *args, **options: read)
    online.predict(access_to(project.slug, "reviewer"), [b"%PDF"], name="a.pdf")
    take_events()
    (line,) = lines()
    assert {k: line[k] for k in line if k != "ts"} == {
        "event": "prediction.made", "project": project.slug, "template": "Acme", "build": "Demo-0.1.0-build.3",
        "confidence": 0.97, "seconds": 0.2,
    }  # fmt: skip
    assert not Observation.objects.exists()


def test_a_sweep_wakes_a_worker_only_when_there_is_something(project, run_jobs):
    assert jobs.sweep_events() == 0
    emit("document.read", 1, project=project.slug, document=1)
    assert jobs.sweep_events() == 1
    run_jobs("mlops.monitoring")
    assert jobs.sweep_events() == 0
    assert len(lines()) == 1
