"""What a template prints on every document, and in whose company its values stand."""

from __future__ import annotations

import numpy as np

from invex.fields.geometry import Box
from invex.reading.types import Document, Page, Word
from mlops.learning.boilerplate import Boilerplate
from mlops.learning.matching import CUES, occurrence_cues, place
from mlops.learning.view import View


def view(*lines: tuple[float, float, str]) -> View:
    """(x, y, text) of each cell of a page."""
    words = []
    for x, y, text in lines:
        for word in text.split():
            words.append(Word(word, Box(x, y, x + 0.01 * len(word), y + 0.012)))
            x += 0.01 * len(word) + 0.004
    return View(Document((Page(595.0, 842.0, tuple(words)),)))


def novelty(boilerplate: Boilerplate, page: View, text: str) -> float:
    candidates = page.candidates("text")
    return float(boilerplate.novelty(page, candidates)[candidates.texts.index(text)])


CONFIRMED = view((0.1, 0.1, "Advertiser"), (0.5, 0.1, "Bird House"), (0.1, 0.2, "Sales Office"), (0.5, 0.2, "Boston"))
NEXT = view((0.1, 0.1, "Advertiser"), (0.1, 0.15, "Bird Office"), (0.1, 0.2, "Sales Office"), (0.5, 0.2, "Denver"))


def learned(*views: View) -> Boilerplate:
    return Boilerplate.of([(v, np.isin(v.layout.texts, ["Bird", "House"])) for v in views])


def test_what_a_confirmed_document_prints_is_not_new():
    boilerplate = learned(CONFIRMED)
    assert novelty(boilerplate, NEXT, "Sales Office") == 0
    assert novelty(boilerplate, NEXT, "Denver") == 1


def test_one_new_word_is_enough_and_confirmed_values_are_not_the_template():
    assert novelty(learned(CONFIRMED), NEXT, "Bird Office") == 1


def test_a_part_of_a_value_that_stands_elsewhere_too_is_not_the_template():
    page = view((0.1, 0.1, "Advertiser"), (0.5, 0.1, "Bird House"), (0.1, 0.9, "House Office"))
    in_value = np.arange(len(page.layout.texts)) < 3
    in_value[page.layout.texts.index("Advertiser")] = False
    boilerplate = Boilerplate.of([(page, in_value)])
    assert novelty(boilerplate, view((0.1, 0.1, "House")), "House") == 1
    assert novelty(boilerplate, view((0.1, 0.1, "Office")), "Office") == 0


def test_an_address_that_goes_on_into_a_label_below_it_is_not_new():
    page = view((0.1, 0.1, "6 Sadama"), (0.1, 0.115, "10111 Tallinn"), (0.1, 0.13, "Sales Office"))
    candidates = page.candidates("address")
    found = dict(zip(candidates.texts, learned(CONFIRMED).novelty(page, candidates).tolist(), strict=True))
    assert found["6 Sadama 10111 Tallinn"] == 1
    assert found["6 Sadama 10111 Tallinn Sales Office"] == 0


def test_a_name_that_goes_on_into_running_text_of_the_template_is_not_new():
    boilerplate = learned(view((0.1, 0.1, "Bird House in the garden of the landlord")))
    page = view((0.1, 0.1, "Basement in the garden of the landlord"), (0.1, 0.2, "Friends of the garden"))
    assert novelty(boilerplate, page, "Basement in the garden of the landlord") == 0
    assert novelty(boilerplate, page, "Friends of the garden") == 1


def test_words_of_one_of_two_documents_are_half_new():
    other = view((0.1, 0.1, "Advertiser"), (0.1, 0.2, "Region"))
    assert novelty(learned(CONFIRMED, other), NEXT, "Sales Office") == 0.5


def test_it_travels_as_arrays_and_nothing_learned_is_nothing_stored():
    boilerplate = learned(CONFIRMED)
    again = Boilerplate.from_arrays(boilerplate.to_arrays())
    assert novelty(again, NEXT, "Sales Office") == 0
    assert Boilerplate().to_arrays() == {}
    assert novelty(Boilerplate(), NEXT, "Sales Office") == 1


def test_an_occurrence_near_other_values_is_told_from_one_that_stands_alone():
    page = view((0.1, 0.10, "2024-03-01"), (0.3, 0.10, "2024-03-09"), (0.1, 0.90, "2024-03-01"))
    dates = page.candidates("date")
    start = np.array([t == "2024-03-01" for t in dates.texts])
    rows, nameless = np.flatnonzero(start), np.zeros(start.sum(), np.float32)
    cues = occurrence_cues(dates, page.features("date"), rows, [place(dates, ~start)], nameless)
    for cue in ("near", "beside"):
        heading, alone = cues[:, CUES.index(cue)]
        assert heading > 0.3 > alone
