"""Which occurrences of a short value are there by chance."""

from __future__ import annotations

import numpy as np
import pytest

from invex.fields.labels import Label, LabelValue
from invex.fields.spec import FieldSpec, TemplateSpec
from invex.reading.types import Word
from mlops.learning.fitting import Example, fit_examples
from mlops.learning.view import View
from tests.mlops.learning.test_layout import document, narrow, word

RATE = [word("VAT", 0.1, 0.5), word("20", 0.3, 0.5)]


def meant(page: list[Word], *, kind: str = "number", **others: tuple[str, str]) -> list[float]:
    """Probabilities of the places of `rate`, 20, in reading order. others: type and value of what else was confirmed."""
    spec = TemplateSpec("bill", (FieldSpec("rate", kind), *(FieldSpec(key, type) for key, (type, _) in others.items())))
    values = {"rate": (LabelValue("20"),)} | {key: (LabelValue(value),) for key, (_, value) in others.items()}
    model = fit_examples(spec, [Example(View(document(page)), Label("bill", "person", values))])
    supports = model.fields[0].supports
    assert supports is not None
    return np.exp(supports.prior).tolist()


@pytest.mark.parametrize(
    ("printed", "other"),
    [("20 Mill Lane", ("address", "20 Mill Lane")), ("Section 20 of 31", ("text", "Section 20 of 31"))],
)
def test_a_part_of_another_confirmed_value_is_not_meant(printed: str, other: tuple[str, str]):
    page = [*narrow(0.3, printed), *RATE]
    within, alone = meant(page, other=other)
    assert alone > 0.9 > 0.1 > within
    assert meant(page) == pytest.approx([0.5, 0.5])


def test_a_value_that_wraps_in_running_text_holds_it_too():
    page = [*narrow(0.3, "the flat on floor 20 Harbour"), *narrow(0.314, "View is let"), *RATE]
    within, alone = meant(page, flat=("address", "20 Harbour View"))
    assert alone > 0.9 > 0.1 > within


def test_a_part_of_a_word_is_not_meant():
    page = [word("Leeds", 0.1, 0.3), word("20JL", 0.3, 0.3), *RATE]
    within, alone = meant(page)
    assert alone > 0.9 > 0.1 > within


def test_of_one_place_alone_nothing_is_said():
    assert meant([word("LS1", 0.1, 0.3), word("20JL", 0.3, 0.3)]) == pytest.approx([1.0])


def test_one_form_of_the_value_is_not_a_part_of_another():
    page = [word("Net", 0.1, 0.3), word("20", 0.3, 0.3), word("Total", 0.1, 0.5), word("20.00", 0.3, 0.5)]
    assert meant(page, kind="amount") == pytest.approx([0.5, 0.5])
    assert min(meant(page, kind="amount", gross=("amount", "20"))) > 0.1  # they are told apart by their order alone


def test_running_text_holds_whole_words_alone():
    page = [*narrow(0.3, "the flat on floor 20 Harbour"), *narrow(0.314, "Viewing is free"), *RATE]
    assert meant(page, flat=("address", "20 Harbour View")) == pytest.approx([0.5, 0.5], abs=0.1)
