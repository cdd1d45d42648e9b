import numpy as np
import pytest

from fixtures.generator import Vendor
from fixtures.generator.content import draw_habits, draw_supplier
from fixtures.generator.draw import Draw
from invex.fields.geometry import Box
from invex.reading.types import Document, Page, Word
from mlops.learning.templates import TemplateIndex, fit_templates
from mlops.learning.wording import Wording

LABELS = ("invoice", "number", "date", "customer", "quantity", "price", "amount", "total", "cashier", "reference")
SENDER = ("Kedai", "Papan", "Jalan", "Banting", "43800", "Dengkil", "0387686092", "000781500416", "Selangor", "Suci")
OTHER_SENDER = ("Cash", "Carry", "Taman", "Subang", "40000", "Shah", "0377343662", "001169362944", "Alam", "Woon")


def paper(sender: tuple[str, ...], number: int) -> Document:
    """A form of one program: the sender's words, the program's labels, and what only this document says."""
    filled = [f"{word}{number}" for word in ("oil", "rice", "nails", "cement", "timber", "paint", "wire", "brush")]
    texts = [*sender, *LABELS, *filled]
    boxes = [(0.1 + 0.2 * (i % 4), 0.05 + 0.03 * (i // 4)) for i in range(len(texts))]
    words = tuple(Word(t, Box(x, y, x + 0.1, y + 0.02)) for t, (x, y) in zip(texts, boxes, strict=True))
    return Document((Page(595.0, 842.0, words),))


def hashes(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.uint32)


def test_the_same_form_of_another_sender_is_unknown():
    index = fit_templates({"kedai": [paper(SENDER, n) for n in range(5)]})
    assert index.match(paper(SENDER, 9)).name == "kedai"
    assert index.match(paper(OTHER_SENDER, 9)).name is None


def test_a_form_that_many_senders_use_stays_one_template():
    senders = [tuple(f"{word[:2]}{n}{word[2:]}" for word in SENDER) for n in range(5)]
    index = fit_templates({"form": [paper(sender, n) for n, sender in enumerate(senders)]})
    assert index.match(paper(OTHER_SENDER, 9)).name == "form"


def test_one_confirmed_document_of_another_sender_widens_the_template():
    index = fit_templates({"form": [paper(SENDER, n) for n in range(3)]})
    assert index.match(paper(OTHER_SENDER, 8)).name is None
    assert index.with_example("form", paper(OTHER_SENDER, 9)).match(paper(OTHER_SENDER, 10)).name == "form"


def test_one_example_does_not_say_what_never_changes():
    assert Wording.of([hashes(1, 2, 3)]).log_probability(hashes(7)) == 0.0


def test_what_the_examples_lack_themselves_may_be_lacking():
    steady = Wording.of([hashes(*range(20))] * 5)
    loose = Wording.of([np.delete(hashes(*range(20)), [i, i + 5]) for i in range(5)])
    query = hashes(*range(15, 20))
    assert steady.log_probability(query) < loose.log_probability(query) < 0.0
    assert steady.log_probability(hashes(*range(20))) == 0.0


def test_more_examples_do_not_make_a_misread_word_worse():
    few, many = (Wording.of([hashes(*range(20))] * n) for n in (3, 30))
    assert few.log_probability(hashes(*range(19))) == pytest.approx(many.log_probability(hashes(*range(19))))


def test_an_index_of_before_words_were_kept_judges_by_likeness_alone():
    arrays = fit_templates({"a": [paper(SENDER, n) for n in range(3)]}).to_arrays()
    old = TemplateIndex.from_arrays({k: v for k, v in arrays.items() if k not in ("words", "word_lengths")})
    assert old.match(paper(OTHER_SENDER, 9)).name == "a"
    assert old.with_example("a", paper(SENDER, 8)).match(paper(SENDER, 9)).name == "a"


def test_most_vendors_of_one_program_are_told_apart_and_their_own_documents_found():
    own = taken = 0
    for seed in range(5):
        vendor, other = Vendor(500 + seed, kind="invoice"), Vendor(500 + seed, kind="invoice")
        draw = Draw(900 + seed, 1)
        other.seed, other.supplier = 900 + seed, draw_supplier(draw, vendor.locale, vendor.kind)
        other.habits = draw_habits(draw, vendor.locale, vendor.kind)
        index = fit_templates({"a": [vendor.document(n, noise=0.3).document for n in range(4)]})
        own += index.match(vendor.document(9, noise=0.3).document).name == "a"
        taken += index.match(other.document(9, noise=0.3).document).name == "a"
    assert own == 5
    assert taken <= 2  # by likeness alone, all five
