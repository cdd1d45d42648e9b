"""Boxes drawn by a person, laid over labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from invex.fields.geometry import Box, PageBox
from invex.fields.labels import Label, LabelValue
from invex.fields.values import is_same, readings
from invex.reading.reader import read_file
from invex.reading.types import Document
from mlops.learning.dataset import Sample, load_dataset, read
from tests.bench.annotations import load_annotations, with_boxes

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
BOX = PageBox(1, Box(0.1, 0.2, 0.3, 0.25))


def sample(identity: str = "a", **fields: tuple[LabelValue, ...]) -> Sample:
    return Sample(identity, Document(()), Label("T", fields=fields))


def test_a_value_takes_the_boxes_and_stays_what_it_was():
    drawn = with_boxes(sample(total=(LabelValue("5.00", "$5"),)), {"a": {"total": (BOX,)}})
    assert drawn.label.fields == {"total": (LabelValue("5.00", "$5", (BOX,)),)}
    assert (drawn.label.template, drawn.id) == ("T", "a")


def test_a_document_that_nobody_annotated_is_unchanged():
    plain = sample(total=(LabelValue("5.00"),))
    assert with_boxes(plain, {"b": {"total": (BOX,)}}) == plain


@pytest.mark.parametrize("values", [(), (LabelValue("1"), LabelValue("2"))])
def test_absent_and_repeated_fields_take_none(values):
    plain = sample(total=values)
    assert with_boxes(plain, {"a": {"total": (BOX,), "date": (BOX,)}}) == plain


def test_a_field_without_a_drawn_box_keeps_its_own():
    own = LabelValue("5.00", None, (BOX,))
    assert with_boxes(sample(total=(own,)), {"a": {"total": ()}}).label.fields["total"] == (own,)


def test_every_box_of_the_fixture_is_a_box_of_its_page():
    annotations = load_annotations("adbuy")
    assert len(annotations) == 30
    for fields in annotations.values():
        assert set(fields) <= {"contract_num", "advertiser", "gross_amount", "flight_from", "flight_to"}
        for boxes in fields.values():
            assert boxes
            assert all(b.page >= 0 and 0 <= b.box.x0 < b.box.x1 <= 1 and 0 <= b.box.y0 < b.box.y1 <= 1 for b in boxes)


@pytest.mark.shared
@pytest.mark.skipif(not (SHARED / "adbuy").is_dir(), reason="needs ../shared/data")
@pytest.mark.parametrize(
    ("every", "count"),
    # 30 documents with 5 fields, less one label that is wrong and one that is absent
    [(6, 24), pytest.param(1, 148, marks=pytest.mark.slow)],
    ids=["of some documents", "of all documents"],
)
def test_under_every_box_stands_the_value_of_the_label(every, count):
    dataset = load_dataset(SHARED / "adbuy")
    types = {f.key: f.type for f in dataset.fields}
    annotations = load_annotations("adbuy")
    checked = 0
    for entry in [one for one in dataset.labelled() if one.id in annotations][::every]:
        document = read(entry, lambda path: read_file(path, ocr="never"))
        for key, values in with_boxes(Sample(entry.id, document, entry.label), annotations).label.fields.items():
            for value in values:
                for page, box in value.boxes:
                    inside = [w.text for w in document.pages[page].words if _is_inside(w.box, box)]
                    assert _says(types[key], " ".join(inside), value.value), (entry.id, key)
                    checked += 1
    assert checked == count


def _is_inside(word: Box, box: Box, slack: float = 1e-4) -> bool:
    return all(a >= b - slack for a, b in zip(word[:2], box[:2])) and all(
        a <= b + slack for a, b in zip(word[2:], box[2:])
    )


def _says(kind: str, printed: str, value: str) -> bool:
    """Say whether `printed` is the value, or for names at least begins with it."""
    if kind in ("text", "id"):
        return printed.replace(" ", "").startswith(value.replace(" ", ""))
    return any(is_same(kind, r.value, value) for r in readings(kind, printed))
