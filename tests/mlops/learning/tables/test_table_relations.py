"""Arithmetic, columns and headers as features."""

import numpy as np

from mlops.learning.tables.features import WIDTH, view
from mlops.learning.tables.headers import NO_BLOCK, find_headers
from mlops.learning.tables.relations import arithmetic_features, column_features
from tests.mlops.learning.tables.table_pages import line, tokens


def token(found, text):
    return next(i for i, t in enumerate(found.items) if t.text == text)


def test_factors_and_product_of_a_line_are_marked():
    found = tokens(line(0.1, (0.1, "Chair"), (-0.5, "3"), (-0.7, "12.50"), (-0.9, "37.50")))
    features = arithmetic_features(found)
    assert features[token(found, "3"), 0]
    assert features[token(found, "12.50"), 1]
    assert features[token(found, "37.50"), 2]
    assert features[token(found, "37.50"), 3]


def test_one_times_a_number_is_no_evidence_beside_a_real_product():
    found = tokens(line(0.1, (0.05, "1"), (0.1, "Chair"), (-0.5, "3"), (-0.7, "12.50"), (-0.9, "37.50")))
    assert not arithmetic_features(found)[token(found, "1"), :3].any()


def test_amounts_that_add_up_to_a_printed_sum_are_told_from_the_sum():
    rows = [line(0.1 + 0.03 * i, (0.1, "Item"), (-0.9, amount)) for i, amount in enumerate(("10.00", "20.00", "12.50"))]
    found = tokens(*rows, line(0.3, (0.5, "Total"), (-0.9, "42.50")))
    _, summed = column_features(found)
    assert [bool(summed[token(found, t)]) for t in ("10.00", "20.00", "12.50", "42.50")] == [True, True, True, False]


def test_a_header_over_two_lines_is_one_and_rules_what_is_below():
    found = tokens(
        line(0.05, (0.1, "Invoice")),
        line(0.2, (0.1, "Description"), (-0.5, "Quantity"), (-0.7, "Unit")),
        line(0.22, (-0.7, "price"), (-0.9, "Amount")),
        line(0.26, (0.1, "Chair"), (-0.5, "3"), (-0.7, "12.50"), (-0.9, "37.50")),
    )
    headers = find_headers(found)
    assert len(headers.tokens) == 1
    assert headers.block[token(found, "Invoice")] == NO_BLOCK
    assert headers.block[token(found, "37.50")] == 0
    assert headers.is_header[token(found, "price")]


def test_a_view_has_the_declared_width_and_is_finite():
    found = tokens(line(0.1, (0.1, "Chair"), (-0.5, "3"), (-0.7, "12.50"), (-0.9, "37.50")))
    seen = view(found)
    assert seen.dense.shape == (4, WIDTH)
    assert np.isfinite(seen.dense).all()
