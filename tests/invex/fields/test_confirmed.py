"""The checks of what a person confirmed."""

from __future__ import annotations

from typing import Any

from invex.fields.confirmed import failures, stated_cells
from invex.fields.labels import label_from_json
from invex.fields.spec import TemplateSpec
from invex.fields.standard import LINE_ITEMS, STANDARD_FIELDS

SPEC = TemplateSpec("Order", STANDARD_FIELDS, (LINE_ITEMS,))


def names(fields: dict[str, str], amounts: tuple[str, ...] = (), read: dict[str, Any] | None = None) -> list[str]:
    data = {
        "template": "Order",
        "fields": {key: [{"value": value}] for key, value in fields.items()},
        "tables": {"line_items": [{"amount": {"value": amount}} for amount in amounts]},
    }
    return [f.name for f in failures(SPEC, label_from_json(data), stated=stated_cells(read or {}))]


def test_what_was_confirmed_is_checked_as_what_was_read():
    assert names({"net_amount": "10.00", "tax_amount": "2.00", "total_amount": "12.00"}) == []
    assert names({"net_amount": "11.00", "tax_amount": "2.00", "total_amount": "12.00"}) == ["net_plus_tax"]
    assert names({"invoice_date": "2020-05-02", "due_date": "2020-05-01"}) == ["dates_in_order"]


def test_a_day_that_can_be_read_in_two_ways_is_no_question_once_it_is_confirmed():
    assert names({"invoice_date": "2020-03-04"}) == []


def test_lines_that_an_e_invoice_states_need_not_add_up():
    read = {"tables": {"line_items": [{"amount": {"value": "3.00", "source": "xml"}}]}}
    assert names({"net_amount": "10.00"}, ("3.00",)) == ["sum_of_lines"]
    assert names({"net_amount": "10.00"}, ("3.00",), read) == []
