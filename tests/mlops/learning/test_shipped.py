"""What ships reads documents that are unlike those it was trained on."""

from dataclasses import replace

import pytest

from fixtures.generator import Vendor
from fixtures.generator.vendor import Synthetic
from mlops.learning.network.inputs import MOST_CELLS
from mlops.learning.predictor import Predictor, shipped_package
from mlops.learning.view import View

ITEMS = 130  # more than any training document has
SUMS = ("net_amount", "tax_amount", "total_amount")


@pytest.fixture(scope="module")
def long_invoice() -> Synthetic:
    vendor = Vendor(900_005)
    vendor.habits = replace(vendor.habits, item_counts=(ITEMS, ITEMS))
    return vendor.document(0)


def test_the_sums_of_an_invoice_of_many_pages_are_read_by_who_has_never_seen_its_like(long_invoice):
    view = View(long_invoice.document)
    assert view.layout.cells > MOST_CELLS
    found = Predictor(shipped_package()).predict(long_invoice.document).fields
    sums = {key: [v.value for v in found[key]] for key in SUMS}
    assert sums == {key: [v.value for v in long_invoice.label.fields[key]] for key in SUMS}
    assert found["total_amount"][0].boxes[0].page == len(long_invoice.document.pages) - 1
