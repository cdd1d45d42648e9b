"""The documents of the kinds: what is printed, what is true of it, and their dataset folder (FORMATS.md, section 1)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.template import Context, Engine

from invex.fields.labels import Label, LabelValue, label_to_json
from invex.fields.spec import FieldSpec
from mlops.learning.dataset import DATASET_FORMAT
from tests.bench.kinds.draw import Draw
from tests.bench.kinds.kind import Content, Kind
from tests.bench.kinds.printing import Printer, scanned

HERE = Path(__file__).parent
ENGINE = Engine(dirs=[str(HERE)], builtins=["tests.bench.kinds.filters"])
SEED = 20261122
COUNT = 14  # documents of a kind


@dataclass(frozen=True, slots=True)
class Paper:
    """One document. number: of its kind, from 0."""

    kind: Kind
    number: int
    content: Content

    @property
    def id(self) -> str:
        return f"{self.kind.name}_{self.number:02d}"

    def html(self) -> str:
        page = ENGINE.get_template(f"{self.kind.name}.html")
        return page.render(Context(dict(self.content), use_l10n=False, use_tz=False))

    def label(self) -> Label:
        """What a system that wrote the document would tell of it: values without boxes."""
        fields = {spec.key: _values(self.content[spec.key]) for spec in self.kind.fields}
        tables = {
            table.key: tuple(_row(row, table.columns) for row in self.content[table.key]) for table in self.kind.tables
        }
        return Label(self.kind.name, "token", fields, tables)


def papers(kind: Kind, count: int = COUNT, seed: int = SEED) -> list[Paper]:
    """Return documents of a kind; those of a seed are always the same, however many there are."""
    return [Paper(kind, number, kind.draw(Draw(f"{kind.name} {number} {seed}"))) for number in range(count)]


def write_dataset(folder: Path, kinds: Iterable[Kind], count: int = COUNT, seed: int = SEED) -> None:
    """Write a dataset folder of all kinds. Raises NoChromium."""
    kinds = list(kinds)
    made = [paper for kind in kinds for paper in papers(kind, count, seed)]
    for part in ("documents", "labels"):
        (folder / part).mkdir(parents=True)
    with Printer() as printer:
        for paper in made:
            pdf = printer.pdf(paper.html())
            if paper.number in paper.kind.scanned:
                pdf = scanned(pdf, seed=paper.id)
            (folder / "documents" / f"{paper.id}.pdf").write_bytes(pdf)
            _write_json(folder / "labels" / f"{paper.id}.json", label_to_json(paper.label()))
    about = {
        "format": DATASET_FORMAT,
        "name": "kinds",
        "description": "Kinds of documents that are none of the generator's",
        **asked_for(kinds),
        "documents": [{"id": paper.id, "file": f"documents/{paper.id}.pdf"} for paper in made],
    }
    _write_json(folder / "dataset.json", about)


def asked_for(kinds: Iterable[Kind]) -> dict[str, Any]:
    """Return the fields and tables of all kinds as dataset.json has them: once, where several kinds have the same."""
    kinds = list(kinds)
    fields = dict.fromkeys(spec for kind in kinds for spec in kind.fields)
    tables = dict.fromkeys(table for kind in kinds for table in kind.tables)
    return {
        "fields": [{"key": spec.key, "type": spec.type} for spec in fields],
        "tables": [
            {"key": table.key, "columns": [{"key": column.key, "type": column.type} for column in table.columns]}
            for table in tables
        ],
    }


def canonical(value: Any) -> str:
    """Return a value as labels write it."""
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _values(value: Any) -> tuple[LabelValue, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(LabelValue(canonical(one)) for one in values if one is not None)


def _row(row: Mapping[str, Any], columns: Iterable[FieldSpec]) -> dict[str, LabelValue]:
    return {c.key: LabelValue(canonical(row[c.key])) for c in columns if row[c.key] is not None}


def _write_json(path: Path, data: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")
