"""Is the promise kept? `python tests/bench/promise.py [--repetitions N]`.

First by simulation, where the true error is known: how often it exceeds what was promised. Then on invoices_fr of
../shared/data, where it is there: thresholds from 50 confirmed documents, coverage and error on the others, resplit.
"""

# ruff: noqa: E402

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # it is run as a file

import numpy as np

from mlops.learning.calibration import (
    PROMISED_ERROR,
    Confirmation,
    choose_threshold,
    choose_thresholds,
    confirmed_values,
)
from mlops.learning.dataset import Dataset, load_dataset, samples
from mlops.learning.learner import learn
from mlops.learning.predictor import Predictor, shipped_package
from tests.mlops.learning.simulated_confirmations import Learner

SHARED = ROOT.parent / "shared" / "data"
SIMULATED_PROMISE = 0.02
FAILURE = 0.1
DOCUMENTS, FIELDS = 120, 10
LEARNERS = {
    "independent errors": Learner(),
    "overconfident": Learner(hardness=0.2, sharpness=0.5),
    "errors of a document together (outside of what is assumed)": Learner(correlation=0.5),
}
CONFIRMED = 5  # documents of each template that are learned from
CALIBRATION_DOCUMENTS = 50
RESPLITS = 100


def simulate(repetitions: int) -> None:
    print(
        f"promised {SIMULATED_PROMISE:.0%}; {DOCUMENTS} documents, {repetitions} repetitions; nearly always = {FAILURE:.0%}"
    )
    print(f"{'learner':70} {'in the mean':>12} {'nearly always: answered':>24} {'broken':>7}")
    for name, learner in LEARNERS.items():
        for weights in (False, True):
            rng = np.random.default_rng(0)
            risks, errors = [], []
            for repetition in range(repetitions):
                confirmed = learner.confirmations(DOCUMENTS, FIELDS, rng, weights=weights)
                mean = choose_threshold(confirmed, promised_error=SIMULATED_PROMISE, seed=repetition).value
                risks.append(0.0 if mean is None else learner.risk(mean))
                sure = choose_threshold(
                    confirmed, promised_error=SIMULATED_PROMISE, failure=FAILURE, seed=repetition
                ).value
                if sure is not None:
                    errors.append(learner.error_above(sure))
            broken = sum(error > SIMULATED_PROMISE for error in errors) / repetitions
            label = name + (", weighted" if weights else "")
            print(f"{label:70} {np.mean(risks):12.4f} {len(errors) / repetitions:24.3f} {broken:7.3f}", flush=True)


def held_out(dataset: Dataset, seed: int) -> list[tuple[list[Confirmation], int]]:
    """What confirming each document not learned from says, and how many values it has to give."""
    rng = np.random.default_rng(seed)
    entries = [dataset.entries[i] for i in rng.permutation(len(dataset.entries))]
    learned: list[str] = []
    for template in sorted({e.label.template for e in entries if e.label and e.label.template}):
        learned += [e.id for e in entries if e.label and e.label.template == template][:CONFIRMED]
    train = replace(dataset, entries=tuple(e for e in dataset.entries if e.id in learned))
    rest = replace(dataset, entries=tuple(e for e in dataset.entries if e.id not in learned))
    predictor = Predictor(learn(train, base=shipped_package()))
    found = []
    for sample in samples(rest, None):
        confirmed = list(confirmed_values(dataset.fields, sample.label, predictor.predict(sample.document)))
        found.append((confirmed, sum(len(values) for values in sample.label.fields.values())))
    return found


def resplits(
    documents: Sequence[tuple[list[Confirmation], int]], seed: int, failure: float | None
) -> list[tuple[float, float]]:
    """Coverage, of all values there are to give, and error, of those accepted, on the documents not calibrated on."""
    rng = np.random.default_rng(seed)
    results = []
    for _ in range(RESPLITS):
        order = rng.permutation(len(documents))
        chosen, others = order[:CALIBRATION_DOCUMENTS], order[CALIBRATION_DOCUMENTS:]
        thresholds = choose_thresholds([c for i in chosen for c in documents[i][0]], failure=failure)
        accepted = [
            c
            for i in others
            for c in documents[i][0]
            if (limit := thresholds.of(c.field).value) is not None and c.confidence >= limit
        ]
        wrong = sum(not c.is_right for c in accepted)
        results.append((len(accepted) / sum(documents[i][1] for i in others), wrong / max(len(accepted), 1)))
    return results


def on_invoices() -> None:
    dataset = load_dataset(SHARED / "invoices_fr")
    print(f"\ninvoices_fr, k = {CONFIRMED}, {CALIBRATION_DOCUMENTS} documents calibrate, promised {PROMISED_ERROR:.0%}")
    for seed in range(3):
        documents = held_out(dataset, seed)
        for name, failure in (("in the mean", None), ("nearly always", FAILURE)):
            coverage, error = np.array(resplits(documents, seed, failure)).T
            print(
                f"seed {seed}, {name:13}: coverage {coverage.mean():.3f}, error of accepted {error.mean():.4f}, "
                f"not enough evidence in {np.mean(coverage == 0):.0%} of {RESPLITS} resplits",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=1000)
    simulate(parser.parse_args().repetitions)
    if SHARED.exists():
        on_invoices()


if __name__ == "__main__":
    main()
