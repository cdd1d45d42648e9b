"""Cells: of two rows that are one item, one is made."""

import numpy as np

from invex.fields.standard import LINE_ITEMS
from mlops.learning.tables.cells import assemble
from mlops.learning.tables.day_zero import STANDARD_PRODUCTS
from mlops.learning.tables.features import view
from mlops.learning.tables.rows import lines_of
from tests.mlops.learning.tables.table_pages import line, tokens

TAGS = {column.key: k + 1 for k, column in enumerate(LINE_ITEMS.columns)}


def rows(printed, tagged):
    """The values of the rows of a receipt. printed: its lines; tagged: for each word of them what it is; a line is a row."""
    found = tokens(*(line(0.1 + 0.03 * n, (0.1, text)) for n, text in enumerate(printed)))
    tags = np.full((len(found), 1 + len(LINE_ITEMS.columns)), 1e-3, np.float32)
    tags[np.arange(len(found)), [TAGS.get(key, 0) for key in tagged.split()]] = 0.99
    spans = [(n, n + 1) for n in range(len(printed))]
    lines = lines_of(view(found))
    made = assemble(LINE_ITEMS, found, lines, spans, np.ones(len(printed)), tags, STANDARD_PRODUCTS)
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
