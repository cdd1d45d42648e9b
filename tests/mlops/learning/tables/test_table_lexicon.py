"""What a word of a header hints at."""

import pytest

from fixtures.generator.lexicon import LANGUAGES, load
from mlops.learning.tables.lexicon import GROUPS, header_groups, is_sum_word


def hints(header):
    masks = [header_groups(word) for word in header.split()]
    return {group for bit, group in enumerate(GROUPS) if any(mask >> bit & 1 for mask in masks)}


def test_a_column_of_discounts_is_known_in_every_language():
    headers = [header for language in LANGUAGES for header in load(language).columns["discount"]]
    assert [header for header in headers if "discount" not in hints(header)] == []


@pytest.mark.parametrize(
    ("header", "group"),
    [("Desc.", "description"), ("Ristourne", "discount"), ("Rabat %", "rate"), ("MwSt-Satz", "tax")],
)
def test_hints(header, group):
    assert group in hints(header)


def test_a_description_is_no_discount():
    assert hints("Description") == {"description"}


@pytest.mark.parametrize("key", ["cash", "change", "rounding", "tax"])
def test_what_closes_a_receipt_is_no_item(key):
    said = [text for language in LANGUAGES for text in load(language).labels[key]]
    assert len(said) > len(LANGUAGES)
    assert [text for text in said if not any(map(is_sum_word, text.split()))] == []


@pytest.mark.parametrize("text", ["cashew", "Karte", "A.4", "postenlauf"])
def test_a_word_of_an_item_closes_nothing(text):
    assert not is_sum_word(text)
