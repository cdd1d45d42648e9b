"""Documents for the walk around the circle, each with what a person confirms about it, and how answers are scored."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fixtures.generator import Vendor
from fixtures.generator.negatives import OWN_FIELDS
from fixtures.generator.render_pdf import render_pdf
from invex.fields.labels import label_from_json, label_to_json
from invex.fields.prediction import Prediction, TemplateMatch, Value
from invex.fields.spec import FieldSpec
from invex.fields.standard import LINE_ITEMS, STANDARD_FIELDS
from mlops.learning.evaluation import Report, evaluate

ADBUY_KNOWN, ADBUY_NEW = ("T3_contract", "T5_invoice_portrait"), "T7_billing_invoice"


@dataclass(frozen=True, slots=True)
class Kind:
    """A template as a project has it, in the words of REST."""

    name: str
    fields: tuple[FieldSpec, ...]
    has_rows: bool = False

    def to_json(self) -> dict[str, Any]:
        tables = [{"key": LINE_ITEMS.key, "columns": _specs(LINE_ITEMS.columns)}] if self.has_rows else []
        return {"name": self.name, "fields": _specs(self.fields), "tables": tables}


@dataclass(frozen=True, slots=True)
class Paper:
    """A file and what is true of it. label: as labels/ID.json."""

    name: str
    content: bytes
    label: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many documents each part of the walk takes, of each known template and of the new one."""

    first: int = 20  # of a known template, confirmed before build 1
    later: int = 10  # of a known template, between build 1 and the new template
    arriving: int = 10  # of the new template, when nobody knows it
    tried: int = 6  # of a known template, while two builds are compared
    tried_new: int = 12
    held_out: int = 4  # of a known template, never uploaded
    held_out_new: int = 8


@dataclass(frozen=True, slots=True)
class Papers:
    """All documents of a walk, in the order of their use; no document is in two parts."""

    known: tuple[Kind, ...]
    new: Kind
    first: tuple[Paper, ...]
    later: tuple[Paper, ...]
    arriving: tuple[Paper, ...]
    tried: tuple[Paper, ...]
    held_out: tuple[Paper, ...]

    @classmethod
    def dealt(cls, known: Mapping[Kind, list[Paper]], new: Kind, of_new: list[Paper], counts: Counts) -> Papers:
        """Deal the documents of each template to the parts. Raises ValueError when there are too few."""
        parts: dict[str, list[Paper]] = {"first": [], "later": [], "arriving": [], "tried": [], "held_out": []}
        wanted = [
            (kind.name, papers, {"first": counts.first, "later": counts.later, "tried": counts.tried,
                                 "held_out": counts.held_out})
            for kind, papers in known.items()
        ]  # fmt: skip
        wanted.append(
            (
                new.name,
                of_new,
                {"arriving": counts.arriving, "tried": counts.tried_new, "held_out": counts.held_out_new},
            )
        )
        for name, papers, sizes in wanted:
            if len(papers) < sum(sizes.values()):
                raise ValueError(f"{name}: {len(papers)} documents, {sum(sizes.values())} are needed")
            at = 0
            for part, size in sizes.items():
                parts[part] += papers[at : at + size]
                at += size
        return cls(tuple(known), new, **{part: tuple(papers) for part, papers in parts.items()})


def own(counts: Counts) -> Papers:
    """Invoices of two generated vendors, and the purchase orders of a third with fields of their own."""
    invoices = (Vendor(7, kind="invoice", locale="de-DE"), Vendor(60, kind="invoice", locale="en-US"))
    orders = Vendor(23, kind="order", locale="en-GB")
    known = {
        Kind(vendor.name, tuple(STANDARD_FIELDS), has_rows=True): _drawn(
            vendor, counts.first + counts.later + counts.tried + counts.held_out
        )
        for vendor in invoices
    }
    new = Kind(orders.name, tuple(OWN_FIELDS["order"]))
    of_new = _drawn(orders, counts.arriving + counts.tried_new + counts.held_out_new, own_fields=True)
    return Papers.dealt(known, new, of_new, counts)


def shared(folder: Path, counts: Counts) -> Papers:
    """Ad-buy documents of three templates, in the order of the dataset folder."""
    about = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    specs = tuple(FieldSpec(**one) for one in about["fields"])
    by_template: dict[str, list[Paper]] = {name: [] for name in (*ADBUY_KNOWN, ADBUY_NEW)}
    for entry in about["documents"]:
        label = json.loads((folder / "labels" / f"{entry['id']}.json").read_text(encoding="utf-8"))
        if label["template"] in by_template:
            file = folder / entry["file"]
            by_template[label["template"]].append(Paper(file.name, file.read_bytes(), label))
    known = {Kind(name, specs): by_template[name] for name in ADBUY_KNOWN}
    return Papers.dealt(known, Kind(ADBUY_NEW, specs), by_template[ADBUY_NEW], counts)


def score(papers: Iterable[Paper], answers: Mapping[str, Mapping[str, Any]], kinds: Iterable[Kind]) -> Report:
    """Return the figures of what REST answered, by the name of the file; as the gate counts, without tables."""
    fields = {spec.key: spec for kind in kinds for spec in kind.fields}
    labels = {paper.name: label_from_json(paper.label) for paper in papers}
    predictions = {name: _prediction(answer) for name, answer in answers.items()}
    return evaluate(fields.values(), (), labels, predictions)


def _prediction(answer: Mapping[str, Any]) -> Prediction:
    match = answer["template"]
    fields = {
        key: tuple(Value(one["value"], one.get("text", ""), one["confidence"]) for one in values)
        for key, values in answer["fields"].items()
    }
    return Prediction(TemplateMatch(match["name"], match["confidence"]), fields)


def _drawn(vendor: Vendor, count: int, *, own_fields: bool = False) -> list[Paper]:
    found = []
    for index in range(count):
        one = vendor.document(index, own_fields=own_fields)
        label = label_to_json(one.label)
        del label["source"]  # the token says who confirmed
        found.append(Paper(one.document.file, render_pdf(one.canvas), label))
    return found


def _specs(fields: Iterable[FieldSpec]) -> list[dict[str, str]]:
    return [{"key": spec.key, "type": spec.type, "label": spec.label} for spec in fields]
