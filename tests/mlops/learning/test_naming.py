"""A field's name speaks for the value that the paper calls so."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load, save

from invex.fields.geometry import Box
from invex.fields.labels import Label, LabelValue
from invex.fields.spec import FieldSpec, TemplateSpec
from invex.reading.types import Document, Page, Word
from mlops.learning.dataset import Sample
from mlops.learning.feature_groups import GROUPS
from mlops.learning.learner import fit_template
from mlops.learning.matching import ANY_TYPE, Matcher
from mlops.learning.model import TemplateModel
from mlops.learning.naming import called_so
from mlops.learning.package import EMPTY
from mlops.learning.predictor import CALLED_SO, Predictor
from mlops.learning.view import View


def page(*cells: tuple[float, float, str]) -> Document:
    words = []
    for x, y, text in cells:
        for word in text.split():
            words.append(Word(word, Box(x, y, x + 0.01 * len(word), y + 0.012)))
            x += 0.01 * len(word) + 0.004
    return Document((Page(595.0, 842.0, tuple(words)),))


BESIDE = page(
    (0.1, 0.05, "Broadcaster"),
    (0.1, 0.1, "Contract #"), (0.3, 0.1, "4711"), (0.1, 0.2, "Estimate"), (0.3, 0.2, "8215"), (0.6, 0.3, "Contract #"), (0.6, 0.32, "1234")
)  # fmt: skip


def likeness(spec: FieldSpec) -> dict[str, float]:
    view = View(BESIDE)
    candidates = view.candidates(spec.type)
    return dict(zip(candidates.texts, called_so(spec, view.features(spec.type)).tolist()))


@pytest.mark.parametrize("spec", [FieldSpec("contract_num", "id"), FieldSpec("number_of_it", "id", "Contract")])
def test_a_label_beside_or_above_is_compared_with_key_and_name(spec: FieldSpec):
    found = likeness(spec)
    assert found["4711"] > 0.3
    assert found["1234"] > 0.3
    assert found["8215"] < 0.1


def test_a_page_without_candidates_has_nothing_to_be_called():
    empty = View(Document((Page(595.0, 842.0, ()),)))
    assert len(called_so(FieldSpec("contract_num", "id"), empty.features("id"))) == 0


def test_of_a_field_just_invented_the_name_tells_which_value_is_meant_where_the_layout_is_another():
    confirmed = page(
        (0.1, 0.05, "Broadcaster"),
        (0.1, 0.1, "Order No"),
        (0.1, 0.12, "1111"),
        (0.5, 0.1, "Estimate"),
        (0.5, 0.12, "8215"),
    )
    label = Label("t", "person", {"estimate": (LabelValue("8215", "8215"),)})
    spec = TemplateSpec("t", (FieldSpec("estimate", "id"),))
    other = page(
        (0.1, 0.05, "Broadcaster"),
        (0.5, 0.5, "Order No"),
        (0.5, 0.52, "2222"),
        (0.1, 0.7, "Estimate"),
        (0.3, 0.7, "9999"),
    )
    plain = Matcher({ANY_TYPE: np.zeros(len(GROUPS), np.float32)})
    knowing = replace(plain, name={ANY_TYPE: 4.0})
    read = {}
    for matcher in (plain, knowing):
        package = replace(EMPTY, matcher=matcher)
        model = fit_template(package, spec, [Sample("a", confirmed, label)])
        read[matcher is knowing] = Predictor(package).with_template(model).predict(other, template="t").fields
    (value,) = read[True]["estimate"]
    assert value.value == "9999"
    assert CALLED_SO in dict(value.why)
    before = {v.value: v.confidence for v in read[False]["estimate"]}
    assert value.confidence > before.get("9999", 0.0)


def test_what_names_are_worth_travels_with_the_matcher():
    matcher = Matcher({"id": np.ones(42, np.float32)}, {"id": 1.5}, {"id": 2.5, ANY_TYPE: 0.5})
    again = Matcher.from_arrays(matcher.to_arrays())
    assert again.worth_of_name("id") == np.float32(2.5)
    assert again.worth_of_name("date") == np.float32(0.5)
    older = Matcher.from_arrays({k: v for k, v in matcher.to_arrays().items() if not k.startswith("name.")})
    assert older.worth_of_name("id") == 0


def claim(*lines: tuple[str, str]) -> Document:
    return page(
        *(
            (x, 0.1 + 0.1 * i, text)
            for i, (label, value) in enumerate(lines)
            for x, text in ((0.1, label), (0.4, value))
        )
    )


CLAIM = TemplateSpec("claim", (FieldSpec("claim_number", "id"), FieldSpec("check_number", "id")))
LABEL = Label("claim", "person", {"claim_number": (LabelValue("C-77120"),), "check_number": ()})


def check_number(without: Document, following: Document, *, is_old: bool = False) -> list[str]:
    """What is read as the field that the confirmed document did not have. is_old: by a model that was stored before
    labels were kept."""
    data = fit_template(EMPTY, CLAIM, [Sample("1", without, LABEL)]).to_bytes()
    if is_old:
        arrays = load(data)
        about = json.loads(arrays["description"].tobytes())
        for field in about["fields"]:
            del field["printed"]
        arrays["description"] = np.frombuffer(json.dumps(about | {"format": 1}).encode(), np.uint8).copy()
        data = save(arrays)
    model = TemplateModel.from_bytes(data)
    prediction = Predictor(EMPTY).with_template(model).predict(following, template="claim")
    return [value.value for value in prediction.fields["check_number"]]


def test_a_field_that_no_confirmed_document_had_is_read_at_a_new_label_of_its_name():
    plain = claim(("Claim", "C-77120"), ("Member", "M-2025"))
    assert check_number(plain, claim(("Claim", "C-90017"), ("Check number", "51350732"))) == ["51350732"]
    assert check_number(plain, claim(("Claim", "C-90017"), ("Member", "M-7781"))) == []


def test_a_label_that_is_alike_by_its_letters_alone_is_no_label_of_that_name():
    before = claim(("Claim", "C-77120"), ("Checks numbers", "K-20"))
    assert check_number(before, claim(("Claim", "C-90017"), ("Check number", "51350732"))) == ["51350732"]
    assert check_number(before, claim(("Claim", "C-90017"), ("Checks numbers", "51350732"))) == []


def test_a_label_that_was_printed_beside_nothing_tells_nothing_new():
    printed = claim(("Claim", "C-77120"), ("Check number", "K-20"))
    assert check_number(printed, claim(("Claim", "C-90017"), ("Check number", "51350732"))) == []


@pytest.mark.parametrize("confirmed", ["Check number", "Member"])
def test_a_model_that_does_not_know_the_labels_of_its_documents_takes_none_for_new(confirmed):
    before = claim(("Claim", "C-77120"), (confirmed, "K-20"))
    assert check_number(before, claim(("Claim", "C-90017"), ("Check number", "51350732")), is_old=True) == []


def remarks(*lines: tuple[float, float, str]) -> list[str]:
    """What is read as remarks where no confirmed document had any."""
    spec = TemplateSpec("sheet", (FieldSpec("worker", "text"), FieldSpec("remarks", "text")))
    label = Label("sheet", "person", {"worker": (LabelValue("Edward Sharma"),), "remarks": ()})
    above = ((0.1, 0.1, "Worker name"), (0.4, 0.1, "Edward Sharma"))
    model = fit_template(EMPTY, spec, [Sample("1", page(*above), label)])
    found = Predictor(EMPTY).with_template(model).predict(page(*above, *lines), template="sheet")
    return [value.value for value in found.fields["remarks"]]


def test_a_text_at_a_new_label_is_read_to_the_end_of_its_cell():
    assert remarks((0.1, 0.2, "Remarks: Late start")) == ["Late start"]
    assert remarks((0.1, 0.2, "Remarks:"), (0.24, 0.2, "Late start (train strike)")) == ["Late start (train strike)"]


def test_it_goes_on_in_the_next_line_where_that_begins_with_a_small_letter():
    following = [(0.24, 0.216, "agreed with the supervisor"), (0.24, 0.232, "Approved by Natasha Sharma")]
    assert remarks((0.1, 0.2, "Remarks:"), (0.24, 0.2, "Late start on Tuesday,"), *following) == [
        "Late start on Tuesday, agreed with the supervisor"
    ]
    assert remarks((0.1, 0.2, "Remarks:"), (0.24, 0.2, "Late start"), *following[1:]) == ["Late start"]
    assert remarks((0.1, 0.2, "Remarks:"), (0.24, 0.2, "Late start,"), (0.24, 0.216, "Monday and Friday")) == [
        "Late start, Monday and Friday"
    ]
