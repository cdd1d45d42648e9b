"""Tokens: numbers that are printed apart are one, glued ones are two, and conventions are the document's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.learning.tables.tokens import NUMBERS, Kind, decimal_mark, kind_of, parse_number, split_points
from tests.mlops.learning.tables.table_pages import line, tokens


def texts(*cells):
    return [t.text for t in tokens(line(0.1, *cells)).items]


def test_a_number_grouped_by_spaces_is_one_token():
    assert texts((0.1, "Chair"), (-0.6, "12 160,00")) == ["Chair", "12 160,00"]


@pytest.mark.parametrize("amount", ["CHF12 160.00", "CHF 12 160.00", "12 160,00€"])
def test_a_grouped_number_keeps_its_currency(amount):
    assert texts((0.1, "Chair"), (-0.6, amount))[-1].endswith(amount.removeprefix("CHF "))


@pytest.mark.parametrize("amount", ["RM33.00", "33.00RM", "€33.00", "33.00EUR"])
def test_an_amount_with_its_currency_is_money(amount):
    read = tokens(line(0.1, (0.1, "Chair"), (-0.9, amount)))
    assert [(value, kind) for value, kind in zip(read.number, read.kind) if kind in NUMBERS] == [(33.0, Kind.MONEY)]


def test_numbers_of_two_columns_stay_two():
    assert texts((0.1, "12"), (0.3, "160,00")) == ["12", "160,00"]


def test_columns_near_each_other_stay_two_however_far_apart_the_others_are():
    rows = [line(0.1 + 0.02 * i, (0.05, "A4711"), (0.3, "Hex nut"), (0.6, "334"), (0.65, "307")) for i in range(3)]
    found = [
        t.text for t in tokens(line(0.05, (0.05, "SKU"), (0.3, "Product"), (0.6, "In"), (0.65, "Out")), *rows).items
    ]
    assert found[-5:] == ["A4711", "Hex", "nut", "334", "307"]


def test_a_pile_of_letters_in_the_margin_is_left_out():
    pile = [line(0.1 + 0.02 * i, (0.02, letter), (0.2, "Lamp"), (-0.9, "2.00")) for i, letter in enumerate("HRB 4711X")]
    assert {t.text for t in tokens(*pile).items} == {"Lamp", "2.00"}


def test_quantities_at_the_edge_of_a_receipt_are_no_such_pile():
    items = [line(0.1 + 0.02 * i, (0.03, f"{i} x Lamp"), (-0.97, "2.00 A")) for i in range(1, 10)]
    found = [t.text for t in tokens(*items).items]
    assert found == [word for i in range(1, 10) for word in (str(i), "x", "Lamp", "2.00", "A")]


def test_glued_words_are_split():
    assert texts((0.1, "TVA5,5%"), (0.5, "20Stk.")) == ["TVA", "5,5%", "20", "Stk."]


@pytest.mark.parametrize(
    ("text", "decimal", "expected"),
    [
        ("1.234,50", ",", (1234.5, 2, False)),
        ("1,234.50", ",", (1234.5, 2, False)),
        ("1.234", ",", (1234.0, 0, False)),
        ("1.234", ".", (1.234, 3, False)),
        ("5,00-", ",", (-5.0, 2, False)),
        ("(5.00)", ".", (-5.0, 2, False)),
        ("19%", ".", (19.0, 0, True)),
        ("€75", ".", (75.0, 0, False)),
        ("RM33.00", ".", (33.0, 2, False)),
        ("CHF1'200.50", ".", (1200.5, 2, False)),
        ("Rs.500", ".", (500.0, 0, False)),
        ("-US$5.00", ".", (-5.0, 2, False)),
        ("₹1,20,000.00", ".", (120000.0, 2, False)),
        ("kr1.200,00", ",", (1200.0, 2, False)),
        ("403,60+", ",", (403.6, 2, False)),
        ("18+", ",", None),
        ("RS232", ".", None),
        ("PEN-5", ".", None),
        ("A5886", ".", None),
        ("12/2014", ".", None),
    ],
)
def test_numbers_are_read_by_the_documents_convention(text, decimal, expected):
    assert parse_number(text, decimal) == expected


def test_the_decimal_mark_is_voted_for():
    assert decimal_mark(("12,50", "1.200,00", "3.10")) == ","
    assert decimal_mark(("12,50kr", "1.200,00DKK", "3.10")) == ","
    assert decimal_mark(("12", "words")) == "."
    assert decimal_mark(("49.362.61", "24.10.25", "12,50")) == ","  # an article and a date have no decimals


@pytest.mark.parametrize(
    ("lines", "numbers"),
    [
        ((("1.000", "Kg", "12,50", "12,50"), ("7.000", "Kg", "2,10", "14,70")), [1, 12.5, 12.5, 7, 2.1, 14.7]),
        ((("1,000", "12.50", "12.50"), ("2,500", "2.00", "5.00")), [1, 12.5, 12.5, 2.5, 2, 5]),
        ((("1.000", "0,05", "50,00"), ("7.000", "0,01", "70,00")), [1000, 0.05, 50, 7000, 0.01, 70]),
        ((("1.000", "12,50"),), [1000, 12.5]),
        ((("1,000", "1,000", "1,000"), ("2,500", "2,500", "2,500"), ("12.50",)), [1000] * 3 + [2500] * 3 + [12.5]),
        ((("1", "1.000", "89,00", "89,00"), ("2.500", "10,00")), [1, 1000, 89, 89, 2500, 10]),
    ],
)
def test_three_digits_are_decimals_where_the_amounts_prove_it(lines, numbers):
    read = tokens(*(line(0.1 * n, *((0.1 + 0.2 * i, t) for i, t in enumerate(texts))) for n, texts in enumerate(lines)))
    assert read.number[read.is_number].tolist() == numbers


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("05.06.2018", Kind.DATE),
        ("4012345001235", Kind.LONG),
        ("12.50", Kind.MONEY),
        ("KR3M", Kind.CODE),
        ("€", Kind.CURRENCY),
    ],
)
def test_kinds(text, kind):
    assert kind_of(text, ".") == kind


@given(st.text(min_size=1, max_size=20))
def test_splitting_keeps_every_character(text):
    assert "".join(text[a:b] for a, b in split_points(text)) == text
