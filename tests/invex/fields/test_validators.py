import pytest

from invex.fields.spec import FIELD_TYPES, LocaleSpec
from invex.fields.validators import BadValue, depends_on_locale, entered, iban_is_valid, problem, vat_id_is_valid

CANONICAL = {
    "text": "Acme Ltd.", "id": "A-17", "date": "2020-03-29", "amount": "-5625.00", "number": "4", "percentage": "19.00",
    "currency": "EUR", "iban": "DE89370400440532013000", "vat_id": "DE136695976", "email": "a@example.com",
    "address": "1 Main St",
}  # fmt: skip


@pytest.mark.parametrize("type", FIELD_TYPES)
def test_canonical_values_have_no_problem_and_are_entered_as_they_are(type):
    assert problem(type, CANONICAL[type]) is None
    assert entered(type, CANONICAL[type]) == CANONICAL[type]
    assert problem(type, " ") is not None


@pytest.mark.parametrize(
    ("type", "value"),
    [("date", "29.03.2020"), ("date", "2020-02-30"), ("date", "20200329"), ("amount", "5,00"), ("amount", "1e3"),
     ("amount", "05"), ("amount", "NaN"), ("currency", "€"), ("iban", "ABC"), ("email", "a at b"),
     ("text", "two\nlines"), ("percentage", "19%")],
)  # fmt: skip
def test_other_values_have_one(type, value):
    assert problem(type, value)


@pytest.mark.parametrize(
    ("type", "text", "value"),
    [("date", "29.3.2020", "2020-03-29"), ("date", "29 march of 2020", "2020-03-29"), ("amount", "1.234,50 €", "1234.50"),
     ("currency", "€", "EUR"), ("iban", "DE89 3704 0044 0532 0130 00", "DE89370400440532013000"),
     ("iban", "DE89 3704 0044\r\n0532 0130 00", "DE89370400440532013000"), ("amount", "1.234,50\n", "1234.50"),
     ("vat_id", "DE 136 695 976", "DE136695976"), ("text", " two\nlines ", "two lines")],
)  # fmt: skip
def test_what_a_person_types_becomes_canonical(type, text, value):
    assert entered(type, text, LocaleSpec("dmy", ",")) == value


@pytest.mark.parametrize(
    ("type", "text"), [("date", "March 2020"), ("date", "soon"), ("amount", "much"), ("iban", "x"), ("id", " ")]
)
def test_what_is_no_value_says_what_is_expected(type, text):
    with pytest.raises(BadValue, match="is not"):
        entered(type, text)


def test_check_digits():
    assert iban_is_valid("DE89370400440532013000")
    assert not iban_is_valid("DE88370400440532013000")
    assert vat_id_is_valid("DE136695976") is True
    assert vat_id_is_valid("DE136695977") is False
    assert vat_id_is_valid("12/345/67890") is None
    assert vat_id_is_valid("QQ12345678") is None


@pytest.mark.parametrize("typed", ["12abc", "--5", "1e5", "1.2.3", "eight", "-", "5 pcs"])
def test_what_is_no_number_alone_is_refused(typed: str) -> None:
    with pytest.raises(BadValue):
        entered("amount", typed)


@pytest.mark.parametrize(
    ("typed", "value"),
    [("1.234,56 €", "1234.56"), ("EUR 12,50", "12.50"), ("(5.00)", "-5.00"), ("5-", "-5"), ("$94,850.00", "94850.00")],
)
def test_numbers_are_taken_as_people_write_them(typed: str, value: str) -> None:
    assert entered("amount", typed) == value


@pytest.mark.parametrize(
    ("type", "text", "is_open"),
    [("date", "2020-03-29", False), ("date", "03/04/2020", True), ("amount", "1234.50", False), ("amount", "1.234,50", True),
     ("text", "1.234", False), ("currency", "€", False)],
)  # fmt: skip
def test_how_the_document_writes_matters_where_a_text_is_not_canonical(type, text, is_open):
    assert depends_on_locale(type, text) is is_open


def test_what_does_not_depend_on_the_locale_means_the_same_in_every_one():
    for type, text in (("date", "2020-03-29"), ("amount", "1234.50"), ("currency", "€"), ("text", "1.234")):
        american, german = (entered(type, text, LocaleSpec(*w)) for w in (("mdy", "."), ("dmy", ",")))
        assert american == german
