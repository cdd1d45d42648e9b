"""Where confirmed rows are printed, without boxes."""

from invex.fields.labels import LabelValue
from invex.fields.standard import LINE_ITEMS
from mlops.learning.layout import lay_out
from mlops.learning.tables.locate import locate
from mlops.learning.tables.tokens import tokenize
from tests.mlops.learning.tables.table_pages import invoice, label

ITEMS = [("Chair", "1", "12.50", "12.50"), ("Standing desk\nof solid oak", "2", "300.00", "600.00")]
DESCRIPTION, QUANTITY, PRICE, AMOUNT = 1, 2, 4, 6


def located(items, labels):
    tokens = tokenize(lay_out(invoice(items, "612.50")))
    return tokens, locate(LINE_ITEMS, [(tokens, labels)], [None])[0]


def words(tokens, found, row, tag):
    return [t.text for t, a, b in zip(tokens.items, found.tags, found.rows, strict=True) if (a, b) == (tag, row)]


def test_every_cell_is_found_wrapped_texts_whole():
    tokens, found = located(ITEMS, label(ITEMS).tables["line_items"])
    assert (found.found, found.wanted) == (8, 8)
    assert words(tokens, found, 1, DESCRIPTION) == ["Standing", "desk", "of", "solid", "oak"]


def test_a_repeated_value_is_decided_by_the_column():
    tokens, found = located(ITEMS, label(ITEMS).tables["line_items"])
    right = {
        tag: max(float(tokens.x1[i]) for i in range(len(tokens)) if found.tags[i] == tag) for tag in (PRICE, AMOUNT)
    }
    assert right[AMOUNT] > right[PRICE]
    assert words(tokens, found, 0, PRICE) == words(tokens, found, 0, AMOUNT) == ["12.50"]


def test_rows_in_another_order_are_found():
    rows = label(ITEMS).tables["line_items"][::-1]
    tokens, found = located(ITEMS, rows)
    assert words(tokens, found, 0, QUANTITY) == ["2"]
    assert words(tokens, found, 1, QUANTITY) == ["1"]


def test_a_cell_that_is_not_printed_leaves_its_line_in_doubt():
    rows = ({**label(ITEMS).tables["line_items"][0], "description": LabelValue("Elephant")},)
    tokens, found = located(ITEMS, rows)
    assert (found.found, found.wanted) == (3, 4)
    assert [t.text for t, unsure in zip(tokens.items, found.unsure, strict=True) if unsure] == ["Chair"]


def test_a_misread_word_is_found():
    items = [("Depat de garantie", "1", "12.50", "12.50"), *ITEMS[1:]]
    rows = label([("Dépôt de garantie", "1", "12.50", "12.50"), *ITEMS[1:]]).tables["line_items"]
    tokens, found = located(items, rows)
    assert words(tokens, found, 0, DESCRIPTION) == ["Depat", "de", "garantie"]
