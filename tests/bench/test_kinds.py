"""What the labels of the kinds say is printed in their HTML; a seed's documents are always the same."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from invex.fields.labels import label_from_json, label_to_json
from mlops.learning.metrics import Counts
from tests.bench.accuracy_kinds import KS, Figures, row
from tests.bench.kinds import KINDS
from tests.bench.kinds.filters import fr, spell
from tests.bench.kinds.kind import Kind
from tests.bench.kinds.papers import Paper, asked_for, papers

NUMBERS = ("#,##0.00", "#,##0", "0.####", "0.000", "#,##0.0", "0.0000", "0.0", "0.00", "0")
DATES = (
    "dd/MM/y", "dd MMM yy", "dd MMM y", "d MMM y", "dd.MM.y", "dd.MM.yy", "d. MMMM y", "d MMMM y", "dd-MMM-y", "MM/dd/y", "MM/dd/yy", "dd/MM/yy",
    "dd-MM-y", "MMMM d, y", *(f"d'{ending} day of' MMMM, y" for ending in ("st", "nd", "rd", "th")),
)  # fmt: skip
EACH_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def text_of(paper: Paper) -> str:
    """What the HTML prints, in capital letters, with one space where there are more."""
    body = paper.html().split("<body>")[1]
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", body)).split()).upper()


def letters(text: str) -> str:
    """Only letters and digits: what an IBAN in groups, or an address in lines, has in common with its label."""
    return re.sub(r"\W|_", "", text.upper())


def said(paper: Paper) -> Iterator[tuple[str, Any]]:
    """Every value that the paper's label has, with its key."""
    for spec in paper.kind.fields:
        value = paper.content[spec.key]
        yield from ((spec.key, one) for one in (value if isinstance(value, list) else [value]) if one is not None)
    for table in paper.kind.tables:
        for line in paper.content[table.key]:
            yield from ((column.key, line[column.key]) for column in table.columns if line[column.key] is not None)


def is_printed(value: Any, text: str, language: str) -> bool:
    if isinstance(value, date):
        spelled = {spell(value, pattern, language) for pattern in DATES} | {fr(value, pattern) for pattern in DATES}
    elif isinstance(value, Decimal | int):
        spelled = {spell(value, pattern, language) for pattern in NUMBERS}
    else:
        return letters(str(value)) in letters(text)
    return any(re.search(rf"(?<![\d.,]){re.escape(one.upper())}(?!\d)", text) for one in spelled)


@EACH_KIND
def test_every_value_of_a_label_is_printed(kind: Kind) -> None:
    for paper in papers(kind):
        text = text_of(paper)
        missing = [(key, value) for key, value in said(paper) if not is_printed(value, text, kind.language)]
        assert not missing, paper.id


@EACH_KIND
def test_a_label_holds_every_field_and_column(kind: Kind) -> None:
    made = papers(kind)
    labels = [paper.label() for paper in made]
    assert {spec.key for spec in kind.fields} == {
        key for label in labels for key, values in label.fields.items() if values
    }
    for table in kind.tables:
        columns = {key for label in labels for line in label.tables[table.key] for key in line}
        assert columns == {column.key for column in table.columns}
    for label in labels:
        assert label_from_json(json.loads(json.dumps(label_to_json(label)))) == label


@EACH_KIND
def test_the_same_seed_makes_the_same_documents(kind: Kind) -> None:
    few, more, others = papers(kind, 2, seed=1), papers(kind, 3, seed=1), papers(kind, 2, seed=2)
    assert [(paper.html(), paper.label()) for paper in few] == [(paper.html(), paper.label()) for paper in more[:2]]
    assert len({paper.html() for paper in (*more, *others)}) == 5


def test_a_dataset_of_all_kinds_has_every_key_once() -> None:
    asked = asked_for(KINDS)
    keys = [entry["key"] for part in ("fields", "tables") for entry in asked[part]]
    assert len(set(keys)) == len(keys)
    assert set(keys) == {entry.key for kind in KINDS for entry in (*kind.fields, *kind.tables)}


def test_what_is_no_text_in_html_is_escaped() -> None:
    statement = Paper(KINDS[0], 0, {**papers(KINDS[0], 1)[0].content, "account_holder": "A <b> & Sons"})
    assert "A &lt;b&gt; &amp; Sons" in statement.html()


def test_a_row_shows_the_figures_of_all_seeds() -> None:
    one = Figures(Counts(8, 1, 3), Counts(), invented=1, absent=4)
    other = Figures(Counts(10, 0, 0), Counts(2, 2, 2), invented=2, absent=4)
    assert row("payslip", [one, other, one + other]) == (
        "| payslip | 0.800 | 1.000 | 0.900 |  | 0.500 | 0.500 | 0.25 | 0.50 | 0.38 |"
    )
    assert len(KS) == 3
