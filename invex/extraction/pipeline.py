"""From a read document to a checked prediction and the decision who looks at it: read, predict, check, route.

Pure, so that jobs, online prediction and the command line share it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from invex.fields.charges import Charges
from invex.fields.checks import AMBIGUOUS, Checked, check
from invex.fields.findings import Finding, Target, name_of
from invex.fields.locale import infer, settle
from invex.fields.master_data import Lists
from invex.fields.prediction import Prediction, error_to_json, prediction_to_json
from invex.fields.spec import FieldSpec, LocaleSpec, TableSpec, TemplateSpec, title_of
from invex.fields.standard import LINE_ITEMS, STANDARD_FIELDS
from invex.reading.errors import Unreadable
from invex.reading.types import Document

from .einvoice import merge_xml
from .lines import lines_of

# What is asked of a document that belongs to no template.
UNKNOWN = TemplateSpec("", STANDARD_FIELDS, (LINE_ITEMS,))
NOTHING_KNOWN = LocaleSpec()


class Predictor(Protocol):
    """Reads values from documents; a loaded model package, or several behind a deployment."""

    @property
    def templates(self) -> Mapping[str, TemplateSpec]: ...

    def predict(self, document: Document, *, template: str | None = None) -> Prediction:
        """Return what `document` says. template: the one it is known to be of; None = detect it."""
        ...


class Reader(Protocol):
    """Turns files into documents; invex.reading.pool.ReaderPool."""

    def read(self, path: Path, *, name: str) -> Document:
        """Return the document in file `path`, called `name` for people. Raises Unreadable."""
        ...


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The least confidence with which a document of one template passes without a person, all in [0, 1].

    fields: by field key; a field that is not named, and every cell of a table, needs `default`. audited: the share of
    the documents that pass and go to a person all the same, drawn at random, so that the promise stays known to hold.
    builds, version: of the template, for which they were computed; None = for any.
    """

    template: float
    default: float
    fields: Mapping[str, float] = field(default_factory=dict)
    audited: float = 0.0
    builds: tuple[str, ...] | None = None
    version: int | None = None

    def hold_for(self, build: str, version: int | None) -> bool:
        """Say whether they were computed for what this build reads of this version of the template."""
        return (self.builds is None or build in self.builds) and self.version in (None, version)


APPROVAL_OFF = "approval_off"  # reason code: nothing would have passed
LACKING = "lacking"  # reason code: a field, table or column is empty that all confirmed documents of the template fill
AUDIT = "audit"  # reason code of a document that would have passed, and that a person looks at without being told how


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a person has to look: a code for programs, a sentence for people, and the key of the field or table."""

    code: str
    message: str
    field: str = ""  # "" = the document as a whole


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a document: state "review", with at least one reason, or "approved", with none."""

    prediction: Prediction
    state: str
    reasons: tuple[Reason, ...]


def run(
    document: Document,
    predictor: Predictor,
    *,
    thresholds: Mapping[str, Thresholds] | None = None,
    draw: float = 1.0,
    template: str | None = None,
    lists: Lists | None = None,
    always: Callable[[str], Collection[str]] = lambda template: (),
) -> Outcome:
    """Return what `document` says, checked, and whether a person has to look at it.

    thresholds: by template; a person looks at every document of the others. draw: drawn for this document from [0, 1),
    audited when it is below the share that is. template: the one it is known to be of; None = detect it. lists: the
    master data that rules of templates ask for. always: returns the keys of fields and tables that all confirmed
    documents of a template fill.
    """
    prediction = predictor.predict(document, template=template)
    prediction = replace(prediction, warnings=tuple(dict.fromkeys((*document.warnings, *prediction.warnings))))
    spec = predictor.templates.get(prediction.template.name or "", UNKNOWN)
    merged = merge_xml(prediction, document, spec)
    charges = cache(lambda: Charges(_printed_lines(document)))
    checked = check(spec, merged.prediction, NOTHING_KNOWN, lists=lists, charges=charges)
    if any(failure.name == AMBIGUOUS for failure in checked.failures):  # only then are the conventions asked for
        locale = settle(spec.locale, infer(_printed_lines(document)))
        checked = check(spec, merged.prediction, locale.known, lists=lists, charges=charges)
    failures = (
        *merged.failures,
        *checked.failures,
        *lacking(checked.prediction.fields, checked.prediction.tables, spec, always),
    )
    return route(Checked(checked.prediction, failures), thresholds or {}, draw, spec)


def route(
    checked: Checked, thresholds: Mapping[str, Thresholds], draw: float = 1.0, spec: TemplateSpec = UNKNOWN
) -> Outcome:
    """Return who looks at the document: a failed check or a doubt always goes to a person.

    draw: see run. spec: says what the fields are called.
    """
    prediction = checked.prediction
    wanted = thresholds.get(prediction.template.name or "")
    reasons = [
        Reason(failure.name, failure.message, failure.targets[0].key if failure.targets else "")
        for failure in checked.failures
    ]
    if prediction.template.name is None:
        reasons.append(Reason("unknown_template", "The document looks like none of the templates"))
    elif wanted is None:
        reasons.append(Reason(APPROVAL_OFF, "Automatic approval is off: a person looks at every document"))
    if wanted is not None:
        reasons.extend(_doubts(prediction, wanted, spec))
        if not reasons and draw < wanted.audited:
            reasons.append(Reason(AUDIT, "Drawn at random: say what the document says, as for any other"))
    return Outcome(prediction, "review" if reasons else "approved", tuple(dict.fromkeys(reasons)))


def lacking(
    fields: Mapping[str, Collection[Any]],
    tables: Mapping[str, Collection[Mapping[str, Any]]],
    spec: TemplateSpec,
    always: Callable[[str], Collection[str]],
) -> Iterator[Finding]:
    """Yield what is empty and never is; of a required field that is said already."""
    unfilled = {f.key: name_of(spec, f.key) for f in spec.fields if not f.required and not fields.get(f.key)}
    empty = unfilled | {t.key: title_of(t.key) for t in spec.tables if not tables.get(t.key)}
    for table in spec.tables:
        columns = empty_columns(table, tables.get(table.key, ()))
        empty |= {f"{table.key}.{c.key}": f"{title_of(table.key)}: {c.label or title_of(c.key)}" for c in columns}
    known = always(spec.name) if spec.name and empty else ()
    for key, name in empty.items():
        if key in known:
            message = f"{name} is empty; every confirmed document of this template has it"
            yield Finding(LACKING, False, message, (Target(key.partition(".")[0]),))


def empty_columns(table: TableSpec, rows: Iterable[Mapping[str, Any]]) -> tuple[FieldSpec, ...]:
    """Return the columns that no row has a cell of; () of a table without cells, which is empty itself."""
    present = {column for row in rows for column in row}
    return tuple(c for c in table.columns if present and c.key not in present)


def _doubts(prediction: Prediction, thresholds: Thresholds, spec: TemplateSpec) -> Iterator[Reason]:
    if prediction.template.confidence < thresholds.template:
        yield Reason("low_confidence", f"The template is only {prediction.template.confidence:.0%} sure")
    for key, values in prediction.fields.items():
        for value in values:
            if value.confidence < thresholds.fields.get(key, thresholds.default):
                yield Reason("low_confidence", f"{name_of(spec, key)} is only {value.confidence:.0%} sure", key)
    for key, rows in prediction.tables.items():
        unsure = sum(cell.confidence < thresholds.default for row in rows for cell in row.values())
        if unsure:
            yield Reason("low_confidence", f"{unsure} cells of {title_of(key)} are not sure enough", key)


def _printed_lines(document: Document) -> Iterator[str]:
    for page in document.pages:
        for line in lines_of(page.words):
            yield " ".join(word.text for word in line)


def extract_file(path: Path, reader: Reader, predictor: Predictor) -> dict[str, Any]:
    """Return the line that `extract` prints for a file: its prediction, or why it could not be read."""
    start = time.perf_counter()
    try:
        document = reader.read(path, name=path.name)
    except Unreadable as e:
        return error_to_json(file=path.name, code=e.code, message=e.message)
    prediction = run(document, predictor).prediction
    seconds = time.perf_counter() - start
    return prediction_to_json(prediction, id=path.stem, file=path.name, pages=len(document.pages), seconds=seconds)
