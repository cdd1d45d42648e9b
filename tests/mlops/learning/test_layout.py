"""Words become lines and cells, whatever the skew, and cells know their neighbours above and below."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from invex.fields.geometry import Box
from invex.reading.types import Document, Page, Word
from mlops.learning.layout import NO_CELL, lay_out

CHAR, HEIGHT = 0.01, 0.012


def word(text: str, x: float, y: float) -> Word:
    return Word(text, Box(x, y, x + CHAR * len(text), y + HEIGHT))


def narrow(y: float, text: str) -> list[Word]:
    """The words of a line, without gaps at which a text may end."""
    words, x = [], 0.1
    for part in text.split():
        words.append(word(part, x, y))
        x += CHAR * len(part) + 0.005
    return words


def document(*pages: list[Word]) -> Document:
    return Document(tuple(Page(600, 800, tuple(words)) for words in pages))


def test_lines_and_cells_are_told_apart_by_gaps():
    page = [word("Invoice", 0.1, 0.1), word("no.", 0.18, 0.1), word("4711", 0.5, 0.101), word("Date", 0.1, 0.13)]
    layout = lay_out(document(page))
    assert layout.line_texts == ("Invoice no. 4711", "Date")
    assert layout.cell_texts == ("Invoice no.", "4711", "Date")


def test_cells_point_to_the_nearest_cell_above_and_below():
    page = [word("Total", 0.5, 0.1), word("Left", 0.1, 0.15), word("12.50", 0.51, 0.2)]
    layout = lay_out(document(page))
    total, left, amount = range(3)
    assert layout.above[amount] == total
    assert layout.below[total] == amount
    assert layout.above[total] == NO_CELL
    assert layout.above[left] == NO_CELL
    assert layout.word_above[2] == total


def test_pages_do_not_look_into_each_other():
    layout = lay_out(document([word("Total", 0.5, 0.9)], [], [word("12.50", 0.5, 0.1)]))
    assert layout.above[1] == NO_CELL
    assert layout.page.tolist() == [0, 2]


def test_empty_document_has_an_empty_layout():
    layout = lay_out(document([]))
    assert (layout.words, layout.lines, layout.cells) == (0, 0, 0)


@given(st.floats(-0.04, 0.04))
def test_a_skewed_page_keeps_its_lines(slope: float):
    page = []
    for row in range(5):
        for column in range(8):
            x = 0.1 + 0.1 * column
            page.append(word(f"w{row}{column}", x, 0.3 + 0.03 * row + slope * x * 600 / 800))
    # neighbours are near enough to tell the slope: gaps of .07 page widths are 4.4 word heights, so add fillers
    page = [w for v in page for w in (v, word("fill", v.box.x0 + 0.045, v.box.y0 + slope * 0.045 * 600 / 800))]
    layout = lay_out(document(page))
    assert layout.lines == 5


def test_words_are_numbered_in_line_order_and_know_their_origin():
    page = [word("b", 0.3, 0.2), word("a", 0.1, 0.2), word(" ", 0.2, 0.2), word("top", 0.1, 0.1)]
    layout = lay_out(document(page))
    assert layout.texts == ("top", "a", "b")
    assert layout.origin.tolist() == [3, 1, 0]
    assert np.all(np.diff(layout.line) >= 0)
    assert len(layout.boxes([1, 2])) == 1
