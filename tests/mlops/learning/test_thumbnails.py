"""Looks from afar: they decide where OCR could not read, and nowhere else."""

from dataclasses import replace

import numpy as np
import pytest

from invex.fields.geometry import Box
from invex.reading.types import THUMBNAIL_COLUMNS, THUMBNAIL_ROWS, Document, Page, Word
from mlops.learning.signatures import signature
from mlops.learning.templates import TemplateIndex, fit_templates
from mlops.learning.thumbnails import SIZE, legibility, log_odds, standardised
from tests.mlops.learning.forms import form_document


def page_of(form: int, filled: int = 0) -> np.ndarray:
    """A form's thumbnail, (SIZE,): two cells in three are the form's own, the others the document's."""
    own, filled_in = np.random.default_rng(form), np.random.default_rng([form, filled])
    cells = own.integers(0, 256, SIZE)
    theirs = own.random(SIZE) < 1 / 3
    cells[theirs] = filled_in.integers(0, 256, int(theirs.sum()))
    return cells.astype(np.uint8)


def scan(form: int, filled: int, *, confidence: float, words: float = 1.0) -> Document:
    """A page that OCR read; words: share of them that it found."""
    (page,) = form_document(form, filled).pages
    found = tuple(w._replace(confidence=confidence) for w in page.words[: round(words * len(page.words))])
    return Document((replace(page, words=found, source="ocr", thumbnail=page_of(form, filled).tobytes()),))


def test_a_scan_of_which_nothing_could_be_read_is_recognised_by_its_looks():
    index = fit_templates({str(form): [scan(form, n, confidence=0.99) for n in range(2)] for form in range(3)})
    for form in range(3):
        assert index.match(scan(form, 7, confidence=0.0, words=0.0)).name == str(form)
    assert index.match(scan(8, 0, confidence=0.0, words=0.0)).name is None


def test_words_that_were_hardly_read_are_weighed_with_the_looks():
    index = fit_templates({"a": [scan(1, n, confidence=0.99) for n in range(2)]})
    torn = scan(1, 7, confidence=0.87, words=0.4)
    without = replace(torn, pages=(replace(torn.pages[0], thumbnail=b""),))
    assert index.match(without).name is None
    assert index.match(torn).name == "a"


def test_words_that_were_read_well_decide_alone():
    index = fit_templates({"a": [scan(1, 0, confidence=0.99)]})
    looks_like_another = scan(1, 1, confidence=0.97)
    looks_like_another = replace(
        looks_like_another, pages=(replace(looks_like_another.pages[0], thumbnail=page_of(2).tobytes()),)
    )
    words_alone = replace(looks_like_another, pages=(replace(looks_like_another.pages[0], thumbnail=b""),))
    assert index.probabilities(looks_like_another) == index.probabilities(words_alone)


SPECKS = (".", "-", "'", "|", "i", "l", "..", "~", "_", "r")
COVER_SHEET = Page(
    595.0,
    842.0,
    tuple(Word(s, Box(0.1, 0.5, 0.11, 0.51), 0.3) for s in SPECKS * 3),
    "ocr",
    thumbnail=b"\1\0" * (SIZE // 2),
)


def behind(cover: Page, document: Document) -> Document:
    return replace(document, pages=(cover, *document.pages))


@pytest.mark.parametrize("cover", [COVER_SHEET, replace(COVER_SHEET, words=())])
def test_a_cover_sheet_does_not_silence_what_was_read_well_behind_it(cover):
    index = fit_templates({"a": [behind(cover, scan(1, n, confidence=0.99)) for n in range(2)]})
    looks_else = replace(cover, thumbnail=page_of(5).tobytes())
    for query in (cover, looks_else):
        faxed = behind(query, scan(1, 7, confidence=0.99))
        assert index.match(faxed).name == "a"
        assert index.match(faxed) == index.match(behind(replace(query, thumbnail=b""), scan(1, 7, confidence=0.99)))
    assert index.match(behind(looks_else, scan(8, 0, confidence=0.99))).name is None


def test_pages_are_weighed_by_what_was_read_on_them():
    bad, good = scan(1, 0, confidence=0.5), scan(1, 0, confidence=0.99)
    assert signature(behind(bad.pages[0], good)).legibility == pytest.approx(0.5)
    assert signature(behind(good.pages[0], bad)).legibility == pytest.approx(0.5)
    mostly_good = behind(scan(1, 0, confidence=0.5, words=0.1).pages[0], good)
    assert 0.85 < signature(mostly_good).legibility < 0.95
    assert signature(behind(COVER_SHEET, bad)).legibility == 0.0
    assert signature(replace(bad, pages=(COVER_SHEET,))).legibility == 0.0
    for confidence in (0.5, 0.86, 0.9, 0.93, 0.99):
        one = scan(1, 0, confidence=confidence)
        assert signature(one).legibility == pytest.approx(legibility(one.pages[0]), abs=1e-12)


def test_a_template_whose_examples_nobody_could_read_is_known_by_its_looks():
    index = TemplateIndex().with_example("a", scan(1, 0, confidence=0.0, words=0.0))
    assert index.match(scan(1, 1, confidence=0.0, words=0.0)).name == "a"
    assert index.match(form_document(1, 1)).confidence == 0.0


def test_blank_pages_look_like_nothing():
    blank = scan(1, 0, confidence=0.0, words=0.0)
    blank = replace(blank, pages=(replace(blank.pages[0], thumbnail=bytes(SIZE)),))
    assert TemplateIndex().with_example("a", blank).looks == {}
    assert fit_templates({"a": [scan(1, 0, confidence=0.9)]}).match(blank).confidence == 0.0


def test_thumbnails_survive_the_arrays_and_cost_nothing_where_there_are_none():
    examples = {"a": [scan(1, 0, confidence=0.99), form_document(1, 1)], "b": [form_document(2, 0)]}
    index = fit_templates(examples)
    loaded = TemplateIndex.from_arrays(index.to_arrays())
    query = scan(1, 7, confidence=0.8)
    assert loaded.probabilities(query) == index.probabilities(query)
    assert "thumbnails" not in fit_templates({"b": examples["b"]}).to_arrays()


def test_correlation_asks_neither_for_brightness_nor_for_contrast():
    page = page_of(1)
    faint = (page // 2 + 40).astype(np.uint8)
    assert log_odds(standardised(page), standardised(faint[None])) > 10
    assert log_odds(standardised(page), standardised(page_of(2)[None])) < -10


def test_legibility_is_the_confidence_of_what_ocr_read():
    (text,) = form_document(1, 0).pages
    assert legibility(text) == 1.0
    assert legibility(scan(1, 0, confidence=0.99).pages[0]) == 1.0
    assert 0.4 < legibility(scan(1, 0, confidence=0.9).pages[0]) < 0.6
    assert legibility(scan(1, 0, confidence=0.7).pages[0]) == 0.0
    assert len(scan(1, 0, confidence=0.7).pages[0].thumbnail) == THUMBNAIL_ROWS * THUMBNAIL_COLUMNS
