from decimal import Decimal

import pytest
from babel.numbers import format_currency, format_decimal
from hypothesis import given
from hypothesis import strategies as st

from invex.fields.numbers import number_readings, number_spans, percentage_spans
from invex.fields.spec import LocaleSpec
from invex.fields.values import canonical, readings

CENTS = st.integers(-(10**11), 10**11).map(lambda n: Decimal(n).scaleb(-2))
LOCALES = [
    "en_US",
    "en_GB",
    "en_IN",
    "de_DE",
    "de_CH",
    "fr_FR",
    "es_ES",
    "it_IT",
    "nl_NL",
    "pt_PT",
    "pl_PL",
    "sv_SE",
    "da_DK",
]
SYMBOLS = ["€", "$", "£", "EUR", "CHF", "USD", "RM", "kr", "zł", "Fr."]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$94,850.00", "94850.00"),
        ("12 160,00", "12160.00"),
        ("1 234,56 €", "1234.56"),
        ("1\u202f234,56\u00a0€", "1234.56"),
        ("€187 021,50", "187021.50"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("CHF 1'234.50", "1234.50"),
        ("CHF 1’234.50", "1234.50"),
        ("12,34,567.00", "1234567.00"),
        ("47 982 , 50", "47982.50"),
        ("12. 50", "12.50"),
        ("RM94.00", "94.00"),
        ("94.00RM", "94.00"),
        ("Fr. 12.50", "12.50"),
        ("kr 1 200,50", "1200.50"),
        ("5,-", "5"),
        ("5.--", "5"),
        ("-.50", "-0.50"),
        ("5.00-", "-5.00"),
        ("- 5,00", "-5.00"),
        ("−5,00", "-5.00"),
        ("-$5.00", "-5.00"),
        ("$-5.00", "-5.00"),
        ("(5.00)", "-5.00"),
        ("($5,175.00)", "-5175.00"),
        ("5,00 CR", "-5.00"),
        ("(25)", "25"),
        ("1.234.567", "1234567"),
        ("1234.567", "1234.567"),
        ("0.123", "0.123"),
        ("20 %", "20"),
        ("99.5%", "99.5"),
        ("Total: 12.50", "12.50"),
        ("Total12.50", "12.50"),
        ("007.50", "7.50"),
        ("5 Stk", "5"),
    ],
)
def test_printed_numbers_with_one_meaning(text, value):
    assert [reading.value for reading in number_readings(text)] == [value]


@pytest.mark.parametrize(
    "text", ["", "A12", "12/05/2020", "10:30", "2436316-1", "1.2.3.4.5", "12345678901234567", "abc"]
)
def test_what_is_no_number(text):
    assert number_readings(text) == ()


def test_a_group_or_three_decimals_are_two_readings():
    assert [(r.value, r.decimal) for r in number_readings("1.234")] == [("1234", ","), ("1.234", ".")]
    assert canonical("number", "1.234", LocaleSpec(decimal=".")) == "1.234"
    assert canonical("number", "1.234", LocaleSpec(decimal=",")) == "1234"


def test_a_space_may_group_or_separate_so_both_are_offered():
    line = "2 500,00"
    assert {line[s.start : s.end] for s in number_spans(line)} == {"2", "500,00", "2 500,00"}


def test_a_dash_between_words_is_no_minus():
    assert [r.value for r in number_readings("Total - 5.00")] == ["5.00"]


def test_percentages_need_a_sign_or_to_be_at_most_100():
    line = "TVA 5,5% 20 150,00 12 EUR"
    found = {line[s.start : s.end] for s in percentage_spans(line)}
    assert "5,5%" in found
    assert "20" in found
    assert not any("150" in text or "EUR" in text for text in found)


def test_a_percentage_is_not_read_as_thousands():
    assert canonical("percentage", "5.125 %") == "5.125"
    assert canonical("percentage", "1.234,5 %") == "1234.5"


@given(CENTS, st.sampled_from(LOCALES))
def test_a_number_as_cldr_prints_it_is_read_back(number, locale):
    printed = format_decimal(number, format="#,##,##0.00" if locale == "en_IN" else "#,##0.00", locale=locale)
    assert Decimal(canonical("amount", printed)) == number, printed


@given(CENTS, st.sampled_from(LOCALES), st.sampled_from(["EUR", "USD", "GBP", "CHF", "SEK", "PLN", "MYR"]))
def test_a_price_as_cldr_prints_it_is_read_back(number, locale, currency):
    printed = format_currency(number, currency, locale=locale)
    assert Decimal(canonical("amount", printed)) == number, printed


@given(st.integers(0, 10**9), st.sampled_from([".", ","]), st.sampled_from(["", " ", "'", "other"]), st.sampled_from(SYMBOLS),
       st.sampled_from(["{s}{n}", "{s} {n}", "{n}{s}", "{n} {s}"]))  # fmt: skip
def test_any_grouping_and_currency_keeps_the_digits(cents, decimal, group, symbol, pattern):
    group = {"other": "," if decimal == "." else "."}.get(group, group)
    whole = f"{cents // 100:,}".replace(",", group)
    printed = pattern.format(s=symbol, n=f"{whole}{decimal}{cents % 100:02d}")
    assert [r.value for r in readings("amount", printed)] == [f"{cents // 100}.{cents % 100:02d}"], printed


@given(st.text(alphabet="0123456789.,' -()€$%ACR", max_size=40))
def test_any_text_gives_decimals_within_it(line):
    for span in number_spans(line):
        assert 0 <= span.start < span.end <= len(line)
        for reading in span.readings:
            assert Decimal(reading.value).is_finite()
