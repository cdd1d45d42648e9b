"""Values that were confirmed before, and are misread now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from invex.fields.labels import Label, LabelValue
from invex.fields.spec import FieldSpec, TemplateSpec
from invex.reading.types import Document
from mlops.learning.dataset import Sample
from mlops.learning.known_values import MOST_VALUES, KnownValues
from mlops.learning.learner import fit_template
from mlops.learning.model import TemplateModel
from mlops.learning.package import EMPTY
from mlops.learning.predictor import Predictor
from tests.mlops.learning.test_layout import CHAR, document, word

SUPPLIER = "Gerbang Alaf Restaurants"
KNOWN = KnownValues((SUPPLIER,))


def test_misread_letters_are_those_that_were_confirmed():
    assert KNOWN.repair("Gerpang Alaf Restaurants") == SUPPLIER
    assert KNOWN.repair("GERBANG ALAF RESTAURANIS") == SUPPLIER
    assert KnownValues(("99 Speed Mart S/B",)).repair("99 SPEED MART 5/B") == "99 Speed Mart S/B"
    assert KnownValues(("12 Jalan Tampoi, Johor Bahru",)).repair("12, Jalan Tampol,Johor Bahru") is not None


@pytest.mark.parametrize(
    ("confirmed", "read"),
    [
        (SUPPLIER, "GERBANG ALAF RESTAURANTS"),  # the same
        ("Invoice 2024 of Hamburg", "Invoice 2025 of Hamburg"),  # a digit
        ("Growth Opportunities II", "Growth Opportunities IV"),  # a short word
        ("Peter Andersen", "Peter Anderson"),  # most of it may be another name
        ("Christine Baumgartner", "Christoph Baumgartner"),  # too many letters
        ("Gerbang Alaf Restaurants", "Gerpang Restaurants"),  # a word less
    ],
)
def test_what_may_be_meant_stays(confirmed: str, read: str):
    assert KnownValues((confirmed,)).repair(read) is None


def test_what_may_be_two_confirmed_values_stays():
    both = KnownValues(("Gerbang Alaf Restaurants", "Gertang Alaf Restaurants"))
    assert both.repair("Gerpang Alaf Restaurants") is None


def test_only_values_that_recur_are_known():
    customers = [f"{name} Handelsgesellschaft" for name in ("Nord", "Ost", "Süd", "West")]
    assert KnownValues.of(customers) == KnownValues()
    assert KnownValues.of([SUPPLIER]) == KnownValues((SUPPLIER,), 0.5)
    assert KnownValues.of([SUPPLIER, SUPPLIER.upper(), "Nord GmbH"]).values == (SUPPLIER.upper(), "Nord GmbH")


def test_of_many_values_the_latest_are_known():
    often, once = ["Alpha GmbH"] * 30, [f"{name} Handel" for name in "abcdefghijklmnopqrstuvwxyz"[:MOST_VALUES]]
    assert "Alpha GmbH" in KnownValues.of([*often, *once[1:], "Alpha GmbH"]).values
    assert "Alpha GmbH" in KnownValues.of([*often, *once, "Alpha GmbH"]).values
    assert "Alpha GmbH" not in KnownValues.of([*often, *once]).values


def receipt(supplier: str, source: str) -> Document:
    words, x = [], 0.1
    for part in supplier.split():
        words.append(word(part, x, 0.1))
        x += CHAR * (len(part) + 1)
    words += [word("Receipt", 0.1, 0.3), word("Total", 0.1, 0.5), word("12.50", 0.5, 0.5)]
    (page,) = document(words).pages
    return Document((replace(page, source=source),))


@pytest.mark.parametrize(("source", "value"), [("ocr", SUPPLIER), ("text", "Gerpang Alaf Restaurants")])
def test_a_misread_supplier_is_the_confirmed_one_on_a_scan(source: str, value: str):
    spec = TemplateSpec("receipt", (FieldSpec("supplier_name", "text"),))
    label = Label("receipt", "person", {"supplier_name": (LabelValue(SUPPLIER),)})
    known = Sample("1", receipt(SUPPLIER, source), label)
    model = TemplateModel.from_bytes(fit_template(EMPTY, spec, [known]).to_bytes())
    predictor = Predictor(EMPTY).with_template(model)
    found = predictor.predict(receipt("Gerpang Alaf Restaurants", source), template="receipt")
    (supplier,) = found.fields["supplier_name"]
    assert (supplier.value, supplier.text) == (value, "Gerpang Alaf Restaurants")


def test_what_may_be_new_is_no_surer_than_that_values_recur():
    """A brother was confirmed, and now the page says his sister: nobody knows yet whether documents name one person."""
    spec = TemplateSpec("receipt", (FieldSpec("customer_name", "text"),))
    label = Label("receipt", "person", {"customer_name": (LabelValue("Daniel Weissenberger"),)})
    (one,), (ten,) = (
        Predictor(EMPTY)
        .with_template(
            fit_template(
                EMPTY, spec, [Sample(str(i), receipt("Daniel Weissenberger", "ocr"), label) for i in range(count)]
            )
        )
        .predict(receipt("Daniela Weissenberger", "ocr"), template="receipt")
        .fields["customer_name"]
        for count in (1, 10)
    )
    assert one.value == ten.value == "Daniel Weissenberger"
    assert one.confidence <= 0.5 < 0.8 < ten.confidence
    assert one.alternatives[0].value == "Daniela Weissenberger"
    assert one.alternatives[0].confidence == pytest.approx(one.confidence)
