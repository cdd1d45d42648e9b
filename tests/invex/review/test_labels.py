"""Pure: what a label may say, what it corrects, where its values stand."""

from __future__ import annotations

import pytest

from invex.fields.geometry import Box
from invex.fields.labels import label_from_json
from invex.fields.spec import LocaleSpec, TemplateSpec
from invex.kernel.errors import BadInput
from invex.reading.types import Document, Page, Word
from invex.review.labels import (
    Shape,
    corrections,
    extended,
    infer_type,
    observed_locale,
    parse,
    require_canonical,
    unknown_keys,
)
from invex.review.locate import Printed, with_boxes

SHAPE = Shape(
    {"total": "amount", "day": "date", "currency": "currency", "name": "text", "iban": "iban", "number": "id"},
    {"lines": {"quantity": "number", "text": "text"}},
)


def label(fields=None, tables=None, **rest):
    def value(v):
        return v if isinstance(v, dict) else {"value": v}

    return {
        "template": "T",
        "fields": {k: [value(v) for v in vs] for k, vs in (fields or {}).items()},
        "tables": {k: [{c: value(v) for c, v in row.items()} for row in rows] for k, rows in (tables or {}).items()},
        **rest,
    }


def page(*lines: str) -> Document:
    words = []
    for row, line in enumerate(lines):
        at = 0.05
        for text in line.split():
            width = 0.012 * len(text)
            words.append(Word(text, Box(at, 0.1 + 0.03 * row, at + width, 0.12 + 0.03 * row)))
            at += width + 0.01
    return Document((Page(600, 800, tuple(words)),))


class TestParse:
    def test_white_space_is_collapsed(self):
        assert parse(label({"name": ["  ACME   GmbH "]}), pages=1).fields["name"][0].value == "ACME GmbH"

    @pytest.mark.parametrize(
        "wrong",
        [
            label({"name": [" "]}),
            label({"name": [{"text": "no value"}]}),
            {"fields": ["name"]},
            {"fields": {"name": "ACME"}},
            {"tables": {"lines": {"quantity": "1"}}},
            label(source="auto"),
            label({"name": [{"value": "x", "boxes": [{"page": 1, "box": [0, 0, 1, 1]}]}]}),
            label({"name": [{"value": "x", "boxes": [{"page": 0, "box": [0, 0, 1.5, 1]}]}]}),
            label({"name": [{"value": "x", "boxes": [{"page": 0, "box": [0.5, 0, 0.4, 1]}]}]}),
            label({"name": [{"value": "x", "boxes": [{"page": 0, "box": [0, 0, 1]}]}]}),
            label({"name": [{"value": "x", "boxes": [{"page": 0, "box": [0, 0, 1, "nan"]}]}]}),
        ],
    )
    def test_what_is_no_label_is_refused(self, wrong):
        with pytest.raises(BadInput) as e:
            parse(wrong, pages=1)
        assert e.value.code == "bad_label"


def test_unknown_keys_name_fields_tables_and_columns():
    found = label_from_json(label({"total": ["1.00"], "fax": []}, {"lines": [{"price": "2"}], "other": [{"a": "1"}]}))
    assert unknown_keys(found, SHAPE) == ("fax", "lines.price", "other")


@pytest.mark.parametrize(
    ("fields", "hint"),
    [
        ({"total": ["5.625,00"]}, "5625.00"),
        ({"total": ["1,234.5"]}, "1234.5"),
        ({"day": ["29.03.2020"]}, "2020-03-29"),
        ({"day": ["2020-02-30"]}, None),
        ({"currency": ["€"]}, "EUR"),
        ({"total": ["about ten"]}, None),
    ],
)
def test_a_value_that_is_not_canonical_is_refused_with_its_canonical_form(fields, hint):
    with pytest.raises(BadInput) as e:
        require_canonical(parse(label(fields), pages=1), SHAPE, LocaleSpec("dmy", None))
    assert e.value.data["problems"][0]["canonical"] == hint
    if hint:
        assert repr(hint) in e.value.message


def test_canonical_values_pass():
    fields = {"total": ["-5.00"], "day": ["2020-03-29"], "currency": ["EUR"], "iban": ["DE89 3704 0044 0532 0130 00"]}
    require_canonical(parse(label(fields, {"lines": [{"quantity": "4"}]}), pages=1), SHAPE, LocaleSpec())


SHOWN = {
    "fields": {"total": [{"value": "5.00"}], "name": [{"value": "ACME"}], "number": []},
    "tables": {"lines": [{"quantity": {"value": "1"}}, {"quantity": {"value": "2"}, "text": {"value": "b"}}]},
}


@pytest.mark.parametrize(
    ("fields", "tables", "corrected"),
    [
        ({"total": ["5.0"]}, {}, ()),
        ({"total": ["5.01"]}, {}, ("total",)),
        ({"total": []}, {}, ("total",)),
        ({"number": []}, {}, ()),
        ({"number": ["7"]}, {}, ("number",)),
        ({"iban": []}, {}, ()),
        ({"name": ["Acme"]}, {}, ("name",)),
        ({}, {"lines": [{"quantity": "1.0"}, {"quantity": "2", "text": "b"}]}, ()),
        ({}, {"lines": [{"quantity": "1"}, {"quantity": "2"}]}, ("lines",)),
        ({}, {"lines": [{"quantity": "1"}]}, ("lines",)),
        ({}, {}, ()),
    ],
)
def test_corrections(fields, tables, corrected):
    assert corrections(label_from_json(label(fields, tables)), SHOWN, SHAPE) == corrected


@pytest.mark.parametrize(
    ("key", "values", "kind"),
    [
        ("gross_amount", ["94850.00"], "amount"),
        ("flight_from", ["2020-03-29"], "date"),
        ("contract_num", ["2436316"], "id"),
        ("contract_num", ["2436316-1"], "id"),
        ("advertiser", ["FWD.US PAC"], "text"),
        ("advertiser", ["7-Eleven"], "text"),
        ("quantity", ["4", "12"], "number"),
        ("quantity", ["4", "2.5"], "number"),
        ("zip", ["04109"], "id"),
        ("waers", ["EUR"], "currency"),
        ("account", ["DE89 3704 0044 0532 0130 00"], "iban"),
        ("mail", ["a@b.de"], "email"),
        ("ship_address", ["Main St 1"], "address"),
        ("nothing", [], "text"),
    ],
)
def test_types_of_new_fields_come_from_their_values(key, values, kind):
    assert infer_type(key, values) == kind


def test_a_template_is_extended_by_what_the_label_has():
    found = label_from_json(label({"total": ["text"], "iban": ["x"]}, {"lines": [{"quantity": "4", "price": "2.50"}]}))
    spec = extended(TemplateSpec("T"), found, SHAPE)
    assert {f.key: f.type for f in spec.fields} == {"total": "amount", "iban": "iban"}
    assert {c.key: c.type for c in spec.tables[0].columns} == {"quantity": "number", "price": "amount"}
    again = extended(spec, found, SHAPE)
    assert again == spec


def test_a_new_key_must_be_one():
    with pytest.raises(BadInput, match="lower-case"):
        extended(TemplateSpec("T"), label_from_json(label({"Total Amount": ["1"]})), SHAPE)


def test_the_locale_is_told_by_printed_texts():
    day = {"value": "2020-03-04", "text": "04/03/2020"}
    total = {"value": "1234.50", "text": "1.234,50"}
    assert observed_locale(label_from_json(label({"day": [day], "total": [total]})), SHAPE) == LocaleSpec("dmy", ",")
    one = {"value": "1", "text": "1.000"}  # beside a total that has one meaning it says nothing of the page
    assert observed_locale(label_from_json(label({"total": [one]})), SHAPE).decimal == "."
    assert observed_locale(label_from_json(label({"total": [total, one]})), SHAPE).decimal == ","
    pounds = {"value": "2.50", "text": "2.50"}
    assert observed_locale(label_from_json(label({"total": [total, pounds]})), SHAPE).decimal is None
    clear = {"value": "2020-03-24", "text": "24 March 2020"}
    assert observed_locale(label_from_json(label({"day": [clear]})), SHAPE) == LocaleSpec()


class TestLocate:
    def boxes(self, value, kind, *lines):
        shape = Shape({"x": kind}, {})
        found = with_boxes(label_from_json(label({"x": [value]})), Printed(page(*lines).pages), shape).fields["x"][0]
        return found.text, found.boxes

    def test_a_value_that_stands_in_one_place_gets_its_box_and_text(self):
        text, boxes = self.boxes("2020-03-29", "date", "Invoice 4711", "Date: 29.03.2020")
        assert text == "29.03.2020"
        assert boxes[0].page == 0
        assert boxes[0].box.y0 == pytest.approx(0.13)

    def test_several_words(self):
        text, _ = self.boxes("ACME Trading GmbH", "text", "From ACME Trading GmbH Berlin")
        assert text == "ACME Trading GmbH"

    def test_an_amount_with_other_separators(self):
        assert self.boxes("1234.50", "amount", "Total 1.234,50 EUR")[0].startswith("1.234,50")

    def test_a_value_in_two_places_gets_none(self):
        assert self.boxes("10.00", "amount", "Net 10,00", "Total 10,00") == (None, ())

    def test_a_part_of_a_word_is_no_place(self):
        assert self.boxes("471", "id", "Invoice 4711") == (None, ())

    def test_given_boxes_stay(self):
        given = {"value": "4711", "boxes": [{"page": 0, "box": [0.5, 0.5, 0.6, 0.6]}]}
        _, boxes = self.boxes(given, "id", "Invoice 4711")
        assert boxes[0].box == Box(0.5, 0.5, 0.6, 0.6)

    def row_boxes(self, row, *lines):
        """Return the cells of a row that got a box: {column: text}."""
        shape = Shape({}, {"lines": {"quantity": "number", "text": "text", "amount": "amount"}})
        given = label_from_json(label(tables={"lines": [row]}))
        [cells] = with_boxes(given, Printed(page(*lines).pages), shape).tables["lines"]
        return {column: cell.text for column, cell in cells.items() if cell.boxes}

    def test_a_cell_is_not_placed_outside_of_its_row(self):
        printed = ("Page 7", "Hammer 30,00", "Nail 6,00")
        at_hammer = {"value": "Hammer", "text": "Hammer", "boxes": [{"page": 0, "box": [0.05, 0.13, 0.12, 0.15]}]}
        assert self.row_boxes({"quantity": "7", "text": at_hammer, "amount": "30.00"}, *printed) == {
            "text": "Hammer",
            "amount": "30,00",
        }
        assert self.row_boxes({"quantity": "7", "text": at_hammer, "amount": "6.00"}, *printed) == {"text": "Hammer"}
        assert self.row_boxes({"quantity": "7", "text": "Hammer", "amount": "30.00"}, *printed) == {
            "text": "Hammer",
            "amount": "30,00",
        }
        assert self.row_boxes({"quantity": "7", "amount": "7.00"}, *printed) == {}

    def test_a_cell_stands_also_beside_one_that_stands_in_several_places(self):
        printed = ("Hammer 30,00", "Hammer 6,00")
        assert self.row_boxes({"text": "Hammer", "amount": "6.00"}, *printed) == {"amount": "6,00"}

    def test_a_long_text_needs_no_other_cell(self):
        printed = ("Hammer for heavy doors", "7")
        assert self.row_boxes({"text": "Hammer for heavy doors", "quantity": "8"}, *printed) == {
            "text": "Hammer for heavy doors"
        }


@pytest.mark.parametrize(
    ("kind", "value", "is_printed"),
    [
        ("text", "Acme Trading Ltd", True),
        ("text", "acme-trading", True),
        ("text", "Acme Ltd", True),  # in pieces
        ("text", "Acme Tradings", False),
        ("address", "1 High Street Leeds", True),
        ("address", "2 High Street Leeds", False),
        ("iban", "DE89370400440532013000", True),  # over two lines
        ("iban", "DE89370400440532013001", False),
        ("id", "4711", True),
        ("id", "4712", False),
        ("date", "2025-03-24", True),
        ("date", "2025-03-25", False),
        ("amount", "1200.00", True),  # without the sign that is printed
        ("amount", "1200.01", False),
        ("currency", "EUR", True),
        ("currency", "USD", False),
    ],
)
def test_a_value_is_printed_where_it_stands_in_any_form(kind, value, is_printed):
    lines = ("Acme Trading", "Ltd", "1 High Street", "Leeds", "DE89 3704 0044", "0532 0130 00", "No. 4711/b",
             "on 24 March", "2025 paid", "-1.200,00 €")  # fmt: skip
    assert Printed(page(*lines).pages).is_printed(kind, value) is is_printed
