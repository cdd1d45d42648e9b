from dataclasses import replace
from pathlib import Path

import pytest

from invex.extraction.pipeline import Thresholds, extract_file, run
from invex.fields.geometry import Box, PageBox
from invex.fields.prediction import Prediction, TemplateMatch, Value
from invex.fields.spec import FieldSpec, LocaleSpec, TemplateSpec
from invex.fields.standard import LINE_ITEMS
from invex.reading.errors import Unreadable
from invex.reading.types import Document, Page, Word

UNKNOWN_LOCALE = LocaleSpec()
SURE = {"Acme": Thresholds(template=0.5, default=0.9)}


def page(*printed_lines):
    """A page with `printed_lines` below each other, words evenly spaced."""
    words = []
    for number, line in enumerate(printed_lines):
        top = 0.05 + 0.03 * number
        for position, text in enumerate(line.split()):
            words.append(Word(text, Box(0.05 + 0.1 * position, top, 0.14 + 0.1 * position, top + 0.02)))
    return Page(612, 792, tuple(words))


class Stub:
    """A predictor that has made up its mind, to see what the pipeline makes of it."""

    def __init__(self, *, template="Acme", confidence=0.99, locale=UNKNOWN_LOCALE, **fields):
        self.templates = {
            "Acme": TemplateSpec("Acme", (FieldSpec("day", "date"), FieldSpec("po", "id", "PO", True)), locale=locale)
        }
        values = {key: (Value(value, text, confidence),) for key, (value, text) in fields.items()}
        self.prediction = Prediction(TemplateMatch(template, 0.9), values)
        self.asked = None

    def predict(self, document, *, template=None):
        self.asked = template
        return self.prediction


def codes(outcome):
    return [reason.code for reason in outcome.reasons]


def test_a_sure_document_is_approved_only_where_thresholds_say_so():
    predictor = Stub(day=("2020-12-31", "31/12/2020"), po=("A1", "A1"))
    document = Document((page("Date 31/12/2020", "PO A1"),))
    approved = run(document, predictor, thresholds=SURE)
    assert (approved.state, approved.reasons) == ("approved", ())
    reviewed = run(document, predictor)
    assert (reviewed.state, codes(reviewed)) == ("review", ["approval_off"])


@pytest.mark.parametrize(
    ("predictor", "code"),
    [
        (Stub(day=("2020-12-31", "31/12/2020")), "required"),
        (Stub(po=("A1", "A1"), confidence=0.5), "low_confidence"),
        (Stub(po=("A1", "A1"), template=None), "unknown_template"),
        (Stub(po=("A1", "A1"), day=("2020-04-03", "03/04/2020")), "ambiguous"),
    ],
)
def test_doubts_and_failed_checks_go_to_a_person_whatever_the_thresholds(predictor, code):
    outcome = run(Document((page("Order A1", "03/04/2020"),)), predictor, thresholds=SURE)
    assert outcome.state == "review"
    assert codes(outcome) == [code]
    assert all(reason.message for reason in outcome.reasons)


def test_what_is_empty_and_never_is_goes_to_a_person():
    document = Document((page("PO A1"),))
    predictor = Stub(po=("A1", "A1"))
    predictor.templates["Acme"] = replace(predictor.templates["Acme"], tables=(LINE_ITEMS,))
    outcome = run(document, predictor, thresholds=SURE, always=lambda template: {"day", "po", "line_items", "other"})
    assert (outcome.state, codes(outcome)) == ("review", ["lacking", "lacking"])
    assert [reason.field for reason in outcome.reasons] == ["day", "line_items"]
    required = run(document, Stub(day=("2020-12-31", "31/12/2020")), thresholds=SURE, always=lambda template: {"po"})
    assert codes(required) == ["required"], "which is said once"
    rows = ({"amount": Value("1.00", "1.00", 0.99), "quantity": Value("2", "2", 0.99)},)
    predictor.prediction = replace(predictor.prediction, tables={"line_items": rows})
    always = {"line_items", "line_items.amount", "line_items.quantity", "line_items.unit_price", "line_items.other"}
    [column] = run(document, predictor, thresholds=SURE, always=lambda template: always).reasons
    assert (column.code, column.field) == ("lacking", "line_items")
    assert column.message == "Line items: Unit price is empty; every confirmed document of this template has it"
    unknown = run(document, Stub(template=None), always=lambda template: {"day"})
    assert codes(unknown) == ["unknown_template"]


def test_other_dates_of_the_document_or_the_template_resolve_an_ambiguous_one():
    document = Document((page("From 03/04/2020", "To 31/04/2020", "31/05/2020"),))
    assert run(document, Stub(po=("A1", "A1"), day=("2020-04-03", "03/04/2020")), thresholds=SURE).state == "approved"
    alone = Document((page("On 03/04/2020"),))
    remembering = Stub(po=("A1", "A1"), day=("2020-04-03", "03/04/2020"), locale=LocaleSpec("dmy"))
    assert run(alone, remembering, thresholds=SURE).state == "approved"


def test_a_threshold_may_be_stricter_for_a_field():
    predictor = Stub(po=("A1", "A1"), confidence=0.95)
    strict = {"Acme": Thresholds(template=0.5, default=0.9, fields={"po": 0.99})}
    [doubt] = run(Document((page("A1"),)), predictor, thresholds=strict).reasons
    assert (doubt.code, doubt.field) == ("low_confidence", "po")
    assert doubt.message == "PO is only 95% sure", "by the name that people know"


def test_of_what_passes_a_share_is_drawn_for_a_person_and_nothing_else_is():
    audited = {"Acme": Thresholds(template=0.5, default=0.9, audited=0.2)}
    document = Document((page("A1"),))
    sure = Stub(po=("A1", "A1"))
    assert codes(run(document, sure, thresholds=audited, draw=0.19)) == ["audit"]
    assert run(document, sure, thresholds=audited, draw=0.2).state == "approved"
    unsure = Stub(po=("A1", "A1"), confidence=0.5)
    assert codes(run(document, unsure, thresholds=audited, draw=0.19)) == ["low_confidence"]


def test_thresholds_of_one_template_say_nothing_of_another():
    outcome = run(Document((page("A1"),)), Stub(po=("A1", "A1")), thresholds={"Other": SURE["Acme"]})
    assert codes(outcome) == ["approval_off"]


@pytest.mark.parametrize(
    ("thresholds", "holds"),
    [
        (Thresholds(0.5, 0.9), True),
        (Thresholds(0.5, 0.9, builds=("a", "b"), version=3), True),
        (Thresholds(0.5, 0.9, builds=("b",), version=3), False),
        (Thresholds(0.5, 0.9, builds=("a",), version=2), False),
    ],
)
def test_thresholds_hold_for_the_builds_and_the_version_that_they_were_computed_for(thresholds, holds):
    assert thresholds.hold_for("a", 3) == holds


def test_the_template_that_a_person_chose_reaches_the_predictor_and_warnings_the_result():
    predictor = Stub(po=("A1", "A1"))
    outcome = run(Document((page("A1"),), warnings=("page 1 was turned",)), predictor, template="Acme")
    assert predictor.asked == "Acme"
    assert outcome.prediction.warnings == ("page 1 was turned",)


class Shelf:
    """A reader of two files."""

    def read(self, path, *, name):
        if path.suffix != ".pdf":
            raise Unreadable("unsupported")
        return Document((page("PO A1"),), file=name)


def test_a_file_becomes_one_line():
    predictor = Stub(po=("A1", "A1"))
    line = extract_file(Path("folder/a65d.pdf"), Shelf(), predictor)
    assert line["format"] == "invex-prediction/1"
    assert (line["id"], line["file"], line["pages"]) == ("a65d", "a65d.pdf", 1)
    assert line["fields"]["po"][0]["value"] == "A1"
    assert "state" not in line
    error = extract_file(Path("folder/a.doc"), Shelf(), predictor)
    assert set(error) == {"format", "file", "error"}
    assert error["error"]["code"] == "unsupported"
    assert error["error"]["message"]


def test_values_keep_their_boxes():
    predictor = Stub()
    box = PageBox(0, Box(0.1, 0.1, 0.2, 0.2))
    predictor.prediction = Prediction(TemplateMatch("Acme", 0.9), {"po": (Value("A1", "A1", 0.99, boxes=(box,)),)})
    assert run(Document((page("A1"),)), predictor).prediction.fields["po"][0].boxes == (box,)


def test_shipping_that_the_page_prints_explains_why_line_items_do_not_add_up():
    predictor = Stub(po=("A1", "A1"))
    predictor.templates = {"Acme": TemplateSpec("Acme", (FieldSpec("net_amount", "amount"),), (LINE_ITEMS,))}
    rows = tuple({"amount": Value(amount, amount, 0.99)} for amount in ("80.00", "20.00"))
    net = {"net_amount": (Value("105.95", "105.95", 0.99),)}
    predictor.prediction = Prediction(TemplateMatch("Acme", 0.9), net, {"line_items": rows})
    goods = ("Chair 80.00", "Lamp 20.00")
    outcome = run(Document((page(*goods, "Shipping 5.95", "Net 105.95"),)), predictor, thresholds=SURE)
    assert codes(outcome) == []
    assert codes(run(Document((page(*goods, "Net 105.95"),)), predictor, thresholds=SURE)) == ["sum_of_lines"]
