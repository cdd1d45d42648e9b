import json

import pytest

from invex.fields.geometry import Box
from invex.fields.labels import Label, LabelValue, label_to_json
from invex.fields.prediction import Alternative, Prediction, TemplateMatch, Value
from invex.fields.spec import FieldSpec
from invex.reading.errors import Unreadable
from invex.reading.types import Document, Page, Word
from invex.reading.words import to_json
from mlops.learning.dataset import Sample, load_dataset
from mlops.learning.duplicates import duplicates
from mlops.learning.label_errors import cross_validated, suspects
from mlops.learning.validation import population_stability, validate

FIELDS = (FieldSpec("number", "id"), FieldSpec("total", "amount"))


def paper(number, total, *, misread=""):
    texts = f"Invoice {misread or 'number'} {number} for the delivery of many goods, in total {total} to be paid within days"
    words = tuple(
        Word(text, Box(0.05 + 0.05 * (i % 9), 0.1 + 0.03 * (i // 9), 0.09 + 0.05 * (i % 9), 0.115 + 0.03 * (i // 9)))
        for i, text in enumerate(texts.split())
    )
    return Document((Page(595.0, 842.0, words),))


def label(number=None, total=None, template="T"):
    said = {"number": number, "total": total}
    return Label(template, fields={k: (LabelValue(v),) for k, v in said.items() if v is not None})


def dataset(folder, documents):
    """Write a dataset of (document or None, label) by id and load it; None = a file that nobody can read."""
    for name in ("words", "labels", "documents"):
        (folder / name).mkdir()
    about = {
        "format": "invex-dataset/1",
        "fields": [{"key": f.key, "type": f.type} for f in FIELDS],
        "documents": [{"id": i, "file": f"documents/{i}.pdf"} for i in documents],
    }
    (folder / "dataset.json").write_text(json.dumps(about))
    for identity, (document, confirmed) in documents.items():
        (folder / "labels" / f"{identity}.json").write_text(json.dumps(label_to_json(confirmed)))
        if document is None:
            (folder / "documents" / f"{identity}.pdf").write_bytes(b"no PDF")
        else:
            (folder / "words" / f"{identity}.json").write_text(json.dumps(to_json(document)))
    return load_dataset(folder)


def refuse(path):
    raise Unreadable("corrupt")


def codes(report):
    return [finding.code for finding in report.findings]


def good(count):
    return {f"d{i}": (paper(f"A-{i}77", f"{i}1.50"), label(f"A-{i}77", f"{i}1.50")) for i in range(count)}


def test_a_good_dataset_is_fit(tmp_path):
    report = validate(dataset(tmp_path, good(4)), None)
    assert report.is_fit
    assert (report.documents, report.values, report.located) == (4, 8, 8)
    assert codes(report) == []
    assert "nothing to complain about" in report.text()


def test_unreadable_files_and_wrong_forms_are_errors(tmp_path):
    documents = {**good(3), "bad": (None, label("1")), "form": (paper("B-9", "7.00"), label("B-9", "7,00 EUR"))}
    report = validate(dataset(tmp_path, documents), refuse)
    assert not report.is_fit
    assert {("unreadable", "bad"), ("not_canonical", "form")} <= {(f.code, *f.documents) for f in report.findings}
    assert json.loads(json.dumps(report.to_json()))["is_fit"] is False


def test_a_key_that_the_dataset_lacks_is_said_once_with_its_documents(tmp_path):
    documents = good(4)
    for i in ("d0", "d2"):
        documents[i][1].fields["fax"] = (LabelValue("1"), LabelValue("2"))
    documents["d1"][1].tables["items"] = ({"unit": LabelValue("kg")},)
    report = validate(dataset(tmp_path, documents), None)
    assert [(f.code, f.severity, f.documents) for f in report.findings] == [
        ("unknown_field", "warning", ("d0", "d2")),
        ("unknown_field", "warning", ("d1",)),
    ]
    assert "fax is not among the fields of dataset.json; documents with it: 2." in report.text()
    assert "items.unit is not among" in report.text()


def test_values_that_are_not_printed_are_named(tmp_path):
    documents = {**good(3), "odd": (paper("C-1", "5.00"), label("C-2", "5.00"))}
    report = validate(dataset(tmp_path, documents), None)
    assert codes(report) == ["value_not_on_page"]
    assert "number = 'C-2'" in report.findings[0].message
    assert report.located == report.values - 1


def test_a_number_that_is_printed_in_groups_is_on_the_page(tmp_path):
    number = "86 131082 W 256"
    report = validate(dataset(tmp_path, {**good(3), "groups": (paper(number, "5.00"), label(number, "5.00"))}), None)
    assert codes(report) == []
    assert report.located == report.values


def test_the_same_paper_with_other_labels_is_a_contradiction_and_may_not_be_in_two_splits(tmp_path):
    twice = {
        **good(3),
        "a": (paper("D-5", "5.00"), label("D-5", "5.00")),
        "b": (paper("D-5", "5.00", misread="nurnber"), label("D-5", "15.00")),
    }
    report = validate(dataset(tmp_path, twice), None, splits={"train": ["a", "d0"], "test": ["b", "d1"]})
    found = {f.code: f for f in report.findings}
    assert found["contradicting_labels"].documents == ("a", "b")
    assert "total" in found["contradicting_labels"].message
    assert found["duplicate_across_splits"].severity == "error"


def test_two_invoices_of_one_kind_are_not_the_same_paper():
    assert list(duplicates({"a": paper("D-5", "5.00"), "b": paper("D-6", "5.00"), "c": paper("D-5", "5.00")})) == [
        ("a", "c")
    ]


def test_a_change_of_the_mix_is_told(tmp_path):
    before = [label("1", "2.00")] * 40
    now = {
        f"d{i}": (paper(f"A-{i}77", f"{i}1.50"), label(f"A-{i}77", template="U" if i % 2 else "T")) for i in range(40)
    }
    report = validate(dataset(tmp_path, now), None, earlier=before)
    assert "template_drift" in codes(report)
    assert any(f.code == "field_drift" and "'total'" in f.message for f in report.findings)


def test_population_stability_is_zero_without_a_change_and_symmetric():
    before, now = {"a": 50, "b": 50}, {"a": 80, "b": 20}
    assert population_stability(before, before) == pytest.approx(0.0)
    assert population_stability(before, now) == pytest.approx(population_stability(now, before))
    assert population_stability(before, now) > 0.2


def prediction(number, confidence, *alternatives):
    value = Value(number, number, confidence, alternatives=tuple(Alternative(v, c) for v, c in alternatives))
    return Prediction(TemplateMatch("T", 1.0), {"number": (value,)})


def test_labels_that_a_sure_model_contradicts_are_suspected_worst_first():
    labels = {i: label(i) for i in "1234567"}
    predictions = {i: prediction(i, 0.9) for i in "1234"} | {
        "5": prediction("X", 0.92, ("5", 0.5)),
        "6": prediction("Y", 0.95),
        "7": prediction("Z", 0.3),  # unsure: no accusation
    }
    found = suspects(FIELDS, labels, predictions)
    assert [(s.document, s.predicted) for s in found] == [("6", "Y"), ("5", "X")]
    assert found[1].suspicion == pytest.approx(0.42)


def test_no_accusation_of_a_field_that_the_model_cannot_read():
    labels = {i: label(i) for i in "123"}
    assert suspects(FIELDS, labels, {i: prediction("X", 0.99) for i in "123"}) == ()


def test_suspected_labels_are_in_the_report(tmp_path):
    documents = good(4)
    wrong = prediction("A-377", 0.95)
    predictions = {i: prediction(documents[i][1].fields["number"][0].value, 0.9) for i in ("d0", "d1", "d2")}
    documents["d3"] = (documents["d3"][0], label("A-3"))
    report = validate(dataset(tmp_path, documents), None, predictions={**predictions, "d3": wrong})
    assert "suspected_label" in codes(report)


def test_cross_validation_predicts_each_document_without_having_seen_it():
    samples = [Sample(f"s{i}", paper(str(i), "1.00"), label(str(i), template="TU"[i % 2])) for i in range(12)]
    seen = []

    def fit(known):
        ids = {s.label.fields["number"][0].value for s in known}
        seen.append({s.label.template for s in known})
        return lambda document: prediction("seen" if document.pages[0].words[2].text in ids else "new", 1.0)

    found = cross_validated(samples, fit, folds=3)
    assert len(found) == 12
    assert {p.fields["number"][0].value for p in found.values()} == {"new"}
    assert all(templates == {"T", "U"} for templates in seen)
