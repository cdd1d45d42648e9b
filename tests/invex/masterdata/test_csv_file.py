"""CSV files as people export them."""

from __future__ import annotations

import pytest

from invex.kernel.errors import BadInput
from invex.masterdata.csv_file import read_csv


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_encoding_and_delimiter_are_recognised(encoding, delimiter):
    text = f"number{delimiter}name\r\n1{delimiter}Müller & Söhne\r\n\r\n2{delimiter}Café\r\n"
    found = read_csv(text.encode(encoding))
    assert found.columns == ("number", "name")
    assert found.rows == (("1", "Müller & Söhne"), ("2", "Café"))
    assert (found.encoding, found.delimiter) == (encoding.removesuffix("-sig"), delimiter)


def test_quotes_keep_delimiters_and_line_breaks_and_white_space_is_collapsed():
    found = read_csv(b'number;name;iban\n1;"Acme; Inc\n  Berlin";DE1\n2; Beta ;DE2\n')
    assert found.rows == (("1", "Acme; Inc Berlin", "DE1"), ("2", "Beta", "DE2"))
    assert found.lines == (3, 4)


def test_commas_in_values_do_not_make_them_the_delimiter():
    found = read_csv(b"number;name\n1;Acme, Inc, Berlin\n2;Beta, Ltd, Bonn\n")
    assert found.columns == ("number", "name")


def test_errors_name_their_lines():
    with pytest.raises(BadInput) as e:
        read_csv(b"number;name\n1;Acme\n2\n\n3;Beta;more\n")
    assert [problem["where"] for problem in e.value.data["errors"]] == [["line", 3], ["line", 5]]
    assert "Line 3: 1 values, but 2 columns (2 errors in all)" in e.value.message


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"a;a\n1;2\n", b"a;\n1;2\n", b"a;b\n1;\0\n", b"\x81\x8d\x8f", b'a;b\n"1;2\n']
)
def test_what_is_no_table_is_refused(data):
    with pytest.raises(BadInput):
        read_csv(data)
