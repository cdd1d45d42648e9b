"""Confidence follows what was seen to be right, and the prior where little was seen."""

import numpy as np
import pytest

from mlops.learning.tables.calibration import Calibration, fit_calibration

SURE, UNSURE = (4.0, 4.0, 1.0, 0.0, 4.0), (-1.0, 0.0, 0.0, 1.0, 0.0)


def test_confidence_becomes_the_share_of_right_cells():
    rng = np.random.default_rng(0)
    seen = [(0, SURE, rng.random() < 0.95) for _ in range(400)] + [(0, UNSURE, rng.random() < 0.3) for _ in range(400)]
    found = fit_calibration(seen, Calibration.unknown())
    assert found.confidence(0, SURE) == pytest.approx(0.95, abs=0.03)
    assert found.confidence(0, UNSURE) == pytest.approx(0.3, abs=0.06)


def test_without_evidence_the_prior_stays():
    prior = Calibration.unknown()
    assert fit_calibration([], prior).weights.tolist() == prior.weights.tolist()
    one = fit_calibration([(0, SURE, True)], prior)
    assert one.weights[1].tolist() == prior.weights[1].tolist()


def test_it_survives_the_package():
    prior = Calibration.unknown()
    assert Calibration.from_arrays(prior.arrays()).weights.tolist() == prior.weights.tolist()
