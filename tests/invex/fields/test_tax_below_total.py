"""A tax that is no part of the total."""

from __future__ import annotations

import pytest

from invex.fields.checks import check
from invex.fields.prediction import Prediction, TemplateMatch, Value
from invex.fields.spec import FieldSpec, LocaleSpec, TemplateSpec

SPEC = TemplateSpec("t", tuple(FieldSpec(key, "amount", key) for key in ("net_amount", "tax_amount", "total_amount")))


def found(**values: str):
    fields = {key: (Value(value, value, 1.0),) for key, value in values.items()}
    checked = check(SPEC, Prediction(TemplateMatch("t", 1.0), fields, {}), LocaleSpec())
    return [finding.name for finding in checked.failures]


@pytest.mark.parametrize(("tax", "total"), [("19.00", "19.00"), ("40.00", "19.00")])
def test_a_tax_as_large_as_the_total_fails(tax, total):
    assert found(tax_amount=tax, total_amount=total) == ["tax_below_total"]


@pytest.mark.parametrize(("tax", "total"), [("19.00", "119.00"), ("0.00", "0.00"), ("-19.00", "-119.00")])
def test_a_part_of_it_is_right(tax, total):
    assert found(tax_amount=tax, total_amount=total) == []


def test_a_net_amount_says_more():
    assert found(net_amount="1.00", tax_amount="40.00", total_amount="19.00") == ["net_plus_tax"]
