"""A template tried on documents before it is saved: what would be read from each, and whether that looks right."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from invex.documents import queries as documents
from invex.documents.models import Document
from invex.extraction.pipeline import Outcome, run
from invex.fields.labels import label_from_json
from invex.fields.prediction import prediction_to_json
from invex.fields.spec import FieldSpec, TemplateSpec
from invex.fields.template_json import template_from_json, template_to_json
from invex.kernel.queue import ask
from invex.masterdata.queries import ProjectLists
from invex.review.rows import rows_of

from . import ports
from .design import Design

WAIT_S = 15  # an author waits for it
GOOD, LOOK, BAD = "good", "look", "bad"
WORST = (GOOD, LOOK, BAD)
MARKS = {"wrong": BAD, "look": LOOK}  # of the review


@dataclass(frozen=True, slots=True)
class Line:
    """What would be read for one field: mark is good, look or bad; values are canonical."""

    key: str
    label: str
    values: tuple[str, ...]
    mark: str
    boxes: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Tried:
    """One document: its lines, its tables as key, count of rows and mark, sentences on the whole, the worst mark."""

    document: int
    mark: str
    is_recognised: bool
    lines: tuple[Line, ...]
    tables: tuple[tuple[str, int, str], ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """What was tried, and the confirmed documents that it was learned from beside the one in hand: so many of `of`."""

    tried: tuple[Tried, ...]
    examples: int = 0
    of: int = 0

    def marked(self, names: Sequence[str]) -> list[tuple[str, str, int]]:
        """Return what is not good somewhere: its name, its worst mark, and on how many documents; the worst first.

        names: of the fields and then the tables.
        """
        marks = [[*(line.mark for line in one.lines), *(mark for _, _, mark in one.tables)] for one in self.tried]
        found = [
            (name, max(each, key=WORST.index), sum(mark != GOOD for mark in each))
            for name, each in zip(names, zip(*marks))
            if any(mark != GOOD for mark in each)
        ]
        return sorted(found, key=lambda one: (-WORST.index(one[1]), -one[2]))


def ask_worker(document: Document, design: Design, others: Iterable[Document]) -> Trial:
    """Return what the template would read from `others`, by a worker just now; nothing is stored. Raises NotNow."""
    asked = json.dumps({"template": template_to_json(design.spec), "label": design.label})
    ids = ",".join(str(other.pk) for other in others)
    found = ask("invex.studio.jobs.try_on", document.pk, asked, ids, queue="online", timeout_s=WAIT_S)
    tried = tuple(
        Tried(
            one["document"],
            one["mark"],
            one["is_recognised"],
            tuple(Line(**{**ln, "values": tuple(ln["values"]), "boxes": tuple(ln["boxes"])}) for ln in one["lines"]),
            tuple((key, rows, mark) for key, rows, mark in one["tables"]),
            tuple(one["remarks"]),
        )
        for one in found["tried"]
    )
    return Trial(tried, found["examples"], found["of"])


def try_on(document: Document, asked: str, others: Iterable[int]) -> Trial:
    """Learn the template in memory only, from this sample and confirmed ones, and read other documents with it.

    asked: JSON of {"template", "label"}.
    """
    sent = json.loads(asked)
    spec, label = template_from_json(sent["template"]), label_from_json(sent["label"])
    sample = documents.read_words(document)
    if sample is None:
        return Trial(())
    learned = ports.learner()(document.project_id, spec, sample, label, key=document.pk)
    lists = ProjectLists(document.project_id)
    tried = []
    for row in Document.objects.filter(project=document.project_id, pk__in=list(others)).order_by("pk"):
        read = documents.read_words(row)
        if read is not None:
            is_recognised = run(read, learned.predictor, lists=lists).prediction.template.name == spec.name
            outcome = run(read, learned.predictor, template=spec.name, lists=lists)
            tried.append(judged(row.pk, spec, outcome, is_recognised=is_recognised))
    return Trial(tuple(tried), learned.examples, learned.of)


def judged(pk: int, spec: TemplateSpec, outcome: Outcome, *, is_recognised: bool) -> Tried:
    """What the page of a document in review would mark is marked here."""
    shown = prediction_to_json(outcome.prediction, id="", file="", pages=0, seconds=0.0)
    rows, tables = rows_of(spec, shown, [asdict(reason) for reason in outcome.reasons])
    marks = {row.spec.key: MARKS.get(row.mark, GOOD) for row in rows}
    lines = tuple(_line(field, outcome, marks[field.key]) for field in spec.fields)
    counts = tuple((table.spec.key, len(table.rows), LOOK if table.needs_person else GOOD) for table in tables)
    worst = [*marks.values(), *(mark for _, _, mark in counts)]
    if not is_recognised:
        worst.append(BAD)
    known = {field.key for field in spec.fields}
    remarks = tuple(r.message for r in outcome.reasons if r.field not in known and r.code not in ("approval_off",))
    return Tried(pk, max(worst, key=WORST.index, default=GOOD), is_recognised, lines, counts, remarks)


def _line(field: FieldSpec, outcome: Outcome, mark: str) -> Line:
    values = outcome.prediction.fields.get(field.key, ())
    boxes = tuple(
        {"page": b.page, "box": list(b.box), "width": b.box.width, "height": b.box.height}
        for value in values
        for b in value.boxes
    )
    return Line(field.key, field.label, tuple(value.value for value in values), mark, boxes)
