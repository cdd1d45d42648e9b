"""A template with a second table, which day zero does not know: learned and read beside its line items."""

from __future__ import annotations

from invex.fields.geometry import Box, PageBox
from invex.fields.labels import Label, LabelValue
from invex.fields.spec import FieldSpec, TableSpec, TemplateSpec
from invex.reading.types import Document, Page, Word
from mlops.learning.dataset import Sample
from mlops.learning.learner import fit_template
from mlops.learning.package import Package
from mlops.learning.predictor import Predictor, shipped_package

ITEMS = TableSpec("line_items", (FieldSpec("description", "text"), FieldSpec("amount", "amount")))
TAXES = TableSpec("taxes", (FieldSpec("rate", "percentage"), FieldSpec("tax", "amount")))
SPEC = TemplateSpec("delivery", (), (ITEMS, TAXES))
TOPS = {"line_items": 0.2, "taxes": 0.5}


def delivery(number: int) -> Sample:
    """A page with two tables of two rows each."""
    printed = {
        "line_items": [("Rope", f"{number}20.50"), ("Paint", f"{number}7.25")],
        "taxes": [("19%", f"{number}9.00"), ("7%", f"{number}.50")],
    }
    heads = {"line_items": ("Description", "Amount"), "taxes": ("Rate", "Tax")}
    words = [word("Statement", 0.1, 0.05)]
    tables = {}
    for spec in SPEC.tables:
        rows = []
        for line, texts in enumerate([heads[spec.key], *printed[spec.key]]):
            row = [word(text, 0.1 + 0.4 * k, TOPS[spec.key] + 0.03 * line) for k, text in enumerate(texts)]
            words += row
            if line:
                rows.append({c.key: value(w) for c, w in zip(spec.columns, row, strict=True)})
        tables[spec.key] = tuple(rows)
    return Sample(str(number), Document((Page(595.0, 842.0, tuple(words)),)), Label("delivery", "person", {}, tables))


def word(text: str, x: float, y: float) -> Word:
    return Word(text, Box(x, y, x + 0.012 * len(text), y + 0.015))


def value(one: Word) -> LabelValue:
    return LabelValue(one.text.rstrip("%"), one.text, (PageBox(0, one.box),))


def test_both_tables_are_read_after_one_document_also_from_the_stored_package():
    base = shipped_package()
    learned = base.with_template(fit_template(base, SPEC, [delivery(4)]))
    for package in (learned, Package.from_bytes(learned.to_bytes())):
        tables = Predictor(package).predict(delivery(6).document, template="delivery").tables
        assert [row["description"].value for row in tables["line_items"]] == ["Rope", "Paint"]
        assert [(row["rate"].value, row["tax"].value) for row in tables["taxes"]] == [("19", "69.00"), ("7", "6.50")]
