import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iban as stdnum_iban

from invex.fields.identifiers import IBAN_LENGTHS, is_iban
from invex.fields.values import canonical, spans

VALID_IBANS = [
    "DE89370400440532013000",
    "GB82WEST12345698765432",
    "FR1420041010050500013M02606",
    "NO9386011117947",
    "CH9300762011623852957",
    "NL91ABNA0417164300",
]


@pytest.mark.parametrize("iban", VALID_IBANS)
def test_an_iban_is_found_with_and_without_spaces(iban):
    spaced = " ".join(iban[i : i + 4] for i in range(0, len(iban), 4))
    for printed in (iban, spaced):
        line = f"IBAN: {printed} BIC COBADEFFXXX"
        (span,) = spans("iban", line)
        assert line[span.start : span.end] == printed
        assert span.readings[0].value == iban


def test_an_iban_with_wrong_check_digits_is_still_what_is_printed():
    assert canonical("iban", "DE88 3704 0044 0532 0130 00") == "DE88370400440532013000"
    assert not is_iban("DE88370400440532013000")


def test_words_in_capitals_are_no_iban():
    assert list(spans("iban", "DE12 LIEFERUNG AN UNSERE KUNDEN NUR GEGEN RECHNUNG")) == []


def test_lengths_agree_with_stdnum():
    for country, length in IBAN_LENGTHS.items():
        structure = dict(stdnum_iban._ibandb.info(f"{country}00")[0][1]).get("bban")
        if structure:  # such as "8!n10!n"
            assert 4 + sum(int(part[:-2] if part[-2] == "!" else 0) for part in _parts(structure)) == length, country


def _parts(structure):
    return re.findall(r"\d+!?[a-z]", structure)


@given(st.sampled_from(VALID_IBANS), st.integers(0, 9))
def test_is_iban_agrees_with_stdnum(iban, digit):
    changed = iban[:-1] + str(digit)
    assert is_iban(changed) == stdnum_iban.is_valid(changed, check_country=False)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("VAT: DE 136.695.976", "DE136695976"),
        ("USt-IdNr. DE136695976", "DE136695976"),
        ("ATU 12345675", "ATU12345675"),
        ("FR 60 421 938 861", "FR60421938861"),
        ("CHE-107.787.577 IVA", "CHE107787577IVA"),
        ("NL810433941B01", "NL810433941B01"),
        ("12/345/67890", "12/345/67890"),
        ("12-3456789", "123456789"),
    ],
)
def test_tax_numbers(text, value):
    assert canonical("vat_id", text) == value


def test_text_without_a_number_is_no_tax_number():
    assert canonical("vat_id", "DE GmbH") is None


def test_emails_are_lower_case():
    assert canonical("email", "Mail: Jane.Doe@Example.COM.") == "jane.doe@example.com"
    assert canonical("email", "jane at example") is None


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("Invoice no. FA06/2015/088665", "FA06/2015/088665"),
        ("Contract 2436316-1,", "2436316-1"),
        ("Nr.12345", "12345"),
        ("RE 20201", "RE 20201"),
        ("Order 4711 0815 of", "4711 0815"),
        ("(#A-17)", "A-17"),
    ],
)
def test_ids_in_a_line(line, value):
    assert value in {reading.value for span in spans("id", line) for reading in span.readings}


def test_ids_and_texts_as_printed():
    assert canonical("id", "  2436316-1 .") == "2436316-1"
    assert canonical("text", " Acme   SDN. BHD. ") == "Acme SDN. BHD."
    assert canonical("address", "1 Main St\n 12345 Town,") == "1 Main St 12345 Town"
    assert canonical("text", "   ") is None
