"""Cells: of two rows that are one item, one is made; what a row's own product says of "1.000"."""

import numpy as np
import pytest

from invex.fields.spec import FieldSpec, TableSpec
from invex.fields.standard import LINE_ITEMS
from mlops.learning.tables.cells import Habits, assemble
from mlops.learning.tables.day_zero import STANDARD_PRODUCTS
from mlops.learning.tables.features import view
from mlops.learning.tables.rows import lines_of
from tests.mlops.learning.tables.table_pages import line, tokens

TAGS = {column.key: k + 1 for k, column in enumerate(LINE_ITEMS.columns)}


def rows(printed, tagged, *, against=()):
    """The values of the rows of a receipt. printed: its lines; tagged: for each word of them what it is; a line is a row."""
    found = tokens(*(line(0.1 + 0.03 * n, (0.1, text)) for n, text in enumerate(printed)))
    tags = np.full((len(found), 1 + len(LINE_ITEMS.columns)), 1e-3, np.float32)
    tags[np.arange(len(found)), [TAGS.get(key, 0) for key in tagged.split()]] = 0.99
    spans = [(n, n + 1) for n in range(len(printed))]
    lines = lines_of(view(found))
    made = assemble(
        LINE_ITEMS, found, lines, spans, np.ones(len(printed)), tags, Habits(STANDARD_PRODUCTS, against=against)
    )
    return [{LINE_ITEMS.columns[k].key: cell.value for k, cell in row.items()} for row in made]


def test_an_item_whose_factors_stand_below_its_amount_is_one_row():
    printed = ["Lamp 20.00", "brass 2 x 10.00"]
    assert rows(printed, "description amount description quantity - unit_price") == [
        {"description": "Lamp brass", "quantity": "2", "unit_price": "10.00", "amount": "20.00"}
    ]


def test_rows_whose_numbers_do_not_multiply_stay_two():
    tagged = "description amount description quantity - unit_price"
    assert len(rows(["Lamp 20.00", "brass 3 x 10.00"], tagged)) == 2
    assert (
        len(rows(["2 Lamp 20.00", "Desk 2 x 10.00"], "quantity description amount description quantity - unit_price"))
        == 2
    )


def test_the_words_of_a_date_stand_in_one_column():
    spec = TableSpec("bookings", (FieldSpec("day", "date"), FieldSpec("text", "text"), FieldSpec("paid", "amount")))
    found = tokens(line(0.1, (0.1, "04 Sep 25"), (0.3, "Rent"), (0.8, "50.00")))
    tags = np.full((5, 4), 1e-3, np.float32)
    tags[range(5), [1, 2, 1, 2, 3]] = 0.9  # the month is taken for a word of the text
    made = assemble(spec, found, lines_of(view(found)), [(0, 1)], np.ones(1), tags, Habits())
    assert [{spec.columns[k].key: cell.value for k, cell in row.items()} for row in made] == [
        {"day": "2025-09-04", "text": "Rent", "paid": "50.00"}
    ]


def quantities(*printed, against=()):
    """What the first number of each line is read as; the others are price and amount, words say nothing."""
    numbers = ["quantity", "unit_price", "amount"]
    tagged = []
    for text in printed:
        left = iter(numbers)
        tagged += [next(left, "-") if any(map(str.isdigit, word)) else "-" for word in text.split()]
    return [float(row["quantity"]) for row in rows(printed, " ".join(tagged), against=against)]


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (["1.000 Stk 174,90 174,90"], [1]),
        (["1,000 flat 174.90 174.90"], [1]),
        (["1.000 Stk 0,17 174,90", "2.000 Stk 0,10 200,00"], [1000, 2000]),
        (["1.000 Stk 174,90 174,90", "3.000 Stk 10,00 25,00"], [1, 3]),  # one row proves it for the column
        (["1.000 Stk 0,05 50,00", "3.000 Stk 10,00 25,00"], [1000, 3000]),
        (["1,000 pc 174.90 174.90", "7.000 pc 2.00 14.00", "5,000 pc 2.00 9.00"], [1, 7, 5]),  # read with a comma once
        (["3.000 Stk 10,00 25,00"], [3000]),  # nothing proves anything
        (["1.000 Stk 12,50 12,50 je 1.000"], [1000]),  # a price for a thousand
        (["1.000 Stk 12,50 12,50 1000"], [1000]),
        (["1.000 Stk 1.000 1.000", "2 Stk 10,50 21,00"], [1000, 2]),  # it holds in two ways
    ],
)
def test_quantity_times_price_says_whether_three_digits_are_decimals(printed, expected):
    assert quantities(*printed) == expected


def test_a_column_that_is_written_otherwise_than_the_page_is_read_so_unless_a_row_proves_the_opposite():
    printed = ["3.000 Stk 10,00 25,00"]
    assert quantities(*printed, against=["quantity"]) == [3]
    assert quantities(*printed, "1.000 Stk 0,05 50,00", against=["quantity"]) == [3000, 1000]
    assert quantities(*printed, against=["amount"]) == [3000]


def test_a_position_of_one_is_not_taken_for_the_quantity_beside_it():
    (row,) = rows(["1 Lamp 1.000 89,00 89,00"], "- description quantity unit_price amount")
    assert (row["quantity"], row["amount"]) == ("1.000", "89.00")


def test_unsure_words_on_either_side_of_a_text_belong_to_it():
    spec = TableSpec("parts", (FieldSpec("part", "text"), FieldSpec("paid", "amount")))
    found = tokens(line(0.1, (0.1, "Bobina de cable gris"), (0.8, "50.00")))
    tags = np.full((5, 3), 1e-3, np.float32)
    tags[range(5), [0, 0, 1, 0, 2]] = 0.6
    tags[[0, 1, 3], 1] = 0.3
    made = assemble(spec, found, lines_of(view(found)), [(0, 1)], np.ones(1), tags, Habits())
    assert [row[0].value for row in made] == ["Bobina de cable gris"]
