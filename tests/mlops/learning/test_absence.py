"""What an invoice lacks, given what it has."""

from __future__ import annotations

import numpy as np
import pytest

from mlops.learning.absence import LEAST_ODDS, Absence, learn_absence

INVOICES = [{"total": ["1"], "customer": ["A"], "due": ["2026-01-01"] if n % 2 else []} for n in range(300)]
RECEIPTS = [{"total": ["1"], "customer": [], "due": []} for _ in range(60)]
# The scorers were taught with the shares of these documents.
TAUGHT = {"total": (0.0, 360.0), "customer": (60.0, 300.0), "due": (210.0, 150.0)}


@pytest.fixture(scope="module")
def absence() -> Absence:
    return learn_absence([*INVOICES, *RECEIPTS], TAUGHT)


def test_what_has_a_due_date_has_a_customer(absence: Absence):
    assert absence.odds({"total", "due"})["customer"] < 0.1


def test_what_lacks_other_fields_may_lack_a_customer(absence: Absence):
    assert absence.odds({"total"})["customer"] == pytest.approx(1, abs=0.05)


def test_a_field_is_not_told_by_itself(absence: Absence):
    assert absence.odds({"total", "due"})["due"] == absence.odds({"total"})["due"]


def test_the_odds_correct_the_share_that_was_taught():
    """A scorer that saw every second document without its customer is too sure that there is none."""
    taught = TAUGHT | {"customer": (300.0, 300.0)}
    assert learn_absence([*INVOICES, *RECEIPTS], taught).odds({"total"})["customer"] == pytest.approx(0.2, abs=0.02)


def test_absence_is_never_out_of_the_question(absence: Absence):
    assert min(absence.odds(set(TAUGHT)).values()) >= LEAST_ODDS


def test_what_nobody_said_tells_nothing():
    unsaid = [{"total": ["1"], "due": ["2026-01-01"]}] * 500
    with_it, without = (learn_absence([*INVOICES, *RECEIPTS, *more], TAUGHT) for more in (unsaid, []))
    row = TAUGHT_KEYS.index("customer")
    assert with_it.bias[row] == pytest.approx(without.bias[row])


def test_it_survives_its_arrays(absence: Absence):
    again = Absence.from_arrays(absence.keys, absence.to_arrays())
    assert np.array_equal(again.has, absence.has)
    assert again.odds({"total"}) == absence.odds({"total"})


TAUGHT_KEYS = list(TAUGHT)
