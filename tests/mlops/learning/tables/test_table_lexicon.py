"""What a word of a header hints at."""

import pytest

from fixtures.generator.lexicon import LANGUAGES, load
from mlops.learning.tables.lexicon import GROUPS, header_groups


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
