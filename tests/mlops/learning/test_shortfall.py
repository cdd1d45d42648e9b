"""Values that a document lacks."""

from __future__ import annotations

import pytest

from invex.fields.geometry import Box
from invex.fields.labels import Label, LabelValue
from invex.fields.spec import FieldSpec, TemplateSpec
from invex.reading.types import Document, Page, Word
from mlops.learning.dataset import Sample
from mlops.learning.learner import fit_template
from mlops.learning.model import TemplateModel
from mlops.learning.predictor import Predictor, shipped_package
from mlops.learning.shortfall import LEAST_FIELDS, RATE, SLACK, toward_null

ROWS = {"gross": "Gross pay", "tax": "Income tax", "pension": "Pension", "health": "Health care", "advance": "Advance", "net": "Paid out"}  # fmt: skip
NEXT = {"gross": "4321.00", "tax": "812.50", "pension": "302.10", "health": "290.40", "net": "2916.00"}


def test_a_field_that_falls_short_like_the_others_lacks_nothing():
    usual = {f"field_{i}": 5.0 + i for i in range(6)}
    assert toward_null(usual) == {}
    assert toward_null(dict.fromkeys(usual, 40.0)) == {}


def test_one_that_falls_further_short_does():
    usual = {f"field_{i}": 4.0 for i in range(LEAST_FIELDS)}
    assert toward_null({**usual, "lost": 4.0 + SLACK + 3}) == {"lost": pytest.approx(3 * RATE)}
    del usual["field_0"]
    assert toward_null({**usual, "lost": 4.0 + SLACK + 3}) == {}


def slip(values: dict[str, str]) -> Document:
    """A row a field that has a value, further up the fewer there are; below them the hours, which are no field."""
    words = []
    for i, (key, value) in enumerate(values.items()):
        label = [*ROWS[key].split(), value]
        places = [0.1 + 0.1 * j for j in range(len(label) - 1)] + [0.7]
        words += [Word(t, Box(x, 0.2 + 0.03 * i, x + 0.09, 0.212 + 0.03 * i)) for t, x in zip(label, places)]
    words += [Word(t, Box(x, 0.6, x + 0.09, 0.612)) for t, x in (("Hours", 0.1), ("worked", 0.2), ("162.50", 0.3))]
    return Document((Page(595.0, 842.0, tuple(words)),))


def test_a_value_that_the_next_document_lacks_is_not_made_up():
    first = {"gross": "4100.00", "tax": "770.10", "pension": "287.00", "health": "276.20", "advance": "150.00", "net": "2616.70"}  # fmt: skip
    spec = TemplateSpec("slip", tuple(FieldSpec(key, "amount", label) for key, label in ROWS.items()))
    label = Label("slip", "person", {key: (LabelValue(value),) for key, value in first.items()})
    model = fit_template(shipped_package(), spec, [Sample("a", slip(first), label)])
    again = TemplateModel.from_bytes(model.to_bytes())
    assert [f.own for f in again.fields] == [f.own for f in model.fields]
    found = Predictor(shipped_package()).with_template(again).predict(slip(NEXT), template="slip").fields
    assert {key: [value.value for value in values] for key, values in found.items()} == {
        **{key: [value] for key, value in NEXT.items()},
        "advance": [],
    }
    all_there = Predictor(shipped_package()).with_template(again).predict(slip(first), template="slip").fields
    assert [value.value for value in all_there["advance"]] == ["150.00"]
