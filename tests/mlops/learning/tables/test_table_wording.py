"""What a template prints: texts by the column that they stand in, and by the column of the numbers beside them."""

import numpy as np
import pytest

from mlops.learning.tables.wording import learn_wording
from tests.mlops.learning.tables.table_pages import line, tokens

NAME, AMOUNT = 1, 2  # classes of the two columns; 0 is in none
CLASSES = 3


def confirmed(*lines):
    """Lines of (text, its class) with their places; the class of every token."""
    page = tokens(*(line(0.1 + 0.03 * n, *((x, text) for x, text, _ in cells)) for n, cells in enumerate(lines)))
    of = {part: tag for cells in lines for _, text, tag in cells for part in text.split()}
    return page, np.array([of[t.text] for t in page.items], np.int32), np.zeros(len(page), bool)


def test_a_label_in_no_column_says_whose_the_number_beside_it_is_and_a_name_does_not():
    page = confirmed(
        [(0.1, "Road toll", 0), (-0.9, "12.50", AMOUNT)],
        [(0.1, "Road toll", 0), (-0.9, "13.50", AMOUNT)],
        [(0.1, "Netflix", NAME), (-0.9, "14.50", AMOUNT)],
        [(0.1, "Netflix", NAME), (-0.9, "15.50", AMOUNT)],
    )
    wording, _ = learn_wording([page], CLASSES)
    assert wording.beside == {"road toll": (0, 0, 2)}
    assert wording.own == {"netflix": (0, 2, 0), "road": (2, 0, 0), "toll": (2, 0, 0)}


def test_a_text_is_as_telling_as_it_was_seen_often_and_while_it_is_learned_its_own_line_does_not_count():
    page = confirmed(*([(0.1, "Road toll", 0), (-0.9, f"{n}.50", AMOUNT)] for n in range(3)))
    wording, learned = learn_wording([page], CLASSES)
    column = CLASSES + AMOUNT  # of the features: own texts first, then those beside
    numbers = np.flatnonzero(page[0].is_number)
    assert learned[0][numbers, column] == pytest.approx(2 / 3)  # two other lines, of the three that one more would make
    read = wording.features(page[0])
    assert read.shape == (len(page[0]), wording.width)
    assert read[numbers, column] == pytest.approx(3 / 4)


def test_what_was_seen_on_one_line_alone_is_not_kept():
    wording, _ = learn_wording([confirmed([(0.1, "Road toll", 0), (-0.9, "12.50", AMOUNT)])], CLASSES)
    assert not wording.own
    assert not wording.beside
