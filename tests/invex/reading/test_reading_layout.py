"""Geometry of words and pages: turning, breaking, order."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from invex.fields.geometry import Box
from invex.reading.characters import normalise
from invex.reading.layout import break_points, join_letter_spaced, reading_order
from invex.reading.pageframe import PageFrame
from invex.reading.turning import turn_boxes

unit = st.floats(0, 1, allow_nan=False, width=32)


@st.composite
def boxes(draw, max_size=12):
    corners = draw(st.lists(st.tuples(unit, unit, unit, unit), max_size=max_size))
    return np.array([(min(a, c), min(b, d), max(a, c), max(b, d)) for a, b, c, d in corners], float).reshape(-1, 4)


@given(boxes(), st.sampled_from([0, 90, 180, 270]))
def test_turning_there_and_back_is_the_identity(some, degrees):
    back = turn_boxes(turn_boxes(some, degrees), 360 - degrees)
    assert np.allclose(back, some)


@given(boxes(), st.sampled_from([0, 90, 180, 270]), st.sampled_from([0, 90, 180, 270]))
def test_turns_add_up_and_boxes_stay_boxes(some, first, second):
    turned = turn_boxes(turn_boxes(some, first), second)
    assert np.allclose(turned, turn_boxes(some, first + second))
    assert (turned[:, :2] <= turned[:, 2:] + 1e-9).all()
    assert ((turned > -1e-9) & (turned < 1 + 1e-9)).all()


@given(boxes(max_size=40))
def test_reading_order_loses_and_repeats_nothing(some):
    assert sorted(reading_order(some).tolist()) == list(range(len(some)))


def test_reading_order_goes_line_by_line_whatever_small_steps_there_are():
    line = [(0.1, 0.100, 0.2, 0.120), (0.3, 0.104, 0.4, 0.124), (0.21, 0.114, 0.215, 0.121)]  # the third is a comma
    below = [(0.1, 0.130, 0.2, 0.150)]
    assert reading_order(np.array(below + line)).tolist() == [1, 3, 2, 0]


def test_a_quarter_turn_clockwise_brings_the_bottom_left_corner_to_the_top_left():
    assert Box(*turn_boxes(np.array([[0.0, 0.9, 0.2, 1.0]]), 90)[0].round(6).tolist()) == Box(0.0, 0.0, 0.1, 0.2)


def test_the_frame_of_a_page_respects_its_crop_box_and_rotation():
    frame = PageFrame(left=100, bottom=200, right=300, top=600, rotation=90)
    assert (frame.width, frame.height) == (400, 200)
    bottom_left = frame.relative(np.array([[100.0, 200.0, 150.0, 300.0]]))
    assert bottom_left[0].tolist() == [0.0, 0.0, 0.25, 0.25]


def test_words_break_at_wide_gaps_and_new_lines_only():
    row = [(i * 6.0, 100.0, i * 6.0 + 6, 112.0) for i in range(4)]
    row += [(40.0, 100.0, 46.0, 112.0), (46.0, 100.0, 52.0, 112.0), (0.0, 114.0, 6.0, 126.0)]
    starts = break_points(np.array(row), np.zeros(7, int))
    assert starts.tolist() == [True, False, False, False, True, False, True]


def test_letters_that_are_spaced_out_are_one_word_and_their_wider_gap_divides_two():
    boxes = np.array([(x, 0.0, x + 6, 12.0) for x in (0, 9, 18, 27, 48, 57)], float)
    starts = join_letter_spaced(np.ones(6, int), boxes, np.ones(6, bool))
    assert starts.tolist() == [True, False, False, False, True, False]


def test_single_letters_of_table_columns_stay_apart():
    boxes = np.array([(x, 0.0, x + 6, 12.0) for x in range(0, 300, 50)], float)
    assert join_letter_spaced(np.ones(6, int), boxes, np.ones(6, bool)).all()


def test_characters_are_what_a_person_would_type():
    assert normalise("ﬁnal oﬃce") == "final office"
    assert normalise("Rech\u00adnung\u200b") == "Rechnung"
    assert normalise("u\u0308ber 5 m² ½") == "über 5 m² ½"
    assert normalise("ＡＢ１２") == "AB12"
