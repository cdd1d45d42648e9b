"""One place is the value of one field."""

from __future__ import annotations

import numpy as np
import pytest

from invex.fields.geometry import Box
from invex.fields.labels import Label, LabelValue
from invex.reading.types import Document, Page, Word
from mlops.learning.candidates import find
from mlops.learning.exclusion import SURE, exclusive_pairs, keep_off
from mlops.learning.layout import lay_out


def label(**values: str) -> Label:
    return Label("t", "person", {key: (LabelValue(value),) if value else () for key, value in values.items()})


def test_fields_that_had_one_value_once_may_share_a_place():
    labels = [label(net="10.00", due="12.00", total="12.00"), label(net="20.00", due="20.00", total="24.00")]
    assert exclusive_pairs(labels, ("net", "due", "total")) == (("net", "total"),)


def test_of_fields_that_were_never_there_together_nothing_is_known():
    assert exclusive_pairs([label(net="10.00", due=""), label(net="", due="12.00")], ("net", "due")) == ()


def test_a_field_keeps_off_what_another_has_for_sure():
    words = [Word(t, Box(0.1, y, 0.2, y + 0.01)) for t, y in (("10.00", 0.1), ("12.00", 0.2), ("14.00", 0.3))]
    amounts = find(lay_out(Document((Page(595.0, 842.0, tuple(words)),))), "amount")
    sure, unsure = np.array([0, 9, 0], np.float32), np.array([0, 2, 0], np.float32)
    told = keep_off((("net", "due"),), {"net": (amounts, sure, 0.0), "due": (amounts, unsure, 0.0)})
    assert told["due"][1] == pytest.approx(np.log(1 - SURE), abs=0.1)
    assert told["due"][[0, 2]] == pytest.approx(0.0, abs=0.01)
    assert told["net"][1] > told["due"][1] + 1
    assert keep_off((), {"net": (amounts, sure, 0.0), "due": (amounts, unsure, 0.0)}) == {}
    assert keep_off((("net", "due"),), {"net": (amounts, sure, 0.0)}) == {}
