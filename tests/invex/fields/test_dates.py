from datetime import date

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from invex.fields.cldr_months import LANGUAGES, month_names
from invex.fields.dates import date_readings, date_spans
from invex.fields.month_names import MONTH_NAMES
from invex.fields.spec import LocaleSpec
from invex.fields.values import canonical

DATES = st.dates(date(1970, 1, 1), date(2069, 12, 31))
ENGLISH_SUFFIXES = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}


def test_the_month_table_is_what_cldr_says():
    assert month_names() == MONTH_NAMES


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("Mar 5, 2020", "2020-03-05"),
        ("March 5th, 2020", "2020-03-05"),
        ("5-Mar-20", "2020-03-05"),
        ("15JAN2020", "2020-01-15"),
        ("05/Mar/2020", "2020-03-05"),
        ("5 Mar '20", "2020-03-05"),
        ("1st of May 2020", "2020-05-01"),
        ("this 24th day of January, 2025", "2025-01-24"),
        ("1er août 2019", "2019-08-01"),
        ("den 3. März 2020", "2020-03-03"),
        ("3. Maerz 2020", "2020-03-03"),
        ("12 de marzo de 2020", "2020-03-12"),
        ("2 maja 2021 r.", "2021-05-02"),
        ("Mon, 02 Feb 2019", "2019-02-02"),
        ("2020-03-29T12:00:00", "2020-03-29"),
        ("2019年3月4日", "2019-03-04"),
        ("20200329", "2020-03-29"),
        ("30/04/2017(Sun)19:44", "2017-04-30"),
        ("30/04/201719:44", "2017-04-30"),
        ("30/04/1719:44", "2017-04-30"),
        ("03. 04. 2020", "2020-04-03"),
        ("29 03 2020", "2020-03-29"),
        ("2017-21-04", "2017-04-21"),
        ("Invoice date: 31.12.99", "1999-12-31"),
    ],
)
def test_printed_dates_with_one_meaning(text, iso):
    assert [reading.value for reading in date_readings(text)] == [iso]


@pytest.mark.parametrize(
    "text",
    ["", "99/99/2020", "31.02.2020", "12.13.1850", "10.10.10.10", "1.234.56", "01/02", "12:30:45", "2020", "May 2020"],
)
def test_what_is_no_date(text):
    assert date_readings(text) == ()


def test_two_dates_are_not_one():
    assert date_readings("03/27/20 - 04/05/20") == ()
    assert len(list(date_spans("03/27/20 - 04/05/20"))) == 2


def test_day_and_month_that_could_be_exchanged_have_two_readings():
    assert {(r.value, r.date_order) for r in date_readings("03/04/2020")} == {
        ("2020-04-03", "dmy"),
        ("2020-03-04", "mdy"),
    }
    assert canonical("date", "03/04/2020", LocaleSpec(date_order="mdy")) == "2020-03-04"
    assert canonical("date", "03/04/2020", LocaleSpec(date_order="dmy")) == "2020-04-03"
    assert date_readings("05/05/2020")[0].date_order is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", ["medium", "long", "full"])
def test_dates_as_cldr_prints_them_are_read_back(language, width):
    for month in range(1, 13):
        day = date(2000 + month, month, 2 * month)
        printed = format_date(day, format=width, locale=language)
        assert day.isoformat() in [reading.value for reading in date_readings(printed)], printed


@given(
    DATES,
    st.sampled_from(["dmy", "mdy", "ymd"]),
    st.sampled_from(["/", "-", ".", " ", " / ", ". "]),
    st.booleans(),
    st.booleans(),
)
def test_a_numeric_date_is_read_back_under_its_order(day, order, separator, is_padded, is_short):
    if order == "mdy" and "." in separator:
        separator = "/"  # nobody prints the month first with dots
    is_short = is_short and separator != " " and (order != "ymd" or separator == "-")
    is_padded = is_padded or is_short
    parts = {
        "d": f"{day.day:02d}" if is_padded else str(day.day),
        "m": f"{day.month:02d}" if is_padded else str(day.month),
        "y": f"{day.year % 100:02d}" if is_short else str(day.year),
    }
    printed = separator.join(parts[p] for p in order)
    assert canonical("date", printed, LocaleSpec(date_order=order)) == day.isoformat()


@given(DATES)
def test_english_ordinals(day):
    suffix = ENGLISH_SUFFIXES.get(day.day, "th")
    assert canonical("date", f"{day.day}{suffix} {day:%B} {day.year}") == day.isoformat()
    assert canonical("date", f"{day:%B} {day.day}{suffix}, {day.year}") == day.isoformat()


@given(st.text(max_size=60))
def test_any_text_gives_spans_within_it(line):
    for span in date_spans(line):
        assert 0 <= span.start < span.end <= len(line)
        assert span.readings
        for reading in span.readings:
            date.fromisoformat(reading.value)


@given(DATES, st.from_regex(r"[A-Z][a-z]{2,8}:?", fullmatch=True))
def test_a_span_is_the_date_alone(day, word):
    line = f"{word} {day:%d/%m/%Y} {word}"
    (span,) = date_spans(line)
    assert line[span.start : span.end] == f"{day:%d/%m/%Y}"
