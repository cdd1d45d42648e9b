"""What a text means, where a value stands, and the rest of a table read like its first rows."""

from __future__ import annotations

import pytest

from invex.fields.geometry import Box
from invex.fields.labels import value_to_json
from invex.fields.spec import FieldSpec, LocaleSpec
from invex.fields.standard import LINE_ITEMS
from invex.reading.types import Word
from invex.review import meaning
from invex.review.rows_like import rows_like
from tests.invex.world import document_in_review, vendor

ACME = vendor()
COLUMNS = (
    FieldSpec("description", "text", ""),
    FieldSpec("quantity", "number", ""),
    FieldSpec("amount", "amount", ""),
)


class TestMeaning:
    pytestmark = pytest.mark.django_db

    @pytest.fixture
    def document(self, access):
        return document_in_review(access, ACME.document(0))

    def test_a_printed_date_is_read_as_the_document_writes_dates(self, document):
        found = meaning.of(document, "invoice_date", "03/04/2020", template="", find=False)
        assert (found["value"], found["error"]) == ("2020-04-03", "")
        assert found["others"] == ["2020-03-04"]

    def test_what_is_no_value_is_said(self, document):
        found = meaning.of(document, "invoice_date", "soon", template="", find=False)
        assert found["value"] == ""
        assert "soon" in found["error"]
        assert "no field" in meaning.of(document, "nothing", "x", template="", find=False)["error"]

    def test_a_typed_value_finds_its_place(self, document):
        value = ACME.document(0).label.fields["invoice_number"][0]
        found = meaning.of(document, "invoice_number", value.value, template="", find=True)
        assert found["places"]
        [place, *_] = found["places"]
        assert value.value in place["text"]
        assert place["boxes"][0]["page"] == 0


def line(y: float, *words: tuple[str, float]) -> list[Word]:
    return [Word(text, Box(x, y, x + 0.01 * len(text), y + 0.012)) for text, x in words]


def row_of(y: float, description: str, quantity: str, amount: str) -> list[Word]:
    return line(y, *((w, 0.1 + 0.09 * n) for n, w in enumerate(description.split())), (quantity, 0.6), (amount, 0.8))


def given(y: float, description: str, quantity: str, amount: str) -> dict:
    def cell(text: str, x: float) -> dict:
        return {"value": text, "text": text, "boxes": [{"page": 0, "box": [x, y, x + 0.01 * len(text), y + 0.012]}]}

    return {"description": cell(description, 0.1), "quantity": cell(quantity, 0.6), "amount": cell(amount, 0.8)}


class TestRowsLike:
    def test_the_rows_below_are_read_into_the_same_columns(self):
        pages = [
            [
                *line(0.1, ("Item", 0.1), ("Qty", 0.6), ("Amount", 0.8)),
                *row_of(0.2, "Bolts", "2", "10.00"),
                *row_of(0.22, "Long screws", "3", "1.250,00"),
                *line(0.24, ("Delivered", 0.1), ("late", 0.2)),
                *line(0.30, ("Total", 0.1), ("1.260,00", 0.8)),
            ],
            row_of(0.05, "Nuts", "4", "7,50"),
        ]
        rows = rows_like([given(0.2, "Bolts", "2", "10.00")], COLUMNS, pages, LocaleSpec(None, ","))
        assert [{k: c["value"] for k, c in r.items()} for r in rows] == [
            {"description": "Long screws", "quantity": "3", "amount": "1250.00"},
            {"description": "Nuts", "quantity": "4", "amount": "7.50"},
        ]
        assert rows[1]["amount"]["boxes"][0]["page"] == 1

    def test_a_text_that_goes_on_belongs_to_its_row_where_the_given_row_did_so_too(self):
        first = given(0.2, "Bolts", "2", "10.00")
        first["description"]["boxes"].append({"page": 0, "box": [0.1, 0.215, 0.2, 0.227]})
        page = [
            *row_of(0.24, "Long", "3", "5.00"),
            *line(0.255, ("screws", 0.1)),
            *line(0.5, ("Thank", 0.1), ("you", 0.2)),
        ]
        [row] = rows_like([first], COLUMNS, [page], LocaleSpec())
        assert row["description"]["value"] == "Long screws"
        assert len(row["description"]["boxes"]) == 2

    def test_sums_of_the_rows_above_are_no_rows(self):
        columns = (*COLUMNS[:2], FieldSpec("unit_price", "amount"), COLUMNS[2])

        def priced(y: float, name: str, quantity: str, price: str, amount: str) -> list[Word]:
            return [*row_of(y, name, quantity, amount), *line(y, (price, 0.7))]

        page = [
            *priced(0.20, "Bolts", "2", "5.00", "10.00"),
            *priced(0.22, "Screws", "1", "5.00", "5.00"),
            *line(0.24, ("Zwischensumme", 0.1), ("3", 0.6), ("15.00", 0.8)),
            *priced(0.26, "Nuts", "4", "2.00", "8.00"),
            *line(0.28, ("Zwischensumme", 0.1), ("4", 0.6), ("8.00", 0.8)),
            *line(0.30, ("Freight", 0.1), ("1", 0.6), ("9.00", 0.8)),
            *line(0.32, ("Übertrag", 0.1), ("8", 0.6), ("32.00", 0.8)),
        ]
        first = given(0.2, "Bolts", "2", "10.00")
        first["unit_price"] = {"value": "5.00", "text": "5.00", "boxes": [{"page": 0, "box": [0.7, 0.2, 0.74, 0.212]}]}
        rows = rows_like([first], columns, [page], LocaleSpec())
        assert [row["amount"]["value"] for row in rows] == ["5.00", "8.00", "9.00"], "what is no sum stays a row"

    def test_a_table_ends_where_the_page_is_empty_for_long(self):
        page = [*row_of(0.24, "Screws", "3", "5.00"), *row_of(0.62, "Footer", "37", "63.85")]
        after = row_of(0.05, "Page", "2", "2.00")
        found = rows_like([given(0.2, "Bolts", "2", "10.00")], COLUMNS, [page, after], LocaleSpec())
        assert [row["description"]["value"] for row in found] == ["Screws"]

    def test_rows_that_stand_far_apart_are_read_as_far(self):
        page = [*row_of(0.50, "Screws", "3", "5.00"), *row_of(0.65, "Nuts", "4", "7.00")]
        first = [given(0.2, "Bolts", "2", "10.00"), given(0.35, "Pins", "1", "1.00")]
        found = rows_like(first, COLUMNS, [page], LocaleSpec())
        assert [row["description"]["value"] for row in found] == ["Screws", "Nuts"]

    def test_lines_between_the_rows_are_no_empty_page(self):
        between = [word for n in range(8) for word in line(0.22 + 0.02 * n, ("about", 0.1), ("it", 0.2))]
        page = [*between, *row_of(0.38, "Screws", "3", "5.00")]
        found = rows_like([given(0.2, "Bolts", "2", "10.00")], COLUMNS, [page], LocaleSpec())
        assert [row["amount"]["value"] for row in found] == ["5.00"]

    def test_from_the_first_row_on_a_row_with_one_cell_says_where_a_column_stands(self):
        first = given(0.2, "Bolts", "2", "10.00")
        page = [
            *row_of(0.22, "Screws", "3", "5.00"),
            *line(0.24, ("Returned", 0.1), ("4", 0.6), ("7.00", 0.9)),
            *row_of(0.26, "Nuts", "4", "7.00"),
        ]
        returned = {"value": "7.00", "text": "7.00", "boxes": [{"page": 0, "box": [0.9, 0.24, 0.94, 0.252]}]}
        columns = (*COLUMNS, FieldSpec("returned", "amount"))
        assert rows_like([first, {"returned": returned}], columns, [page], LocaleSpec()) == []
        found = rows_like([first, {"returned": returned}], columns, [page], LocaleSpec(), from_first=True)
        assert [(row["description"]["value"], "amount" in row, "returned" in row) for row in found] == [
            ("Screws", True, False),
            ("Returned", False, True),
            ("Nuts", True, False),
        ]

    def test_rows_without_a_place_or_without_numbers_say_nothing(self):
        page = row_of(0.3, "Bolts", "2", "10.00")
        assert rows_like([{"amount": {"value": "1"}}], COLUMNS, [page], LocaleSpec()) == []
        text_only = {"description": given(0.2, "Bolts", "2", "1")["description"]}
        assert rows_like([text_only], COLUMNS, [page], LocaleSpec()) == []

    @pytest.mark.parametrize("number", range(4))
    def test_a_generated_table_is_read_from_its_first_row(self, number):
        one = ACME.document(number)
        rows = [{k: value_to_json(c) for k, c in row.items()} for row in one.label.tables["line_items"]]
        found = rows_like(rows[:1], LINE_ITEMS.columns, [p.words for p in one.document.pages], LocaleSpec("dmy", ","))
        right = sum(a.get("amount", {}).get("value") == b["amount"]["value"] for a, b in zip(found, rows[1:]))
        assert right == len(rows) - 1
