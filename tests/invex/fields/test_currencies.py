import pytest
from babel import Locale
from babel.numbers import get_territory_currencies, list_currencies

from invex.fields.currencies import CODES
from invex.fields.values import canonical, readings, spans

# Codes that CLDR lists for a territory but that no one pays with: funds, metals, units of account.
NOT_CIRCULATING = {"CHE", "CHW", "CLF", "COU", "MXV", "USN", "UYI", "UYW", "XUA", "CNH", "BOV", "LSM"}


def test_codes_are_currencies_and_none_in_use_is_missing():
    assert set(list_currencies()) >= CODES
    in_use = {c for territory in Locale("en").territories if len(territory) == 2 and territory.isalpha()
              for c in get_territory_currencies(territory)}  # fmt: skip
    assert in_use - NOT_CIRCULATING - CODES <= {"CUC", "HRK", "BGN", "ANG", "XCG", "ZWG", "SLL", "VED"}


@pytest.mark.parametrize(
    ("text", "code"),
    [("€", "EUR"), ("EUR", "EUR"), ("Euro", "EUR"), ("eur", "EUR"), ("$", "USD"), ("US$", "USD"), ("£", "GBP"),
     ("CHF", "CHF"), ("Fr.", "CHF"), ("RM", "MYR"), ("MYR", "MYR"), ("zł", "PLN"), ("kr", "SEK"), ("(EUR)", "EUR")],
)  # fmt: skip
def test_symbols_codes_and_names(text, code):
    assert canonical("currency", text) == code


def test_a_symbol_of_many_countries_has_many_readings():
    assert {"SEK", "NOK", "DKK"} <= {reading.value for reading in readings("currency", "kr")}
    assert {"USD", "CAD"} <= {reading.value for reading in readings("currency", "$")}


@pytest.mark.parametrize("text", ["", "ABC", "Total", "12.50"])
def test_what_is_no_currency(text):
    assert readings("currency", text) == ()


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Total €12.50", ["€"]),
        ("Total 12.50 EUR", ["EUR"]),
        ("RM12.00", ["RM"]),
        ("ALL PRICES IN USD", ["USD"]),
        ("TRY AGAIN", []),
        ("TRY 12", ["TRY"]),
        ("FT WORTH", []),
    ],
)
def test_currencies_in_a_line(line, found):
    assert [line[s.start : s.end] for s in spans("currency", line)] == found
