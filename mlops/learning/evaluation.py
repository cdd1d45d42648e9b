"""How good are predictions? Figures per field, per template and over all, against what was confirmed.

Every document with a label counts, and of it every field whose key is in the label: an absent key means that nobody
said, an empty list that the value is certainly not there. A document without prediction, or with an error, has all its
values missing. When a value is right is said in `matching`; what the figures mean, in the fields of `Report`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from invex.fields.labels import Label, LabelValue
from invex.fields.prediction import Prediction, Value
from invex.fields.spec import FieldSpec, TableSpec

from .assignment import maximum_assignment
from .comparison import is_canonical, matches, same
from .dataset import some_of
from .metrics import Counts, Coverage, Scored, auroc, calibration_error, coverage

PROMISED_ERROR = 0.01  # of the coverage that is reported
UNKNOWN = "(unknown)"  # how documents without a template are listed

# A document's prediction, or the error code of a file that could not be read (FORMATS.md, section 2).
Answer = Prediction | str


@dataclass(frozen=True, slots=True)
class TemplateScores:
    """Did documents find their template, and strangers none? Rates are None where there is nothing to divide by."""

    known: int  # documents of a template
    unknown: int  # documents of none
    accuracy: float | None  # of the known: given their own template
    wrong_template_rate: float | None  # of the known: given another one
    false_unknown_rate: float | None  # of the known: given none
    unknown_recall: float | None  # of the unknown: given none
    misrouted_rate: float | None  # of the unknown: given one
    auroc: float | None  # of the confidence, known against unknown


@dataclass(frozen=True, slots=True)
class Unread:
    """A document that could not be read. file: its name. code, message: see FORMATS.md, section 2."""

    id: str
    file: str
    code: str
    message: str

    def said(self) -> str:
        return f"{self.file}: {self.message} ({self.code})"


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of an evaluation.

    micro: over all values of fields. macro_f1: mean of the fields' F1, of those that occur.
    document_exact: share of documents with every field right and nothing spurious.
    spurious_rate: share of the certain absences for which a value was given.
    tables: cells, after the row matching that makes most of them right; a column that a row's label leaves out
    is not counted. templates: the same as micro, by the label's template.
    coverage: the share of values that one threshold may accept with at most PROMISED_ERROR of them wrong.
    unread: documents that count as `errors`, with all their values missing, where it is known which ones.
    """

    documents: int
    answered: int
    missing: int
    errors: dict[str, int]
    micro: Counts
    macro_f1: float | None
    fields: dict[str, Counts]
    tables: dict[str, Counts]
    templates: dict[str, Counts]
    document_exact: float | None
    certain_absences: int
    spurious_rate: float | None
    template: TemplateScores
    coverage: Coverage
    calibration_error: float | None
    not_canonical: dict[str, int]
    unread: tuple[Unread, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the figures as `score.py --json` names them; besides by template, and what was not read."""
        return {
            "documents": self.documents,
            "answered": self.answered,
            "missing": self.missing,
            "errors": self.errors,
            "micro": _counts_to_json(self.micro),
            "macro_f1": self.macro_f1,
            "fields": {key: _counts_to_json(counts) for key, counts in self.fields.items()},
            "tables": {key: _counts_to_json(counts) for key, counts in self.tables.items()},
            "templates": {name: _counts_to_json(counts) for name, counts in self.templates.items()},
            "document_exact": self.document_exact,
            "certain_absences": self.certain_absences,
            "spurious_rate": self.spurious_rate,
            "template": {name: getattr(self.template, name) for name in TemplateScores.__slots__},
            "coverage_at_1pct": {
                "coverage": self.coverage.share,
                "threshold": self.coverage.threshold,
                "accepted": self.coverage.accepted,
            },
            "ece": self.calibration_error,
            "not_canonical": self.not_canonical,
            "unread": [asdict(one) for one in self.unread],
        }

    def table(self) -> str:
        """Return the figures as lines for a person."""
        t = self.template
        lines = [
            f"documents {self.documents}  answered {self.answered}  missing {self.missing}  "
            f"errors {sum(self.errors.values())}",
            *self._unread_lines(),
            f"micro-F1 {_show(self.micro.f1)}  precision {_show(self.micro.precision)}  "
            f"recall {_show(self.micro.recall)}  macro-F1 {_show(self.macro_f1)}  "
            f"whole documents {_show(self.document_exact)}",
            f"spurious {_show(self.spurious_rate)} of {self.certain_absences} certain absences  "
            f"coverage at {PROMISED_ERROR:.0%} error {_show(self.coverage.share)}  "
            f"calibration error {_show(self.calibration_error)}",
            "",
            *_rows("field", self.fields),
        ]
        if self.tables:
            lines += ["", *_rows("table (cells)", self.tables)]
        if self.templates:
            lines += ["", *_rows("template", self.templates)]
        if t.known or t.unknown:
            lines += [
                "",
                f"template right {_show(t.accuracy)} of {t.known} known (none given {_show(t.false_unknown_rate)}, "
                f"another {_show(t.wrong_template_rate)})",
                f"unknown recognised {_show(t.unknown_recall)} of {t.unknown}  mis-routed {_show(t.misrouted_rate)}  "
                f"AUROC {_show(t.auroc)}",
            ]
        if self.not_canonical:
            lines += ["", f"values not in canonical form, never right: {self.not_canonical}"]
        return "\n".join(lines)

    def _unread_lines(self) -> list[str]:
        if not self.unread:
            return []
        what = f"could not be read, so all of their values count as missing: {len(self.unread)}"
        return [what, *some_of([one.said() for one in self.unread])]


def evaluate(
    fields: Iterable[FieldSpec],
    tables: Iterable[TableSpec],
    labels: Mapping[str, Label],
    predictions: Mapping[str, Answer],
) -> Report:
    """Return the figures of `predictions` against `labels`, both by document id.

    Only the given fields and tables are scored. A labelled document without a prediction counts as missing, a
    prediction without a label not at all.
    """
    tally = _Tally(
        {spec.key: spec.type for spec in fields},
        {spec.key: {column.key: column.type for column in spec.columns} for spec in tables},
    )
    for identity, label in labels.items():
        tally.add(label, predictions.get(identity))
    return tally.report()


@dataclass
class _Tally:
    """Counts while documents go by."""

    types: dict[str, str]
    columns: dict[str, dict[str, str]]
    documents: int = 0
    missing: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    by_field: defaultdict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))
    by_table: defaultdict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))
    by_template: defaultdict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))
    points: list[Scored] = field(default_factory=list)
    slots: int = 0
    absences: int = 0
    spurious: int = 0
    scored_documents: int = 0
    exact_documents: int = 0
    not_canonical: Counter[str] = field(default_factory=Counter)
    routing: Counter[str] = field(default_factory=Counter)
    known_scores: list[float] = field(default_factory=list)
    unknown_scores: list[float] = field(default_factory=list)

    def add(self, label: Label, answer: Answer | None) -> None:
        self.documents += 1
        self.missing += answer is None
        if isinstance(answer, str):
            self.errors[answer] += 1
        prediction = answer if isinstance(answer, Prediction) else None
        self._add_fields(label, prediction)
        for key, columns in self.columns.items():
            if key in label.tables:
                rows = prediction.tables.get(key, ()) if prediction else ()
                self.by_table[key] += _score_table(columns, label.tables[key], rows)
        self._add_template(label, prediction)

    def _add_fields(self, label: Label, prediction: Prediction | None) -> None:
        total, is_exact, is_scored = Counts(), prediction is not None, False
        for key, type in self.types.items():
            if key not in label.fields:
                continue
            confirmed = label.fields[key]
            given = prediction.fields.get(key, ()) if prediction else ()
            self.not_canonical[key] += sum(bool(v.value) and not is_canonical(type, v.value) for v in given)
            counts, points = score_values(type, confirmed, given)
            self.by_field[key] += counts
            total += counts
            self.points += points
            self.slots += max(len(confirmed), counts.true_positives + counts.false_positives)
            if not confirmed:
                self.absences += 1
                self.spurious += counts.false_positives > 0
            is_scored = True
            is_exact &= not counts.false_positives and not counts.false_negatives
        self.by_template[label.template or UNKNOWN] += total
        self.scored_documents += is_scored
        self.exact_documents += is_scored and is_exact

    def _add_template(self, label: Label, prediction: Prediction | None) -> None:
        name = prediction.template.name if prediction else None
        if label.template is None:
            self.routing["unknown"] += 1
            self.routing["recognised"] += prediction is not None and name is None
            self.routing["misrouted"] += name is not None
        else:
            self.routing["known"] += 1
            self.routing["right"] += name == label.template
            self.routing["none"] += prediction is not None and name is None
            self.routing["another"] += name is not None and name != label.template
        if prediction:
            scores = self.unknown_scores if label.template is None else self.known_scores
            scores.append(prediction.template.confidence)

    def report(self) -> Report:
        by_field = {key: self.by_field[key] for key in self.types}
        f1s = [counts.f1 for counts in by_field.values() if counts.support and counts.f1 is not None]
        known, unknown = self.routing["known"], self.routing["unknown"]
        return Report(
            documents=self.documents,
            answered=self.documents - self.missing - sum(self.errors.values()),
            missing=self.missing,
            errors=dict(self.errors),
            micro=sum(by_field.values(), Counts()),
            macro_f1=sum(f1s) / len(f1s) if f1s else None,
            fields=by_field,
            tables={key: self.by_table[key] for key in self.columns},
            templates={name: self.by_template[name] for name in sorted(self.by_template)},
            document_exact=_share(self.exact_documents, self.scored_documents),
            certain_absences=self.absences,
            spurious_rate=_share(self.spurious, self.absences),
            template=TemplateScores(
                known=known,
                unknown=unknown,
                accuracy=_share(self.routing["right"], known),
                wrong_template_rate=_share(self.routing["another"], known),
                false_unknown_rate=_share(self.routing["none"], known),
                unknown_recall=_share(self.routing["recognised"], unknown),
                misrouted_rate=_share(self.routing["misrouted"], unknown),
                auroc=auroc(self.known_scores, self.unknown_scores),
            ),
            coverage=coverage(self.points, self.slots, error=PROMISED_ERROR),
            calibration_error=calibration_error(
                np.array([p.confidence for p in self.points], float), np.array([p.is_right for p in self.points], bool)
            ),
            not_canonical={key: count for key, count in self.not_canonical.items() if count},
        )


def score_values(type: str, confirmed: Sequence[LabelValue], given: Sequence[Value]) -> tuple[Counts, list[Scored]]:
    """Pair the values of one field, whatever their order; the same value given twice is one value.

    Returns the counts, and each distinct value that was given with whether it is right.
    """
    distinct: list[Value] = []
    for value in given:
        if value.value and not any(same(type, value.value, other.value) for other in distinct):
            distinct.append(value)
    hits = np.array([[matches(type, value.value, label) for label in confirmed] for value in distinct], float)
    right = {i for i, j in maximum_assignment(hits) if hits[i, j]}
    points = [Scored(value.confidence, i in right) for i, value in enumerate(distinct)]
    return Counts(len(right), len(distinct) - len(right), len(confirmed) - len(right)), points


def _score_table(
    columns: Mapping[str, str], confirmed: Sequence[Mapping[str, LabelValue]], given: Sequence[Mapping[str, Value]]
) -> Counts:
    """Count the cells of the row matching that makes most of them right."""
    gold = [{key: cell for key, cell in row.items() if key in columns and cell.value} for row in confirmed]
    rows = [{key: cell for key, cell in row.items() if key in columns and cell.value} for row in given]
    labelled = {key for row in gold for key in row} if gold else set(columns)
    hits = np.array(
        [
            [
                sum(matches(columns[key], row[key].value, other[key]) for key in row.keys() & other.keys())
                for other in gold
            ]
            for row in rows
        ],
        float,
    )
    partner = {i: j for i, j in maximum_assignment(hits) if hits[i, j]}
    right = wrong = 0
    for i, row in enumerate(rows):
        if i in partner:
            right_here = int(hits[i, partner[i]])
            right += right_here
            wrong += len(row.keys() & gold[partner[i]].keys()) - right_here
        else:
            wrong += len(row.keys() & labelled)
    return Counts(right, wrong, sum(len(row) for row in gold) - right)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _counts_to_json(counts: Counts) -> dict[str, Any]:
    return {
        "precision": counts.precision,
        "recall": counts.recall,
        "f1": counts.f1,
        "tp": counts.true_positives,
        "fp": counts.false_positives,
        "fn": counts.false_negatives,
        "support": counts.support,
    }


def _rows(title: str, counts: Mapping[str, Counts]) -> list[str]:
    return [f"{title:28} {'P':>6} {'R':>6} {'F1':>6} {'support':>8}"] + [
        f"{name:28} {_show(c.precision):>6} {_show(c.recall):>6} {_show(c.f1):>6} {c.support:8}"
        for name, c in counts.items()
        if c.support or c.false_positives
    ]


def _show(figure: float | None) -> str:
    return "-" if figure is None else f"{figure:.3f}"
