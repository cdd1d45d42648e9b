"""Which type a clicked text has, and what the page calls it."""

from __future__ import annotations

import pytest

from invex.fields.geometry import Box
from invex.reading.types import Word
from invex.studio.guess import caption, free_of, header, type_of_text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("12.03.2024", "date"),
        ("March 3, 2024", "date"),
        ("1.234,50", "amount"),
        ("$94,850.00", "amount"),
        ("12,00 EUR", "amount"),
        ("EUR", "currency"),
        ("19,00 %", "percentage"),
        ("DE89 3704 0044 0532 0130 00", "iban"),
        ("DE136695976", "vat_id"),
        ("ATU13585627", "vat_id"),
        ("IN20240017", "id"),
        ("a@b.de", "email"),
        ("RE-2024-001", "id"),
        ("2436316-1", "id"),
        ("0042", "id"),
        ("471112", "id"),
        ("3", "number"),
        ("Acme GmbH", "text"),
        ("Net 30 days", "text"),
        ("7-Eleven", "text"),
        ("", "text"),
    ],
)
def test_types_of_clicked_texts(text: str, kind: str) -> None:
    assert type_of_text(text) == kind


def word(text: str, x: float, y: float, *, height: float = 0.012) -> Word:
    return Word(text, Box(x, y, x + 0.01 * len(text), y + height))


def test_the_caption_stands_left_of_the_value_as_far_as_its_words_hang_together() -> None:
    words = [word("Acme", 0.05, 0.1), word("Invoice", 0.3, 0.1), word("No.:", 0.38, 0.1), word("4711", 0.6, 0.1)]
    assert caption(words, words[-1].box) == "Invoice No"


def test_a_currency_before_an_amount_is_not_its_caption() -> None:
    words = [word("Amount", 0.3, 0.1), word("due", 0.37, 0.1), word("USD", 0.55, 0.1), word("5.00", 0.6, 0.1)]
    assert caption(words, words[-1].box) == "Amount due"


def test_a_caption_over_the_value_counts_where_nothing_stands_left() -> None:
    words = [word("Due", 0.3, 0.1), word("date", 0.335, 0.1), word("12.03.2024", 0.3, 0.12)]
    assert caption(words, words[-1].box) == "Due date"
    assert caption([words[-1]], words[-1].box) == ""


def test_a_column_is_called_as_its_header_says_also_far_above() -> None:
    words = [
        word("Description", 0.1, 0.3),
        word("Quantity", 0.5, 0.3),
        word("Bolt", 0.1, 0.33),
        word("7", 0.52, 0.33),
        word("9", 0.52, 0.4),
    ]
    assert header(words, words[-1].box) == "Quantity"


def test_a_date_over_a_cell_is_no_name_of_its_column() -> None:
    words = [word("Paid", 0.1, 0.3), word("01", 0.1, 0.33), word("Sep", 0.125, 0.33), word("25", 0.16, 0.33)]
    assert header([*words, word("Rent", 0.12, 0.36)], word("Rent", 0.12, 0.36).box) == "Paid"


def test_what_was_chosen_is_no_name_of_what_stands_beside_it() -> None:
    words = [word("Name", 0.3, 0.08), word("Edward", 0.1, 0.1), word("Lawson", 0.165, 0.1), word("4711", 0.3, 0.1)]
    assert caption(words, words[-1].box) == "Edward Lawson"
    assert caption(free_of(words, [Box(0.1, 0.1, 0.23, 0.112)]), words[-1].box) == "Name"


def test_names_of_columns_that_stand_near_each_other_are_two() -> None:
    words = [word("Result", 0.3, 0.3, height=0.014), word("Flag", 0.373, 0.3, height=0.014), word("170", 0.33, 0.33)]
    assert header(words, words[-1].box) == "Result"
    near = [word("Paid", 0.3, 0.3, height=0.014), word("out", 0.345, 0.3, height=0.014), word("170", 0.33, 0.33)]
    assert header(near, near[-1].box) == "Paid out"
