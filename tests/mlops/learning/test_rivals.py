"""What stood beside a confirmed value takes its place where a document lacks it, and is known again."""

from __future__ import annotations

import numpy as np
import pytest

from invex.fields.labels import Label, LabelValue
from invex.fields.spec import FieldSpec, TemplateSpec
from invex.reading.types import Document
from mlops.learning.feature_groups import GROUPS
from mlops.learning.fitting import Example, fit_examples
from mlops.learning.matching import ANY_TYPE, Matcher
from mlops.learning.model import TemplateModel
from mlops.learning.reading_fields import read_fields, score_fields
from mlops.learning.rivals import MOST_RIVALS
from mlops.learning.view import View
from tests.mlops.learning.test_layout import document, word

MATCHER = Matcher(theta={ANY_TYPE: np.ones(len(GROUPS), np.float32)})
SUMS = {"Subtotal": "812.50", "Discount": "17.20", "Net": "795.30"}


def order(sums: dict[str, str]) -> Document:
    """A line a sum, from the same height on."""
    cells = [
        (word(name, 0.1, 0.3 + 0.02 * i), word(value, 0.5, 0.3 + 0.02 * i))
        for i, (name, value) in enumerate(sums.items())
    ]
    return document([word("Order", 0.1, 0.1), *(cell for line in cells for cell in line)])


def learned(sums: dict[str, str], field: str) -> TemplateModel:
    spec = TemplateSpec("order", (FieldSpec(field.lower(), "amount"),))
    label = Label("order", "person", {field.lower(): (LabelValue(sums[field]),)})
    model = fit_examples(spec, [Example(View(order(sums)), label)], matcher=MATCHER)
    return TemplateModel.from_bytes(model.to_bytes())


def test_what_was_printed_beside_the_value_then_is_not_the_value_now():
    model = learned(SUMS, "Discount")
    lacking = View(order({"Subtotal": "640.00", "Net": "640.00"}))
    with_it = View(order({"Subtotal": "640.00", "Discount": "25.00", "Net": "615.00"}))
    assert read_fields(lacking, model, matcher=MATCHER)["discount"] == ()
    (value,) = read_fields(with_it, model, matcher=MATCHER)["discount"]
    assert value.value == "25.00"


def test_a_model_that_was_stored_without_rivals_compares_with_the_value_alone():
    model = learned(SUMS, "Discount")
    (field,) = model.fields
    assert field.rivals is not None
    assert len(field.rivals.prior) == 2 <= MOST_RIVALS
    object.__setattr__(field, "rivals", None)
    again = TemplateModel.from_bytes(model.to_bytes())
    assert again.fields[0].rivals is None
    scores = score_fields(View(order(SUMS)), again, matcher=MATCHER).fields[0]
    assert SUMS["Discount"] == scores.candidates.texts[int(np.argmax(scores.scores))]


def test_a_number_as_large_is_the_same_before_it_was_rounded():
    rounded = {"Subtotal": "42.48", "Rounding": "0.02", "Total": "42.50"}
    rivals = learned(rounded, "Total").fields[0].rivals
    assert rivals is not None
    assert len(rivals.prior) == 1


def test_a_document_that_prints_the_value_alone_has_no_rivals_and_stays_comparable():
    model = learned({"Discount": "17.20"}, "Discount")
    rivals = model.fields[0].rivals
    assert rivals is not None
    assert rivals.prior.tolist() == pytest.approx([-1e3])
    (value,) = read_fields(View(order({"Discount": "25.00"})), model, matcher=MATCHER)["discount"]
    assert value.value == "25.00"


def test_a_label_that_is_no_number_teaches_as_far_as_it_can():
    spec = TemplateSpec("order", (FieldSpec("discount", "amount"),))
    label = Label("order", "person", {"discount": (LabelValue("17.20"), LabelValue("n/a"))})
    (field,) = fit_examples(spec, [Example(View(order(SUMS)), label)], matcher=MATCHER).fields
    assert field.rivals is not None
    assert len(field.rivals.prior) == 2


def test_what_shares_words_with_the_value_is_no_rival():
    spec = TemplateSpec("order", (FieldSpec("buyer", "text"),))
    page = document([word("Buyer", 0.1, 0.1), word("Hansen", 0.3, 0.1), word("(Bergen)", 0.38, 0.1)])
    label = Label("order", "person", {"buyer": (LabelValue("Hansen"),)})
    (field,) = fit_examples(spec, [Example(View(page), label)], matcher=MATCHER).fields
    assert {"Hansen (Bergen)", "Hansen"} < set(View(page).candidates("text").texts)
    assert field.rivals is not None
    assert len(field.rivals.prior) == 2  # Buyer, and what is in brackets
