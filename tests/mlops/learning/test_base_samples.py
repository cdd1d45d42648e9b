"""What the base package learns from: invoices, some in one file with other papers."""

import numpy as np
import pytest

from fixtures.generator import Vendor
from fixtures.generator.papers import SHARE
from invex.fields.standard import LINE_ITEMS, STANDARD_FIELDS
from mlops.learning.base_package import synthetic_samples
from mlops.learning.dataset import Sample
from mlops.learning.layout import lay_out
from mlops.learning.network.examples import make_example
from mlops.learning.tables.day_zero import lesson

FIRST, COUNT = 5_000_000, 120
OTHER_ITEMS = (True, False)


def among_papers(other_items: bool) -> list[tuple[Sample, Sample]]:
    """(alone, among other papers) of the samples that have such."""
    samples = synthetic_samples(COUNT, (0.0,), first=FIRST, other_items=other_items)
    pairs = []
    for i, sample in enumerate(samples):
        one = Vendor(FIRST + i).document(0)
        if sample.document != one.document:
            pairs.append((Sample(sample.id, one.document, one.label), sample))
    return pairs


@pytest.mark.parametrize("other_items", OTHER_ITEMS)
def test_some_samples_have_papers_in_front_and_some_behind(other_items):
    pairs = among_papers(other_items)
    assert 0.3 * SHARE < len(pairs) / COUNT < 2.5 * SHARE
    in_front = [now.document.pages[0] != alone.document.pages[0] for alone, now in pairs]
    assert any(in_front)
    assert not all(in_front)


def test_the_network_is_shown_the_same_values_on_their_new_pages():
    for alone, now in among_papers(True):
        before, after = (
            make_example(s, STANDARD_FIELDS, most=10_000, rng=np.random.default_rng(0)) for s in (alone, now)
        )
        assert not (after.asked & ~before.asked).any()
        for j, f in enumerate(STANDARD_FIELDS):
            if after.asked[j]:
                assert after.positive[:, j].any() == before.positive[:, j].any(), f.key


def test_line_items_are_found_on_their_new_pages():
    rows = 0
    for alone, now in among_papers(False):
        before, after = (lesson(lay_out(s.document), s.label.tables[LINE_ITEMS.key]) for s in (alone, now))
        assert after.located.found == before.located.found
        assert (after.located.rows >= 0).sum() == (before.located.rows >= 0).sum()
        rows += before.located.found
    assert rows
