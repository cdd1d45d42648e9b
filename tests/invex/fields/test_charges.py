"""What a document prints between its line items and its sums."""

from decimal import Decimal

import pytest

from invex.fields.charges import MOST, Charges


def changes(*lines, amounts=(), sums=()):
    return {str(change) for change in Charges(lines).changes(map(Decimal, amounts), map(Decimal, sums))}


@pytest.mark.parametrize(
    ("line", "change"),
    [
        ("Versandkosten: 5,95 EUR", "5.95"),
        ("Mindermengenzuschlag 10,00", "10.00"),
        ("Frais de port 12,00", "12.00"),
        ("Gastos de envío 4,90 €", "4.90"),
        ("Spese di trasporto 48,00", "48.00"),
        ("Verzendkosten 9,50", "9.50"),
        ("Portes 4,90", "4.90"),
        ("Fraktavgift 49,00", "49.00"),
        ("Fragt 49,00", "49.00"),
        ("Less discount 5%: $12.50", "-12.50"),
        ("Preisabschlag 12,50", "-12.50"),
        ("Sconto 12,50", "-12.50"),
        ("Korting 12,50", "-12.50"),
        ("Sonderrabatt 12,50", "-12.50"),
        ("Remise commerciale -12,50", "-12.50"),
        ("Desconto 2 % -3 235,30 €", "-3235.30"),
        ("abzgl. Sondernachlass 10% von 147,30 -14,73", "-14.73"),
        ("zzgl. Versandkosten 5,80 7", "5.80"),
        ("IBAN DE89 3704 Shipping 50", "50"),
    ],
)
def test_a_charge_or_an_allowance_is_read_with_its_sign(line, change):
    assert change in changes(line)
    assert len(changes(line)) <= 3


@pytest.mark.parametrize(
    "line",
    ["Port replicator 12.00", "Portable disk 12.00", "Lessons 12.00", "Kortnummer 12,00", "Scontrino 12,00",
     "Bonifico 12,00", "Abschlagsrechnung 12,00"],
)  # fmt: skip
def test_words_that_begin_like_one_are_none(line):
    assert changes(line) == set()


def test_a_fee_in_the_terms_below_the_sums_is_none():
    lines = ("Chair 80.00", "Packing 2.00", "Total 82.00", "Reminder fee 20.00")
    assert changes(*lines, amounts=("80.00",), sums=("82.00",)) == {"2.00"}
    assert changes(*lines, amounts=("80.00",), sums=("100.00",)) == {"2.00", "20.00", "22.00"}


@pytest.mark.parametrize("line", ["Rabatt 3 %", "Net amount 12.00", "Freight 2 6.00 12.00", "Freight 2 12.00", "Free"])
def test_other_lines_say_nothing(line):
    assert changes(line) == set()


def test_two_of_them_come_together():
    assert changes("Shipping 5.00", "Discount 2.00") == {"5.00", "-2.00", "3.00"}


def test_what_stands_above_the_last_line_item_is_none():
    lines = ("Chair 80.00", "Freight 12.00", "Lamp 20.00", "Packing 2.00")
    assert changes(*lines, amounts=("80.00", "20.00")) == {"2.00"}
    assert changes(*lines, "Payable within 80 days", amounts=("80.00",)) == {"12.00", "2.00", "14.00"}


def test_in_a_strip_the_amounts_stand_below_the_words():
    assert "9.50" in changes("Subtotaal Verzendkosten BTW 21% Totaal", "100,00 € 9,50 € 23,00 € 132,50 €")
    assert changes("Code Product Discount Amount", "4711 Chair 80.00 80.00") == set()


def test_where_there_are_too_many_they_explain_nothing():
    assert changes(*(f"Fee {n}.00" for n in range(1, MOST + 2))) == set()
