"""Confirmed values are found again on the page, with boxes and without."""

from dataclasses import replace

import pytest

from invex.fields.geometry import Box, PageBox
from invex.fields.labels import LabelValue
from invex.reading.types import Document, Page
from mlops.learning.candidates import find
from mlops.learning.layout import TEXT_LAYER, lay_out
from mlops.learning.locate import as_printed, locate
from tests.mlops.learning.test_layout import CHAR, document, word

PAGE = [
    word("Total", 0.1, 0.1), word("$1,250.00", 0.3, 0.1), word("Paid", 0.1, 0.2), word("1250.00", 0.3, 0.2),
    word("03/04/2020", 0.6, 0.1),
]  # fmt: skip


def test_every_occurrence_of_a_number_may_be_meant():
    candidates = find(lay_out(document(PAGE)), "amount")
    assert locate(candidates, LabelValue("1250.00")).matching.sum() == 2


def test_boxes_say_which_occurrence_was_meant():
    candidates = find(lay_out(document(PAGE)), "amount")
    box = (PageBox(0, Box(0.29, 0.19, 0.4, 0.22)),)
    found = locate(candidates, LabelValue("1250.00", boxes=box))
    assert found.matching.sum() == 2
    assert [candidates.texts[k] for k in found.meant.nonzero()[0]] == ["1250.00"]


def test_an_ambiguous_date_is_found_under_either_convention():
    candidates = find(lay_out(document(PAGE)), "date")
    assert locate(candidates, LabelValue("2020-04-03")).matching.any()
    assert locate(candidates, LabelValue("2020-03-04")).matching.any()
    assert not locate(candidates, LabelValue("2020-05-03")).matching.any()


def test_a_misread_value_is_located_by_its_boxes():
    candidates = find(lay_out(document([word("l2S0.00", 0.3, 0.1), word("7.00", 0.3, 0.2)])), "id")
    box = (PageBox(0, Box(0.29, 0.09, 0.4, 0.12)),)
    assert locate(candidates, LabelValue("1250.00", boxes=box)).meant.any()


@pytest.mark.parametrize(
    ("kind", "printed", "confirmed", "is_found"),
    [
        ("text", "99 SPEED MART 5/B", "99 Speed Mart S/B", True),
        ("text", "Gerpang Restaurants", "Gerbang Restaurants", True),
        ("text", "Gerbang Verlag", "Gerbang Restaurants", False),
        ("id", "AB-1O7Z", "AB-1072", True),
        ("id", "AB-1073", "AB-1072", False),
        ("id", "Gerpang-7", "Gerbang-7", False),
    ],
)
def test_a_text_is_found_with_a_reading_error_on_a_scan_alone(kind, printed, confirmed, is_found):
    words, x = [], 0.1
    for part in printed.split():
        words.append(word(part, x, 0.1))
        x += CHAR * (len(part) + 0.5)
    (page,) = document([*words, word("Total", 0.1, 0.3)]).pages
    scan, text_layer = (lay_out(Document((replace(page, source=source),))) for source in ("ocr", TEXT_LAYER))
    label = LabelValue(confirmed)
    assert locate(find(scan, kind), label).matching.any() == is_found
    assert not locate(find(text_layer, kind), label).matching.any()


@pytest.mark.parametrize(("source", "is_found"), [("blank", False), ("ocr", True)])
def test_an_empty_page_is_no_scan(source, is_found):
    words = [word("Gerpang", 0.1, 0.1), word("Restaurants", 0.175, 0.1)]
    (page,) = document(words).pages
    read = replace(page, source=TEXT_LAYER) if source == "blank" else replace(page, source=source)
    layout = lay_out(Document((read, Page(600, 800, (), source="blank"))))
    assert locate(find(layout, "text"), LabelValue("Gerbang Restaurants")).matching.any() == is_found


def test_an_address_without_its_last_line_is_not_meant_where_all_of_it_is_printed():
    lines = [("41 Strandgata", 0.1), ("6004 Aalesund", 0.115), ("USA", 0.13)]
    page = [word(text, 0.1, y) for text, y in lines] + [word(text, 0.6, y + 0.5) for text, y in lines[:2]]
    candidates = find(lay_out(document(page)), "address")
    found = locate(candidates, LabelValue("41 Strandgata, 6004 Aalesund, USA")).meant
    assert [candidates.texts[k] for k in found.nonzero()[0]] == [
        "41 Strandgata 6004 Aalesund USA",
        "41 Strandgata 6004 Aalesund",
    ]
    assert [float(candidates.box[k, 0]) > 0.5 for k in found.nonzero()[0]] == [False, True]


def test_the_other_sign_of_a_boxed_number_is_looked_for_in_its_boxes_alone():
    page = [word("Total", 0.1, 0.1), word("108.00", 0.3, 0.1), word("Received", 0.1, 0.2), word("-100.00", 0.3, 0.2)]
    candidates = find(lay_out(document(page)), "amount")
    boxed = LabelValue("100.00", boxes=(PageBox(0, Box(0.29, 0.09, 0.4, 0.12)),))
    assert as_printed(candidates, boxed) == boxed
    assert as_printed(candidates, LabelValue("100.00")).value == "-100.00"
