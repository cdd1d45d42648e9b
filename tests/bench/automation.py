"""Does automatic approval keep its promise? `python tests/bench/automation.py [--histories N]`.

First by simulation, where the truth is known: whole histories of looks at growing evidence, and of audits that are judged
after each one. Then on invoices_fr of ../shared/data, where it is there: documents that were not learned from pass the
pipeline; some, drawn at random, are the evidence, the others are routed with the threshold that comes of it.
"""

# ruff: noqa: E402

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # it is run as a file

import numpy as np

from invex.extraction.pipeline import Thresholds, route, run
from invex.fields.checks import Checked
from invex.fields.labels import LabelValue
from invex.fields.prediction import Prediction, Value
from invex.fields.spec import TableSpec, TemplateSpec
from invex.reading.types import Document
from mlops.learning.calibration import Confirmation
from mlops.learning.comparison import matches
from mlops.learning.dataset import Sample, load_dataset, samples
from mlops.learning.evaluation import score_values
from mlops.learning.learner import learn
from mlops.learning.predictor import Predictor, shipped_package
from mlops.learning.sequential import ALPHA, FAILURE, e_value, first_look, look
from tests.mlops.learning.simulated_confirmations import Learner

SHARED = ROOT.parent / "shared" / "data"
PASSES = frozenset({"low_confidence", "approval_off", "audit"})
LEARNED = 5  # documents of each template that are learned from
RESPLITS = 200
SIMULATED_PROMISE = 0.05
PROMISES = (0.05, 0.1, 0.2)
LEARNERS = {
    "independent of everything": Learner(),
    "overconfident": Learner(hardness=0.2, sharpness=0.5),
}


def simulate(histories: int) -> None:
    print(f"promised {SIMULATED_PROMISE:.0%}, {histories} histories; thresholds may break it in {FAILURE:.0%} of them")
    for name, learner in LEARNERS.items():
        rng = np.random.default_rng(0)
        broken = allowed = 0
        coverage = []
        for _ in range(histories):
            evidence = learner.confirmations(1000, 1, rng)
            number, next_at, errors = 0, first_look(SIMULATED_PROMISE), []
            while next_at <= len(evidence):
                found = look(evidence[:next_at], number=number + 1, promised_error=SIMULATED_PROMISE)
                number, next_at, value = found.number, found.next_at, found.threshold.value
                if value is not None:
                    errors.append(learner.error_above(value))
                    accepted = float(np.mean([c.confidence >= value for c in evidence]))
            allowed += bool(errors)
            broken += max(errors, default=0.0) > SIMULATED_PROMISE
            coverage.append(accepted if errors else 0.0)
        print(
            f"  {name}: in force in {allowed / histories:.0%}, ever broken in {broken / histories:.1%}, "
            f"passing at the end {np.mean(coverage):.0%}",
            flush=True,
        )
    rng = np.random.default_rng(1)
    for factor in (1, 2, 3, 4):
        alarms = [first_alarm(rng.random(500) < factor * SIMULATED_PROMISE) for _ in range(histories)]
        stopped = [alarm for alarm in alarms if alarm is not None]
        print(
            f"  audits with {factor} times the promised error: stopped within 500 in {len(stopped) / histories:.1%}"
            + (f", after {np.median(stopped):.0f} audits (median)" if stopped else ""),
            flush=True,
        )


def first_alarm(is_wrong: np.ndarray) -> int | None:
    wrong = np.cumsum(is_wrong)
    for audited in range(1, len(wrong) + 1):
        if e_value(int(wrong[audited - 1]), audited, SIMULATED_PROMISE) >= 1 / ALPHA:
            return audited
    return None


@dataclass(frozen=True, slots=True)
class Read:
    """A document that was not learned from: its template, least confidence, whether checks let it pass, and the truth."""

    template: str
    prediction: Prediction
    score: float
    may_pass: bool
    is_right: bool


class WithoutTables:
    """A predictor whose templates ask for fields alone."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self.templates = {name: replace(spec, tables=()) for name, spec in predictor.templates.items()}

    def predict(self, document: Document, *, template: str | None = None) -> Prediction:
        return replace(self._predictor.predict(document, template=template), tables={})


def read(sample: Sample, predictor: Predictor | WithoutTables) -> Read:
    outcome = run(sample.document, predictor)
    prediction = outcome.prediction
    cells = [cell for rows in prediction.tables.values() for row in rows for cell in row.values()]
    values = [value for found in prediction.fields.values() for value in found]
    score = min([prediction.template.confidence, *(value.confidence for value in (*values, *cells))])
    may_pass = all(reason.code in PASSES for reason in outcome.reasons)
    name = prediction.template.name or ""
    return Read(name, prediction, score, may_pass, _is_right(sample, prediction, predictor.templates.get(name)))


def _is_right(sample: Sample, prediction: Prediction, spec: TemplateSpec | None) -> bool:
    """Nothing of the document is wrong, missing or too much, by the comparison that the evaluation uses."""
    if spec is None or sample.label.template != prediction.template.name:
        return False
    for field in spec.fields:
        if field.key in sample.label.fields:
            counts, _ = score_values(field.type, sample.label.fields[field.key], prediction.fields.get(field.key, ()))
            if counts.false_positives or counts.false_negatives:
                return False
    return all(
        _rows_match(table, sample.label.tables[table.key], prediction.tables[table.key])
        for table in spec.tables
        if table.key in sample.label.tables and table.key in prediction.tables
    )


def _rows_match(
    table: TableSpec, confirmed: Sequence[Mapping[str, LabelValue]], given: Sequence[Mapping[str, Value]]
) -> bool:
    types = {column.key: column.type for column in table.columns}
    return len(confirmed) == len(given) and all(
        key in row and matches(types[key], row[key].value, cell)
        for wanted, row in zip(confirmed, given, strict=True)
        for key, cell in wanted.items()
        if key in types
    )


def passes(one: Read, threshold: float) -> bool:
    """Route the document as the product does."""
    wanted = {one.template: Thresholds(template=threshold, default=threshold)}
    return one.may_pass and route(Checked(one.prediction, ()), wanted).state == "approved"


def unseen(seed: int, *, with_tables: bool) -> list[Read]:
    """Learn LEARNED documents of each template of invoices_fr and read the others."""
    dataset = load_dataset(SHARED / "invoices_fr")
    rng = np.random.default_rng(seed)
    entries = [dataset.entries[i] for i in rng.permutation(len(dataset.entries))]
    learned: set[str] = set()
    for template in sorted({e.label.template for e in entries if e.label and e.label.template}):
        learned |= set([e.id for e in entries if e.label and e.label.template == template][:LEARNED])
    train = replace(dataset, entries=tuple(e for e in dataset.entries if e.id in learned))
    rest = replace(dataset, entries=tuple(e for e in dataset.entries if e.id not in learned))
    whole = Predictor(learn(train, base=shipped_package()))
    predictor = whole if with_tables else WithoutTables(whole)
    return [read(sample, predictor) for sample in samples(rest, None)]


def by_template(found: list[Read]) -> list[list[Read]]:
    return [[one for one in found if one.template == name] for name in sorted({one.template for one in found})]


def on_invoices() -> None:
    for seed in range(3):
        for what, with_tables in (("with line items", True), ("fields alone", False)):
            found = unseen(seed, with_tables=with_tables)
            right, fit = np.mean([r.is_right for r in found]), np.mean([r.may_pass for r in found])
            print(
                f"invoices_fr, k = {LEARNED}, seed {seed}, {what}: {len(found)} documents, {right:.0%} wholly right, "
                f"checks pass in {fit:.0%}"
            )
            for promised in PROMISES:
                report("the four templates as one", [found], promised, seed)
                report("each template", by_template(found), promised, seed)


@dataclass(frozen=True, slots=True)
class Figures:
    """in_force: share of the splits in which the evidence sufficed. coverage: share of the other documents that passed.

    error: share of those that were wrong, None when none passed.
    """

    in_force: float
    coverage: float
    error: float | None


def judge(groups: list[list[Read]], promised: float, seed: int) -> Figures:
    """Split each group again and again: the first documents are the evidence of the first look, the others are routed."""
    rng = np.random.default_rng(seed)
    needed = first_look(promised)
    passed: list[bool] = []  # whether each was right
    others = in_force = 0
    for group in groups:
        for _ in range(RESPLITS):
            order = [group[i] for i in rng.permutation(len(group))]
            sample = [i for i, one in enumerate(order) if one.may_pass][:needed]
            cut = sample[-1] + 1 if len(sample) == needed else len(order)
            evidence = [Confirmation(o.template, o.score, o.is_right) for o in order[:cut] if o.may_pass]
            value = look(evidence, number=1, promised_error=promised).threshold.value if evidence else None
            others += len(order) - cut
            if value is not None:
                in_force += 1
                passed += [one.is_right for one in order[cut:] if passes(one, value)]
    error = 1 - float(np.mean(passed)) if passed else None
    return Figures(in_force / (RESPLITS * len(groups)), len(passed) / max(others, 1), error)


def report(what: str, groups: list[list[Read]], promised: float, seed: int) -> None:
    found = judge(groups, promised, seed)
    error = "none of them" if found.error is None else f"{found.error:.1%} of them wrong"
    print(
        f"  {what}, promised {promised:.0%}: in force in {found.in_force:.0%} of the splits, "
        f"{found.coverage:.0%} of the other documents pass, {error}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=300)
    histories = parser.parse_args().histories
    if histories:
        simulate(histories)
    if SHARED.exists():
        on_invoices()


if __name__ == "__main__":
    main()
