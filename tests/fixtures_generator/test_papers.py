"""Other papers in one file with an invoice: the label stays the invoice's."""

from collections.abc import Iterator

import pytest

from fixtures.generator import Synthetic, Vendor
from fixtures.generator.countries import LOCALES
from fixtures.generator.negatives import KINDS as NEGATIVE_KINDS
from fixtures.generator.papers import KINDS, SHARE, WITHOUT_ITEMS, with_papers
from invex.fields.labels import Label, LabelValue

SEEDS = 12


def values(label: Label) -> Iterator[tuple[str, LabelValue]]:
    for key, found in label.fields.items():
        yield from ((key, value) for value in found)
    for i, row in enumerate(label.tables["line_items"]):
        yield from ((f"{i} {key}", value) for key, value in row.items())


def texts(one: Synthetic) -> list[str]:
    return [page.text for page in one.document.pages]


def printed(one: Synthetic, value: LabelValue) -> str:
    """The words in the value's boxes, without white space."""
    return "".join(
        word.text
        for at in value.boxes
        for word in one.document.pages[at.page].words
        if at.box.overlap(word.box) > 0.5 * word.box.width * word.box.height
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_label_is_the_invoices_on_the_page_where_it_now_stands(kind):
    for seed in range(SEEDS):
        vendor = Vendor(seed)
        alone, among = vendor.document(0), with_papers(vendor, share=1, kinds=(kind,))
        pages = texts(alone)
        start = texts(among).index(pages[0])
        assert texts(among)[start : start + len(pages)] == pages
        assert len(among.document.pages) > len(pages)
        before, now = dict(values(alone.label)), dict(values(among.label))
        assert now.keys() == before.keys()
        for key, value in now.items():
            assert (value.value, value.text) == (before[key].value, before[key].text)
            assert [(at.page - start, at.box) for at in value.boxes] == [tuple(at) for at in before[key].boxes], key
            assert value.text.replace(" ", "").replace("\u00a0", "") in printed(among, value), (seed, key)


@pytest.mark.parametrize("kind", KINDS)
def test_papers_stand_in_front_or_behind_as_often_as_they_should(kind):
    front = 0
    for seed in range(40):
        vendor = Vendor(seed)
        first = texts(vendor.document(0))[0]
        front += texts(with_papers(vendor, share=1, kinds=(kind,)))[0] != first
    assert abs(front / 40 - KINDS[kind].front) < 0.3


@pytest.mark.parametrize("code", LOCALES)
def test_papers_are_written_in_every_language(code):
    for kind in KINDS:
        for seed in range(3):
            one = with_papers(Vendor(seed, locale=code), share=1, kinds=(kind,))
            assert "{" not in " ".join(texts(one)), kind
            assert all(len(page.words) > 8 for page in one.document.pages), kind


def test_the_same_seed_gives_the_same_papers_and_most_invoices_stay_alone():
    changed = 0
    for seed in range(200):
        one, again = with_papers(Vendor(seed), noise=0.3), with_papers(Vendor(seed), noise=0.3)
        assert (one.document, one.label) == (again.document, again.label)
        plain = Vendor(seed).document(0, noise=0.3)
        changed += one.document != plain.document
        assert one.document != plain.document or one.label == plain.label
    assert 0.03 < changed / 200 < 2 * SHARE


def test_what_a_stranger_says_is_certainly_not_the_invoices():
    """Only its customer may be the same, and its currency."""
    for seed in range(40):
        vendor = Vendor(seed)
        alone = vendor.document(0).label.fields
        among = with_papers(vendor, share=1, kinds=("form", "minutes", "statistics")).label.fields
        assert alone.keys() - among.keys() <= {"currency", "customer_name"}
        assert {k for k, found in among.items() if not found} <= {k for k, found in alone.items() if not found}


def test_what_only_the_sender_s_letter_says_is_not_called_absent():
    """It prints its address on the letter, where some of its invoices have none."""
    silent = [v for v in map(Vendor, range(300)) if v.kind == "invoice" and not v.document(0).label.fields["address"]]
    labels = [with_papers(v, share=1, kinds=("mail",)).label.fields for v in silent]
    assert len(silent) > 5
    assert any("address" not in fields for fields in labels)


def test_papers_without_items_have_none():
    assert set(WITHOUT_ITEMS) < set(KINDS)
    assert not {"order", "quote", "delivery_note"} & set(WITHOUT_ITEMS)
    assert set(KINDS) - set(NEGATIVE_KINDS) == {"mail", "fax", "terms"}
