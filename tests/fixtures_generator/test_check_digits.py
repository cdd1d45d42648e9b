import pytest
from stdnum import get_cc_module

from fixtures.generator.check_digits import with_check_digits


@pytest.mark.parametrize(
    "drawn", ["DE123456780", "DE 915 517 421", "FR00123456780", "FR 11 777 492 860", "ATU12345670"]
)
def test_a_drawn_number_becomes_a_valid_one(drawn: str) -> None:
    mended = with_check_digits(drawn)
    assert get_cc_module(drawn[:2].lower(), "vat").is_valid(mended)
    assert [c.isdigit() for c in mended] == [c.isdigit() for c in drawn]


@pytest.mark.parametrize("drawn", ["82-5798176", "", "XX12345"])
def test_numbers_without_known_rules_stay(drawn: str) -> None:
    assert with_check_digits(drawn) == drawn
