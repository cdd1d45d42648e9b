import pytest

from invex.fields.locale import DocumentLocale, infer, is_ambiguous, is_ambiguous_date, settle
from invex.fields.spec import LocaleSpec

GERMAN = ["Rechnung", "Wir danken für die Bestellung und liefern mit der Post", "das ist nicht von uns"]
ENGLISH = ["Thank you for your order", "Please pay on the due date", "This is not the total of your account"]


@pytest.mark.parametrize(
    ("texts", "locale"),
    [
        (["Date 31/12/2020", "Total 1.234,56"], LocaleSpec("dmy", ",")),
        (["Date 12/31/2020", "Total $1,234.56"], LocaleSpec("mdy", ".")),
        (["2020-12-31", "12.50"], LocaleSpec("ymd", ".")),
        (["3.4.2020", "12,50"], LocaleSpec("dmy", ",")),
        (["2017-21-04"], LocaleSpec("ydm", None)),
        (["5.1 Scope", "1.234"], LocaleSpec(None, None)),
        ([], LocaleSpec(None, None)),
    ],
)
def test_what_is_printed_speaks_for_a_convention(texts, locale):
    assert infer(texts).guess == locale
    assert infer(texts).known == locale


def test_the_language_settles_the_order_of_dates_and_hints_at_the_decimal():
    document = infer([*GERMAN, "01/02/2020"])
    assert document.guess == LocaleSpec("dmy", ",")
    assert document.known == LocaleSpec("dmy", None)


def test_english_with_dollars_is_guessed_to_be_american_but_not_known():
    document = infer([*ENGLISH, "01/02/2020", "$5.00"])
    assert document.guess == LocaleSpec("mdy", ".")
    assert document.known.date_order is None
    assert is_ambiguous_date("01/02/2020", document.known)


def test_dollars_beside_other_money_say_nothing_and_an_american_address_does():
    assert infer([*ENGLISH, "01/02/2020", "RM 5.00 ($1.20)"]).guess.date_order is None
    assert infer([*ENGLISH, "01/02/2020", "Springfield, IL 62701"]).guess.date_order == "mdy"


def test_contradicting_evidence_is_not_known():
    document = infer(["31/12/2020", "12/31/2020", "30/12/2020"])
    assert document.guess.date_order == "dmy"
    assert document.known.date_order is None


def test_a_stray_misread_does_not_shake_a_decisive_majority():
    document = infer(["12.50"] * 10 + ["12,50"])
    assert document.known.decimal == "."


def test_iso_dates_beside_others_do_not_hide_their_order():
    assert infer(["2020-01-02"] * 3 + ["31/12/2020"]).known.date_order == "dmy"


@pytest.mark.parametrize(
    ("remembered", "guess", "known", "expected"),
    [
        (None, "mdy", None, ("mdy", None)),
        ("dmy", "mdy", None, ("dmy", "dmy")),
        ("dmy", "dmy", "dmy", ("dmy", "dmy")),
        ("dmy", "mdy", "mdy", ("mdy", None)),
    ],
)
def test_what_a_template_remembers_wins_over_a_guess_only(remembered, guess, known, expected):
    settled = settle(LocaleSpec(remembered), DocumentLocale(LocaleSpec(guess), LocaleSpec(known)))
    assert (settled.guess.date_order, settled.known.date_order) == expected


def test_ambiguity():
    assert is_ambiguous("date", "03/04/2020", LocaleSpec())
    assert is_ambiguous("date", "03/04/20", LocaleSpec("ymd"))
    assert not is_ambiguous("date", "03/04/2020", LocaleSpec("dmy"))
    assert not is_ambiguous("date", "04/04/2020", LocaleSpec())
    assert not is_ambiguous("date", "31/04/2020", LocaleSpec())
    assert not is_ambiguous("date", "2020-03-04", LocaleSpec())
    assert is_ambiguous("amount", "1.234", LocaleSpec())
    assert not is_ambiguous("amount", "1.234", LocaleSpec(decimal=","))
    assert not is_ambiguous("amount", "1.234,00", LocaleSpec())
    assert not is_ambiguous("percentage", "5.125 %", LocaleSpec())
    assert not is_ambiguous("text", "1.234", LocaleSpec())
