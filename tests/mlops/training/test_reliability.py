"""Calibration curve and confusions of a measurement."""

from __future__ import annotations

from pathlib import Path

from invex.fields.labels import label_from_json
from invex.fields.prediction import Prediction, TemplateMatch, Value
from invex.fields.spec import FieldSpec
from mlops.learning.dataset import Dataset
from mlops.training.reliability import calibration, confusions

DATASET = Dataset(Path(), "d", (FieldSpec("total", "amount", ""), FieldSpec("number", "id", "")), (), ())


def label(template: str | None, **values: str):
    return label_from_json({"template": template, "fields": {key: [{"value": v}] for key, v in values.items()}})


def read(template: str | None, **values: tuple[str, float]) -> Prediction:
    fields = {key: (Value(value, value, confidence),) for key, (value, confidence) in values.items()}
    return Prediction(TemplateMatch(template, 0.9), fields, {}, {}, ())


def test_each_bin_says_what_was_claimed_and_what_was_right():
    labels = {"a": label("A", total="5.00"), "b": label("A", total="6.00"), "c": label("A", total="7.00")}
    predictions = {
        "a": read("A", total=("5.00", 0.96), number=("never asked", 0.1)),
        "b": read("A", total=("9.00", 0.92)),
        "c": read("A", total=("7.00", 0.35)),
    }
    low, high = calibration(DATASET, labels, predictions)
    assert (low["confidence"], low["right"], low["values"]) == (0.35, 1.0, 1)
    assert (round(high["confidence"], 2), high["right"], high["values"]) == (0.94, 0.5, 2)


def test_templates_taken_for_another_the_most_first():
    labels = {"a": label("A"), "b": label("A"), "c": label(None), "d": label("B")}
    predictions = {"a": read("B"), "b": read("B"), "c": read("A"), "d": read("B")}
    assert confusions(labels, predictions) == [
        {"is": "A", "said": "B", "documents": 2}, {"is": "", "said": "A", "documents": 1},
    ]  # fmt: skip
