"""Postal addresses of the generator."""

from __future__ import annotations

from fixtures.generator.addresses import address, at_home, country_name, draw_home, in_one_line
from fixtures.generator.countries import LOCALES
from fixtures.generator.draw import Draw

FRENCH = LOCALES["fr-FR"]
DRAWN = 600


def test_a_party_from_abroad_has_its_country_last_as_the_document_or_its_own_country_calls_it() -> None:
    abroad = 0
    for seed in range(DRAWN):
        draw = Draw(seed)
        home = draw_home(draw, FRENCH, tuple(LOCALES.values()))
        lines, _ = address(draw, home)
        if home.is_abroad:
            abroad += 1
            assert lines[-1].rstrip(",.") == home.country
            assert home.locale.code[3:] != "FR"
        else:
            assert home.locale is FRENCH
    assert 0.05 * DRAWN < abroad < 0.15 * DRAWN


def test_countries_are_named_in_the_language_of_the_document() -> None:
    assert (country_name("fr", "US"), country_name("de", "GB")) == ("États-Unis", "Vereinigtes Königreich")


def test_addresses_have_a_street_and_a_city_and_at_most_seven_lines() -> None:
    for code, locale in LOCALES.items():
        found = [address(Draw(seed), at_home(locale)) for seed in range(60)]
        assert all(2 <= len(lines) <= 7 and any(city in line for line in lines) for lines, city in found), code
        assert len({len(lines) for lines, _ in found}) > 1, code
        assert not any("{" in line for lines, _ in found for line in lines), code


def test_commas_at_the_ends_of_lines_are_not_printed_twice_in_one_line() -> None:
    assert ", ".join(in_one_line(("Unit 4,", "12 High Street,", "Leeds"))) == "Unit 4, 12 High Street, Leeds"
