"""One place is the value of one field."""

from __future__ import annotations

import numpy as np
import pytest

from invex.fields.geometry import Box
from invex.fields.labels import Label, LabelValue
from invex.reading.types import Document, Page, Word
from mlops.learning.candidates import find
from mlops.learning.exclusion import SURE, exclusive_pairs, keep_off, one_place_each
from mlops.learning.layout import lay_out


def printed(**places: float) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Where a document prints the values of its fields: each once, at the left, that far down its first page."""
    return {key: (np.array([[0.1, y, 0.2, y + 0.01]], np.float32), np.zeros(1, int)) for key, y in places.items()}


def test_fields_that_had_one_place_once_may_share_a_place():
    documents = [printed(net=0.1, due=0.3, total=0.3), printed(net=0.1, due=0.1, total=0.3)]
    assert exclusive_pairs(documents, [], ("net", "due", "total")) == (("net", "total"),)


def test_a_name_that_an_address_holds_may_be_held_again():
    label = Label("t", "person", {"name": (LabelValue("Acme"),), "address": (LabelValue("c/o Acme, Mill Lane 3"),)})
    assert exclusive_pairs([printed(name=0.2, address=0.1)], [label], ("name", "address")) == ()


def test_of_fields_that_were_never_there_together_nothing_is_known():
    assert exclusive_pairs([printed(net=0.1), printed(due=0.3)], [], ("net", "due")) == ()


def test_of_names_over_several_lines_each_has_a_place_of_its_own():
    rows = [(0.1, "Harbour"), (0.112, "Trading"), (0.124, "Company")]
    words = [Word(t, Box(0.1, y, 0.2, y + 0.01)) for y, t in rows]
    names = find(lay_out(Document((Page(595.0, 842.0, tuple(words)),))), "text")
    whole = names.texts.index("Harbour Trading Company")
    assert len({text for text in names.texts if text.startswith("Harbour")}) == 3
    sure = np.zeros(len(names), np.float32)
    sure[whole] = 9
    fields = {"consignee": (names, sure, 0.0), "notify": (names, np.zeros(len(names), np.float32), 0.0)}
    told = keep_off((("consignee", "notify"),), fields)["notify"]
    assert int(np.argmin(told)) == whole
    assert told[whole] < -3
    first = np.zeros(len(names), np.float32)
    first[names.texts.index("Harbour")] = 9
    held = keep_off((("consignee", "notify"),), {**fields, "consignee": (names, first, 0.0)})["notify"]
    assert held[whole] < -3  # it would hold what another field has


def test_a_field_keeps_off_what_another_has_for_sure():
    words = [Word(t, Box(0.1, y, 0.2, y + 0.01)) for t, y in (("10.00", 0.1), ("12.00", 0.2), ("14.00", 0.3))]
    amounts = find(lay_out(Document((Page(595.0, 842.0, tuple(words)),))), "amount")
    sure, unsure = np.array([0, 15, 0], np.float32), np.array([0, 2, 0], np.float32)
    told = keep_off((("net", "due"),), {"net": (amounts, sure, 0.0), "due": (amounts, unsure, 0.0)})
    assert told["due"][1] == pytest.approx(np.log(1 - SURE), abs=0.1)
    assert told["due"][[0, 2]] == pytest.approx(0.0, abs=0.01)
    assert told["net"][1] > told["due"][1] + 1
    assert keep_off((), {"net": (amounts, sure, 0.0), "due": (amounts, unsure, 0.0)}) == {}
    assert keep_off((("net", "due"),), {"net": (amounts, sure, 0.0)}) == {}


def told(*rows: int, likely: int) -> tuple[np.ndarray, np.ndarray]:
    """Occurrences of a value, one of which is likelier meant by four to one each."""
    odds = np.array([4.0 if row == likely else 1.0 for row in rows])
    return np.array(rows), np.log(odds / odds.sum()).astype(np.float32)


def test_two_fields_with_one_value_mean_one_place_each_in_the_order_of_the_template():
    settled = one_place_each(
        {"receipt": told(3, 7, likely=7), "loading": told(3, 7, likely=7), "due": told(5, likely=5)}
    )
    assert set(settled) == {"receipt", "loading"}
    assert np.exp(settled["receipt"])[0] > 0.75
    assert np.exp(settled["loading"])[1] > 0.75
    assert np.exp(settled["receipt"]).sum() == pytest.approx(1, abs=1e-3)


def test_what_is_known_of_one_field_tells_of_the_other_against_the_order():
    settled = one_place_each({"receipt": told(7, likely=7), "loading": told(3, 7, likely=7)})
    assert np.exp(settled["loading"]) == pytest.approx([1, 0], abs=1e-3)


def test_a_value_that_is_printed_once_is_of_both_fields():
    assert one_place_each({"net": told(3, likely=3), "total": told(3, likely=3)}) == {}


@pytest.mark.parametrize(("fields", "places"), [(16, 16), (22, 8), (70, 1), (70, 2)])
def test_a_form_full_of_zeros_is_left_as_it_is(fields, places):
    rows = np.arange(places), np.full(places, -np.log(places), np.float32)
    assert one_place_each({f"box_{i}": rows for i in range(fields)}) == {}
