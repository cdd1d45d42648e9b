"""An amount due that is not the total: what makes the difference is printed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from invex.fields.charges import Charges
from invex.fields.checks import check
from invex.fields.prediction import Prediction, TemplateMatch, Value
from invex.fields.spec import FieldSpec, LocaleSpec, TemplateSpec

SPEC = TemplateSpec("t", tuple(FieldSpec(key, "amount", key) for key in ("due_amount", "total_amount")))


def failing(due: str, total: str, *lines: str, currency: str = "EUR", source: str = "model") -> list[str]:
    fields = {
        "due_amount": (Value(due, due, 1.0, source=source),),
        "total_amount": (Value(total, total, 1.0, source=source),),
        "currency": (Value(currency, currency, 1.0),),
    }
    charges = Charges((f"Total {total}", f"Due {due}", *lines))
    checked = check(SPEC, Prediction(TemplateMatch("t", 1.0), fields, {}), LocaleSpec(), charges=lambda: charges)
    return [finding.name for finding in checked.failures]


@pytest.mark.parametrize(
    ("due", "total", "line"),
    [
        ("119.00", "119.00", "Thank you"),
        ("165.07", "215.07", "Anzahlung -50,00"),
        ("440.00", "215.00", "Balance brought forward 225.00"),
        ("97.00", "100.00", "3 % Skonto binnen 10 Tagen"),
        ("0.00", "19.90", "Visa 19.90"),
        ("12.30", "12.32", "Thank you"),
    ],
)
def test_a_difference_that_is_printed_is_right(due, total, line):
    assert failing(due, total, line) == []


@pytest.mark.parametrize(("due", "total"), [("50.00", "165.07"), ("1190.00", "119.00"), ("12.33", "12.32")])
def test_one_that_nothing_makes_needs_a_person(due, total):
    assert failing(due, total, "Anzahlung 20,00", "Payable in 10 days") == ["due_of_total"]


def test_whole_coins():
    assert failing("13.00", "12.60", currency="SEK") == []
    assert failing("13.00", "12.60", currency="EUR") == ["due_of_total"]


def test_nothing_is_said_against_an_einvoice_nor_without_a_page():
    assert failing("50.00", "165.07", source="xml") == []
    assert Charges(()).lie_between(Decimal(1), Decimal(2))


@pytest.mark.parametrize("key", ["due_amount", "total_amount"])
def test_a_number_that_nobody_can_reckon_with_is_left_alone(key):
    assert failing(**{"due": "5.00", "total": "5.00", key.removesuffix("_amount"): "1" + "0" * 30}) == []
