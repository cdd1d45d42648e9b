"""Whose line items: the invoice's alone, where papers beside it have some, too."""

from __future__ import annotations

import pytest

from invex.fields.geometry import PageBox
from invex.fields.prediction import Value
from mlops.learning.own_rows import own_rows


def value(text: str, page: int) -> Value:
    return Value(text, text, 0.9, boxes=(PageBox(page, (0.1, 0.1, 0.2, 0.2)),))


def row(page: int, amount: str | None, description: str = "Chair") -> dict[str, Value]:
    cells = {"description": value(description, page)}
    return cells if amount is None else cells | {"amount": value(amount, page)}


def pages_kept(rows: list[dict[str, Value]], net: tuple[str, int], **fields: tuple[str, int]) -> list[int]:
    said = {"net_amount": (value(*net),), **{key: (value(*at),) for key, at in fields.items()}}
    return [cells["description"].boxes[0].page for cells in own_rows(tuple(rows), said)]


def test_the_rows_of_an_order_in_front_are_not_the_invoices():
    rows = [row(0, "10.00"), row(0, "5.00"), row(1, "10.00"), row(1, "5.00")]
    assert pages_kept(rows, ("15.00", 1)) == [1, 1]
    assert pages_kept(rows, ("15.00", 0)) == [0, 0], "the sum says where the invoice is"


def test_of_an_order_with_other_items_the_sum_tells():
    assert pages_kept([row(0, "99.00"), row(1, "10.00"), row(2, "5.00")], ("15.00", 2)) == [1, 2]


def test_a_delivery_note_has_no_amounts():
    assert pages_kept([row(0, "10.00"), row(0, "5.00"), row(1, None), row(1, None)], ("15.00", 0)) == [0, 0]


def test_other_rows_whose_amounts_were_not_read_stay():
    assert pages_kept([row(0, "10.00"), row(0, "5.00"), row(1, None, "Desk")], ("15.00", 0)) == [0, 0, 1]


def test_free_items_within_the_invoice_stay():
    assert pages_kept([row(0, "10.00"), row(1, None), row(2, "5.00"), row(2, "0.00")], ("15.00", 2)) == [0, 1, 2, 2]
    assert pages_kept([row(0, "15.00"), row(1, "0.00")], ("15.00", 1)) == [0, 1]


@pytest.mark.parametrize("net", ["14.00", "nothing"])
def test_where_nothing_adds_up_all_stay(net):
    assert pages_kept([row(0, "10.00"), row(1, "5.00")], (net, 1)) == [0, 1]


def test_prices_with_their_tax_add_up_to_the_total():
    rows = [row(0, "10.00"), row(1, "11.90")]
    assert pages_kept(rows, ("10.01", 5), total_amount=("11.90", 1)) == [1]


def test_without_fields_all_stay():
    rows = (row(0, "10.00"), row(1, "5.00"))
    assert own_rows(rows, {}) == rows
