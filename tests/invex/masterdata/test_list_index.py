"""Look-ups in a list: exact however it is written, fuzzy, and helped by what else the document says."""

from __future__ import annotations

import pytest

from invex.masterdata.index import ListIndex

COLUMNS = ("number", "name", "iban")
ROWS = [
    ("1", "Müller Maschinenbau GmbH", "DE89 3704 0044 0532 0130 00"),
    ("2", "Mueller Transporte KG", "DE02120300000000202051"),
    ("3", "Acme Corporation", "DE02500105170137075030"),
    ("4", "", "DE02100500000054540402"),
]


@pytest.fixture
def index() -> ListIndex:
    return ListIndex(COLUMNS, ROWS)


@pytest.mark.parametrize("written", ["DE89370400440532013000", "de89 3704 0044 0532 0130 00"])
def test_spaces_and_case_do_not_matter(index, written):
    assert index.rows_with("iban", written) == {0}


def test_accents_and_punctuation_do_not_matter_but_letters_do(index):
    assert index.rows_with("name", "MULLER MASCHINENBAU G.m.b.H.") == {0}
    assert index.rows_with("name", "Müller Maschinenbau") == frozenset()
    assert index.rows_with("name", " - ") == frozenset()


def test_a_misread_name_finds_its_supplier_first(index):
    found = index.suggest("name", "Muler Maschinenbou GmbH")
    assert found[0].value == "Müller Maschinenbau GmbH"
    assert found[0].row["number"] == "1"
    assert 0.8 < found[0].score < 1


def test_what_was_typed_so_far_finds_the_whole(index):
    assert index.suggest("name", "corpo")[0].value == "Acme Corporation"


def test_of_values_alike_in_parts_the_one_alike_as_a_whole_comes_first():
    many = ListIndex(("name",), [(f"Müller & Söhne {n} GmbH",) for n in range(20)])
    assert many.suggest("name", "muller sohne 7")[0].value == "Müller & Söhne 7 GmbH"


def test_what_is_unlike_everything_is_not_suggested(index):
    assert index.suggest("name", "Zzyx") == []
    assert index.suggest("name", "") == []


def test_the_rows_that_hold_the_other_values_come_first(index):
    found = index.suggest("name", "Mueller", others={"iban": "DE02500105170137075030"})
    assert "Acme Corporation" in [s.value for s in found]
    assert next(s for s in found if s.value == "Acme Corporation").agrees == ("iban",)
    assert index.suggest("name", "", others={"iban": "DE02500105170137075030"})[0].value == "Acme Corporation"


def test_a_value_is_suggested_once():
    twice = ListIndex(("name", "place"), [("Acme", "Bonn"), ("Acme", "Ulm"), ("Acne", "Ulm")])
    found = twice.suggest("name", "acme", others={"place": "Ulm"})
    assert [s.value for s in found] == ["Acme", "Acne"]
    assert found[0].row["place"] == "Ulm"
