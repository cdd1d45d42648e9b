"""On real documents: what passes by the evidence of the others keeps the promise; too little evidence passes nothing."""

from __future__ import annotations

import pytest

from tests.bench.automation import SHARED, by_template, judge, unseen

pytestmark = [
    pytest.mark.shared,
    pytest.mark.slow,
    pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/data"),
]


@pytest.fixture(scope="module")
def read():
    return unseen(0, with_tables=False)


def test_what_passes_keeps_the_promise(read):
    found = judge(by_template(read), 0.2, seed=0)
    assert found.in_force > 0.25
    assert found.error is not None
    assert found.error <= 0.2


def test_twenty_documents_of_a_template_are_no_evidence_for_five_per_cent(read):
    found = judge(by_template(read), 0.05, seed=0)
    assert (found.in_force, found.coverage, found.error) == (0.0, 0.0, None)
