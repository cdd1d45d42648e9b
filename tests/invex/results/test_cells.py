"""Cells of a CSV file: read back they say the same, and none is a formula."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invex.kernel.spreadsheets import harmless, is_formula
from invex.results.cells import Cell, cell_of, csv_text
from invex.results.layouts import DELIMITERS, Column, Layout, Sheet
from invex.results.writers import chunks

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=30)


@pytest.mark.parametrize("text", ["=1+1", "+49 30 1", "-1+cmd|' /C calc'!A0", "@SUM(1)", "\tx", "\rx", "\n=1", "＝1"])
def test_text_that_a_spreadsheet_may_run_is_marked(text):
    assert csv_text(Cell(text)) == "'" + text


@pytest.mark.parametrize("type", ["amount", "number", "percentage"])
def test_a_negative_number_stays_one(type):
    assert csv_text(Cell("-12.50", type)) == "-12.50"
    assert csv_text(Cell("-12.50", type), decimal=",") == "-12,50"


def test_only_a_plain_number_is_trusted():
    assert csv_text(Cell("-1+2", "amount")) == "'-1+2"
    assert csv_text(Cell("-12.50-x", "id")) == "'-12.50-x"


def test_dates_in_each_style():
    found = [csv_text(Cell("2020-03-09", "date"), date=style) for style in ("iso", "dmy", "mdy")]
    assert found == ["2020-03-09", "09.03.2020", "03/09/2020"]
    assert csv_text(Cell("=2020", "date"), date="dmy") == "'=2020"


def test_several_values_are_one_text():
    assert cell_of(["1.00", "-2.00"], "amount") == Cell("1.00; -2.00")
    assert csv_text(cell_of(["-1.00", "2.00"], "amount")) == "'-1.00; 2.00"
    assert cell_of([], "amount").value == ""


@given(st.lists(TEXT, min_size=1, max_size=5), st.sampled_from(list(DELIMITERS)))
def test_what_is_written_is_read_back(texts, delimiter):
    layout = Layout(tuple(Column("document.id", text, "text") for text in texts), delimiter=delimiter)
    written = b"".join(chunks("csv", (Sheet("s", layout),), ()))
    (row,) = csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""), delimiter=delimiter)
    assert row == [harmless(text) for text in texts]
    assert not any(is_formula(cell) for cell in row)
