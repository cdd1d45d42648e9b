"""What validation found about labels, as its page says it: fields and types by their names, in both languages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils import translation

from invex.catalog.field_names import names_of
from invex.fields.geometry import Box
from invex.fields.labels import Label, LabelValue, label_to_json
from invex.fields.prediction import Prediction, TemplateMatch, Value
from invex.reading.types import Document, Page, Word
from invex.reading.words import to_json
from mlops.console import findings
from mlops.learning.dataset import load_dataset
from mlops.learning.validation import MIN_DRIFT_DOCUMENTS, validate

pytestmark = pytest.mark.django_db
ABOUT = {
    "format": "invex-dataset/1",
    "fields": [
        {"key": "net_amount", "type": "amount"}, {"key": "due_date", "type": "date"}, {"key": "iban", "type": "iban"},
    ],
    "tables": [{"key": "line_items", "columns": [{"key": "quantity", "type": "number"}]}],
}  # fmt: skip


def paper(text: str) -> Document:
    words = tuple(
        Word(one, Box(0.05 + 0.05 * (i % 9), 0.1 + 0.03 * (i // 9), 0.09 + 0.05 * (i % 9), 0.115 + 0.03 * (i // 9)))
        for i, one in enumerate(text.split())
    )
    return Document((Page(595.0, 842.0, words),))


def label(net_amount: str = "", due_date: str = "", template: str = "T", quantity: str = "") -> Label:
    said = {"net_amount": net_amount, "due_date": due_date}
    fields = {key: (LabelValue(value),) for key, value in said.items() if value}
    return Label(
        template, fields=fields, tables={"line_items": ({"quantity": LabelValue(quantity)},)} if quantity else {}
    )


def bill(number: int) -> str:
    return f"Bill for the delivery of very many goods in autumn, number {number}, to be paid: {number}1.50 until 2020-03-29"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A report as the database keeps it, with findings of the kinds that name fields."""
    folder = tmp_path_factory.mktemp("dataset")
    documents = {f"d{n}": (paper(bill(n)), label(f"{n}1.50")) for n in range(10, 10 + MIN_DRIFT_DOCUMENTS)}
    documents |= {
        "address": (paper(bill(71)), label("7.00", "2020-03-30")),
        "form": (paper(bill(72)), label("721.50", quantity="2 ×")),
        "one": (paper(bill(73)), label("731.50", "2020-03-29")),
        "two": (paper(bill(73)), label("1.50", "2020-03-29", template="U")),
    }
    about = {**ABOUT, "documents": [{"id": identity} for identity in documents]}
    (folder / "dataset.json").write_text(json.dumps(about))
    for name in ("words", "labels"):
        (folder / name).mkdir()
    for identity, (document, confirmed) in documents.items():
        (folder / "words" / f"{identity}.json").write_text(json.dumps(to_json(document)))
        (folder / "labels" / f"{identity}.json").write_text(json.dumps(label_to_json(confirmed)))
    predictions = {
        name: Prediction(TemplateMatch("T", 1.0), {"net_amount": (Value(value, value, 0.9),)})
        for name, value in {"d10": "101.50", "d11": "111.50", "d12": "121.50", "address": "711.50"}.items()
    }
    earlier = [label("1.50", "2020-03-29")] * MIN_DRIFT_DOCUMENTS
    splits = {"train": ["one", "d10"], "test": ["two", "d11"]}
    found = validate(load_dataset(folder), None, splits=splits, earlier=earlier, predictions=predictions)
    stored: dict[str, Any] = json.loads(json.dumps(found.to_json()))
    return stored


SAID = {
    "suspected_label": (
        "Document address: net_amount is labelled '7.00', a model that has not seen it reads '711.50' (suspicion 0.90).",
        "Document address: Net amount is labelled '7.00', a model that has not seen it reads '711.50' (suspicion 0.90).",
        "Dokument address: Nettobetrag ist als '7.00' bestätigt, ein Modell, das es nicht gesehen hat, liest '711.50' "
        "(Verdacht 0.90).",
    ),
    "value_not_on_page": (
        "Document address: not printed as labelled: net_amount = '7.00', due_date = '2020-03-30'.",
        "Document address: not printed as labelled: Net amount = '7.00', Due date = '2020-03-30'.",
        "Dokument address: nicht wie bestätigt gedruckt: Nettobetrag = '7.00', Fälligkeitsdatum = '2020-03-30'.",
    ),
    "not_canonical": (
        "Document form: line_items, row 1, quantity = '2 ×' is no number as labels write it.",
        "Document form: Line items, row 1, Quantity = '2 ×' is no quantity as labels write it.",
        "Dokument form: Positionen, Zeile 1, Menge = '2 ×' ist nicht so geschrieben, wie Bestätigungen es schreiben "
        "(Anzahl).",
    ),
    "contradicting_labels": (
        "The same paper 2 times, with different labels for the template, net_amount.",
        "The same paper 2 times, with different labels for the template, Net amount.",
        "Dasselbe Papier 2-mal, mit verschiedenen Bestätigungen für die Vorlage, Nettobetrag.",
    ),
    "duplicate_across_splits": (
        "The same paper is in test and in train: figures would flatter.",
        "The same paper is in test and in train: figures would flatter.",
        "Dasselbe Papier ist in test und in train: Die Zahlen würden schmeicheln.",
    ),
    "field_drift": (
        "Field 'due_date' is labelled in 9% of the documents, before in 100% (stability index 5.58).",
        "Field 'Due date' is labelled in 9% of the documents, before in 100% (stability index 5.58).",
        "Feld 'Fälligkeitsdatum' ist in 9% der Dokumente bestätigt, vorher in 100% (Stabilitätsindex 5.58).",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("code", "said"), SAID.items())
def test_findings_speak_of_fields_by_their_keys_in_the_report_and_by_their_names_on_the_page(
    access, report, code, said
):
    kept = [one for one in report["findings"] if one["code"] == code][:1]
    assert [one["message"] for one in kept] == [said[0]]
    for language, wanted in (("en", said[1]), ("de", said[2])):
        with translation.override(language):
            [group] = findings.grouped({"findings": kept}, {}, names_of(access.project))
            assert group.findings[0]["message"] == wanted


def test_words_that_look_like_a_key_stay_as_they_are(access, report):
    """A document may be called like a field, and a value read like a sentence about one."""
    [kept] = [one for one in report["findings"] if one["code"] == "suspected_label"]
    parts = [
        ["currency"],
        [{"field": "net_amount"}],
        ["'address, row 3, iban = '"],
        ["'{1}: due_date is labelled'"],
        ["1"],
    ]
    [group] = findings.grouped({"findings": [{**kept, "parts": parts}]}, {}, names_of(access.project))
    assert group.findings[0]["message"] == (
        "Document currency: Net amount is labelled 'address, row 3, iban = ', "
        "a model that has not seen it reads '{1}: due_date is labelled' (suspicion 1)."
    )


def test_a_report_from_before_findings_had_parts_is_said_with_keys(access, report):
    kept = [{k: v for k, v in one.items() if k not in ("sentence", "parts")} for one in report["findings"]]
    for language, wanted in (("en", "is labelled '7.00'"), ("de", "ist als '7.00' bestätigt")):
        with translation.override(language):
            groups = findings.grouped({"findings": kept}, {}, names_of(access.project))
            said = [one["message"] for group in groups for one in group.findings]
            assert len(said) == len(kept)
            assert any(f"address: net_amount {wanted}" in one for one in said)
