"""Rows: the best sequence of states, and lines that repeat their numbers."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mlops.learning.tables.rows import BEGIN, INSIDE, OUTSIDE, count_transitions, decode, spans, split_repeats

STATES = st.lists(st.sampled_from([OUTSIDE, BEGIN, INSIDE]), min_size=1, max_size=12)


def certain(states):
    return np.log(np.eye(3, dtype=np.float32)[states] * 0.98 + 0.01)


def test_rows_begin_and_go_on():
    states = [OUTSIDE, BEGIN, INSIDE, BEGIN, OUTSIDE]
    found = decode(certain(states), count_transitions([np.array(states)]))
    assert found.tolist() == states
    assert spans(found) == [(1, 3), (3, 4)]


@given(STATES)
def test_no_row_goes_on_that_never_began(states):
    found = decode(certain(states), count_transitions([])).tolist()
    assert all(state != INSIDE or before != OUTSIDE for before, state in zip([OUTSIDE, *found], found, strict=False))


def test_a_second_price_and_amount_are_a_second_item():
    columns = np.array([[1, 1, 1], [0, 0, 0], [1, 1, 1]], bool)
    assert split_repeats([(0, 3)], columns) == [(0, 2), (2, 3)]


def test_one_number_again_is_a_detail():
    columns = np.array([[1, 1, 1], [1, 0, 0]], bool)
    assert split_repeats([(0, 2)], columns) == [(0, 2)]
