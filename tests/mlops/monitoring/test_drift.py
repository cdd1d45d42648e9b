"""Drift of a project: which windows are compared, and what the figure says."""

from __future__ import annotations

import pytest

from mlops.datasets.models import DatasetDocument, DatasetVersion
from mlops.monitoring.drift import DAYS, LEAST, MUCH, Kind, drift, input_drift
from mlops.monitoring.models import DriftReading
from mlops.monitoring.services import measure_drift
from mlops.registry.models import Build
from tests.mlops.factory import build, deploy

pytestmark = pytest.mark.django_db


def output_drift(project):
    return drift(project, Kind.OUTPUT, DAYS)


def names(found):
    return {one.name for one in found.moved if one.is_significant and one.counts}


def test_the_same_kind_of_documents_is_no_drift(project, observe):
    observe(90, days_ago=20)
    observe(60)
    for found in (input_drift(project), output_drift(project)):
        assert found.figure == 0.0
        assert (found.reference, found.reference_count, found.current_count) == ("before", 90, 60)


def test_scans_instead_of_texts_are_a_drift_of_the_input(project, observe):
    before = observe(90, days_ago=20)
    now = observe(60, ocr_share=lambda i: float(i % 2))
    found = input_drift(project)
    assert found.figure >= MUCH
    assert names(found) == {"ocr_share"}
    assert output_drift(project).figure == 0.0
    assert set(found.reference_documents) == {o.document_id for o in before}
    assert set(found.current_documents) == {o.document_id for o in now}


def test_a_template_that_appears_is_a_drift_of_the_input(project, observe):
    observe(90, days_ago=20)
    observe(60, template=lambda i: "New" if i % 2 else "Acme")
    assert names(input_drift(project)) == {"template"}


def test_values_that_are_not_found_any_more_are_a_drift_of_the_output(project, observe):
    observe(90, days_ago=20)
    observe(60, absent=lambda i: i % 3 / 3, confidence=lambda i: 0.3 + i % 20 / 50)
    found = output_drift(project)
    assert found.figure >= MUCH
    assert names(found) == {"absent", "confidence"}
    assert input_drift(project).figure == 0.0


def test_the_hour_is_shown_but_does_not_count(project, observe):
    observe(90, days_ago=20, hour=lambda i: i % 12)
    observe(60, hour=23)
    found = input_drift(project)
    hour = next(one for one in found.moved if one.name == "hour")
    assert hour.size > MUCH
    assert found.figure == 0.0


def test_too_few_documents_say_nothing(project, observe):
    observe(90, days_ago=20)
    observe(LEAST - 1)
    found = input_drift(project)
    assert found.figure is None
    assert found.moved == ()


def test_what_is_older_than_the_reference_does_not_count(project, observe):
    observe(90, days_ago=60)
    observe(40)
    assert input_drift(project).figure is None


def test_the_reference_is_the_dataset_of_the_deployed_build(project, access, observe):
    learned = observe(40, days_ago=100, ocr_share=1.0)
    observe(90, days_ago=20)
    now = observe(60)
    version = DatasetVersion.objects.create(project=project, name="spring", hash="ab" * 32, made_by="ann")
    DatasetDocument.objects.bulk_create(
        DatasetDocument(version=version, name=str(i), document=o.document_id, side="train")
        for i, o in enumerate([*learned, now[0]])
    )
    row = build(access)
    Build.objects.filter(pk=row.pk).update(dataset=version.hash)
    deploy(access, row)
    found = input_drift(project)
    assert found.reference == f"dataset {version.hash}"
    assert set(found.reference_documents) == {o.document_id for o in [*learned, now[0]]}
    assert now[0].document_id not in found.current_documents
    assert "ocr_share" in names(found)


def test_another_project_does_not_count(project, other_project, observe):
    observe(90, days_ago=20)
    observe(60)
    assert input_drift(other_project).current_count == 0


def test_a_document_that_was_erased_counts_without_being_named(project, observe):
    before = observe(LEAST, days_ago=20)
    observe(LEAST)
    before[0].document.delete()
    found = input_drift(project)
    assert found.reference_count == LEAST
    assert len(found.reference_documents) == LEAST - 1


def test_the_classifier_is_asked_when_wanted(project, observe):
    observe(90, days_ago=20)
    observe(60, words=lambda i: 300 + i)
    assert input_drift(project).test is None
    found = input_drift(project, permutations=19)
    assert found.test is not None
    assert found.test.auc > 0.9
    assert found.test.p == pytest.approx(0.05)


def test_a_measurement_is_kept_once_a_day(project, observe, monkeypatch):
    monkeypatch.setattr("mlops.monitoring.services.PERMUTATIONS", 9)
    observe(90, days_ago=20)
    observe(60, ocr_share=1.0)
    measure_drift(project)
    measure_drift(project)
    rows = {row.kind: row for row in DriftReading.objects.filter(project=project)}
    assert set(rows) == {"input", "output"}
    assert rows["input"].figure == pytest.approx(drift(project, Kind.INPUT, 7, permutations=0).figure)
    assert "document" not in str(rows["input"].detail)
