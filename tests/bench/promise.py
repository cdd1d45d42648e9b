"""Is the promise kept? Simulated learners, thousands of repetitions: how often the error exceeds what was promised.

python -m tests.bench.promise [REPETITIONS]
"""

from __future__ import annotations

import sys

import numpy as np

from mlops.learning.calibration import FAILURE, choose_threshold
from tests.mlops.learning.simulated_confirmations import Learner

PROMISED_ERROR = 0.02
DOCUMENTS, FIELDS = 120, 10
LEARNERS = {
    "independent errors": Learner(),
    "overconfident": Learner(hardness=0.2, sharpness=0.5),
    "errors of a document together (outside of what is assumed)": Learner(correlation=0.5),
}


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print(f"promised {PROMISED_ERROR:.0%}, failure {FAILURE:.0%}, {DOCUMENTS} documents, {repetitions} repetitions")
    print(f"{'learner':60} {'answered':>9} {'broken':>7} {'mean error':>11}")
    for name, learner in LEARNERS.items():
        for weights in (False, True):
            rng = np.random.default_rng(0)
            errors = []
            for repetition in range(repetitions):
                confirmed = learner.confirmations(DOCUMENTS, FIELDS, rng, weights=weights)
                threshold = choose_threshold(
                    confirmed, promised_error=PROMISED_ERROR, failure=FAILURE, seed=repetition
                ).value
                if threshold is not None:
                    errors.append(learner.error_above(threshold))
            broken = sum(error > PROMISED_ERROR for error in errors) / repetitions
            label = name + (", weighted" if weights else "")
            mean = f"{np.mean(errors):11.4f}" if errors else f"{'-':>11}"
            print(f"{label:60} {len(errors) / repetitions:9.3f} {broken:7.3f} {mean}")


if __name__ == "__main__":
    main()
