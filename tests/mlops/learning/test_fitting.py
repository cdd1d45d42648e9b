"""What the documents of one template teach of where its values stand."""

from __future__ import annotations

import numpy as np
import pytest

from invex.fields.labels import Label, LabelValue
from invex.fields.spec import FieldSpec, TemplateSpec
from mlops.learning.feature_groups import GROUPS
from mlops.learning.fitting import Example, fit_examples
from mlops.learning.layout import lay_out
from mlops.learning.matching import ANY_TYPE, Matcher
from mlops.learning.model import TemplateModel
from mlops.learning.reading_fields import read_fields
from mlops.learning.view import View
from tests.mlops.learning.test_layout import document, narrow, word

PAGE = [
    word("MSKU1186591", 0.1, 0.3), word("315", 0.3, 0.3), word("11777.42", 0.5, 0.3),
    word("Packages", 0.1, 0.6), word("315", 0.3, 0.6),
]  # fmt: skip
ROW = {"container": LabelValue("MSKU1186591"), "packages": LabelValue("315"), "weight": LabelValue("11777.42")}


def occurrences(*rows: dict[str, LabelValue]) -> list[float]:
    """Probabilities that the total is meant in the line of goods, and below it."""
    spec = TemplateSpec("waybill", (FieldSpec("total_packages", "number"),))
    label = Label("waybill", "person", {"total_packages": (LabelValue("315"),)}, {"goods": rows})
    model = fit_examples(spec, [Example(View(document(PAGE)), label)])
    supports = model.fields[0].supports
    assert supports is not None
    assert (lay_out(document(PAGE)).texts.index("315"), len(supports.prior)) == (1, 2)
    return np.exp(supports.prior).tolist()


def test_a_total_is_not_the_cell_of_a_confirmed_row_that_has_its_value():
    in_row, below = occurrences(ROW)
    assert below > 0.9 > 0.1 > in_row


def test_a_row_with_other_values_tells_nothing_of_a_total():
    assert occurrences(ROW | {"packages": LabelValue("12")}) == pytest.approx([0.5, 0.5])
    assert occurrences() == pytest.approx([0.5, 0.5])


def limits(second: str, absent: bool) -> list[float]:
    """Probabilities of the two places of a limit that is printed twice, with a document that has another one."""
    spec = TemplateSpec("policy", (FieldSpec("umbrella_limit", "amount"),))
    printed = [
        word("Aggregate", 0.1, 0.3),
        word("2000.00", 0.5, 0.3),
        word("Umbrella", 0.1, 0.6),
        word("2000.00", 0.5, 0.6),
    ]
    examples = [
        Example(View(document(printed)), Label("policy", "person", {"umbrella_limit": (LabelValue("2000.00"),)}))
    ]
    if absent:
        without = [word("Aggregate", 0.1, 0.3), word(second, 0.5, 0.3), word("Umbrella", 0.1, 0.6)]
        examples.append(Example(View(document(without)), Label("policy", "person", {"umbrella_limit": ()})))
    matcher = Matcher(theta={ANY_TYPE: np.ones(len(GROUPS), np.float32)})
    model = fit_examples(spec, examples, matcher=matcher)
    assert model.fields[0].supports is not None
    return np.exp(model.fields[0].supports.prior).tolist()


def test_a_place_where_documents_without_a_value_print_another_one_is_not_meant():
    aggregate, umbrella = limits("4000.00", absent=True)
    assert umbrella > aggregate + 0.3
    assert limits("", absent=False) == pytest.approx([0.5, 0.5])


def commission(printed: str, confirmed: str, read: str) -> str | None:
    """What is read of a document that prints `read`, learned from one that prints `printed`."""
    spec = TemplateSpec("order", (FieldSpec("commission", "amount"),))
    label = Label("order", "person", {"commission": (LabelValue(confirmed),)})
    views = [View(document([word("Commission", 0.1, 0.3), word(text, 0.5, 0.3)])) for text in (printed, read)]
    matcher = Matcher(theta={ANY_TYPE: np.ones(len(GROUPS), np.float32)})
    model = fit_examples(spec, [Example(views[0], label)], matcher=matcher)
    values = read_fields(views[1], TemplateModel.from_bytes(model.to_bytes()), matcher=matcher)["commission"]
    return values[0].value if values else None


def test_a_value_has_the_sign_with_which_it_was_confirmed():
    assert commission("(1,200.00)", "1200.00", "(350.00)") == "350.00"
    assert commission("(1,200.00)", "1200.00", "350.00") == "350.00"
    assert commission("1,200.00", "-1200.00", "350.00") == "-350.00"
    assert commission("1,200.00", "-1200.00", "0.00") == "0.00"


def test_a_value_confirmed_as_printed_keeps_its_sign():
    assert commission("-1,200.00", "-1200.00", "350.00") == "350.00"
    assert commission("1,200.00", "1200.00", "-350.00") == "-350.00"


def test_a_part_of_a_cell_is_less_likely_where_confirmed_texts_fill_theirs():
    spec = TemplateSpec("waybill", (FieldSpec("goods", "text"),))
    view = View(document([word("Goods", 0.1, 0.3), *narrow(0.34, "TEXTILES for BOATS")]))

    def sure(*values: str) -> float:
        """How sure it is, in nats, after a document with each of the values."""
        labels = [Label("waybill", "person", {"goods": (LabelValue(value),)}) for value in values]
        return fit_examples(spec, [Example(view, label) for label in labels]).fields[0].whole

    whole, part = "TEXTILES for BOATS", "TEXTILES"
    assert sure(whole) > 3.5
    assert sure(whole, whole, whole) > sure(whole)
    assert sure(part) == sure(whole, part) == 0
    assert 0 < sure(whole, whole, part) < 1


def test_a_value_that_no_confirmed_document_prints_is_not_looked_for_among_chance_ones():
    spec = TemplateSpec("waybill", (FieldSpec("flight", "id"),))
    pages = [document([word(text, 0.1, 0.1 + 0.1 * i) for i, text in enumerate(texts)]) for texts in (
        ["A100", "B200", "C300"], ["A101", "B201", "C301"],
    )]  # fmt: skip
    label = Label("waybill", "person", {"flight": (LabelValue("LH8160"),)})
    model = fit_examples(spec, [Example(View(pages[0]), label)])
    assert (model.fields[0].asked, model.fields[0].located) == (1, 0)
    assert read_fields(View(pages[1]), model)["flight"] == ()


def contract(ticked: str) -> View:
    choices = " ".join(
        f"{'[X]' if choice == ticked else '[ ]'} {choice}" for choice in ("Temporary", "Permanent", "Freelance")
    )
    return View(document([*narrow(0.3, "Worker: Edward"), *narrow(0.32, f"Type: {choices}"), *narrow(0.34, "Signed")]))


@pytest.mark.parametrize("ticked", ["Temporary", "Permanent", "Freelance"])
def test_of_choices_the_ticked_one_is_read_whichever_was_confirmed(ticked: str):
    spec = TemplateSpec("sheet", (FieldSpec("type", "text"),))
    matcher = Matcher(theta={ANY_TYPE: np.ones(len(GROUPS), np.float32)})
    label = Label("sheet", "person", {"type": (LabelValue("Freelance"),)})
    model = fit_examples(spec, [Example(contract("Freelance"), label)], matcher=matcher)
    (value,) = read_fields(contract(ticked), TemplateModel.from_bytes(model.to_bytes()), matcher=matcher)["type"]
    assert value.value == ticked
