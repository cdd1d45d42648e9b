"""A table model reads the rows of a table. It learns from a template's confirmed documents, or from synthetic ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from invex.fields.prediction import Value
from invex.fields.spec import FieldSpec, TableSpec
from invex.fields.standard import LINE_ITEMS
from invex.fields.values import NUMERIC_TYPES

from ..dataset import Sample
from ..layout import TEXT_LAYER, Floats, Layout, lay_out
from . import rows as row_states
from .calibration import Calibration, Observation, fit_calibration
from .cells import Cell, Habits, Product, TableRow, assemble, carry_down, learn_products, to_value
from .day_zero import STANDARD_PRODUCTS, DayZero, lesson, train
from .features import TableView, view
from .lengths import of_other_length
from .locate import (
    NO_ROW,
    WRITTEN_OTHERWISE,
    Located,
    Row,
    learn_carried,
    learn_date_order,
    locate,
    same_cell,
    without_carried,
)
from .rows import Lines, decode, lines_of, spans, split_repeats
from .softmax import softmax_log
from .spelling import Spelling, learn_spelling
from .template import Opinion, Template, Told, fit_template, hint, opinion, state_features, tag_features
from .thousands import learn_against
from .tokens import tokenize
from .wording import Wording

HELD_OUT = 6  # every so many synthetic documents one is kept for the calibration
MOST_DOCUMENTS = 40  # of a template that are learned from, the last ones: more bring nothing and cost time
MOST_PAGES = 8  # of a document that is laid out once more for a table of another length
FEW_DOCUMENTS = 2  # with more, the lengths of their tables tell what there is
MOST_FOLDS = 4  # of the cross-validation that calibrates a template
NUMBERED = 0.9  # share of a template's rows that have a number, where what has none is no row
PRESENT = 0.5  # probability above which a line has a number of a column
MOST_TEACHERS = 6  # pages that show what a column looks like, of which earlier ones do not speak
TRUSTS = (1.0, 1.15, 1.3, 1.6, 2.5, 1e6)  # how much surer day zero must be than the template to be preferred
WRONG_COSTS = 0.5  # of a wrong cell against a right one, when both readers are compared
_Judged = tuple[FieldSpec, Cell, float]  # a cell, its column and its confidence


class NoRows(ValueError):
    """No confirmed document on which something was read has rows of the table, and no base package reads it."""


@dataclass(frozen=True, slots=True)
class TableModel:
    """spec: the columns. network: the taggers of day zero, or the weights of one template.

    products: columns that multiply. base: the day-zero model that a template's builds on. spelling: reading errors that
    were corrected. date_order: how confirmed rows write dates, see LocaleSpec. against: keys of columns whose "1.000"
    is read otherwise than the page says. carried: keys of columns that the page prints once for several rows.
    confirmed: keys of columns that confirmed rows have. is_numbered: whether what has no number is no row. trust: how
    much surer than the template's own reading day zero's must be to be taken. located, asked: cells of the confirmed
    documents that were found on the page, of how many.
    """

    spec: TableSpec
    network: DayZero | Template
    products: tuple[Product, ...]
    calibration: Calibration
    base: TableModel | None = None
    spelling: Spelling = field(default_factory=Spelling)
    date_order: str | None = None
    against: frozenset[str] = frozenset()
    carried: frozenset[str] = frozenset()
    confirmed: frozenset[str] = frozenset()
    is_numbered: bool = True
    trust: float = TRUSTS[0]
    located: int = 0
    asked: int = 0

    def predict(self, layout: Layout) -> tuple[dict[str, Value], ...]:
        """Return the rows of a laid-out document's table, over all its pages, from top to bottom.

        A vendor may print several layouts: where day zero, which knows nothing of the template, reads more cells more
        surely than the template's own weights, its rows are taken.
        """
        seen = view(tokenize(layout))
        if not len(seen.tokens):
            return ()
        lines = lines_of(seen)
        said = self.opinion_on(seen, lines)
        rows = self._judged(self.read(seen, lines, said, self.against, self.carried), self)
        if self.base is not None and _has_columns_of(self.base.spec, self.spec):
            others = self._judged(self.base.read(seen, lines, said, self.against, self.carried), self.base)
            if _sureness(others) > self.trust * _sureness(rows):
                rows = others
        return tuple(
            {
                column.key: self._repaired(seen, column, to_value(cell, seen.tokens, column, confidence))
                for column, cell, confidence in row
            }
            for row in rows
            if row
        )

    def opinion_on(self, seen: TableView, lines: Lines) -> Opinion | None:
        """What day zero says, whether this is its model or it is below this one."""
        if isinstance(self.network, DayZero):
            return opinion(self.network, seen, lines)
        return self.base.opinion_on(seen, lines) if self.base is not None else None

    def read(
        self,
        seen: TableView,
        lines: Lines,
        said: Opinion | None,
        against: frozenset[str] = frozenset(),
        carried: frozenset[str] = frozenset(),
    ) -> list[TableRow]:
        """Return the chosen cells of every row; `said` is the opinion of day zero.

        against: see `thousands.settle`. carried: see TableModel.
        """
        tags, states = self._score(seen, lines, said)
        numeric = [k + 1 for k, c in enumerate(self.spec.columns) if c.type in NUMERIC_TYPES]
        numbers = np.exp(tags[:, numeric]) * seen.tokens.is_number[:, None]
        present = np.maximum.reduceat(numbers, lines.start, axis=0) > PRESENT
        rows = split_repeats(spans(decode(states, self.network.transitions)), present)
        begins = np.exp(states[:, row_states.BEGIN])
        likely = np.exp(tags)
        found = assemble(
            self.spec,
            seen.tokens,
            lines,
            rows,
            begins,
            likely,
            Habits(self.products, self.date_order, against, self.is_numbered),
        )
        return carry_down(found, [k for k, c in enumerate(self.spec.columns) if c.key in carried])

    def _score(self, seen: TableView, lines: Lines, said: Opinion | None) -> tuple[Floats, Floats]:
        """Log-probabilities of tags (n, 1 + columns) and of states (lines, 3)."""
        if isinstance(self.network, DayZero):
            said = said or opinion(self.network, seen, lines)
            return said.tags, said.states
        wording = self.network.wording.features(seen.tokens) if self.network.wording is not None else None
        tags = softmax_log(tag_features(seen, said, wording), self.network.tag)
        return tags, softmax_log(state_features(seen, lines, tags, said), self.network.state)

    def _judged(self, rows: Sequence[TableRow], reader: TableModel) -> list[list[_Judged]]:
        """The cells of rows that are asked for, in order of the columns. reader: the model that chose them."""
        return [
            [
                (column, cell, reader.calibration.confidence(group_of(column), cell.evidence))
                for column, cell in ((reader.spec.columns[k], cell) for k, cell in sorted(row.items()))
                if reader is self or column.key in self.confirmed
            ]
            for row in rows
        ]

    def _repaired(self, seen: TableView, column: FieldSpec, value: Value) -> Value:
        source = seen.tokens.layout.document.pages[value.boxes[0].page].source
        if column.type in NUMERIC_TYPES or source == TEXT_LAYER:
            return value
        return replace(value, value=self.spelling.repair(value.value))

    def to_arrays(self) -> tuple[dict[str, np.ndarray], str]:
        """The weights, and all else as JSON. Of a template's model only its own: day zero's are in the base package."""
        about: dict[str, object] = {
            "table": self.spec.key,
            "columns": [[c.key, c.type, c.label] for c in self.spec.columns],
            "products": [list(p) for p in self.products],
            "spelling": dict(sorted(self.spelling.corrections.items())),
            "date_order": self.date_order,
            "against": sorted(self.against),
            "carried": sorted(self.carried),
            "confirmed": sorted(self.confirmed),
            "is_numbered": self.is_numbered,
            "trust": self.trust,
            "located": self.located,
            "asked": self.asked,
            "is_template": isinstance(self.network, Template),
        }
        if isinstance(self.network, Template) and self.network.wording is not None:
            about["wording"] = [self.network.wording.own, self.network.wording.beside]
        arrays = {**self.network.arrays(), **self.calibration.arrays()}
        return arrays, json.dumps(about, sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], about: str, base: TableModel | None) -> TableModel:
        """The inverse of to_arrays. Raises KeyError, ValueError: not what to_arrays gave."""
        data = json.loads(about)
        columns = tuple(FieldSpec(key, kind, label) for key, kind, label in data["columns"])
        is_template = data["is_template"]
        wording = Wording(len(columns) + 1, *data["wording"]) if "wording" in data else None
        return cls(
            spec=TableSpec(data["table"], columns),
            network=Template.from_arrays(arrays, wording) if is_template else DayZero.from_arrays(arrays),
            base=base if is_template else None,
            products=tuple((a, b, c) for a, b, c in data["products"]),
            calibration=Calibration.from_arrays(arrays),
            spelling=Spelling(data["spelling"]),
            date_order=data.get("date_order"),
            against=frozenset(data.get("against", ())),  # packages of before do not know of it
            carried=frozenset(data.get("carried", ())),
            confirmed=frozenset(data["confirmed"]),
            is_numbered=data.get("is_numbered", True),
            trust=data["trust"],
            located=data["located"],
            asked=data["asked"],
        )


def group_of(column: FieldSpec) -> int:
    """Numbers and texts are calibrated apart."""
    return 0 if column.type in NUMERIC_TYPES else 1


def _has_columns_of(known: TableSpec, asked: TableSpec) -> bool:
    """Whether day zero knows every column that is asked for."""
    return {(c.key, c.type) for c in asked.columns} <= {(c.key, c.type) for c in known.columns}


def _sureness(rows: Sequence[Sequence[_Judged]]) -> float:
    """How many cells are likelier right than wrong, weighted by how much."""
    return sum(confidence - 0.5 for row in rows for _, _, confidence in row)


@dataclass(frozen=True, slots=True)
class _Page:
    """A document of the template as it is learned from. virtual: what it would be with a table of another length."""

    seen: TableView
    lines: Lines
    said: Opinion | None
    labels: Sequence[Row]
    virtual: Told | None = None


def fit_table(spec: TableSpec, samples: Sequence[Sample], base: TableModel | None) -> TableModel:
    """Return the table of one template, learned from its confirmed documents on top of `base`, the day-zero model.

    Documents whose label does not speak of the table are skipped; without any the result reads as `base` does.
    Raises NoRows when there is neither a document nor a base to read with.
    """
    calibration = base.calibration if base else Calibration.unknown()
    pages = []
    for sample in [s for s in samples if spec.key in s.label.tables][-MOST_DOCUMENTS:]:
        seen = view(tokenize(lay_out(sample.document)))
        if len(seen.tokens):
            lines = lines_of(seen)
            said = base.opinion_on(seen, lines) if base else None
            pages.append(_Page(seen, lines, said, sample.label.tables[spec.key]))
    if not any(p.labels for p in pages):
        if base is None:
            raise NoRows(f"table {spec.key}: no confirmed document has rows, and there is no base package")
        return base
    documents = [(p.seen.tokens, p.labels) for p in pages]
    located = locate(spec, documents, [hint(spec, p.said) for p in pages])
    if silent := _silent(spec, pages, located, base, calibration):
        told = [i for i in range(len(pages)) if i not in silent]
        pages, documents, located = [pages[i] for i in told], [documents[i] for i in told], [located[i] for i in told]
    carried = learn_carried(spec, documents, located)
    located = [without_carried(spec, *page, one, carried) for page, one in zip(documents, located)]
    if len(pages) <= FEW_DOCUMENTS:
        pages = [replace(p, virtual=_virtual(p, one, base)) for p, one in zip(pages, located)]
    model = _fit(spec, pages, located, base, calibration)
    trials = _cross_validate(spec, pages, located, base, calibration)
    calibration = fit_calibration([o for trial in trials for o in trial.own], calibration)
    trust = _choose_trust(trials, calibration, base.calibration) if base and trials else model.trust
    return replace(model, calibration=calibration, trust=trust)


def _silent(
    spec: TableSpec, pages: Sequence[_Page], located: Sequence[Located], base: TableModel | None, unknown: Calibration
) -> set[int]:
    """The pages that print a column of which their labels do not speak, since it was asked for only later.

    Labels may be partial (Cour et al., "Learning from Partial Labels", 2011): that a confirmed row has no cell does not
    tell whether nothing is printed. Where a later page has cells of the column, what is learned from those that do
    says whether the earlier ones have them: in most of their confirmed rows, at words of no other confirmed column. A
    page with a column that no page would be left to teach stays.
    """
    columns = [{key for row in page.labels for key in row} for page in pages]
    silent: set[int] = set()
    teachers: dict[tuple[int, ...], TableModel] = {}
    for k, column in enumerate(spec.columns):
        have = tuple(i for i, keys in enumerate(columns) if column.key in keys)
        for i in range(have[-1] if have else 0):
            if i in have or not pages[i].labels:
                continue
            latest = have[-MOST_TEACHERS:]
            if latest not in teachers:
                teachers[latest] = _fit(spec, [pages[t] for t in latest], [located[t] for t in latest], base, unknown)
            if 2 * len(_rows_with(k, teachers[latest], pages[i], located[i])) > len(pages[i].labels):
                silent.add(i)
    taught = {key for i, keys in enumerate(columns) if i not in silent for key in keys}
    return {i for i in silent if columns[i] <= taught}


def _rows_with(column: int, teacher: TableModel, page: _Page, located: Located) -> set[int]:
    """The confirmed rows in which `teacher` reads a cell of a column at words that are confirmed as nothing."""
    found = set()
    for row in teacher.read(page.seen, page.lines, page.said, carried=teacher.carried):
        if column in row and not located.tags[list(row[column].tokens)].any():
            mine = located.rows[[token for cell in row.values() for token in cell.tokens]]
            if len(mine := mine[mine != NO_ROW]):
                found.add(int(np.bincount(mine).argmax()))
    return found


def _virtual(page: _Page, located: Located, base: TableModel | None) -> Told | None:
    rows = len(np.unique(located.rows[located.rows != NO_ROW]))
    is_long = len(page.seen.tokens.layout.document.pages) > MOST_PAGES
    made = of_other_length(page.seen.tokens, located) if rows == len(page.labels) and not is_long else None
    if made is None:
        return None
    seen = view(made[0])
    lines = lines_of(seen)
    return seen, lines, base.opinion_on(seen, lines) if base else None, made[1]


@dataclass(frozen=True, slots=True)
class _Trial:
    """A confirmed document as a model that had not seen it reads it, and as day zero does."""

    own: list[Observation]
    base: list[Observation]


def _cross_validate(
    spec: TableSpec,
    pages: Sequence[_Page],
    located: Sequence[Located],
    base: TableModel | None,
    calibration: Calibration,
) -> list[_Trial]:
    trials = []
    folds = min(MOST_FOLDS, len(pages))
    for fold in range(folds if folds > 1 else 0):
        rest = [i for i in range(len(pages)) if i % folds != fold]
        if not any(pages[i].labels for i in rest):
            continue
        part = _fit(spec, [pages[i] for i in rest], [located[i] for i in rest], base, calibration)
        for i in range(fold, len(pages), folds):
            own = _judge(
                spec,
                part.read(pages[i].seen, pages[i].lines, pages[i].said, carried=part.carried),
                located[i],
                pages[i],
            )
            below: list[Observation] = []
            if base is not None and _has_columns_of(base.spec, spec):
                found = base.read(pages[i].seen, pages[i].lines, pages[i].said, carried=part.carried)
                below = _judge(base.spec, found, located[i], pages[i], part.confirmed)
            trials.append(_Trial(own, below))
    return trials


def _choose_trust(trials: Sequence[_Trial], own: Calibration, base: Calibration) -> float:
    """The trust under which the confirmed documents would have been read best.

    Of equal ones the nearest to a prior that grows with the documents: many that look alike make a template's weights.
    """

    def worth(observations: Sequence[Observation]) -> float:
        return sum(1.0 if right else -WRONG_COSTS for *_, right in observations)

    def sureness(observations: Sequence[Observation], calibration: Calibration) -> float:
        return sum(calibration.confidence(group, evidence) - 0.5 for group, evidence, _ in observations)

    totals = [
        sum(worth(t.base if sureness(t.base, base) > trust * sureness(t.own, own) else t.own) for t in trials)
        for trust in TRUSTS
    ]
    usual = min(len(trials) - 1, len(TRUSTS) - 1)
    best = max(range(len(TRUSTS)), key=lambda i: (totals[i], -abs(i - usual)))
    return TRUSTS[best]


def _fit(
    spec: TableSpec,
    pages: Sequence[_Page],
    located: Sequence[Located],
    base: TableModel | None,
    calibration: Calibration,
) -> TableModel:
    texts = [(k + 1, c.key) for k, c in enumerate(spec.columns) if c.type not in NUMERIC_TYPES | WRITTEN_OTHERWISE]
    return TableModel(
        spec=spec,
        base=base,
        network=fit_template(
            spec,
            [(p.seen, p.lines, p.said, one) for p, one in zip(pages, located)],
            [p.virtual for p in pages if p.virtual],
        ),
        products=learn_products(spec, [p.labels for p in pages]),
        calibration=calibration,
        spelling=learn_spelling(texts, [(p.seen.tokens, one, p.labels) for p, one in zip(pages, located)]),
        date_order=learn_date_order(spec, [(p.seen.tokens, p.labels) for p in pages], located),
        against=learn_against(spec, [(p.seen.tokens, one, p.labels) for p, one in zip(pages, located)]),
        carried=learn_carried(spec, [(p.seen.tokens, p.labels) for p in pages], located),
        confirmed=frozenset(key for p in pages for row in p.labels for key in row),
        is_numbered=_is_numbered(spec, located),
        located=sum(one.found for one in located),
        asked=sum(one.wanted for one in located),
    )


def _is_numbered(spec: TableSpec, located: Sequence[Located]) -> bool:
    """Whether the confirmed rows have numbers where they are printed."""
    numeric = [k + 1 for k, c in enumerate(spec.columns) if c.type in NUMERIC_TYPES]
    rows = [set(one.rows[one.rows != NO_ROW].tolist()) for one in located]
    numbered = [set(one.rows[np.isin(one.tags, numeric)].tolist()) for one in located]
    return sum(map(len, numbered)) >= NUMBERED * sum(map(len, rows))


def _judge(
    spec: TableSpec, found: Sequence[TableRow], truth: Located, page: _Page, only: frozenset[str] | None = None
) -> list[Observation]:
    """Evidence and verdict of each predicted cell: right when the row that it shares most tokens with says the same.

    only: keys of the columns that count, None for all.
    """
    observations = []
    for row in found:
        tokens = [t for cell in row.values() for t in cell.tokens]
        mine = truth.rows[tokens]
        mine = mine[mine >= 0]
        label = page.labels[int(np.bincount(mine).argmax())] if len(mine) else {}
        for k, cell in row.items():
            column = spec.columns[k]
            if (not label or column.key in label) and (only is None or column.key in only):
                right = bool(label) and same_cell(column, cell.value, label[column.key], page.seen.tokens.decimal)
                observations.append((group_of(column), cell.evidence, right))
    return observations


def train_day_zero_table(samples: Sequence[Sample], seed: int = 0) -> TableModel:
    """Return the model of the standard columns, learned from synthetic documents whose labels have boxes."""
    samples = [s for s in samples if LINE_ITEMS.key in s.label.tables and any(p.words for p in s.document.pages)]
    lessons = [lesson(lay_out(s.document), s.label.tables[LINE_ITEMS.key]) for s in samples]
    kept = [i for i in range(len(lessons)) if i % HELD_OUT or len(lessons) <= HELD_OUT]
    day_zero = train([lessons[i] for i in kept], seed)
    model = TableModel(LINE_ITEMS, day_zero, STANDARD_PRODUCTS, Calibration.unknown())
    observations: list[Observation] = []
    for i in sorted(set(range(len(lessons))) - set(kept)):
        one = lessons[i]
        page = _Page(
            one.seen, one.lines, opinion(day_zero, one.seen, one.lines), samples[i].label.tables[LINE_ITEMS.key]
        )
        observations += _judge(LINE_ITEMS, model.read(page.seen, page.lines, page.said), one.located, page)
    return replace(model, calibration=fit_calibration(observations, model.calibration))
