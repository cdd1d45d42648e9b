"""Text for spreadsheets: what may run there is marked, and nothing else is."""

from __future__ import annotations

import pytest

from invex.kernel.spreadsheets import harmless


@pytest.mark.parametrize(
    "text", ["=1+1", "+49 30 1", "-1+cmd|' /C calc'!A0", "-1-1", "-", "-1.2.3", "-1e5", "@SUM(1)", "\tx", "\n=1", "＝1"]
)
def test_what_may_run_is_marked(text):
    assert harmless(text) == "'" + text


@pytest.mark.parametrize("text", ["", "ACME", "1+1", "-12", "-12.50", "-12,50", "12-13", " =1"])
def test_the_rest_stays_as_it_is_also_a_negative_number(text):
    assert harmless(text) == text
