"""What ships reads documents that are unlike those it was trained on."""

from dataclasses import replace

import pytest

from fixtures.generator import Vendor
from fixtures.generator.vendor import Synthetic
from mlops.learning.network.inputs import LAST_CELLS, MOST_CELLS
from mlops.learning.predictor import Predictor, shipped_package
from mlops.learning.view import View

ITEMS = 200  # more than any training document has
SUMS = ("net_amount", "tax_amount", "total_amount")


@pytest.fixture(scope="module")
def long_invoice() -> Synthetic:
    vendor = Vendor(900_005)
    vendor.habits = replace(vendor.habits, item_counts=(ITEMS, ITEMS))
    return vendor.document(0)


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor(shipped_package())


def test_the_sums_of_an_invoice_of_many_pages_are_read_by_who_has_never_seen_its_like(predictor, long_invoice):
    view = View(long_invoice.document)
    assert view.layout.cells > MOST_CELLS
    found = predictor.predict(long_invoice.document).fields
    sums = {key: [v.value for v in found[key]] for key in SUMS}
    assert sums == {key: [v.value for v in long_invoice.label.fields[key]] for key in SUMS}
    assert found["total_amount"][0].boxes[0].page == len(long_invoice.document.pages) - 1


def test_terms_behind_an_invoice_do_not_hide_what_it_says(predictor):
    """The invoice ends where the network no longer reads: its sums are the scorers' alone."""
    vendor = Vendor(900_005)
    vendor.habits = replace(vendor.habits, item_counts=(135, 135))
    invoice = vendor.document(0)
    terms = tuple(p for seed in range(12) for p in Vendor(920_000 + seed, kind="contract").document(0).document.pages)
    view = View(replace(invoice.document, pages=invoice.document.pages + terms))
    sums = View(invoice.document).layout.cells - 30
    assert MOST_CELLS - LAST_CELLS < sums < view.layout.cells - LAST_CELLS
    found = predictor.predict(view.document).fields
    assert [v.value for v in found["total_amount"]] == [v.value for v in invoice.label.fields["total_amount"]]
